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


COUNTED = (
    *("input_tokens", "output_tokens"),
    *("cache_read_input_tokens", "cache_creation_input_tokens"),
)


def read_usage(raw: Mapping[str, Any]) -> Usage:
    """Read a `usage` object.

    Its `input_tokens` are those that no cache had a part in. When the service has compacted the
    conversation, the totals leave that out, and the iterations are to be added up. What an
    advisor used is in none of the counts, so they are a lower bound then.
    """
    counts, lower_bound = counts_of(raw), False
    if isinstance(told := raw.get("iterations"), list):
        found = [item for item in told if isinstance(item, Mapping)]
        kinds = [item.get("type") for item in found]
        lower_bound = "advisor_message" in kinds
        if "compaction" in kinds:
            turns = [counts_of(item) for item in found if item.get("type") in MINE]
            counts = [total(*column) for column in zip(*turns, strict=True)]
    input, output, read, write, hourly = counts
    return Usage(
        input_tokens=total(input, read, write),
        output_tokens=output,
        cache_read_tokens=read,
        cache_write_tokens=write,
        cache_write_1h_tokens=hourly,
        reasoning_tokens=count(raw.get("output_tokens_details"), "thinking_tokens"),
        lower_bound=lower_bound,
        raw=dict(raw),
    )


def counts_of(turn: Mapping[str, Any]) -> list[int | None]:
    """Return the counts of a turn: input, output, read from the cache, written, kept an hour."""
    told = [value if type(value := turn.get(name)) is int else None for name in COUNTED]
    return [*told, count(turn.get("cache_creation"), "ephemeral_1h_input_tokens")]


def service_tier(raw: Mapping[str, Any]) -> str | None:
    """Return the tier that was billed; speed and place have prices of their own, so they count."""
    tier, speed, place = raw.get("service_tier"), raw.get("speed"), raw.get("inference_geo")
    if speed not in (None, "standard"):
        return str(speed)
    if place not in ANYWHERE:
        return f"{tier or 'standard'} in {place}"
    return tier if isinstance(tier, str) else None
