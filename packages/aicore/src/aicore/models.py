"""What is known about a model; absent always means unknown, never no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from aicore.values import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates(Value):
    """Prices in USD per 1M tokens, for inputs of at least `from_input_tokens` tokens.

    A subset without a price of its own is charged like the rest of its side.
    """

    from_input_tokens: int = 0
    input: Decimal | None = None
    output: Decimal | None = None
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    cache_write_1h: Decimal | None = None
    input_audio: Decimal | None = None
    output_audio: Decimal | None = None
    reasoning: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Price(Value):
    """Rates that hold from a day on (None: always), with where they were read and when."""

    valid_from: date | None = None
    tiers: tuple[Rates, ...]
    source: str | None = None
    verified: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo(Value):
    """A model as a catalog or the service's own list describes it.

    `features` says, by name (`tools`, `json_schema`, `vision`, `reasoning` …), what is known to
    be there (True) or known to be missing (False). Limits are in tokens. `raw` is the entry of
    the service's list, when it came from there.
    """

    id: str
    provider: str | None = None
    name: str | None = None
    family: str | None = None
    aliases: tuple[str, ...] = ()
    input_modalities: tuple[str, ...] | None = None
    output_modalities: tuple[str, ...] | None = None
    features: Mapping[str, bool] = field(default_factory=dict)
    context_window: int | None = None
    max_output_tokens: int | None = None
    prices: tuple[Price, ...] = ()
    created: int | None = None
    deprecated: date | None = None
    raw: Mapping[str, Any] | None = field(default=None, repr=False)
