"""Read what an answer used, and what of it is charged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aicore.usage import Usage
from aikit_wire.rerank import count_of

TOLD = ("billed_units", "tokens", "cached_tokens")
"""What `usage` of v2 holds, and `meta` of v1 among other things (cohere 7.3.1, `ApiMeta`)."""


def read_usage(raw: Any) -> Usage | None:
    """Read the counts of an answer.

    `tokens` is what the model has read and written, pictures beside the rest of its input;
    `billed_units`, which is less, is what is charged.
    """
    told = {name: raw[name] for name in TOLD if raw.get(name) is not None} if raw else {}
    if not told:
        return None
    tokens, billed = table(told.get("tokens")), table(told.get("billed_units"))
    images = count_of(tokens.get("image_tokens"))
    read, written = (count_of(tokens.get(f"{side}_tokens")) for side in ("input", "output"))
    paid = tuple(count_of(billed.get(f"{side}_tokens")) for side in ("input", "output"))
    return Usage(
        input_tokens=paid[0] if read is None else read + (images or 0),
        output_tokens=paid[1] if written is None else written,
        cache_read_tokens=count_of(told.get("cached_tokens")),
        reasoning_tokens=count_of(tokens.get("reasoning_tokens")),
        input_image_tokens=images,
        billed_input_tokens=paid[0],
        billed_output_tokens=paid[1],
        search_units=count_of(billed.get("search_units")),
        raw=told,
    )


def read_billed(meta: Any) -> Usage | None:
    """Read what vectors cost, which is all that is told of them; pictures are counted apart."""
    billed = table(table(meta).get("billed_units"))
    if not billed:
        return None
    texts, images = (count_of(billed.get(f"{kind}_tokens")) for kind in ("input", "image"))
    return Usage(
        input_tokens=None if texts is None and images is None else (texts or 0) + (images or 0),
        input_image_tokens=images,
        raw=billed,
    )


def table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
