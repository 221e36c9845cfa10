"""Makes what an answer is known to mean wrong on purpose, one fact at a time."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from .corpus import Exchange

FACTS = {
    "chat": ("id", "model", "text", "reasoning", "tool_calls", "finish_reason", "usage"),
    "completion": ("id", "model", "text", "finish_reason", "usage"),
    "embedding": ("model", "count", "dimension", "usage"),
    "response": ("id", "model", "text", "reasoning", "tool_calls", "finish_reason", "usage"),
    "rerank": ("results",),
    "tokens": ("tokens",),
    "models": ("count", "ids"),
    "error": ("status", "message"),
}
SOMETIMES = ("citations", "tool_plan", "inline_data_parts", "code_parts", "prompt_feedback")
OF_AN_ANSWER = (
    "text_blocks",
    "block_types",
    "stop_sequence",
    "server_tool_calls",
    "reasoning_signature_present",
    "status",
    "incomplete_reason",
    "output_types",
    "native_items",
    "custom_tool_calls",
    "reasoning_summary",
    "reasoning_text",
)
"""What only some protocols tell of an answer that is whole."""
BEFORE_AN_ERROR = ("id", "model", "text", "reasoning", "tool_calls", "stream_error")
COUNTS = (
    "prompt_tokens",
    "completion_tokens",
    "input_tokens",
    "output_tokens",
    "promptTokenCount",
    "candidatesTokenCount",
    "prompt_eval_count",
    "eval_count",
)


def corruptions(exchange: Exchange) -> Iterator[tuple[str, Exchange]]:
    """Yield the exchange with each fact of its meaning made wrong, by the fact's name."""
    expected = exchange.expected or {}
    names = FACTS.get(expected.get("kind", ""), ())
    if "stream_error" in expected:
        names = BEFORE_AN_ERROR
    elif expected.get("kind") != "error":
        names += tuple(name for name in OF_AN_ANSWER if name in expected)
    names = (*names, *(name for name in SOMETIMES if name in expected))
    for name in names:
        for place, value in wrong(name, expected.get(name)):
            yield place, replace(exchange, expected={**expected, name: value})


def wrong(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield wrong values of one fact."""
    match name, value:
        case "tool_calls", [call, *more]:
            yield name, more
            for field in ("id", "name"):
                yield f"{name}.{field}", [{**call, field: "another"}, *more]
            for field in ("arguments", "arguments_raw"):
                if field in call:
                    yield f"{name}.{field}", [{**call, field: '{"another": 1}'}, *more]
        case "tool_calls", _:
            yield name, [{"id": "another", "name": "another", "arguments": {}}]
        case "results", [best, *others]:
            yield name, others
            yield f"{name}.index", [{**best, "index": best["index"] + 1}, *others]
            yield f"{name}.score", [{**best, "score": best["score"] / 2}, *others]
        case "usage", Mapping():
            yield name, None
            for count in COUNTS:
                if count in value:
                    yield f"{name}.{count}", {**copy.deepcopy(value), count: value[count] + 1}
        case "usage", _:
            yield name, {"prompt_tokens": 1}
        case "prompt_feedback", Mapping():
            yield name, {**value, "blockReason": "ANOTHER"}
        case "stream_error", Mapping():
            yield f"{name}.message", {**value, "message": "Another failure."}
        case _, int():
            yield name, value + 1
        case _:
            yield name, f"{value or ''} and another"
