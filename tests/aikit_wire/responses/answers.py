"""Answers of the Responses dialect of our own making, and what they come to when decoded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from aicore.fold import fold
from aicore.messages import Message
from aicore.models import ModelInfo
from aicore.requests import ChatRequest
from aicore.responses import Response
from aikit_wire.encoded import Encoded
from aikit_wire.openai.manifest import Manifest
from aikit_wire.responses.decode import ResponsesDecoder
from aikit_wire.responses.encode import encode_response

from ..answers import Json, sse, stream_events

HEAD: Json = {"id": "resp_1", "object": "response", "created_at": 1700000000, "model": "m1"}
USAGE: Json = {
    "input_tokens": 9,
    "input_tokens_details": {"cached_tokens": 4},
    "output_tokens": 12,
    "output_tokens_details": {"reasoning_tokens": 7},
    "total_tokens": 21,
}
ACME = Manifest(name="acme")


def whole(*items: Json, **fields: Any) -> Json:
    """Make an answer in one piece."""
    return {**HEAD, "status": "completed", "output": list(items), "usage": USAGE, **fields}


def said(text: str, id: str = "msg_1", **fields: Any) -> Json:
    """Make a message of one text."""
    piece = {"type": "output_text", "text": text, "annotations": []}
    message = {"type": "message", "id": id, "role": "assistant", "status": "completed"}
    return {**message, "content": [piece], **fields}


def thought(*summary: str, id: str = "rs_1", **fields: Any) -> Json:
    pieces = [{"type": "summary_text", "text": text} for text in summary]
    return {"type": "reasoning", "id": id, "summary": pieces, **fields}


def call(arguments: str = '{"a": 1}', id: str = "fc_1", **fields: Any) -> Json:
    named = {"call_id": "call_1", "name": "f", "arguments": arguments, "status": "completed"}
    return {"type": "function_call", "id": id, **named, **fields}


def event(kind: str, index: int, item: Json, /, **fields: Any) -> Json:
    at = {"output_index": index, **({} if "item" in fields else {"item_id": item.get("id")})}
    return {"type": f"response.{kind}", **at, **fields}


def halves(text: str) -> list[str]:
    middle = len(text) // 2
    return [piece for piece in (text[:middle], text[middle:]) if piece]


def events_of(index: int, item: Json) -> Iterator[Json]:
    """Say an item as the service streams it."""
    begun = {**item, "status": "in_progress"} if "status" in item else dict(item)
    begun |= {name: empty for name, empty in EMPTY.items() if name in item}
    yield event("output_item.added", index, item, item=begun)
    for number, piece in enumerate(item.get("content") or ()):
        match piece:
            case {"type": "output_text", "text": text}:
                at = {"content_index": number}
                yield event("content_part.added", index, item, part={**piece, "text": ""}, **at)
                for half in halves(text):
                    yield event("output_text.delta", index, item, delta=half, **at)
                for note in piece.get("annotations", ()):
                    kind = "output_text.annotation.added"
                    yield event(kind, index, item, annotation=note, **at)
                yield event("output_text.done", index, item, text=text, **at)
                yield event("content_part.done", index, item, part=piece, **at)
            case {"type": "refusal", "refusal": text}:
                at = {"content_index": number}
                yield event("content_part.added", index, item, part={**piece, "refusal": ""}, **at)
                for half in halves(text):
                    yield event("refusal.delta", index, item, delta=half, **at)
                yield event("content_part.done", index, item, part=piece, **at)
            case _ if item["type"] == "message":
                at = {"content_index": number}
                yield event("content_part.added", index, item, part={"type": piece["type"]}, **at)
                yield event("content_part.done", index, item, part=piece, **at)
    for number, piece in enumerate(item.get("summary") or ()):
        for half in halves(piece["text"]):
            at = {"summary_index": number}
            yield event("reasoning_summary_text.delta", index, item, delta=half, **at)
    if item["type"] == "reasoning":
        for number, piece in enumerate(item.get("content") or ()):
            for half in halves(piece["text"]):
                at = {"content_index": number}
                yield event("reasoning_text.delta", index, item, delta=half, **at)
    for name, kind in DELTAS.items():
        for half in halves(item.get(name) or "") if item["type"] in CALLS else ():
            yield event(f"{kind}.delta", index, item, delta=half)
    yield event("output_item.done", index, item, item=item)


EMPTY: Json = {
    "content": [],
    "summary": [],
    "arguments": "",
    "input": "",
    "result": None,
    "encrypted_content": "",
}
DELTAS = {"arguments": "function_call_arguments", "input": "custom_tool_call_input"}
CALLS = ("function_call", "custom_tool_call")


def stream_of(answer: Json) -> list[Json]:
    """Say an answer in events, numbered as the service does it."""
    begun = {**answer, "status": "in_progress", "output": [], "usage": None}
    events = [{"type": "response.created", "response": begun}]
    for index, item in enumerate(answer["output"]):
        events += events_of(index, item)
    events.append({"type": f"response.{answer['status']}", "response": answer})
    return [{**item, "sequence_number": number} for number, item in enumerate(events)]


def body_of(events: Iterable[Json | str]) -> bytes:
    return sse(*events, done=False)


def decoder(provider: str = "acme", **differences: Any) -> ResponsesDecoder:
    return ResponsesDecoder(Manifest(name=provider, **differences), "m")


def answered(answer: Any, provider: str = "acme") -> Response:
    data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return fold(decoder(provider).body(data))


def streamed(body: bytes, cuts: Iterable[int] = ()) -> Response:
    return fold(stream_events(body, decoder(), cuts))


def encoded(
    *messages: Message | str,
    manifest: Manifest = ACME,
    info: ModelInfo | None = None,
    options: Json | None = None,
    **settings: Any,
) -> Encoded:
    """Encode a chat; a text is a message of the user's."""
    talk = [Message.user(item) if isinstance(item, str) else item for item in messages]
    given = {manifest.name: options} if options else {}
    request = ChatRequest(
        model="m", messages=tuple(talk or [Message.user("Hi")]), provider_options=given, **settings
    )
    return encode_response(request, manifest, info)


def body(*messages: Message | str, **settings: Any) -> Json:
    return encoded(*messages, **settings).body


def told(found: Encoded) -> Sequence[tuple[str | None, str]]:
    return [(item.setting, item.action) for item in found.warnings]


def reasons(found: Encoded) -> str:
    return "\n".join(item.reason for item in found.warnings)
