"""Answers of Cohere's, each as a stream and whole, and what they come to when they are decoded."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from aicore.events import Event
from aicore.fold import fold
from aicore.responses import Response
from aikit_provider_cohere.decode import CohereDecoder
from aikit_wire.frames import SSEDecoder

Json: TypeAlias = dict[str, Any]
Case: TypeAlias = tuple[list[Json], Json]

USAGE: Json = {
    "billed_units": {"input_tokens": 12.0, "output_tokens": 7},
    "tokens": {"input_tokens": 212, "output_tokens": 9, "reasoning_tokens": 2},
    "cached_tokens": 208,
}
DOCUMENT: Json = {"id": "doc:0", "title": "facts.txt", "text": "The sky is blue."}
CITED: Json = {
    "start": 4,
    "end": 7,
    "text": "sky",
    "sources": [
        {"type": "document", "id": "doc:0", "document": DOCUMENT},
        {"type": "tool", "id": "weather_1:0", "tool_output": {"content": "blue"}},
    ],
    "type": "TEXT_CONTENT",
}


def event(kind: str, message: Json, index: int | None = None, **fields: Any) -> Json:
    place = {} if index is None else {"index": index}
    return {"type": kind, **place, "delta": {"message": message}, **fields}


START = {**event("message-start", {"role": "assistant", "content": []}), "id": "c-1"}


def block(index: int, kind: str, *pieces: str, **fields: Any) -> list[Json]:
    return [
        event("content-start", {"content": {"type": kind, kind: ""}}, index),
        *(event("content-delta", {"content": {kind: it}}, index, **fields) for it in pieces),
        {"type": "content-end", "index": index},
    ]


def called(index: int, id: str, name: str, *pieces: str, **fields: Any) -> list[Json]:
    function = {"name": name, "arguments": ""}
    call = {"id": id, "type": "function", "function": function, **fields}
    more = [{"tool_calls": {"function": {"arguments": piece}}} for piece in pieces]
    return [
        event("tool-call-start", {"tool_calls": call}, index),
        *(event("tool-call-delta", item, index) for item in more),
        {"type": "tool-call-end", "index": index},
    ]


def call(id: str, name: str, arguments: str, **fields: Any) -> Json:
    function = {"name": name, "arguments": arguments}
    return {"id": id, "type": "function", "function": function, **fields}


def end(reason: str = "COMPLETE", **fields: Any) -> Json:
    return {"type": "message-end", "delta": {"finish_reason": reason, "usage": USAGE, **fields}}


def whole(message: Json, reason: str = "COMPLETE", **fields: Any) -> Json:
    message = {"role": "assistant", **message}
    return {"id": "c-1", "message": message, "finish_reason": reason, "usage": USAGE, **fields}


def text(said: str) -> Json:
    return {"type": "text", "text": said}


CASES: dict[str, Case] = {
    "text": (
        [START, *block(0, "text", "Hi", " there", " 🌍", "!"), end()],
        whole({"content": [text("Hi there 🌍!")]}),
    ),
    "thoughts and text": (
        [START, *block(0, "thinking", "Let", " me"), *block(1, "text", "Hi"), end()],
        whole({"content": [{"type": "thinking", "thinking": "Let me"}, text("Hi")]}),
    ),
    "two texts": (
        [START, *block(0, "text", "A."), *block(1, "text", "B."), end("MAX_TOKENS")],
        whole({"content": [text("A."), text("B.")]}, "MAX_TOKENS"),
    ),
    "a plan and calls": (
        [
            START,
            *(event("tool-plan-delta", {"tool_plan": it}) for it in ("I ", "will ", "look.")),
            *called(0, "w_1", "weather", '{"city": ', '"Oslo"}'),
            *called(1, "now_1", "now", "nu", "ll"),
            *called(2, "now_2", "now"),
            end("TOOL_CALL"),
        ],
        whole(
            {
                "tool_plan": "I will look.",
                "tool_calls": [
                    call("w_1", "weather", '{"city": "Oslo"}'),
                    call("now_1", "now", "null"),
                    call("now_2", "now", ""),
                ],
            },
            "TOOL_CALL",
        ),
    ),
    "thoughts, a plan and a call": (
        [
            START,
            event("tool-plan-delta", {"tool_plan": "Look."}),
            *block(0, "thinking", "Hm", "m"),
            *called(0, "n_1", "now", "n", "o JSON", sig="x"),
            end("TOOL_CALL"),
        ],
        whole(
            {
                "tool_plan": "Look.",
                "content": [{"type": "thinking", "thinking": "Hmm"}],
                "tool_calls": [call("n_1", "now", "no JSON", sig="x")],
            },
            "TOOL_CALL",
        ),
    ),
    "citations": (
        [
            START,
            *block(0, "text", "Oh."),
            *block(1, "text", "The sky is blue."),
            event("citation-start", {"citations": {**CITED, "content_index": 1}}, 0),
            {"type": "citation-end", "index": 0},
            event("citation-start", {"citations": {"start": 0, "sources": [], "type": "PLAN"}}, 1),
            end(),
        ],
        whole(
            {
                "content": [text("Oh."), text("The sky is blue.")],
                "citations": [
                    {**CITED, "content_index": 1},
                    {"start": 0, "sources": [], "type": "PLAN"},
                ],
            }
        ),
    ),
    "log probabilities": (
        [
            START,
            *block(0, "text", "Hi", logprobs={"text": "Hi", "token_ids": [5], "logprobs": [-0.5]}),
            end(),
        ],
        whole(
            {"content": [text("Hi")]},
            logprobs=[{"text": "Hi", "token_ids": [5], "logprobs": [-0.5]}],
        ),
    ),
    "what is not known": (
        [
            START,
            {"type": "debug", "prompt": "<SYSTEM>"},
            event("content-start", {"content": {"type": "sketch", "svg": "<a", "n": 1}}, 0),
            event("content-delta", {"content": {"svg": "/>", "m": 2}}, 0),
            {"type": "content-end", "index": 0},
            *block(1, "text", "Hi"),
            end("NOVEL", mood="good"),
        ],
        whole(
            {"content": [{"type": "sketch", "svg": "<a/>", "n": 1, "m": 2}, text("Hi")]},
            "NOVEL",
            mood="good",
        ),
    ),
}


META: Json = {"api_version": {"version": "1"}, **USAGE}
OLD: Json = {
    "response_id": "r",
    "generation_id": "g",
    "text": "Hi there",
    "finish_reason": "COMPLETE",
    "citations": [{"start": 0, "end": 2, "text": "Hi", "document_ids": ["doc_0", "doc_1"]}],
    "chat_history": [],
    "meta": META,
}
OLD_STREAM: list[Json] = [
    {"is_finished": False, "event_type": "stream-start", "generation_id": "g"},
    {"is_finished": False, "event_type": "text-generation", "text": "Hi"},
    {"is_finished": False, "event_type": "search-results", "documents": []},
    {"is_finished": False, "event_type": "text-generation", "text": " there"},
    {"is_finished": True, "event_type": "stream-end", "finish_reason": "COMPLETE", "response": OLD},
]


GENERATIONS: Json = {
    "id": "x",
    "generations": [
        {"id": "g0", "text": " a time", "finish_reason": "COMPLETE"},
        {"id": "g1", "index": 1, "text": " there", "finish_reason": "MAX_TOKENS"},
    ],
    "prompt": "Once upon",
    "meta": META,
}


GENERATION_STREAM: list[Json] = [
    *(
        {"text": said, "index": index, "is_finished": False}
        for said, index in ((" a", 0), (" there", 1), (" time", 0))
    ),
    {"is_finished": True, "finish_reason": "COMPLETE", "response": GENERATIONS},
]


def sse(*events: Json, done: bool = True) -> bytes:
    texts = [f"event: {it.get('type')}\ndata: {json.dumps(it)}\n\n" for it in events]
    return "".join([*texts, *(["data: [DONE]\n\n"] if done else [])]).encode()


def answered(answer: Any) -> Response:
    return fold(CohereDecoder("cohere", "m").body(json.dumps(answer).encode()))


def stream_events(body: bytes, cuts: Iterable[int] = ()) -> Iterator[Event]:
    """Yield the events of a stream as they come, up to the error that it ends in, if any."""
    decoder, frames = CohereDecoder("cohere", "m"), SSEDecoder()
    places = [0, *sorted(cuts), len(body)]
    for start, stop in itertools.pairwise(places):
        yield from decoder.read(frames, body[start:stop])
        decoder.check()
    yield from decoder.frames(frames.close())
    yield from decoder.close()


def streamed(body: bytes, cuts: Iterable[int] = ()) -> Response:
    return fold(stream_events(body, cuts))
