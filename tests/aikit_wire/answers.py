"""Chat answers of our own making, and what they come to when they are decoded."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from aicore.events import Event
from aicore.fold import fold
from aicore.responses import Response
from aikit_wire.answer import AnswerDecoder
from aikit_wire.frames import SSEDecoder
from aikit_wire.openai.decode import ChatDecoder
from aikit_wire.openai.manifest import Manifest

Json: TypeAlias = dict[str, Any]

ACME = Manifest(name="acme", base_url="https://acme.example/v1")
HEAD: Json = {"id": "chat-1", "created": 1700000000, "model": "m1-2026"}
USAGE: Json = {"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21}


def chunk(
    delta: Json | None = None, finish: str | None = None, *, index: int = 0, **fields: Any
) -> Json:
    """Make a chunk with one choice; `fields` stand beside the choices."""
    choice = {"index": index, "delta": delta or {}, "finish_reason": finish}
    return {**HEAD, "object": "chat.completion.chunk", "choices": [choice], **fields}


def whole(message: Json, finish: str | None = "stop", **fields: Any) -> Json:
    """Make an answer in one piece; `fields` stand beside the choices."""
    message = {"role": "assistant", "content": None, **message}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return {**HEAD, "object": "chat.completion", "choices": [choice], **fields}


def sse(*items: Json | str, done: bool = True) -> bytes:
    """Make the body of a stream; a text is a line of its own."""
    lines = [item if isinstance(item, str) else f"data: {json.dumps(item)}" for item in items]
    return "".join(f"{line}\n\n" for line in [*lines, *(["data: [DONE]"] if done else [])]).encode()


def reads(body: bytes, cuts: Iterable[int] = ()) -> Iterator[bytes]:
    """Cut a body into network reads at some places."""
    places = [0, *sorted(cuts), len(body)]
    return (body[start:end] for start, end in itertools.pairwise(places))


def stream_events(body: bytes, decoder: AnswerDecoder, cuts: Iterable[int] = ()) -> Iterator[Event]:
    """Yield the events of a stream as they come, up to the error that it ends in, if any."""
    frames = SSEDecoder()
    for read in reads(body, cuts):
        yield from decoder.read(frames, read)
        decoder.check()
    yield from decoder.frames(frames.close())
    yield from decoder.close()


def streamed(
    body: bytes,
    manifest: Manifest = ACME,
    model: str = "m1",
    cuts: Iterable[int] = (),
) -> Response:
    return fold(stream_events(body, ChatDecoder(manifest, model), cuts))


def answered(answer: Any, manifest: Manifest = ACME, model: str = "m1") -> Response:
    data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return fold(ChatDecoder(manifest, model).body(data))
