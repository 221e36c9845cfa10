"""Read the usage of the Messages dialect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aicore.usage import Usage

MINE = frozenset({"message", "compaction"})
"""Iterations of the model itself; those of an advisor are another model's."""

ANYWHERE = frozenset({None, "global", "not_available"})
"""Where a model may run without another price."""


def count(fields: Any, name: str) -> int | None:
    value = fields.get(name) if isinstance(fields, dict) else None
    return value if type(value) is int else None


def total(*counts: int | None) -> int | None:
    """Add what is known; None when nothing is."""
    known = [value for value in counts if value is not None]
    return sum(known) if known else None


def read_usage(raw: Mapping[str, Any]) -> Usage:
    """Read a `usage` object.

    Its `input_tokens` are those that no cache had a part in. When the service has compacted the
    conversation, the totals leave that out, and the iterations are to be added up. What an
    advisor used is in none of the counts, so they are a lower bound then.
    """
    told = raw.get("iterations")
    listed = told if isinstance(told, list) else []
    found = [item for item in listed if isinstance(item, Mapping)]
    compacted = any(item.get("type") == "compaction" for item in found)
    turns = [item for item in found if item.get("type") in MINE] if compacted else [raw]
    hourly = [count(turn.get("cache_creation"), "ephemeral_1h_input_tokens") for turn in turns]
    read = total(*(count(turn, "cache_read_input_tokens") for turn in turns))
    write = total(*(count(turn, "cache_creation_input_tokens") for turn in turns))
    return Usage(
        input_tokens=total(*(count(turn, "input_tokens") for turn in turns), read, write),
        output_tokens=total(*(count(turn, "output_tokens") for turn in turns)),
        cache_read_tokens=read,
        cache_write_tokens=write,
        cache_write_1h_tokens=total(*hourly),
        reasoning_tokens=count(raw.get("output_tokens_details"), "thinking_tokens"),
        lower_bound=any(item.get("type") == "advisor_message" for item in found),
        raw=dict(raw),
    )


def service_tier(raw: Mapping[str, Any]) -> str | None:
    """Return the tier that was billed; speed and place have prices of their own, so they count."""
    tier, speed, place = (raw.get(name) for name in ("service_tier", "speed", "inference_geo"))
    if speed not in (None, "standard"):
        return str(speed)
    if place not in ANYWHERE:
        return f"{tier or 'standard'} in {place}"
    return tier if isinstance(tier, str) else None
