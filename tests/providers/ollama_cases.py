"""Answers of Ollama's, in lines and whole, and what they come to when they are decoded."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from aicore.events import Event
from aicore.fold import fold
from aicore.responses import Response
from aikit_provider_ollama.decode import OllamaDecoder
from aikit_wire.frames import NDJSONDecoder

Json: TypeAlias = dict[str, Any]

HEAD: Json = {"model": "qwen3:8b", "created_at": "2026-11-20T10:00:00.123456789Z"}
DONE: Json = {
    "done": True,
    "done_reason": "stop",
    "total_duration": 5_191_566_416,
    "load_duration": 2_154_458,
    "prompt_eval_count": 26,
    "prompt_eval_duration": 383_809_000,
    "eval_count": 298,
    "eval_duration": 4_799_921_000,
}
IMAGE = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
OSLO: Json = {"function": {"name": "weather", "arguments": {"city": "Łódź", "days": [1, 2.5]}}}
NAMED: Json = {"id": "call_x", "function": {"index": 0, "name": "now", "arguments": {}}}
LOGPROB: Json = {
    "token": "Hi",
    "logprob": -0.25,
    "bytes": [72, 105],
    "top_logprobs": [{"token": "Ho", "logprob": -1.5, "bytes": [72, 111]}],
}


def piece(**message: Any) -> Json:
    """Make a line of a chat that is not the last."""
    return {**HEAD, "message": {"role": "assistant", **message}, "done": False}


def whole(message: Json, **fields: Any) -> Json:
    return {**HEAD, "message": {"role": "assistant", **message}, **DONE, **fields}


def end(**fields: Any) -> Json:
    return whole({"content": ""}, **fields)


CASES: dict[str, tuple[list[Json], Json]] = {
    "text": (
        [piece(content="Hi"), piece(content=" there"), end()],
        whole({"content": "Hi there"}),
    ),
    "text in the last line": (
        [piece(content="Hi"), whole({"content": "!"})],
        whole({"content": "Hi!"}),
    ),
    "thoughts": (
        [
            piece(content="", thinking="Let"),
            piece(content="", thinking=" me"),
            piece(content="Hi", thinking=None),
            end(),
        ],
        whole({"content": "Hi", "thinking": "Let me"}),
    ),
    "calls": (
        [
            piece(content="Well"),
            piece(content="", tool_calls=[OSLO, NAMED]),
            end(),
        ],
        whole({"content": "Well", "tool_calls": [OSLO, NAMED]}),
    ),
    "a call in the last line": (
        [whole({"content": "", "tool_calls": [OSLO]})],
        whole({"content": "", "tool_calls": [OSLO]}),
    ),
    "a picture": (
        [piece(content="", images=[IMAGE]), end()],
        whole({"content": "", "images": [IMAGE]}),
    ),
    "log probabilities": (
        [{**piece(content="Hi"), "logprobs": [LOGPROB]}, end()],
        whole({"content": "Hi"}, logprobs=[LOGPROB]),
    ),
    "cut by its limit": (
        [piece(content="Hi"), end(done_reason="length")],
        whole({"content": "Hi"}, done_reason="length"),
    ),
    "a prompt that was cached": (
        [piece(content="Hi"), end(prompt_eval_count=None)],
        whole({"content": "Hi"}, prompt_eval_count=None),
    ),
    "an old server": (
        [piece(content="Hi"), end(done_reason=None, eval_count=None, prompt_eval_count=None)],
        whole({"content": "Hi"}, done_reason=None, eval_count=None, prompt_eval_count=None),
    ),
    "a model that was loaded": ([end(done_reason="load")], end(done_reason="load")),
    "what is not known": (
        [piece(content="Hi", mood="good"), end(remote_host="https://a.example", unset=None)],
        whole({"content": "Hi", "mood": "good"}, remote_host="https://a.example"),
    ),
    "a completion": (
        [
            {**HEAD, "response": "", "thinking": "Hm", "done": False},
            {**HEAD, "response": "Hi", "done": False},
            {**HEAD, "response": "", **DONE, "context": [1, 2]},
        ],
        {**HEAD, "response": "Hi", "thinking": "Hm", **DONE, "context": [1, 2]},
    ),
    "a generated picture": (
        [
            {**HEAD, "completed": 1, "total": 2, "done": False},
            {**HEAD, "completed": 2, "total": 2, "image": IMAGE, **DONE},
        ],
        {**HEAD, "completed": 2, "total": 2, "image": IMAGE, **DONE},
    ),
}


def lines(*pieces: Json) -> bytes:
    return b"".join(json.dumps(item).encode() + b"\n" for item in pieces)


def reads(body: bytes, cuts: Iterable[int] = ()) -> Iterator[bytes]:
    """Cut a body into network reads at some places."""
    places = [0, *sorted(cuts), len(body)]
    return (body[start:end] for start, end in itertools.pairwise(places))


def stream_events(body: bytes, cuts: Iterable[int] = ()) -> Iterator[Event]:
    """Yield the events of a stream as they come, up to the error that it ends in, if any."""
    decoder, frames = OllamaDecoder("ollama", "m"), NDJSONDecoder()
    for read in reads(body, cuts):
        yield from decoder.read(frames, read)
        decoder.check()
    yield from decoder.frames(frames.close())
    yield from decoder.close()


def streamed(body: bytes, cuts: Iterable[int] = ()) -> Response:
    return fold(stream_events(body, cuts))


def answered(answer: Any) -> Response:
    return fold(OllamaDecoder("ollama", "m").body(json.dumps(answer).encode()))
