"""What one client may ask of the gateway."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, fields
from typing import Any

from aicore.errors import BadConfig

SIZES = ("body", "headers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one request: sizes in bytes, times in seconds; sizes always have one.

    `request` limits how long a body may take to arrive and, after that, an answer in one piece;
    `requests` limits how many of these are under way at a time. `stream` limits a streamed answer
    and `streams` how many of these are open at a time. `ping` is how long a stream may be silent
    before a comment keeps its connection alive. None means no bound, and no pings.

    Raises:
        BadConfig: a bound is not a number above zero, or a size or count is not a whole one.
    """

    body: int = 32 << 20
    headers: int = 64 << 10
    request: float | None = 600.0
    requests: int | None = None
    stream: float | None = 3600.0
    streams: int | None = None
    ping: float | None = 15.0

    def __post_init__(self) -> None:
        for name in (item.name for item in fields(self)):
            value = getattr(self, name)
            if value is None and name not in SIZES:
                continue
            kind = int if name in (*SIZES, "requests", "streams") else (int, float)
            if not isinstance(value, kind) or isinstance(value, bool) or not value > 0:
                number = "a whole number" if kind is int else "a number"
                raise BadConfig(f"the limit `{name}` must be {number} above 0, not {value!r}")

    @classmethod
    def read(cls, words: Iterable[str]) -> Limits:
        """Read limits as `aikit serve` takes them: `streams=500`, or `ping=none` for no bound.

        Raises:
            BadConfig: one does not exist, is no number, or is out of bounds.
        """
        known = [item.name for item in fields(cls)]
        given: dict[str, Any] = {}
        for word in words:
            name, _, value = word.partition("=")
            if name not in known:
                raise BadConfig(f"there is no limit {name!r}; there are {', '.join(known)}")
            given[name] = None if value == "none" else number(value)
        return cls(**given)


def number(value: str) -> int | float | str:
    """Read a number; what is none stays text, which is then refused with its name."""
    for kind in (int, float):
        with suppress(ValueError):
            return kind(value)
    return value
