"""What a dialect makes of a request: a JSON body, and what was lost on the way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aicore.errors import BadInput, Unsupported
from aicore.responses import CallWarning
from aicore.values import record
from pydantic_core import to_json


@record
class Encoded:
    """A JSON body, and what became of the settings that it could not take as they were.

    A `simple` one holds nothing but texts, numbers, truth values, and lists and objects of them.
    """

    body: dict[str, Any]
    warnings: tuple[CallWarning, ...] = ()
    simple: bool = False

    def content(self) -> bytes:
        """Write the body.

        Raises:
            BadInput: something in it, such as an option, has no form in JSON.
        """
        return written_simple(self.body) if self.simple else written(self.body)


def written_simple(value: Any) -> bytes:
    """Write JSON at a quarter of the cost, by what writes values that JSON has no form for, too.

    Raises:
        BadInput: a number is infinite or none, or a text holds half a character.
    """
    try:
        data = to_json(value)
    except ValueError:
        return written(value)
    return written(value) if b"NaN" in data or b"Infinity" in data else data


def written(value: Any) -> bytes:
    """Write JSON that is valid everywhere.

    Raises:
        BadInput: something in it, such as an option, has no form in JSON.
    """
    try:
        return ENCODER.encode(value).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise BadInput(f"the request cannot be written as JSON: {error}") from None


def as_json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {type(value).__name__} has no form there")


ENCODER = json.JSONEncoder(
    ensure_ascii=False,
    allow_nan=False,
    check_circular=False,  # what holds itself is nested too deeply
    separators=(",", ":"),
    default=as_json,
)


def refuse_if_strict(encoded: Encoded, provider: str, model: str) -> None:
    """Turn what a strict call may not lose into an error.

    Raises:
        Unsupported: a setting was dropped or rewritten; the message names them all.
    """
    lost = [
        str(replace(warning, provider=None))  # the error itself names the provider
        for warning in encoded.warnings
        if warning.action != "noted"
    ]
    if lost:
        message = "; ".join(lost) + " (strict)"
        raise Unsupported(message, provider=provider, model=model)
