"""What Ollama's words mean in the unified vocabulary, read from its documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aicore.responses import FinishReason
from aicore.usage import Usage


def finish_reason(raw: str | None, calls: bool) -> FinishReason:
    """Read a `done_reason`: it is `stop` after tool calls too, and old servers give none."""
    if raw == "length":
        return "length"
    if calls:
        return "tool-calls"
    return "stop" if raw == "stop" else "other"


def usage(raw: Mapping[str, Any] | None) -> Usage | None:
    """Read the counts; that of the prompt is missing where all of it was cached."""
    if not raw:
        return None
    return Usage(input_tokens=raw.get("prompt_eval_count"), output_tokens=raw.get("eval_count"))
