"""Exchanges that nobody recorded, for tests of this part of the suite."""

from __future__ import annotations

import json
from typing import Any

from ..corpus import Exchange, Json

COUNTS: Json = {
    "input_tokens": 40,
    "input_tokens_details": {"cached_tokens": 32, "cache_write_tokens": 4},
    "output_tokens": 12,
    "output_tokens_details": {"reasoning_tokens": 5},
    "total_tokens": 52,
}
CALLS = [
    {
        "id": "call_a",
        "name": "weather",
        "arguments": {"town": "Łódź"},
        "arguments_raw": '{"town": "Łódź"}',
    }
]
SEARCH = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"q": "🌦"}}
TOOLS: list[Json] = [
    {"type": "web_search"},
    {"type": "custom", "name": "sql", "format": {"type": "text"}},
    {
        "type": "function",
        "name": "weather",
        "parameters": {"type": "object", "properties": {"town": {"type": "string"}}},
        "strict": False,
    },
]


def exchange(name: str, api: str = "openai-responses", **fields: Any) -> Exchange:
    """Make an exchange from the fields of its request, answer and meaning."""
    path = {"openai-responses": "", "openai-responses-input-tokens": "/input_tokens"}[api]
    request = {
        "method": "POST",
        "host": "api.vendor.example",
        "path": f"/v1/responses{path}",
        "query": [],
        "body": {"json": fields["asked"]} if "asked" in fields else None,
        **fields.get("request", {}),
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
    recorded = {"provider": "openai", "api": api, "request": request, "response": response}
    return Exchange(name, recorded, fields["expected"])


def event(kind: str, index: int | None = None, **fields: Any) -> str:
    at = {} if index is None else {"output_index": index, "item_id": f"item_{index}"}
    data = json.dumps({"type": f"response.{kind}", **at, **fields}, ensure_ascii=False)
    return f"event: response.{kind}\ndata: {data}\n\n"


def answer(*output: Json, **fields: Any) -> Json:
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1_700_000_000,
        "model": "thinker-1",
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "output": list(output),
        "usage": COUNTS,
        **fields,
    }


THOUGHT = {
    "type": "reasoning",
    "id": "item_0",
    "encrypted_content": "c2VjcmV0",
    "summary": [
        {"type": "summary_text", "text": "**Two towns.**"},
        {"type": "summary_text", "text": "One is far."},
    ],
}
SAID = {
    "type": "message",
    "id": "item_2",
    "role": "assistant",
    "status": "completed",
    "phase": "commentary",
    "content": [{"type": "output_text", "text": "I look it up. 🌦", "annotations": []}],
}
CALL = {
    "type": "function_call",
    "id": "item_3",
    "call_id": "call_a",
    "name": "weather",
    "arguments": '{"town": "Łódź"}',
    "status": "completed",
}
CUSTOM = {
    "type": "custom_tool_call",
    "id": "item_4",
    "call_id": "call_b",
    "name": "sql",
    "input": "SELECT 1",
}
OUTPUT = (THOUGHT, SEARCH, SAID, CALL, CUSTOM)
MEANING: Json = {
    "kind": "response",
    "id": "resp_1",
    "model": "thinker-1",
    "status": "completed",
    "text": "I look it up. 🌦",
    "reasoning": "**Two towns.**\n\nOne is far.",
    "reasoning_summary": ["**Two towns.**", "One is far."],
    "reasoning_text": None,
    "tool_calls": CALLS,
    "custom_tool_calls": [{"id": "call_b", "name": "sql", "input": "SELECT 1"}],
    "finish_reason": "completed",
    "incomplete_reason": None,
    "usage": COUNTS,
    "output_types": [item["type"] for item in OUTPUT],
    "native_items": ["web_search_call"],
}

STREAMED = exchange(
    "streamed responses",
    asked={
        "model": "thinker-1",
        "instructions": "Be brief.",
        "input": [
            {"role": "developer", "content": "Speak English."},
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "What is the weather here?"},
                    {
                        "type": "input_image",
                        "image_url": "data:image/png;base64,iVBORw0KGgo=",
                        "detail": "low",
                    },
                    {
                        "type": "input_file",
                        "filename": "map.pdf",
                        "file_data": "data:application/pdf;base64,JVBERi0x",
                    },
                ],
            },
            *OUTPUT,
            {"type": "function_call_output", "call_id": "call_a", "output": "Rain."},
            {"type": "custom_tool_call_output", "call_id": "call_b", "output": "1"},
            {"role": "assistant", "content": "It rains."},
            {"type": "item_reference", "id": "msg_9"},
            {"role": "user", "content": "And in Nîmes?"},
        ],
        "tools": TOOLS,
        "tool_choice": {"type": "custom", "name": "sql"},
        "reasoning": {"effort": "low", "summary": "auto"},
        "text": {"format": {"type": "json_object"}, "verbosity": "low"},
        "include": ["reasoning.encrypted_content", "message.output_text.logprobs"],
        "prompt_cache_key": "k",
        "safety_identifier": "u",
        "max_output_tokens": 99,
        "temperature": 0.5,
        "store": False,
        "stream": True,
    },
    chunks=[
        event("created", response=answer(status="in_progress", usage=None)),
        event("output_item.added", 0, item={**THOUGHT, "summary": [], "encrypted_content": "c"}),
        event("reasoning_summary_text.delta", 0, summary_index=0, delta="**Two "),
        event("reasoning_summary_text.delta", 0, summary_index=0, delta="towns.**"),
        event("reasoning_summary_text.delta", 0, summary_index=1, delta="One is far."),
        event("output_item.done", 0, item=THOUGHT),
        event("output_item.added", 1, item={**SEARCH, "status": "in_progress"}),
        event("web_search_call.searching", 1),
        event("output_item.done", 1, item=SEARCH),
        event("output_item.added", 2, item={**SAID, "content": [], "status": "in_progress"}),
        event("output_text.delta", 2, content_index=0, delta="I look "),
        event("output_text.delta", 2, content_index=0, delta="it up. 🌦"),
        event("output_item.done", 2, item=SAID),
        event("output_item.added", 3, item={**CALL, "arguments": ""}),
        event("function_call_arguments.delta", 3, delta='{"town": '),
        event("function_call_arguments.delta", 3, delta='"Łódź"}'),
        event("output_item.done", 3, item=CALL),
        event("output_item.added", 4, item={**CUSTOM, "input": ""}),
        event("custom_tool_call_input.delta", 4, delta="SELECT 1"),
        event("output_item.done", 4, item=CUSTOM),
        event("completed", response=answer(*OUTPUT)),
    ],
    expected=MEANING,
)

REFUSAL = {**SAID, "content": [{"type": "refusal", "refusal": "I won't."}]}
CUT = exchange(
    "cut short",
    asked={"model": "thinker-1", "input": "Hi", "top_logprobs": 2, "user": "u"},
    answer=answer(REFUSAL, status="incomplete", incomplete_details={"reason": "max_output_tokens"}),
    expected={
        **MEANING,
        "status": "incomplete",
        "finish_reason": "incomplete",
        "incomplete_reason": "max_output_tokens",
        "text": None,
        "refusal": "I won't.",
        "reasoning": None,
        "reasoning_summary": None,
        "tool_calls": [],
        "custom_tool_calls": [],
        "output_types": ["message"],
        "native_items": [],
    },
)

BROKEN_OFF = exchange(
    "broken off responses",
    asked={"model": "thinker-1", "input": "Hi", "stream": True},
    chunks=[
        event("created", response=answer(status="in_progress", usage=None)),
        event("output_item.added", 0, item={**SAID, "content": []}),
        event("output_text.delta", 0, content_index=0, delta="I lo"),
        'event: error\ndata: {"type": "error", "code": "rate_limit_exceeded", "message": "Slow."}'
        "\n\n",
    ],
    expected={
        "kind": "response",
        "id": "resp_1",
        "model": "thinker-1",
        "text": "I lo",
        "reasoning": None,
        "tool_calls": [],
        "finish_reason": None,
        "usage": None,
        "stream_error": {
            "type": "error",
            "code": "rate_limit_exceeded",
            "message": "Slow.",
        },
    },
)

AGAIN = exchange(
    "asked for again",
    request={
        "method": "GET",
        "path": "/v1/responses/resp_1",
        "query": [["stream", "false"], ["include_obfuscation", "true"]],
    },
    answer=answer(status="queued", usage=None),
    expected={
        **MEANING,
        "status": "queued",
        "finish_reason": "queued",
        "text": None,
        "reasoning": None,
        "reasoning_summary": None,
        "tool_calls": [],
        "custom_tool_calls": [],
        "usage": None,
        "output_types": [],
        "native_items": [],
    },
)

COUNTED = exchange(
    "counted",
    "openai-responses-input-tokens",
    asked={"model": "thinker-1", "input": "Hi", "tools": TOOLS, "truncation": "auto"},
    answer={"object": "response.input_tokens", "input_tokens": 9},
    expected={"kind": "tokens", "tokens": 9},
)

ALL = (STREAMED, CUT, BROKEN_OFF, AGAIN, COUNTED)
