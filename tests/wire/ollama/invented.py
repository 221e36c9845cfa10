"""Exchanges of Ollama's that nobody recorded, for tests of the suite itself."""

from __future__ import annotations

import json
from typing import Any

from ..corpus import Exchange, Json

HEAD: Json = {"model": "thinker-1", "created_at": "2026-11-20T10:00:00.123456789Z"}
COUNTS: Json = {"prompt_eval_count": 40, "eval_count": 12}
DONE: Json = {"done": True, "done_reason": "stop", "total_duration": 5, **COUNTS}
WEATHER: Json = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Tell the weather of a town.",
        "parameters": {"type": "object", "properties": {"town": {"type": "string"}}},
    },
}
TOWNS = [{"name": "weather", "arguments": {"town": town}} for town in ("Łódź", "Nîmes")]
CALLS = [{"id": None, **call} for call in TOWNS]
PIXEL = "iVBORw0KGgo="


def exchange(
    name: str, api: str, asked: Json, answer: Any, expected: Json, **fields: Any
) -> Exchange:
    """Make an exchange; an answer that is a list comes in lines."""
    path = {"ollama-chat": "/api/chat", "ollama-generate": "/api/generate"}[api]
    streamed = isinstance(answer, list)
    response: Json = {
        "status": 200,
        "headers": {"content-type": "application/x-ndjson" if streamed else "application/json"},
        "stream": streamed,
        "body": None if streamed else {"json": answer},
        **fields,
    }
    if streamed:
        chunks = [json.dumps(item, ensure_ascii=False) + "\n" for item in answer]
        response |= {"chunk_encoding": "text", "chunks": chunks}
    request = {"method": "POST", "host": "box.example", "path": path, "body": {"json": asked}}
    recorded = {"provider": "ollama", "api": api, "request": request, "response": response}
    return Exchange(name, recorded, expected)


def piece(**message: Any) -> Json:
    return {**HEAD, "message": {"role": "assistant", **message}, "done": False}


STREAMED = exchange(
    "ollama streamed",
    "ollama-chat",
    asked={
        "model": "thinker-1",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "What is the weather there?", "images": [PIXEL]},
        ],
        "tools": [WEATHER],
        "think": True,
        "options": {"temperature": 0.5, "num_ctx": 4096, "num_predict": -1},
        "keep_alive": "5m",
    },
    answer=[
        piece(content="", thinking="Two tow"),
        piece(content="", thinking="ns. 🌦"),
        piece(content="I will loo"),
        piece(content="k it up."),
        piece(content="", tool_calls=[{"function": call} for call in TOWNS]),
        {**piece(content=""), **DONE},
    ],
    expected={
        "kind": "chat",
        "id": None,
        "model": "thinker-1",
        "text": "I will look it up.",
        "reasoning": "Two towns. 🌦",
        "tool_calls": CALLS,
        "finish_reason": "stop",
        "usage": COUNTS,
    },
)

WHOLE = exchange(
    "ollama whole",
    "ollama-chat",
    asked={
        "model": "gpt-oss:20b",
        "messages": [
            {"role": "user", "content": "What is the weather there?"},
            {
                "role": "assistant",
                "content": "",
                "thinking": "Two towns.",
                "tool_calls": [
                    {"id": "call_a", "function": {"index": 0, **TOWNS[0]}},
                    {"function": TOWNS[1]},
                ],
            },
            {"role": "tool", "content": "Rain.", "tool_name": "weather", "tool_call_id": "call_a"},
            {"role": "tool", "content": "Sun.", "tool_name": "weather"},
        ],
        "tools": [],
        "think": "low",
        "format": {"type": "object", "properties": {"answer": {"type": "string"}}},
        "options": {"seed": 7, "num_predict": 9, "stop": ["END"]},
        "stream": False,
        "logprobs": True,
        "keep_alive": None,
    },
    answer={
        **HEAD,
        "message": {
            "role": "assistant",
            "content": '{"answer": ',
            "tool_calls": [{"id": "call_b", "function": TOWNS[0]}],
        },
        **DONE,
        "done_reason": "length",
    },
    expected={
        "kind": "chat",
        "model": "thinker-1",
        "text": '{"answer": ',
        "reasoning": None,
        "tool_calls": [{**CALLS[0], "id": "call_b"}],
        "finish_reason": "length",
        "usage": COUNTS,
    },
)

BROKEN_OFF = exchange(
    "ollama broken off",
    "ollama-chat",
    asked={"model": "thinker-1", "messages": [{"role": "user", "content": "hi"}], "format": ""},
    answer=[piece(content="Hm"), {"error": "an error was encountered while running the model"}],
    expected={
        "kind": "chat",
        "model": "thinker-1",
        "text": "Hm",
        "reasoning": None,
        "tool_calls": [],
        "finish_reason": None,
        "usage": None,
        "stream_error": {"error": "an error was encountered while running the model"},
    },
)

GENERATED = exchange(
    "ollama generated",
    "ollama-generate",
    asked={
        "model": "thinker-1",
        "prompt": "Once",
        "suffix": ".",
        "raw": True,
        "context": [1, 2],
        "images": [],
        "options": {},
        "stream": False,
    },
    answer={**HEAD, "response": " upon a time", "thinking": "Hm.", "context": [1], **DONE},
    expected={
        "kind": "completion",
        "model": "thinker-1",
        "text": " upon a time",
        "reasoning": "Hm.",
        "tool_calls": [],
        "finish_reason": "stop",
        "usage": COUNTS,
    },
)

REFUSED = exchange(
    "ollama refused",
    "ollama-chat",
    asked={"model": "nope", "messages": [{"role": "user", "content": "hi"}], "stream": True},
    answer={"error": "model 'nope' not found"},
    expected={
        "kind": "error",
        "status": 404,
        "code": None,
        "type": None,
        "message": "model 'nope' not found",
    },
    status=404,
)

ALL = (STREAMED, WHOLE, BROKEN_OFF, GENERATED, REFUSED)

MEANINGS: list[tuple[Any, ...]] = [
    (STREAMED, "text", "I will not look it up."),
    (STREAMED, "reasoning", "Two towns."),
    (STREAMED, "model", "thinker-2"),
    (STREAMED, "finish_reason", "length"),
    (STREAMED, "usage", "prompt_eval_count", 41),
    (STREAMED, "usage", "eval_count", 11),
    (STREAMED, "tool_calls", 1, "arguments", "town", "Łódź"),
    (STREAMED, "tool_calls", [CALLS[0]]),
    (WHOLE, "tool_calls", 0, "id", "call_c"),
    (WHOLE, "finish_reason", "stop"),
    (BROKEN_OFF, "text", "Hmm"),
    (BROKEN_OFF, "stream_error", "error", "No space."),
    (GENERATED, "text", " upon a time."),
    (GENERATED, "reasoning", None),
    (REFUSED, "status", 400),
    (REFUSED, "message", "model 'none' not found"),
]
REQUESTS: list[tuple[Any, ...]] = [
    (STREAMED, "think", False),
    (STREAMED, "stream", False),
    (STREAMED, "keep_alive", "6m"),
    (STREAMED, "options", "num_ctx", 4097),
    (STREAMED, "options", "num_predict", -2),
    (STREAMED, "messages", 1, "images", ["iVBORw0KGgoA"]),
    (STREAMED, "tools", 0, "function", "name", "whether"),
    (WHOLE, "think", "high"),
    (WHOLE, "format", "json"),
    (WHOLE, "logprobs", False),
    (WHOLE, "options", "stop", ["END."]),
    (WHOLE, "messages", 1, "thinking", "One town."),
    (WHOLE, "messages", 1, "tool_calls", 0, "id", "call_b"),
    (WHOLE, "messages", 1, "tool_calls", 1, "function", "arguments", {}),
    (WHOLE, "messages", 2, "tool_call_id", "call_b"),
    (WHOLE, "messages", 3, "tool_name", "whether"),
    (BROKEN_OFF, "format", "json"),
    (GENERATED, "raw", False),
    (GENERATED, "suffix", "!"),
    (GENERATED, "context", [2, 1]),
]
SAYS_THE_SAME: list[tuple[Json, Json]] = [
    ({"stream": True}, {}),
    ({"keep_alive": None}, {}),
    ({"options": {}}, {}),
    ({"tools": []}, {}),
    (
        {"tools": [{"function": {"name": "f"}}]},
        {"tools": [{"type": "function", "function": {"name": "f"}}]},
    ),
    (
        {"messages": [{"role": "user", "content": "a", "images": []}]},
        {"messages": [{"role": "user", "content": "a"}]},
    ),
    ({"messages": [{"role": "assistant"}]}, {"messages": [{"role": "assistant", "content": ""}]}),
]
SAYS_ANOTHER_THING: list[tuple[Json, Json]] = [
    ({"stream": False}, {}),
    ({"think": False}, {}),
    ({"think": True}, {"think": "high"}),
    ({"options": {"seed": 1}}, {"options": {}}),
    ({"keep_alive": 0}, {}),
    ({"raw": False}, {}),
    ({"messages": [{"role": "user", "content": "a"}]}, {"messages": [{"role": "user"}]}),
]
