"""Requests and answers of our own making for the Gemini dialect, and what they come to."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from aicore.events import Event
from aicore.fold import fold
from aicore.requests import ChatRequest
from aicore.responses import Response
from aikit_wire.encoded import Encoded
from aikit_wire.frames import SSEDecoder
from aikit_wire.gemini.decode import ContentDecoder
from aikit_wire.gemini.encode import encode_chat
from aikit_wire.gemini.surface import Surface

Json: TypeAlias = dict[str, Any]

ACME = Surface(name="acme", files="https://acme.example/v1beta/")
HI: Json = {"role": "user", "parts": [{"text": "Hi"}]}


def encoded(
    messages: Any = "Hi",
    features: Mapping[str, bool] = {},
    surface: Surface = ACME,
    **settings: Any,
) -> Encoded:
    return encode_chat(ChatRequest(model="m1", messages=messages, **settings), surface, features)


def body(
    messages: Any = "Hi",
    features: Mapping[str, bool] = {},
    surface: Surface = ACME,
    **settings: Any,
) -> Json:
    """Return what is sent, read back from its JSON."""
    sent: Json = json.loads(encoded(messages, features, surface, **settings).content())
    return sent


def ledger(encoded: Encoded) -> set[tuple[str | None, str]]:
    assert all(warning.provider == "acme" for warning in encoded.warnings)
    return {(warning.setting, warning.action) for warning in encoded.warnings}


def piece(*parts: Json, finish: str | None = None, index: int = 0, **beside: Any) -> Json:
    """Make a response with one candidate; `beside` stands beside its content."""
    content = {"parts": list(parts), "role": "model"}
    candidate: Json = {"content": content, "index": index, **beside}
    if finish is not None:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "modelVersion": "m1-2026", "responseId": "answer-1"}


def sse(*pieces: Json) -> bytes:
    return "".join(f"data: {json.dumps(item)}\r\n\r\n" for item in pieces).encode()


def decoder() -> ContentDecoder:
    return ContentDecoder("acme", "m1")


def events(data: bytes, cuts: Iterable[int] = ()) -> Iterable[Event]:
    """Yield the events of a stream as they come, up to the error that it ends in, if any."""
    frames, reader = SSEDecoder(), decoder()
    for start, end in itertools.pairwise([0, *sorted(cuts), len(data)]):
        yield from reader.read(frames, data[start:end])
        reader.check()
    yield from reader.frames(frames.close())
    yield from reader.close()


def streamed(*pieces: Json, cuts: Iterable[int] = ()) -> Response:
    return fold(events(sse(*pieces), cuts))


def answered(answer: Any) -> Response:
    return fold(decoder().body(json.dumps(answer).encode()))
