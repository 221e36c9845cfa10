"""Usage and cost: what was told, never what was guessed without saying so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from decimal import Decimal
from functools import reduce
from operator import add
from typing import Any

from aicore.values import Value, record

COUNTS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "reasoning_tokens",
    "input_audio_tokens",
    "output_audio_tokens",
    "input_image_tokens",
    "billed_input_tokens",
    "billed_output_tokens",
    "search_units",
)


@record(kw_only=True)
class Usage(Value):
    """Tokens of one answer.

    `input_tokens` includes what was read from or written to a cache, `output_tokens` includes
    reasoning; the other counts are subsets of these two (`cache_write_1h_tokens`, what is kept for
    an hour, of `cache_write_tokens`). Where a service charges for fewer tokens
    than the model has read or written (Cohere), it tells them as `billed_input_tokens` and
    `billed_output_tokens`, and searches as `search_units`. None means that the service did not
    say. `estimated` marks counts that were not told by the service, `lower_bound` a sum with an
    unknown part. `raw` is what the service sent.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    cache_write_1h_tokens: int | None = None
    reasoning_tokens: int | None = None
    input_audio_tokens: int | None = None
    output_audio_tokens: int | None = None
    input_image_tokens: int | None = None
    billed_input_tokens: int | None = None
    billed_output_tokens: int | None = None
    search_units: int | None = None
    estimated: bool = False
    lower_bound: bool = False
    raw: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def total_tokens(self) -> int | None:
        """Input and output together; None when either is unknown."""
        if self.input_tokens is None or self.output_tokens is None:
            return None
        return self.input_tokens + self.output_tokens

    def __add__(self, other: Usage) -> Usage:
        """Add two turns; a subset told by one of them only makes the sum a lower bound."""
        lower_bound = self.lower_bound or other.lower_bound
        counts: dict[str, Any] = {}
        for name in COUNTS:
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine is None or theirs is None:
                counts[name] = mine if theirs is None else theirs
                lower_bound = lower_bound or mine is not theirs
            else:
                counts[name] = mine + theirs
        estimated = self.estimated or other.estimated
        return Usage(**counts, estimated=estimated, lower_bound=lower_bound)


def sum_of(usages: Iterable[Usage | None]) -> Usage | None:
    """Add up turns, of which those that told nothing make the sum a lower bound.

    Returns:
        None when no turn told anything.
    """
    known, unknown = list[Usage](), False
    for usage in usages:
        if usage is None:
            unknown = True
        else:
            known.append(usage)
    if not known:
        return None
    total = reduce(add, known)
    return replace(total, lower_bound=True) if unknown else total


@record(kw_only=True)
class Cost(Value):
    """What an answer cost in USD, or None and the reason why that cannot be known."""

    usd: Decimal | None = None
    reason: str | None = None
    lower_bound: bool = False
    source: str | None = None
