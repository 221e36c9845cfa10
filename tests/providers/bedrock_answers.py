"""Answers of our own making in the Converse dialect, and what they come to when decoded."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import pairwise
from typing import Any, TypeAlias

from aicore.events import Event
from aicore.fold import fold
from aicore.messages import Message
from aicore.models import ModelInfo
from aicore.requests import ChatRequest
from aicore.responses import CallWarning, Response
from aikit_provider_bedrock.converse.decode import ConverseDecoder
from aikit_provider_bedrock.converse.dialect import Target
from aikit_provider_bedrock.converse.encode import encode_chat
from aikit_wire.encoded import Encoded
from aikit_wire.frames import EventStreamDecoder, Frame
from aikit_wire.ledger import Ledger

from .eventstream import chunk, event

Json: TypeAlias = dict[str, Any]

USAGE: Json = {"inputTokens": 9, "outputTokens": 12, "totalTokens": 21}
CITATION: Json = {
    "location": {"web": {"url": "https://a.example", "domain": "a.example"}},
    "sourceContent": [{"text": "Rain."}],
    "title": "A",
}
BLOCKS: tuple[Json, ...] = (
    {"reasoningContent": {"reasoningText": {"text": "So.", "signature": "c2ln"}}},
    {"reasoningContent": {"redactedContent": "eA=="}},
    {"text": "Hi"},
    {"citationsContent": {"content": [{"text": "It rains."}], "citations": [CITATION]}},
    {
        "toolUse": {
            "toolUseId": "s",
            "name": "nova_grounding",
            "input": {"q": "a"},
            "type": "server_tool_use",
        }
    },
    {"toolResult": {"toolUseId": "s", "type": "nova_grounding_result", "content": [{"text": "a"}]}},
    {"image": {"format": "png", "source": {"bytes": "iVBORw0KGgo="}}},
    {"toolUse": {"toolUseId": "t", "name": "weather", "input": {"city": "Łódź"}}},
)
TITAN: Json = {
    "inputTextTokenCount": 3,
    "results": [{"tokenCount": 2, "outputText": "Hi", "completionReason": "FINISH"}],
    "amazon-bedrock-guardrailAction": "NONE",
}
TITAN_STREAM: list[Json] = [
    {"outputText": "H", "index": 0, "completionReason": None},
    {
        "outputText": "i",
        "inputTextTokenCount": 3,
        "totalOutputTextTokenCount": 2,
        "completionReason": "LENGTH",
    },
]
MODEL: Json = {
    "modelId": "amazon.nova-lite-v1:0",
    "modelName": "Nova Lite",
    "providerName": "Amazon",
    "inputModalities": ["TEXT", "IMAGE"],
    "responseStreamingSupported": True,
    "modelLifecycle": {"status": "ACTIVE"},
}
PROFILE: Json = {
    "inferenceProfileId": "us.amazon.nova-lite-v1:0",
    "inferenceProfileName": "US Nova Lite",
    "models": [{"modelArn": "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"}],
}


def whole(*content: Json, stop: str | None = "end_turn", **fields: Any) -> Json:
    """Make an answer in one piece; `fields` stand beside its content."""
    message = {"role": "assistant", "content": list(content)}
    return {"output": {"message": message}, "stopReason": stop, "usage": USAGE, **fields}


def halves(text: str) -> list[str]:
    middle = len(text) // 2
    return [text[:middle], text[middle:]]


def pieces(block: Json) -> Iterator[Json]:
    """Yield what a block is in a stream: how it starts, if it does, and its deltas."""
    match block:
        case {"text": text}:
            yield from ({"text": piece} for piece in halves(text))
        case {"reasoningContent": {"reasoningText": {"text": text, **signed}}}:
            for piece in (*({"text": piece} for piece in halves(text)), signed):
                yield {"reasoningContent": piece}
        case {"reasoningContent": {"redactedContent": data}}:
            yield {"reasoningContent": {"redactedContent": data}}
        case {"citationsContent": {"citations": citations, "content": content}}:
            yield from ({"citation": item} for item in citations)
            for item in content:
                yield from ({"text": piece} for piece in halves(item["text"]))
        case {"toolUse": {**call}}:
            yield {"start": {"toolUse": {k: v for k, v in call.items() if k != "input"}}}
            written = json.dumps(call["input"], ensure_ascii=False)
            yield from ({"toolUse": {"input": piece}} for piece in halves(written))
        case {"toolResult": {**result}}:
            yield {"start": {"toolResult": {k: v for k, v in result.items() if k != "content"}}}
            yield {"toolResult": result["content"]}
        case {"image": {"format": kind, "source": source}}:
            yield {"start": {"image": {"format": kind}}}
            yield {"image": {"source": source}}


def events(*content: Json, stop: str = "end_turn", **told: Any) -> list[Json]:
    """Make the events of an answer that comes piece by piece, each under its name."""
    found: list[Json] = [{"messageStart": {"role": "assistant", "p": "ab"}}]
    for index, block in enumerate(content):
        at = {"contentBlockIndex": index}
        for item in pieces(block):
            if "start" in item:
                found.append({"contentBlockStart": {**at, **item}})
            else:
                found.append({"contentBlockDelta": {**at, "delta": item, "p": "abc"}})
        found.append({"contentBlockStop": at})
    found.append({"messageStop": {"stopReason": stop}})
    return [*found, {"metadata": {"usage": USAGE, **told}}]


def stream(*events: Any) -> bytes:
    """Write events, each an object with one field: its name."""
    named = (
        next(iter(item.items())) if isinstance(item, dict) and item else ("", item)
        for item in events
    )
    return b"".join(event(name[:100], fields) for name, fields in named)


def piece(frame: Frame) -> Json:
    return {frame.event: json.loads(frame.data)}


def chunks(*events: Any) -> bytes:
    return b"".join(map(chunk, events))


def inner(frame: Frame) -> Any:
    with suppress(KeyError, TypeError, ValueError):
        return json.loads(base64.b64decode(json.loads(frame.data)["bytes"]))
    return None


def decoder(**options: Any) -> ConverseDecoder:
    return ConverseDecoder("bedrock", "anthropic.claude-1", **{"claude": True, **options})


def stream_events(
    body: bytes, cuts: Iterable[int] = (), reader: ConverseDecoder | None = None
) -> Iterator[Event]:
    """Yield the events of a stream as they come, up to the error that it ends in, if any."""
    frames, reader = EventStreamDecoder(), reader or decoder()
    for start, stop in pairwise([0, *sorted(cuts), len(body)]):
        yield from reader.read(frames, body[start:stop])
        reader.check()
    yield from reader.frames(frames.close())
    yield from reader.close()


def streamed(body: bytes, cuts: Iterable[int] = (), **options: Any) -> Response:
    return fold(stream_events(body, cuts, decoder(**options)))


def answered(answer: Any, **options: Any) -> Response:
    data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return fold(decoder(**options).body(data))


def encoded(
    messages: Any = "Hi", info: ModelInfo | None = None, vendor: str = "anthropic", **settings: Any
) -> Encoded:
    target = Target("bedrock", vendor, info, Ledger("bedrock"))
    return encode_chat(ChatRequest(messages=messages, **{"model": "m", **settings}), target)


def body_of(*messages: Message, **settings: Any) -> Json:
    return encoded(messages or "Hi", **settings).body


def told(found: Encoded) -> list[tuple[str | None, str]]:
    """Return what the warnings say happened, without the reasons."""
    return [(warning.setting, warning.action) for warning in found.warnings]


def reasons(warnings: Iterable[CallWarning]) -> str:
    return "\n".join(map(str, warnings))


def model(**features: bool) -> ModelInfo:
    return ModelInfo(id="m", features=features)
