"""Exchanges of Cohere's and Voyage's that nobody recorded, for tests of the suite itself."""

from __future__ import annotations

import json
from typing import Any

from ..corpus import Exchange, Json
from . import PATHS
from .voyage import PATHS as VOYAGE

COUNTS: Json = {
    "billed_units": {"input_tokens": 40, "output_tokens": 12},
    "tokens": {"input_tokens": 240, "output_tokens": 14},
    "cached_tokens": 200,
}
WEATHER: Json = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Tell the weather of a town.",
        "parameters": {"type": "object", "properties": {"town": {"type": "string"}}},
    },
}
TOWNS = [json.dumps({"town": town}, ensure_ascii=False) for town in ("Łódź", "Nîmes")]
CALLS = [
    {"id": f"weather_{n}", "name": "weather", "arguments": json.loads(text), "arguments_raw": text}
    for n, text in enumerate(TOWNS)
]
PIXEL = "data:image/png;base64,iVBORw0KGgo="
DOCUMENT: Json = {"id": "doc:0", "title": "facts.txt", "text": "It rains in Łódź."}
CITED: Json = {
    "start": 3,
    "end": 8,
    "text": "rains",
    "sources": [{"type": "document", "id": "doc:0", "document": DOCUMENT}],
    "type": "TEXT_CONTENT",
    "content_index": 1,
}


def exchange(
    name: str, api: str, asked: Json, answer: Any, expected: Json, **fields: Any
) -> Exchange:
    """Make an exchange; an answer that is a list comes in events."""
    provider, paths = ("voyage", VOYAGE) if api in VOYAGE else ("cohere", PATHS)
    streamed = isinstance(answer, list)
    kind = "text/event-stream" if streamed else "application/json"
    response: Json = {
        "status": 200,
        "headers": {"content-type": kind},
        "stream": streamed,
        "body": None if streamed else {"json": answer},
        **fields,
    }
    if streamed:
        response |= {"chunk_encoding": "text", "chunks": [*map(framed, answer), "data: [DONE]\n\n"]}
    path = paths[api] if provider == "cohere" else f"/v1{paths[api]}"
    request = {"method": "POST", "host": "api.example", "path": path, "body": {"json": asked}}
    recorded = {"provider": provider, "api": api, "request": request, "response": response}
    return Exchange(name, recorded, expected)


def framed(event: Json) -> str:
    return f"event: {event.get('type')}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n"


def event(kind: str, index: int | None = None, **message: Any) -> Json:
    place = {} if index is None else {"index": index}
    return {"type": kind, **place, "delta": {"message": message}}


def call(id: str, arguments: str) -> Json:
    function = {"name": "weather", "arguments": arguments}
    return {"id": id, "type": "function", "function": function}


START: Json = {**event("message-start", role="assistant"), "id": "answer-1"}

STREAMED = exchange(
    "cohere streamed",
    "cohere-chat-v2",
    asked={
        "model": "planner-1",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is the weather there?"},
                    {"type": "image_url", "image_url": {"url": PIXEL, "detail": "low"}},
                ],
            },
        ],
        "tools": [WEATHER],
        "tool_choice": "REQUIRED",
        "strict_tools": True,
        "thinking": {"type": "enabled", "token_budget": 100},
        "p": 0.5,
        "k": 4,
        "stop_sequences": ["END"],
        "safety_mode": "STRICT",
        "stream": True,
    },
    answer=[
        START,
        event("tool-plan-delta", tool_plan="I will loo"),
        event("tool-plan-delta", tool_plan="k it up. 🌦"),
        event("tool-call-start", 0, tool_calls=call("weather_0", "")),
        event("tool-call-delta", 0, tool_calls={"function": {"arguments": TOWNS[0][:7]}}),
        event("tool-call-delta", 0, tool_calls={"function": {"arguments": TOWNS[0][7:]}}),
        {"type": "tool-call-end", "index": 0},
        event("tool-call-start", 1, tool_calls=call("weather_1", TOWNS[1])),
        {"type": "tool-call-end", "index": 1},
        {"type": "message-end", "delta": {"finish_reason": "TOOL_CALL", "usage": COUNTS}},
    ],
    expected={
        "kind": "chat",
        "id": "answer-1",
        "text": None,
        "reasoning": None,
        "tool_plan": "I will look it up. 🌦",
        "tool_calls": CALLS,
        "finish_reason": "TOOL_CALL",
        "usage": COUNTS,
    },
)

WHOLE = exchange(
    "cohere whole",
    "cohere-chat-v2",
    asked={
        "model": "planner-1",
        "messages": [
            {"role": "user", "content": "What is the weather there?"},
            {
                "role": "assistant",
                "tool_plan": "I will look it up.",
                "tool_calls": [call("weather_0", TOWNS[0])],
            },
            {"role": "tool", "tool_call_id": "weather_0", "content": "Rain."},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "It rains."},
                    {"type": "text", "text": "Rain."},
                ],
                "citations": [CITED],
            },
            {"role": "user", "content": [{"type": "text", "text": "And in Nîmes?"}]},
        ],
        "documents": [{"id": "doc:0", "data": {"title": "facts.txt", "text": "It rains in Łódź."}}],
        "response_format": {"type": "json_object", "json_schema": {"type": "object"}},
        "tools": [],
        "temperature": None,
    },
    answer={
        "id": "answer-2",
        "message": {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "Two towns."},
                {"type": "text", "text": "It rains."},
            ],
            "citations": [CITED],
        },
        "finish_reason": "COMPLETE",
        "usage": COUNTS,
    },
    expected={
        "kind": "chat",
        "id": "answer-2",
        "text": "It rains.",
        "reasoning": "Two towns.",
        "tool_plan": None,
        "tool_calls": [],
        "finish_reason": "COMPLETE",
        "usage": COUNTS,
        "citations": 1,
    },
)

OLD = exchange(
    "cohere of v1",
    "cohere-chat-v1",
    asked={
        "model": "command",
        "message": "And in Nîmes?",
        "chat_history": [{"role": "USER", "message": "Hi"}, {"role": "CHATBOT", "message": "Yes?"}],
        "k": 4,
        "preamble": "Be brief.",
        "stream": False,
    },
    answer={
        "generation_id": "old-1",
        "text": "Sun.",
        "finish_reason": "MAX_TOKENS",
        "meta": {"api_version": {"version": "1"}, **COUNTS},
    },
    expected={
        "kind": "chat",
        "id": "old-1",
        "text": "Sun.",
        "reasoning": None,
        "tool_calls": [],
        "finish_reason": "MAX_TOKENS",
        "usage": COUNTS["billed_units"],
    },
)

GENERATED = exchange(
    "cohere generated",
    "cohere-generate",
    asked={"model": "command", "prompt": "Once", "num_generations": 1, "stream": False},
    answer={
        "id": "text-1",
        "generations": [{"id": "g", "text": " upon a time", "finish_reason": "COMPLETE"}],
        "meta": COUNTS,
    },
    expected={
        "kind": "completion",
        "id": "text-1",
        "text": " upon a time",
        "finish_reason": "COMPLETE",
        "usage": COUNTS["billed_units"],
    },
)

VECTORS = exchange(
    "cohere vectors",
    "cohere-embed-v2",
    asked={
        "model": "embed-v4.0",
        "texts": ["one", "two"],
        "input_type": "search_query",
        "output_dimension": 2,
        "truncate": "END",
        "embedding_types": ["float", "int8"],
    },
    answer={
        "id": "vectors-1",
        "embeddings": {"int8": [[1, 2], [3, 4]], "float": [[0.5, 0.25], [1.0, 2.0]]},
        "meta": {"billed_units": {"input_tokens": 2, "image_tokens": 0}},
    },
    expected={
        "kind": "embedding",
        "count": 2,
        "dimension": 2,
        "usage": {"input_tokens": 2, "image_tokens": 0},
    },
)

RESULTS = [{"index": 2, "relevance_score": 0.75}, {"index": 0, "relevance_score": 0.25}]
SCORES = [{"index": 2, "score": 0.75}, {"index": 0, "score": 0.25}]

RANKED = exchange(
    "cohere ranks",
    "cohere-rerank-v2",
    asked={
        "model": "rerank-v3.5",
        "query": "which?",
        "documents": ["a", "b", "c"],
        "top_n": 2,
        "max_tokens_per_doc": 512,
    },
    answer={"id": "r", "results": RESULTS, "meta": {"billed_units": {"search_units": 1}}},
    expected={"kind": "rerank", "results": SCORES},
)

RANKED_BY_VOYAGE = exchange(
    "voyage ranks",
    "rerank-generic",
    asked={
        "model": "rerank-2.5",
        "query": "which?",
        "documents": ["a", "b", "c"],
        "top_k": 2,
        "return_documents": None,
    },
    answer={
        "object": "list",
        "data": RESULTS,
        "model": "rerank-2.5",
        "usage": {"total_tokens": 9},
    },
    expected={"kind": "rerank", "results": SCORES},
)

VECTORS_OF_VOYAGE = exchange(
    "voyage vectors",
    "voyage-embeddings",
    asked={
        "model": "voyage-4",
        "input": "one",
        "input_type": "query",
        "output_dimension": None,
        "truncation": False,
    },
    answer={
        "object": "list",
        "data": [{"object": "embedding", "index": 0, "embedding": [0.5, 0.25]}],
        "model": "voyage-4",
        "usage": {"total_tokens": 3},
    },
    expected={
        "kind": "embedding",
        "model": "voyage-4",
        "count": 1,
        "dimension": 2,
        "usage": {"total_tokens": 3},
    },
)

REFUSED = exchange(
    "cohere refused",
    "cohere-chat-v2",
    asked={"model": "nope", "messages": [{"role": "user", "content": "hi"}], "stream": True},
    answer={"id": "x", "message": "model 'nope' not found"},
    expected={
        "kind": "error",
        "status": 404,
        "code": None,
        "type": None,
        "message": "model 'nope' not found",
    },
    status=404,
)

ALL = (
    STREAMED,
    WHOLE,
    OLD,
    GENERATED,
    VECTORS,
    RANKED,
    RANKED_BY_VOYAGE,
    VECTORS_OF_VOYAGE,
    REFUSED,
)

MEANINGS: list[tuple[Any, ...]] = [
    (STREAMED, "id", "answer-2"),
    (STREAMED, "text", "I will not look it up."),
    (STREAMED, "tool_plan", "I will not look it up."),
    (STREAMED, "reasoning", "I will look it up. 🌦"),
    (STREAMED, "finish_reason", "COMPLETE"),
    (STREAMED, "usage", "tokens", "input_tokens", 241),
    (STREAMED, "usage", "billed_units", "output_tokens", 13),
    (STREAMED, "tool_calls", 1, "arguments", "town", "Łódź"),
    (STREAMED, "tool_calls", 0, "id", "weather_1"),
    (STREAMED, "tool_calls", [CALLS[0]]),
    (WHOLE, "reasoning", None),
    (WHOLE, "citations", 2),
    (WHOLE, "tool_plan", "Two towns."),
    (OLD, "text", "Rain."),
    (OLD, "usage", "input_tokens", 41),
    (GENERATED, "text", " upon a time."),
    (GENERATED, "id", "text-2"),
    (VECTORS, "usage", "input_tokens", 3),
    (VECTORS, "dimension", 3),
    (RANKED, "results", [SCORES[0]]),
    (RANKED, "results", SCORES[::-1]),
    (RANKED, "results", 0, "score", 0.5),
    (RANKED_BY_VOYAGE, "results", 1, "index", 1),
    (VECTORS_OF_VOYAGE, "usage", "total_tokens", 4),
    (REFUSED, "status", 400),
    (REFUSED, "message", "model 'none' not found"),
]
REQUESTS: list[tuple[Any, ...]] = [
    (STREAMED, "stream", False),
    (STREAMED, "tool_choice", "NONE"),
    (STREAMED, "strict_tools", False),
    (STREAMED, "thinking", "token_budget", 101),
    (STREAMED, "p", 0.6),
    (STREAMED, "k", 5),
    (STREAMED, "stop_sequences", ["END."]),
    (STREAMED, "safety_mode", "OFF"),
    (STREAMED, "messages", 1, "content", 1, "image_url", "detail", "high"),
    (STREAMED, "tools", 0, "function", "name", "whether"),
    (WHOLE, "messages", 1, "tool_plan", "I will."),
    (WHOLE, "messages", 1, "tool_calls", 0, "id", "weather_1"),
    (WHOLE, "messages", 2, "content", "Sun."),
    (WHOLE, "messages", 3, "content", 0, "thinking", "It snows."),
    (WHOLE, "messages", 3, "citations", 0, "end", 9),
    (WHOLE, "documents", 0, "data", "text", "It snows."),
    (WHOLE, "response_format", "json_schema", "type", "array"),
    (OLD, "chat_history", 1, "message", "No?"),
    (OLD, "message", "And?"),
    (OLD, "preamble", "Be long."),
    (GENERATED, "num_generations", 2),
    (VECTORS, "input_type", "search_document"),
    (VECTORS, "texts", ["two", "one"]),
    (VECTORS, "truncate", "NONE"),
    (RANKED, "top_n", 3),
    (RANKED, "documents", ["b", "a", "c"]),
    (RANKED, "max_tokens_per_doc", 513),
    (RANKED_BY_VOYAGE, "top_k", 3),
    (VECTORS_OF_VOYAGE, "input_type", "document"),
]
SAYS_THE_SAME: list[tuple[Json, Json]] = [
    ({"temperature": None}, {}),
    ({"messages": [], "stream": False}, {"messages": []}),
    ({"tools": []}, {}),
    (
        {"messages": [{"role": "user", "content": "a"}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}]}]},
    ),
    (
        {"messages": [{"role": "assistant", "content": "", "tool_calls": [1]}]},
        {"messages": [{"role": "assistant", "tool_calls": [1]}]},
    ),
    (
        {"tools": [{"function": {"name": "f"}}]},
        {"tools": [{"type": "function", "function": {"name": "f"}}]},
    ),
]
SAYS_ANOTHER_THING: list[tuple[Json, Json]] = [
    ({"messages": [], "stream": True}, {"messages": []}),
    ({"thinking": {"type": "disabled"}}, {}),
    ({"k": 0}, {}),
    ({"documents": []}, {}),
    (
        {"messages": [{"role": "assistant", "content": ""}]},
        {"messages": [{"role": "assistant"}]},
    ),
    (
        {"messages": [{"role": "user", "content": "a"}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "b"}]}]},
    ),
]
