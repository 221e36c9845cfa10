"""Read numbers of tokens, which some services write with a point."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any


def count(fields: Any, name: str) -> int | None:
    """Return a field if it is a number of tokens."""
    if isinstance(fields, dict):
        value = fields.get(name)
        if type(value) is int:  # nearly always
            return value
        if isinstance(value, float) and isfinite(value):
            return int(value)
    return None


def counts(details: Any) -> Mapping[str, int]:
    """Return what there is in an object of details that are numbers of tokens."""
    if not details or not isinstance(details, dict):
        return NONE
    if INTEGER.issuperset(map(type, details.values())):  # nearly always
        return details
    told = {name: count(details, name) for name in details}
    return {name: number for name, number in told.items() if number is not None}


NONE: Mapping[str, int] = {}
INTEGER = frozenset({int})


def first(fields: Any, *names: str) -> int | None:
    """Return the first of some fields that is a number of tokens."""
    return next((told for name in names if (told := count(fields, name)) is not None), None)
