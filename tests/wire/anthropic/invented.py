"""Exchanges that nobody recorded, for tests of this half of the suite."""

from __future__ import annotations

import json
from typing import Any

from ..corpus import Exchange, Json

SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"q": "🌦"}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
CITED = {"type": "web_search_result_location", "url": "https://a.example", "cited_text": "Rain."}
COUNTS: Json = {
    "input_tokens": 10,
    "cache_read_input_tokens": 32,
    "cache_creation_input_tokens": 8,
    "cache_creation": {"ephemeral_5m_input_tokens": 2, "ephemeral_1h_input_tokens": 6},
    "output_tokens": 12,
    "output_tokens_details": {"thinking_tokens": 5},
    "service_tier": "standard",
}
CALLS = [{"id": "toolu_a", "name": "weather", "arguments": {"town": "Łódź"}}]


def exchange(name: str, api: str = "anthropic-messages", **fields: Any) -> Exchange:
    """Make an exchange from the fields of its request, answer and meaning."""
    counting = "/count_tokens" if api == "anthropic-count-tokens" else ""
    request = {
        "method": "POST",
        "host": "api.vendor.example",
        "path": f"/v1/messages{counting}",
        "query": [["beta", "true"]],
        "body": {"json": fields["asked"]},
    }
    chunks: list[str] | None = fields.get("chunks")
    headers = {"content-type": "text/event-stream" if chunks else "application/json"}
    response: Json = {
        "status": fields.get("status", 200),
        "headers": {**headers, "request-id": "req_1"},
        "stream": chunks is not None,
        "body": None if chunks else {"json": fields["answer"]},
    }
    if chunks:
        response |= {"chunk_encoding": "text", "chunks": chunks}
    recorded = {"provider": "anthropic", "api": api, "request": request, "response": response}
    return Exchange(name, recorded, fields["expected"])


def event(type: str, **fields: Any) -> str:
    data = json.dumps({"type": type, **fields}, ensure_ascii=False)
    return f"event: {type}\ndata: {data}\n\n"


def delta(index: int, **fields: Any) -> str:
    return event("content_block_delta", index=index, delta=fields)


def start(index: int, **block: Any) -> str:
    return event("content_block_start", index=index, content_block=block)


def stop(index: int) -> str:
    return event("content_block_stop", index=index)


ASKED: Json = {
    "model": "thinker-1",
    "max_tokens": 4096,
    "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
    "messages": [
        {"role": "user", "content": "What is the weather in Łódź?"},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
                {"type": "redacted_thinking", "data": "eA=="},
                {"type": "text", "text": "I look.", "citations": [CITED]},
                {"type": "tool_use", "id": "toolu_0", "name": "weather", "input": {"town": "Łódź"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu_0",
                    "content": "Rain.",
                    "is_error": False,
                },
                {
                    "type": "image",
                    "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="},
                },
                {
                    "type": "document",
                    "source": {"type": "text", "media_type": "text/plain", "data": "Grüße"},
                    "title": "A letter",
                    "citations": {"enabled": True},
                },
            ],
        },
    ],
    "tools": [
        {"name": "weather", "input_schema": {"type": "object", "properties": {}}, "strict": True},
        {"type": "web_search_20250305", "name": "web_search", "max_uses": 3},
    ],
    "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
    "thinking": {"type": "adaptive"},
    "output_config": {"effort": "low"},
    "metadata": {"user_id": "u1"},
    "cache_control": {"type": "ephemeral", "ttl": "1h"},
    "stop_sequences": ["END"],
    "stream": True,
}
ASKED["tools"][0]["input_schema"]["additionalProperties"] = False

STREAMED = exchange(
    "streamed",
    asked=ASKED,
    chunks=[
        event(
            "message_start",
            message={
                "id": "msg_1",
                "type": "message",
                "role": "assistant",
                "model": "thinker-1",
                "content": [],
                "stop_reason": None,
                "usage": {**COUNTS, "output_tokens": 1},
            },
        ),
        event("ping"),
        start(0, type="thinking", thinking="", signature=""),
        delta(0, type="thinking_delta", thinking="A to"),
        delta(0, type="thinking_delta", thinking="wn. 🌦"),
        delta(0, type="signature_delta", signature="c2ln"),
        stop(0),
        start(1, **{**SEARCH, "input": {}}),
        delta(1, type="input_json_delta", partial_json='{"q": '),
        delta(1, type="input_json_delta", partial_json='"🌦"}'),
        stop(1),
        start(2, **FOUND),
        stop(2),
        start(3, type="text", text=""),
        delta(3, type="text_delta", text="It "),
        delta(3, type="text_delta", text="rains, "),
        stop(3),
        start(4, type="text", text="", citations=[]),
        delta(4, type="citations_delta", citation=CITED),
        delta(4, type="text_delta", text="I read."),
        stop(4),
        start(5, type="tool_use", id="toolu_a", name="weather", input={}),
        delta(5, type="input_json_delta", partial_json=""),
        delta(5, type="input_json_delta", partial_json='{"town": "Łódź"}'),
        stop(5),
        event(
            "message_delta",
            delta={"stop_reason": "tool_use", "stop_sequence": None},
            usage={"output_tokens": 12},
        ),
        event("message_stop"),
    ],
    expected={
        "kind": "chat",
        "id": "msg_1",
        "model": "thinker-1",
        "text": "It rains, I read.",
        "text_blocks": ["It rains, ", "I read."],
        "reasoning": "A town. 🌦",
        "reasoning_signature_present": True,
        "tool_calls": CALLS,
        "server_tool_calls": [{name: SEARCH[name] for name in ("id", "name", "input")}],
        "block_types": [
            *("thinking", "server_tool_use", "web_search_tool_result"),
            *("text", "text", "tool_use"),
        ],
        "citations": [CITED],
        "stop_sequence": None,
        "finish_reason": "tool_use",
        "usage": COUNTS,
    },
)

WHOLE = exchange(
    "whole",
    asked={
        "model": "thinker-1",
        "max_tokens": 16,
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
            {"role": "user", "content": "there"},
        ],
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "output_config": {
            "format": {
                "type": "json_schema",
                "schema": {"type": "object", "properties": {}, "additionalProperties": False},
            }
        },
        "service_tier": "auto",
        "container": None,
        "stream": False,
    },
    answer={
        "id": "msg_2",
        "type": "message",
        "role": "assistant",
        "model": "thinker-1",
        "content": [{"type": "redacted_thinking", "data": "eA=="}, {"type": "text", "text": "{}"}],
        "stop_reason": "stop_sequence",
        "stop_sequence": "END",
        "usage": COUNTS,
    },
    expected={
        "kind": "chat",
        "id": "msg_2",
        "model": "thinker-1",
        "text": "{}",
        "text_blocks": ["{}"],
        "reasoning": None,
        "tool_calls": [],
        "block_types": ["redacted_thinking", "text"],
        "stop_sequence": "END",
        "finish_reason": "stop_sequence",
        "usage": COUNTS,
    },
)
WHOLE.recorded["request"]["body"]["json"]["max_tokens"] = 2048

BROKEN_OFF = exchange(
    "broken off",
    asked={
        "model": "thinker-1",
        "max_tokens": 16,
        "messages": [{"role": "user", "content": "hi"}],
        "stream": True,
    },
    chunks=[
        event("message_start", message={"id": "msg_3", "model": "thinker-1", "content": []}),
        start(0, type="text", text=""),
        delta(0, type="text_delta", text="Well"),
        event("error", error={"type": "overloaded_error", "message": "No room."}),
    ],
    expected={
        "kind": "chat",
        "id": "msg_3",
        "model": "thinker-1",
        "text": "Well",
        "reasoning": None,
        "tool_calls": [],
        "finish_reason": None,
        "usage": None,
        "stream_error": {"type": "overloaded_error", "message": "No room."},
    },
)

COUNTED = exchange(
    "counted",
    "anthropic-count-tokens",
    asked={"model": "thinker-1", "messages": [{"role": "user", "content": "hi"}], "tools": []},
    answer={"input_tokens": 9},
    expected={"kind": "tokens", "tokens": 9},
)

REFUSED = exchange(
    "refused",
    status=429,
    asked={"model": "thinker-1", "max_tokens": 16, "messages": [{"role": "user", "content": "hi"}]},
    answer={"type": "error", "error": {"type": "rate_limit_error", "message": "Slow down."}},
    expected={
        "kind": "error",
        "status": 429,
        "code": None,
        "type": "rate_limit_error",
        "message": "Slow down.",
    },
)

ALL = (STREAMED, WHOLE, BROKEN_OFF, COUNTED, REFUSED)
