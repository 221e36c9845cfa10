"""What Google's own words mean in the unified vocabulary, read from its documents.

Nothing here is taken from the product: it is the second opinion that answers are held against.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aicore.errors import (
    AIError,
    BusyError,
    Forbidden,
    NotFound,
    RateLimited,
    Unauthorized,
)
from aicore.responses import FinishReason
from aicore.usage import Usage

FINISH: Mapping[str, FinishReason] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    **dict.fromkeys(
        (
            "SAFETY",
            "RECITATION",
            "LANGUAGE",
            "BLOCKLIST",
            "PROHIBITED_CONTENT",
            "SPII",
            "IMAGE_SAFETY",
            "IMAGE_PROHIBITED_CONTENT",
            "IMAGE_RECITATION",
            "MODEL_ARMOR",
            "ESCALATION",
        ),
        "content-filter",
    ),
    **dict.fromkeys(
        (
            "MALFORMED_FUNCTION_CALL",
            "MALFORMED_RESPONSE",
            "UNEXPECTED_TOOL_CALL",
            "MISSING_THOUGHT_SIGNATURE",
        ),
        "error",
    ),
}

CODES: Mapping[str, type[AIError]] = {
    "API_KEY_INVALID": Unauthorized,
    "UNAUTHENTICATED": Unauthorized,
    "PERMISSION_DENIED": Forbidden,
    "NOT_FOUND": NotFound,
    "RESOURCE_EXHAUSTED": RateLimited,
    "UNAVAILABLE": BusyError,
    "DEADLINE_EXCEEDED": BusyError,
}


def finish_reason(raw: str | None, calls: bool) -> FinishReason:
    """Read a finish reason; the wire has none for calls, which an answer that stopped may hold."""
    if calls and raw in (None, "", "STOP"):
        return "tool-calls"
    return FINISH.get(raw or "", "other")


def reason(answer: Any) -> str | None:
    """Find the reason in an error's `google.rpc.ErrorInfo`."""
    body = answer[0] if isinstance(answer, list) and answer else answer
    error = body.get("error") if isinstance(body, dict) else None
    for detail in (error or {}).get("details") or ():
        if str(detail.get("@type")).endswith("google.rpc.ErrorInfo"):
            return str(detail["reason"])
    return None


def usage(raw: Mapping[str, Any] | None) -> Usage | None:
    """Read token counts, of which the JSON of protocol buffers leaves out what is 0.

    The total is that of prompt, candidates, thoughts, and what tools of the service put in; a
    prompt includes what a cache gave.
    """
    if not raw:
        return None
    zero = 0 if "totalTokenCount" in raw else None
    details = [
        *raw.get("promptTokensDetails", ()),
        *raw.get("promptTokenDetails", ()),
        *raw.get("toolUsePromptTokensDetails", ()),
    ]
    return Usage(
        input_tokens=total(raw, ("promptTokenCount", "toolUsePromptTokenCount"), zero),
        output_tokens=total(raw, ("candidatesTokenCount", "thoughtsTokenCount"), zero),
        cache_read_tokens=raw.get("cachedContentTokenCount"),
        reasoning_tokens=raw.get("thoughtsTokenCount"),
        input_audio_tokens=part(details, "AUDIO"),
        output_audio_tokens=part(raw.get("candidatesTokensDetails", ()), "AUDIO"),
        input_image_tokens=part(details, "IMAGE"),
    )


def total(raw: Mapping[str, Any], names: Sequence[str], zero: int | None) -> int | None:
    told = [int(raw[name]) for name in names if name in raw]
    return sum(told) if told else zero


def part(details: Sequence[Mapping[str, Any]], modality: str) -> int | None:
    told = [int(item.get("tokenCount", 0)) for item in details if item["modality"] == modality]
    return sum(told) if told else None


def vectors(answer: Any) -> Sequence[tuple[float, ...]]:
    return [tuple(row["values"]) for row in answer["embeddings"]]
