"""Every limit that a recorded answer tells is read, whichever service told it."""

from __future__ import annotations

from collections import Counter

import pytest
from aikit_wire.rate_limits import read_rate_limits

from .corpus import ABSENT, exchanges

FACTS = {"limit", "remaining"}


def numbers(headers: dict[str, str]) -> Counter[float]:
    """Return what headers say of limits: each limit, and what is left of it."""
    return Counter(
        float(value)
        for name, value in headers.items()
        if "ratelimit" in name and not FACTS.isdisjoint(name.split("-")) and value.isdecimal()
    )


def test_all_recorded_limits_are_read() -> None:
    told = [headers for exchange in exchanges() if numbers(headers := exchange.headers)]
    if not told:
        pytest.skip(ABSENT)
    for headers in told:
        found = read_rate_limits(headers, 0.0)
        facts = [fact for item in found for fact in (item.limit, item.remaining)]
        assert Counter(fact for fact in facts if fact is not None) == numbers(headers), headers
