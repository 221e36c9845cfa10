"""Tell what two requests differ in, field by field."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from aikit_testing.tape import Asked

SHOWN = 3
LONGEST = 60


@dataclass(frozen=True, slots=True)
class Difference:
    """A field, named by its path, as it was recorded and as it is asked now."""

    where: str
    recorded: str
    asked: str

    def __str__(self) -> str:
        return f"`{self.where}` ({self.recorded} on the tape, {self.asked} asked)"


MISSING: Any = object()


def differences(recorded: Asked, asked: Asked) -> list[Difference]:
    """Compare method, path and body; the bodies as JSON where they are."""
    pairs = (
        ("method", recorded.method, asked.method),
        ("path", recorded.path, asked.path),
        ("body", value_of(recorded.body), value_of(asked.body)),
    )
    return [found for where, left, right in pairs for found in between(left, right, where)]


def described(found: Sequence[Difference]) -> str:
    """Name the first few."""
    more = f" and {len(found) - SHOWN} more fields" if len(found) > SHOWN else ""
    return ", ".join(map(str, found[:SHOWN])) + more


def value_of(body: bytes | None) -> Any:
    if body is None:
        return MISSING
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body


def between(left: Any, right: Any, where: str) -> Iterator[Difference]:
    match left, right:
        case dict(), dict():
            for name in {**left, **right}:
                inner = f"{where}.{name}"
                yield from between(left.get(name, MISSING), right.get(name, MISSING), inner)
        case list(), list():
            pairs = zip_longest(left, right, fillvalue=MISSING)
            for index, (one, other) in enumerate(pairs):
                yield from between(one, other, f"{where}[{index}]")
        case _ if left != right:
            yield Difference(where, shown(left), shown(right))


def shown(value: Any) -> str:
    if value is MISSING:
        return "nothing"
    text = repr(value) if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
