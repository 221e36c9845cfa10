"""What Anthropic's own words mean in the unified vocabulary, read from its documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aicore.errors import (
    AIError,
    BusyError,
    Forbidden,
    NotFound,
    QuotaSpent,
    RateLimited,
    RefusedError,
    Unauthorized,
)
from aicore.responses import FinishReason
from aicore.usage import Usage

FINISH: Mapping[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "tool_use": "tool-calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "content-filter",
}

CODES: Mapping[str, type[AIError]] = {
    "authentication_error": Unauthorized,
    "billing_error": QuotaSpent,
    "permission_error": Forbidden,
    "not_found_error": NotFound,
    "request_too_large": RefusedError,
    "rate_limit_error": RateLimited,
    "timeout_error": BusyError,
    "overloaded_error": BusyError,
}


def finish_reason(raw: str | None, calls: bool) -> FinishReason:
    """Read a stop reason; where none is given, an answer that calls tools ended for that."""
    if not raw:
        return "tool-calls" if calls else "other"
    return FINISH.get(raw, "other")


def usage(raw: Mapping[str, Any] | None) -> Usage | None:
    """Read token counts: input is what was read anew, plus what a cache gave, plus what it took.

    Once the service has compacted the conversation, the counts stand in the iterations: those of
    the model are its answers and the compactions, and an advisor is another model.
    """
    if not raw:
        return None
    iterations = raw.get("iterations") or []
    kinds = {item["type"] for item in iterations}
    parts: list[Mapping[str, Any]] = [raw]
    if "compaction" in kinds:
        parts = [item for item in iterations if item["type"] in ("message", "compaction")]
    fresh, output, read, written, hourly = (
        summed(parts, name)
        for name in (
            "input_tokens",
            "output_tokens",
            "cache_read_input_tokens",
            "cache_creation_input_tokens",
            "ephemeral_1h_input_tokens",
        )
    )
    told = [value for value in (fresh, read, written) if value is not None]
    return Usage(
        input_tokens=sum(told) if told else None,
        output_tokens=output,
        cache_read_tokens=read,
        cache_write_tokens=written,
        cache_write_1h_tokens=hourly,
        reasoning_tokens=(raw.get("output_tokens_details") or {}).get("thinking_tokens"),
        lower_bound="advisor_message" in kinds,
    )


def summed(parts: list[Mapping[str, Any]], name: str) -> int | None:
    found = [{**(part.get("cache_creation") or {}), **part}.get(name) for part in parts]
    known = [value for value in found if value is not None]
    return sum(known) if known else None
