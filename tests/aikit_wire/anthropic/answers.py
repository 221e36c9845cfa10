"""Answers of our own making in the Messages dialect, and what they come to when decoded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, TypeAlias

from aicore.events import Event
from aicore.fold import fold
from aicore.messages import Message
from aicore.models import ModelInfo
from aicore.requests import ChatRequest
from aicore.responses import CallWarning, Response
from aikit_wire.anthropic.decode import MessagesDecoder
from aikit_wire.anthropic.encode import encode_chat
from aikit_wire.encoded import Encoded
from aikit_wire.frames import SSEDecoder

Json: TypeAlias = dict[str, Any]

HEAD: Json = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-1-20260101"}
USAGE: Json = {"input_tokens": 9, "output_tokens": 12}


def whole(*content: Json, stop: str | None = "end_turn", **fields: Any) -> Json:
    """Make an answer in one piece; `fields` stand beside its content."""
    ends = {"stop_reason": stop, "stop_sequence": None, "usage": USAGE}
    return {**HEAD, "content": list(content), **ends, **fields}


def begin(**fields: Any) -> Json:
    started = {**HEAD, "content": [], "stop_reason": None, "stop_sequence": None}
    usage = {"input_tokens": 9, "output_tokens": 1}
    return {"type": "message_start", "message": {**started, "usage": usage, **fields}}


def block(index: int, start: Json, *deltas: Json) -> list[Json]:
    """Make the events of a block that comes piece by piece."""
    pieces = [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
    started = {"type": "content_block_start", "index": index, "content_block": start}
    return [started, *pieces, {"type": "content_block_stop", "index": index}]


def said(*pieces: str) -> tuple[Json, ...]:
    return tuple({"type": "text_delta", "text": piece} for piece in pieces)


def thought(*pieces: str) -> tuple[Json, ...]:
    return tuple({"type": "thinking_delta", "thinking": piece} for piece in pieces)


def given(*pieces: str) -> tuple[Json, ...]:
    return tuple({"type": "input_json_delta", "partial_json": piece} for piece in pieces)


def end(stop: str | None = "end_turn", usage: Json | None = None, **fields: Any) -> list[Json]:
    delta = {"stop_reason": stop, "stop_sequence": None, **fields}
    told = {"type": "message_delta", "delta": delta, "usage": usage or {"output_tokens": 12}}
    return [told, {"type": "message_stop"}]


def sse(*events: Json) -> bytes:
    lines = (f"event: {event.get('type')}\ndata: {json.dumps(event)}\n\n" for event in events)
    return "".join(lines).encode()


def decoder(**options: Any) -> MessagesDecoder:
    return MessagesDecoder("anthropic", "claude-1", **options)


def stream_events(
    body: bytes, cuts: Iterable[int] = (), reader: MessagesDecoder | None = None
) -> Iterator[Event]:
    """Yield the events of a stream as they come, up to the error that it ends in, if any."""
    frames, reader = SSEDecoder(), reader or decoder()
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


def encoded(messages: Any = "Hi", info: ModelInfo | None = None, **settings: Any) -> Encoded:
    """Encode a request; a limit is given, so that none has to be noted."""
    settings = {"model": "claude-1", "max_tokens": 5000, **settings}
    return encode_chat(ChatRequest(messages=messages, **settings), "anthropic", info)


def body_of(*messages: Message, info: ModelInfo | None = None, **settings: Any) -> Json:
    return encoded(messages or "Hi", info, **settings).body


def told(found: Encoded) -> list[tuple[str | None, str]]:
    """Return what the warnings say happened, without the reasons."""
    return [(warning.setting, warning.action) for warning in found.warnings]


def reasons(warnings: Iterable[CallWarning]) -> str:
    return "\n".join(map(str, warnings))


def model(**features: bool) -> ModelInfo:
    return ModelInfo(id="claude-1", features=features)
