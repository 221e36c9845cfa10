"""What Cohere's words mean in the unified vocabulary, read from its documents and its SDK."""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping, Sequence
from typing import Any

from aicore.responses import FinishReason
from aicore.usage import Usage

FINISH: Mapping[str, FinishReason] = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop",
    "MAX_TOKENS": "length",
    "TOOL_CALL": "tool-calls",
    "ERROR": "error",
    "TIMEOUT": "error",
    "ERROR_LIMIT": "length",
    "ERROR_TOXIC": "content-filter",
}


def finish_reason(raw: str | None, calls: bool) -> FinishReason:
    return FINISH.get(raw or "", "other")


def whole(number: Any) -> int | None:
    """Counts are floating-point numbers in the SDK."""
    return None if number is None else int(number)


def usage(raw: Mapping[str, Any] | None) -> Usage | None:
    """Read `tokens`, which were read and written, and `billed_units`, which are charged.

    Pictures are counted beside the other tokens of the input.
    """
    if not raw:
        return None
    tokens, billed = raw.get("tokens") or {}, raw.get("billed_units") or {}
    images = whole(tokens.get("image_tokens"))
    paid = whole(billed.get("input_tokens")), whole(billed.get("output_tokens"))
    read, written = whole(tokens.get("input_tokens")), whole(tokens.get("output_tokens"))
    return Usage(
        input_tokens=paid[0] if read is None else read + (images or 0),
        output_tokens=paid[1] if written is None else written,
        cache_read_tokens=whole(raw.get("cached_tokens")),
        reasoning_tokens=whole(tokens.get("reasoning_tokens")),
        input_image_tokens=images,
        billed_input_tokens=paid[0],
        billed_output_tokens=paid[1],
        search_units=whole(billed.get("search_units")),
    )


def charged(raw: Mapping[str, Any] | None) -> Usage | None:
    """Read what vectors cost: the tokens of texts, and those of pictures beside them."""
    if not raw:
        return None
    texts, images = whole(raw.get("input_tokens")), whole(raw.get("image_tokens"))
    read = None if texts is None and images is None else (texts or 0) + (images or 0)
    return Usage(input_tokens=read, input_image_tokens=images)


def searched(raw: Mapping[str, Any] | None) -> Usage | None:
    """Read what a ranking costs: searches, or the tokens of newer models."""
    if not raw:
        return None
    units, tokens = whole(raw.get("search_units")), whole(raw.get("input_tokens"))
    return Usage(input_tokens=tokens, search_units=units)


def vectors(answer: Any) -> Sequence[tuple[float, ...]]:
    """Read the rows of numbers; those of several types stand under the names of these."""
    rows = answer["embeddings"]
    if isinstance(rows, dict):
        given = {name: value for name, value in rows.items() if value}
        rows = given.get("float") or next(iter(given.values()))
    return [
        struct.unpack(f"<{len(data) // 4}f", data)
        if isinstance(row, str) and (data := base64.b64decode(row))
        else tuple(map(float, row))
        for row in rows
    ]
