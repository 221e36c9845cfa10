"""Read what an answer cost, where the service itself tells it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from math import isfinite
from typing import Any

from aicore.usage import Cost, Usage

from aikit_wire.openai.manifest import Manifest

TICKS = Decimal(10**10)
"""How many of xAI's ticks make a dollar."""


def read_cost(raw: Mapping[str, Any] | None, manifest: Manifest) -> Cost | None:
    """Read the cost in USD beside the tokens of a `usage` object; None when it is not told.

    OpenRouter tells only its own fee where the caller's key pays the model's vendor.
    """
    if not manifest.cost:
        return None
    place, _, inner = manifest.cost.partition(".")
    told = (raw or {}).get(place)
    if inner:
        told = told.get(inner) if isinstance(told, dict) else None
    if isinstance(told, bool) or not isinstance(told, int | float) or not isfinite(told):
        return None
    usd = Decimal(str(told)) / (TICKS if place.endswith("_ticks") else 1)
    fee = (raw or {}).get("is_byok") is True
    return Cost(usd=usd, lower_bound=fee, source=f"told by {manifest.name}")


def sum_of_costs(usages: Iterable[Usage | None], manifest: Manifest) -> Cost | None:
    """Add up what several answers cost; None when one of them does not tell it."""
    costs = [read_cost(usage.raw if usage else None, manifest) for usage in usages]
    known = [cost for cost in costs if cost is not None]
    if not known or len(known) < len(costs):
        return None
    usd = sum((cost.usd or Decimal(0) for cost in known), Decimal(0))
    return replace(known[0], usd=usd, lower_bound=any(cost.lower_bound for cost in known))
