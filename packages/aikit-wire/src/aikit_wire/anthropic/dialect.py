"""The names that the Messages dialect has for itself, and what is known of its models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aicore.responses import FinishReason

DIALECT = "anthropic-messages"
"""The key of `provider_data` under which the dialect's own data stands."""

FAMILY = "claude"
"""The key of `provider_data` for what every host of these models takes back.

On a thought it is `signature`, or `redacted_data` for one that nobody may read.
"""

ANSWER_TOOL = "answer_in_json"
"""The tool whose arguments are the answer, for models that take no schema for it."""

MESSAGE = frozenset({"id", "type", "role", "model", "content", "stop_reason", "usage"})
"""Fields of an answer that have a place of their own."""

FINISH_REASONS: Mapping[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "tool_use": "tool-calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "content-filter",
}


def own(data: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the dialect's own data of a part, message or tool."""
    return data.get(DIALECT, {})
