"""What the words of the Responses wire mean in the unified vocabulary, read from its documents.

Nothing here is taken from the product: it is the second opinion that answers are held against.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aicore.errors import AIError, ContentFiltered, NotFound, QuotaSpent, RateLimited, TooLong
from aicore.responses import FinishReason
from aicore.usage import Usage

FINISH: Mapping[str, FinishReason] = {
    "max_output_tokens": "length",
    "content_filter": "content-filter",
    "failed": "error",
}

CODES: Mapping[str, type[AIError]] = {
    "content_filter": ContentFiltered,
    "content_policy_violation": ContentFiltered,
    "context_length_exceeded": TooLong,
    "insufficient_quota": QuotaSpent,
    "model_not_found": NotFound,
    "rate_limit_exceeded": RateLimited,
}


def raw_reason(expected: Mapping[str, Any]) -> str:
    """Return why an answer is not complete, else its status: there is no other word for its end."""
    return str(expected.get("incomplete_reason") or expected.get("finish_reason") or "")


def finish_reason(raw: str | None, calls: bool) -> FinishReason:
    """Unify it; an answer that is complete ended for its calls if it has any."""
    if raw == "completed":
        return "tool-calls" if calls else "stop"
    return FINISH.get(raw or "", "other")


def usage(raw: Mapping[str, Any] | None) -> Usage | None:
    """Read the token counts: input includes what a cache gave or took, output the reasoning."""
    if not raw:
        return None
    asked = raw.get("input_tokens_details") or {}
    written = raw.get("output_tokens_details") or {}
    return Usage(
        input_tokens=raw.get("input_tokens"),
        output_tokens=raw.get("output_tokens"),
        cache_read_tokens=asked.get("cached_tokens"),
        cache_write_tokens=asked.get("cache_write_tokens"),
        reasoning_tokens=written.get("reasoning_tokens"),
        input_audio_tokens=asked.get("audio_tokens"),
        output_audio_tokens=written.get("audio_tokens"),
        input_image_tokens=asked.get("image_tokens"),
    )
