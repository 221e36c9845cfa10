"""What the words of watsonx.ai mean in the unified vocabulary, read from IBM's API reference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aicore.responses import FinishReason
from aicore.usage import Usage

TOKEN = "token-wire-5d1c"


def finish_reason(raw: str | None, calls: bool) -> FinishReason:
    match (raw or "").lower():
        case "eos_token" | "stop_sequence":
            return "stop"
        case "max_tokens" | "token_limit" | "time_limit":
            return "length"
        case "error":
            return "error"
    return "other"


def usage(raw: Mapping[str, Any] | None) -> Usage | None:
    if not raw:
        return None
    return Usage(
        input_tokens=raw.get("input_token_count"), output_tokens=raw.get("generated_token_count")
    )
