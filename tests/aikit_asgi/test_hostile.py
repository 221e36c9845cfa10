"""Whatever stands in the place of whatever field, the gateway says what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from aikit_asgi import create_app

from .asgi import ask

USER: Any = [
    {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}},
    {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO", "detail": "low"}},
    {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
    {"type": "file", "file": {"file_data": "JVBERg==", "filename": "a.pdf"}},
    {"type": "file", "file": {"file_id": "f1"}},
    {"type": "video_url", "video_url": {"url": "https://a.test/v.mp4"}},
]
FUNCTION: Any = {"name": "f", "description": "d", "parameters": {"type": "object"}, "strict": True}
CITED = {"url": "https://a.test", "title": "t", "start_index": 0, "end_index": 1}
ASSISTANT: Any = {
    "role": "assistant",
    "content": [{"type": "refusal", "refusal": "no"}],
    "reasoning_content": "hm",
    "tool_calls": [
        {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}},
        {"id": "2", "type": "custom", "custom": {"name": "g", "input": "x"}},
    ],
    "function_call": {"name": "f", "arguments": "{}"},
    "annotations": [{"type": "url_citation", "url_citation": CITED}],
    "audio": {"id": "a"},
}
CHAT: Any = {
    "model": "fixture:echo",
    "messages": [
        {"role": "developer", "content": "s", "name": "n"},
        {"role": "user", "content": USER},
        ASSISTANT,
        {"role": "tool", "tool_call_id": "1", "content": [{"type": "text", "text": "ok"}]},
        {"role": "function", "name": "f", "content": "ok"},
        {"role": "user", "content": "hi"},
    ],
    "stream": False,
    "stream_options": {"include_usage": True},
    "tools": [
        {"type": "function", "function": FUNCTION},
        {"type": "custom", "custom": {"name": "g", "format": {"type": "text"}}},
    ],
    "functions": [FUNCTION],
    "function_call": {"name": "f"},
    "tool_choice": {"type": "function", "function": {"name": "f"}},
    "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {}}},
    "logit_bias": {"1": 2},
    "stop": ["a"],
    "metadata": {"a": "b"},
    "provider_options": {"fixture": {"x": 1}},
    **dict.fromkeys(("reasoning_effort", "prompt_cache_key", "service_tier", "user"), "x"),
    **dict.fromkeys(("temperature", "top_k", "seed", "n", "max_tokens", "top_logprobs"), 1),
    **dict.fromkeys(("logprobs", "parallel_tool_calls", "verbosity"), True),
}
NATIVE: Any = {
    "model": "fixture:echo",
    "messages": [
        {"role": "user", "content": ["a", {"type": "image", "data": "iVBORw0KGgo="}]},
        {
            "role": "assistant",
            "parts": [{"type": "tool_call", "id": "c", "name": "f", "arguments": "{}"}],
        },
        {
            "role": "tool",
            "parts": [
                {
                    "type": "tool_result",
                    "call_id": "c",
                    "parts": [{"type": "text", "text": "x"}],
                    "provider_data": {"openai-chat": {"x": 1}},
                }
            ],
        },
    ],
    "tools": [{"type": "tool", "name": "f", "parameters": {"type": "object"}}],
    "tool_choice": {"name": "f"},
    "response_format": {"schema": {"type": "object"}},
    "reasoning": {"effort": "low"},
    "prompt_cache": {"key": "k"},
    "stop": ["x"],
    "logit_bias": {"1": 1},
    "provider_options": {"fixture": {"a": 1}},
}
EMBED: Any = {
    "model": "fixture:echo",
    "input": ["a"],
    "task": "query",
    "metadata": {"a": "b"},
    "provider_options": {"fixture": {}},
}
STRANGE: list[Any] = [
    *(None, True, 0, -1, 1.5, 1e308, 10**30, "", "x", "\x00", "http://[", "file:///etc/passwd"),
    *("data:", "data:image/png;base64,%%%", [], [[]], [1], ["x"], {}, {"a": None}, {"type": []}),
    *({"type": "text"}, {"id": {}}),
]


def altered(value: Any, top: bool = True) -> Iterator[Any]:
    """Yield what becomes of a value when anything strange stands anywhere in it, or is missing."""
    if not top:
        yield from STRANGE
    match value:
        case dict():
            for name, item in value.items():
                yield {key: other for key, other in value.items() if key != name}
                yield from ({**value, name: strange} for strange in altered(item, False))
        case list():
            for place, item in enumerate(value):
                for strange in altered(item, False):
                    yield [*value[:place], strange, *value[place + 1 :]]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", CHAT),
        ("/v1/embeddings", {**EMBED, "encoding_format": "base64"}),
        ("/generate", NATIVE),
        ("/embed", EMBED),
    ],
)
async def test_no_value_in_any_place_is_a_bug_of_the_gateway(path: str, body: Any) -> None:
    app = create_app()
    assert (await ask(app, path, body)).status == 200
    for wrong in altered(body):
        answer = await ask(app, path, json.dumps(wrong).encode())
        assert answer.status in (200, 400, 404), wrong
        if answer.status != 200:
            assert 0 < len(answer.error["message"]) < 1000, wrong
            assert "Error" not in answer.error["message"], wrong
