"""What the vendors' own words mean in the unified vocabulary, read from their documents.

Nothing here is taken from the product: it is the second opinion that answers are held against.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aicore.errors import (
    AIError,
    BusyError,
    ContentFiltered,
    Forbidden,
    GarbledError,
    InvalidRequest,
    NotFound,
    QuotaSpent,
    RateLimited,
    RefusedError,
    TooLong,
    Unauthorized,
)
from aicore.responses import FinishReason
from aicore.usage import Usage

FINISH: Mapping[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "model_length": "length",  # Mistral: the model's context is full
    "tool_calls": "tool-calls",
    "function_call": "tool-calls",  # OpenAI before tools
    "content_filter": "content-filter",
    "error": "error",  # Mistral
    "insufficient_system_resource": "error",  # DeepSeek
}

STATUSES: Mapping[int, type[AIError]] = {
    400: InvalidRequest,
    401: Unauthorized,
    402: QuotaSpent,
    403: Forbidden,
    404: NotFound,
    408: BusyError,
    409: BusyError,
    413: RefusedError,
    422: InvalidRequest,
    429: RateLimited,
    498: BusyError,  # Groq: flex capacity exceeded
}

CODES: Mapping[str, type[AIError]] = {
    "content_filter": ContentFiltered,
    "content_policy_violation": ContentFiltered,
    "context_length_exceeded": TooLong,
    "insufficient_quota": QuotaSpent,
    "model_not_found": NotFound,
    "tool_use_failed": GarbledError,  # Groq: the model wrote a call that the tool does not take
}


def finish_reason(raw: str | None, calls: bool) -> FinishReason:
    """Read a finish reason; where none is given, an answer that calls tools ended for that."""
    if not raw:
        return "tool-calls" if calls else "other"
    return FINISH.get(raw, "other")


def usage(raw: Mapping[str, Any] | None) -> Usage | None:
    """Read the token counts of OpenAI's chat wire and of the vendors that extend it.

    Input includes what a cache gave, output includes reasoning (true of OpenAI, Groq, DeepSeek
    and Mistral). DeepSeek and Mistral have names of their own for cached tokens.
    """
    if not raw:
        return None
    asked = raw.get("prompt_tokens_details") or raw.get("prompt_token_details") or {}
    written = raw.get("completion_tokens_details") or {}
    cached = (
        asked.get("cached_tokens"),
        raw.get("prompt_cache_hit_tokens"),
        raw.get("num_cached_tokens"),
        raw.get("cached_tokens"),
    )
    return Usage(
        input_tokens=raw.get("prompt_tokens"),
        output_tokens=raw.get("completion_tokens"),
        cache_read_tokens=next((count for count in cached if count is not None), None),
        cache_write_tokens=asked.get("cache_write_tokens"),
        reasoning_tokens=written.get("reasoning_tokens"),
        input_audio_tokens=asked.get("audio_tokens"),
        output_audio_tokens=written.get("audio_tokens"),
        input_image_tokens=asked.get("image_tokens"),
    )


def error(status: int | None, code: Any, kind: str | None) -> type[AIError]:
    """Name the family of a failure: a telling code decides, else the status.

    A failure inside a stream has no status of its own unless its frame states one.
    """
    for word in (code, kind):
        if isinstance(word, str) and word in CODES:
            return CODES[word]
    if status is None:
        return AIError
    return STATUSES.get(status, BusyError if status >= 500 else RefusedError)


def vendor_code(code: Any, kind: str | None) -> str | None:
    """Return the vendor's code, or the type of the failure where there is no code."""
    return kind if code is None else str(code)
