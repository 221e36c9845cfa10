"""Read the usage of the Converse dialect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aicore.usage import Usage


def read_usage(raw: Mapping[str, Any]) -> Usage:
    """Read a `usage` object; its `inputTokens` are those that no cache had a part in."""
    read = count(raw, "cacheReadInputTokens", "cacheReadInputTokenCount")
    written = count(raw, "cacheWriteInputTokens", "cacheWriteInputTokenCount")
    fresh = count(raw, "inputTokens")
    parts = [part for part in (fresh, read, written) if part is not None]
    return Usage(
        input_tokens=sum(parts) if parts else None,
        output_tokens=count(raw, "outputTokens"),
        cache_read_tokens=read,
        cache_write_tokens=written,
        cache_write_1h_tokens=kept_for_an_hour(raw.get("cacheDetails")),
        raw=dict(raw),
    )


def kept_for_an_hour(details: Any) -> int | None:
    if not isinstance(details, list) or not details:
        return None
    items = [item for item in details if isinstance(item, Mapping) and item.get("ttl") == "1h"]
    return sum(count(item, "inputTokens") or 0 for item in items)


def count(fields: Mapping[str, Any], *names: str) -> int | None:
    values = (fields.get(name) for name in names)
    numbers = (item for item in values if isinstance(item, int) and not isinstance(item, bool))
    return next(numbers, None)
