"""Figures by round: what was measured of each contestant, and how it compares with a floor.

A ratio is taken within each round, where both were measured within seconds of each other, and the
median of the ratios is what counts: a machine that is busy for a while changes little.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Rounds: TypeAlias = "list[float | None]"
"""One value for each round; None where the contestant gave no right answer."""
Figures: TypeAlias = "dict[str, dict[str, Rounds]]"
"""What is measured → contestant → its values."""


def add(figures: Figures, what: str, contestant: str, value: float | None) -> None:
    figures.setdefault(what, {}).setdefault(contestant, []).append(value)


def median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def ratio(
    by_contestant: Mapping[str, Sequence[float | None]], one: str, floor: str
) -> float | None:
    """Return the median of the ratios of one contestant to another."""
    pairs = zip(by_contestant.get(one, ()), by_contestant.get(floor, ()), strict=False)
    return median([a / b for a, b in pairs if a is not None and b])
