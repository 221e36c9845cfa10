"""Put together the arguments of a function call that arrive in pieces."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\[\"((?:[^\"\\]|\\.)*)\"\]")
LONGEST_GAP = 10_000
"""How many members a list may be longer than what was said of it; no list starts at its end."""


class PartialArguments:
    """Grows an object from `partialArgs`: a JSON path to a value, or to more of a string.

    Such pieces come where `streamFunctionCallArguments` was asked for (ai.google.dev, function
    calling on Vertex AI).
    """

    def __init__(self) -> None:
        self.value: dict[str, Any] = {}

    def add(self, pieces: Iterable[Mapping[str, Any]]) -> None:
        """Take pieces in.

        Raises:
            ValueError: a path leads nowhere.
        """
        for piece in pieces:
            steps = path(piece["jsonPath"])
            place: Any = self.value
            for step, following in pairwise(steps):
                place = inner(place, step, [] if isinstance(following, int) else {})
            last = steps[-1]
            if isinstance(said := piece.get("stringValue"), str):
                before = inner(place, last, "")
                put(place, last, before + said if isinstance(before, str) else said)
            else:
                put(place, last, piece.get("numberValue", piece.get("boolValue")))


def path(text: str) -> list[str | int]:
    """Split a JSON path such as `$.steps[0].name`."""
    steps, at = list[str | int](), 1
    while found := STEP.match(text, at):
        name, index, *quoted = found.groups()
        key = name or next((item for item in quoted if item is not None), "")
        steps.append(int(index) if index else re.sub(r"\\(.)", r"\1", key))
        at = found.end()
    if not text.startswith("$") or at != len(text) or not steps:
        raise ValueError(f"{text!r} is no path into arguments")
    return steps


def inner(place: Any, step: str | int, default: Any) -> Any:
    """Return what is at a step, which becomes `default` if nothing is there yet."""
    if isinstance(place, dict) and isinstance(step, str):
        return place.setdefault(step, default)
    if isinstance(place, list) and isinstance(step, int) and step < len(place) + LONGEST_GAP:
        place += [None] * (step + 1 - len(place))
        if place[step] is None:
            place[step] = default
        return place[step]
    raise ValueError(f"{step!r} is no step into a {type(place).__name__}")


def put(place: Any, step: str | int, value: Any) -> None:
    inner(place, step, None)
    place[step] = value
