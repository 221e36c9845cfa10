"""Decode embeddings."""

from __future__ import annotations

import base64
import sys
from array import array
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Literal

from aicore.errors import BadReply
from aicore.responses import Embeddings
from aicore.usage import Usage

from aikit_wire.openai.usage import read_usage
from aikit_wire.whole import read_object


def decode_embeddings(
    body: bytes,
    count: int,
    provider: str | None = None,
    secrets: Iterable[str] = (),
    packed: Literal["float", "int8"] = "float",
) -> Embeddings:
    """Decode the answer to `count` texts; `packed` says what vectors in base64 hold.

    Raises:
        AIError: the answer is an error, although its status was not.
        BadReply: it is not JSON of this dialect, or does not hold `count` vectors of one length.
    """
    answer = read_object(body, "embeddings", provider, secrets)
    try:
        items = sorted(answer["data"], key=lambda item: item.get("index") or 0)
        vectors = tuple(vector(item["embedding"], packed) for item in items)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise BadReply(f"the answer holds no embeddings ({type(error).__name__})") from None
    if len(vectors) != count or len({len(item) for item in vectors}) > 1:
        raise BadReply(f"asked for {count} vectors of one length, got {len(vectors)}")
    usage, model = answer.get("usage"), answer.get("model")
    return Embeddings(
        model=model if isinstance(model, str) else None,
        vectors=vectors,
        usage=read_input(usage) if isinstance(usage, dict) else None,
    )


def read_input(told: dict[str, Any]) -> Usage:
    """Read what was counted; a total without its parts is all input (Voyage)."""
    return replace(read_usage({"prompt_tokens": told.get("total_tokens"), **told}), raw=told)


def vector(value: Any, packed: Literal["float", "int8"] = "float") -> tuple[float, ...]:
    """Read a vector given as numbers, or as base64 of little-endian 32-bit floats or of bytes."""
    if not isinstance(value, str):
        return tuple(map(float, value))
    if packed == "int8":
        return tuple(map(float, array("b", base64.b64decode(value))))
    numbers = array("f", base64.b64decode(value))
    if sys.byteorder == "big":
        numbers.byteswap()
    return tuple(numbers)
