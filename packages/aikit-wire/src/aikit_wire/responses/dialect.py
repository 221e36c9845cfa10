"""The names that the Responses dialect has for itself, and what is known of its models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aicore.responses import FinishReason

DIALECT = "openai-responses"
"""The key of `provider_data` under which the dialect's own data stands.

On a part it is what its item says beside the part itself: ids, `encrypted_content`, `status`. On
text and refusals, which share an item, that stands one level deeper, under `item`. On a message
of the model's it is where the answer came from: its `response_id` and the `provider`.
"""

INCOMPLETE: Mapping[str, FinishReason] = {
    "max_output_tokens": "length",
    "content_filter": "content-filter",
}
"""Why an answer is not complete (`incomplete_details.reason`)."""


def own(data: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the dialect's own data of a part, message or tool."""
    return data.get(DIALECT, {})


def rest(fields: Mapping[str, Any], *known: str) -> dict[str, Any]:
    """Return the fields that have no place of their own; null says nothing."""
    return {
        name: value for name, value in fields.items() if name not in known and value is not None
    }
