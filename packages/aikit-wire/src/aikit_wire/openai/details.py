"""The `reasoning_details` of an answer, which OpenRouter wants back as they came."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

DETAILS = "reasoning_details"
SAID = ("text", "summary", "data")
"""What a detail says, in a stream piece by piece; its other fields come once."""


def whole_details(pieces: Iterable[Any]) -> list[Any]:
    """Put together the details that a stream told in pieces; whole ones stay as they are.

    A piece goes on with the one before it if both have the same type and index, and no other id.
    """
    whole: list[Any] = []
    for piece in pieces:
        last = whole[-1] if whole else None
        if isinstance(piece, dict) and isinstance(last, dict) and goes_on(last, piece):
            whole[-1] = joined(last, piece)
        else:
            whole.append(piece)
    return whole


def goes_on(last: dict[str, Any], piece: dict[str, Any]) -> bool:
    if piece.get("index") is None or last.get("signature"):
        return False
    same = all(last.get(name) == piece.get(name) for name in ("type", "index"))
    return same and piece.get("id") in (None, last.get("id"))


def joined(last: dict[str, Any], piece: dict[str, Any]) -> dict[str, Any]:
    both = last | {name: value for name, value in piece.items() if value is not None}
    for name in SAID:
        before, after = last.get(name), piece.get(name)
        if isinstance(before, str) and isinstance(after, str):
            both[name] = before + after
    return both
