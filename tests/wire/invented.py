"""Exchanges that nobody recorded, for tests of the suite itself."""

from __future__ import annotations

import json
from typing import Any

from .corpus import Exchange, Json

WEATHER: Json = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Tell the weather of a town.",
        "parameters": {"type": "object", "properties": {"town": {"type": "string"}}},
    },
}
COUNTS: Json = {
    "prompt_tokens": 40,
    "completion_tokens": 12,
    "total_tokens": 52,
    "prompt_tokens_details": {"cached_tokens": 32},
    "completion_tokens_details": {"reasoning_tokens": 5},
}
CALLS = [
    {"id": "call_a", "name": "weather", "arguments": {"town": "Łódź"}},
    {"id": "call_b", "name": "weather", "arguments": {"town": "Nîmes"}},
]


def exchange(name: str, provider: str, api: str, **fields: Any) -> Exchange:
    """Make an exchange from the fields of its request, answer and meaning."""
    path = {"openai-chat": "/v1/chat/completions", "openai-embeddings": "/v1/embeddings"}[api]
    request = {
        "method": "POST",
        "host": "api.vendor.example",
        "path": path,
        "body": {"json": fields["asked"]},
    }
    chunks: list[str] | None = fields.get("chunks")
    response: Json = {
        "status": fields.get("status", 200),
        "headers": {"content-type": "text/event-stream" if chunks else "application/json"},
        "stream": chunks is not None,
        "body": None if chunks else {"json": fields["answer"]},
    }
    if chunks:
        response |= {"chunk_encoding": "text", "chunks": chunks}
    recorded = {"provider": provider, "api": api, "request": request, "response": response}
    return Exchange(name, recorded, fields["expected"])


def chunk(delta: Json, finish_reason: str | None = None, **fields: Any) -> str:
    data = {
        "id": "answer-1",
        "object": "chat.completion.chunk",
        "created": 1_700_000_000,
        "model": "thinker-1",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}],
        **fields,
    }
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"


def call_delta(index: int, arguments: str, **start: Any) -> Json:
    function = {"arguments": arguments} | ({"name": start.pop("name")} if start else {})
    return {"tool_calls": [{"index": index, "function": function, **start}]}


STREAMED = exchange(
    "streamed",
    "deepseek",
    "openai-chat",
    asked={
        "model": "thinker-1",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "What is the weather in Łódź and in Nîmes?"},
        ],
        "temperature": 0.5,
        "tools": [WEATHER],
        "tool_choice": "auto",
        "stream": True,
        "stream_options": {"include_usage": True},
    },
    chunks=[
        chunk({"role": "assistant", "content": None, "reasoning_content": "Two tow"}),
        chunk({"reasoning_content": "ns. 🌦"}),
        chunk({"content": "I will loo"}),
        chunk({"content": "k it up."}),
        chunk(call_delta(0, "", id="call_a", type="function", name="weather")),
        chunk(call_delta(0, '{"town": ')),
        chunk(call_delta(0, '"Łódź"}')),
        chunk(call_delta(1, "", id="call_b", type="function", name="weather")),
        chunk(call_delta(1, '{"town": "Nîmes"}')),
        chunk({}, "tool_calls"),
        chunk({}, choices=[], usage=COUNTS),
        "data: [DONE]\n\n",
    ],
    expected={
        "kind": "chat",
        "id": "answer-1",
        "model": "thinker-1",
        "text": "I will look it up.",
        "reasoning": "Two towns. 🌦",
        "tool_calls": CALLS,
        "finish_reason": "tool_calls",
        "usage": COUNTS,
    },
)

BROKEN_OFF = exchange(
    "broken off",
    "groq",
    "openai-chat",
    asked={
        "model": "thinker-1",
        "messages": [{"role": "user", "content": "hi"}],
        "stream": True,
    },
    chunks=[
        chunk({"role": "assistant", "reasoning": "Hm"}),
        chunk({"reasoning": "m."}),
        'event: error\ndata: {"error": {"message": "No room.", "type": "invalid_request_error",'
        ' "code": "context_length_exceeded", "status_code": 400}}\n\n',
    ],
    expected={
        "kind": "chat",
        "id": "answer-1",
        "model": "thinker-1",
        "text": "",
        "reasoning": "Hmm.",
        "tool_calls": [],
        "finish_reason": None,
        "usage": None,
        "stream_error": {
            "message": "No room.",
            "type": "invalid_request_error",
            "code": "context_length_exceeded",
            "status_code": 400,
        },
    },
)

WHOLE = exchange(
    "whole",
    "openai",
    "openai-chat",
    asked={
        "model": "thinker-1",
        "messages": [
            {"role": "user", "content": "What is the weather in Łódź?"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "call_0",
                        "type": "function",
                        "function": {"name": "weather", "arguments": '{"town":"Łódź"}'},
                    }
                ],
            },
            {"role": "tool", "tool_call_id": "call_0", "content": "Rain."},
        ],
        "tools": [WEATHER],
        "stream": False,
        "n": 2,
    },
    answer={
        "id": "answer-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "thinker-1",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "It rains.", "refusal": None},
                "finish_reason": "stop",
            },
            {
                "index": 1,
                "message": {"role": "assistant", "content": "Rain!", "refusal": None},
                "finish_reason": "length",
            },
        ],
        "usage": COUNTS,
    },
    expected={
        "kind": "chat",
        "id": "answer-1",
        "model": "thinker-1",
        "text": "It rains.",
        "reasoning": None,
        "tool_calls": [],
        "finish_reason": "stop",
        "usage": COUNTS,
        "choices": 2,
        "choice_texts": ["It rains.", "Rain!"],
    },
)

VECTORS = exchange(
    "vectors",
    "openai",
    "openai-embeddings",
    asked={"model": "embedder-1", "input": ["one", "two"], "encoding_format": "base64"},
    answer={
        "object": "list",
        "model": "embedder-1",
        "data": [
            {"object": "embedding", "index": 1, "embedding": "AACAPwAAAEA="},
            {"object": "embedding", "index": 0, "embedding": "AAAAPwAAQMA="},
        ],
        "usage": {"prompt_tokens": 2, "total_tokens": 2},
    },
    expected={
        "kind": "embedding",
        "model": "embedder-1",
        "count": 2,
        "dimension": 2,
        "usage": {"prompt_tokens": 2, "total_tokens": 2},
    },
)

REFUSED = exchange(
    "refused",
    "mistral",
    "openai-chat",
    status=429,
    asked={"model": "thinker-1", "messages": [{"role": "user", "content": "hi"}], "stream": True},
    answer={"object": "error", "message": "Slow down.", "type": "rate_limited", "code": "1300"},
    expected={
        "kind": "error",
        "status": 429,
        "code": "1300",
        "type": "rate_limited",
        "message": "Slow down.",
    },
)

ALL = (STREAMED, BROKEN_OFF, WHOLE, VECTORS, REFUSED)
