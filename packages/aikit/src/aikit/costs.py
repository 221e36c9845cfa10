"""What an answer costs: tokens times the dated price, or the reason why nobody knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import compress
from operator import attrgetter
from typing import Any, NamedTuple, TypeAlias

from aicore.calls import Batch
from aicore.events import Produced, StepFinished, UsageReported
from aicore.messages import ProviderData
from aicore.models import ModelInfo, Price, Rates
from aicore.responses import Response, ServedBy
from aicore.usage import COUNTS, Cost, Usage

Find: TypeAlias = Callable[[str, str], ModelInfo | None]
"""Looks a model up by the names of its provider and its own."""

STANDARD_TIERS = frozenset({None, "auto", "default", "standard", "on_demand"})
"""The service tiers that a plain price is for, by the words of OpenAI and Groq."""


class _Unknown(Exception):
    """The cost cannot be known; the message says why."""


def cost(usage: Usage | None, model: ModelInfo | None, on: date | None = None) -> Cost:
    """Return what tokens cost in USD at the price of a day (today in UTC), exactly.

    Cached, audio and reasoning tokens are charged at their own rates where the price has such,
    otherwise like the rest of their side. A subset that the service did not tell counts as none,
    so the rest of its side is charged plainly. Billed tokens count in the place of those that were
    read and written, where the service tells them. What cannot be known is None with a reason,
    never 0. Fees for tools that the service runs are not part of it.
    """
    if model is None:
        return UNLISTED
    try:
        return _cost(usage, model, on or datetime.now(UTC).date())
    except _Unknown as unknown:
        return Cost(reason=str(unknown))


def estimate_cost(model: ModelInfo | None, input_tokens: int, output_tokens: int) -> Cost:
    """Return what a call of so many tokens would cost; `source` begins with `estimate`."""
    guess = Usage(input_tokens=input_tokens, output_tokens=output_tokens, estimated=True)
    return cost(guess, model)


UNLISTED = Cost(reason="the model is not in the catalog")


BESIDE = attrgetter(
    *(name for name in COUNTS if name not in ("input_tokens", "output_tokens")),
    *("estimated", "lower_bound"),
)


class Flat(NamedTuple):
    """What a token costs in USD, at a price that is the same for all days and any length."""

    input: Decimal
    output: Decimal
    source: str | None

    @classmethod
    def of(cls, model: ModelInfo | None) -> Flat | None:
        """Return the price of a model that has one price of this kind, and no other."""
        if model is None or len(model.prices) != 1 or len(model.prices[0].tiers) != 1:
            return None
        (price,) = model.prices
        (rates,) = price.tiers
        if price.valid_from is not None or rates.from_input_tokens:
            return None
        if rates.input is None or rates.output is None:
            return None
        return cls(rates.input.scaleb(-6), rates.output.scaleb(-6), price.source)

    def cost(self, usage: Usage | None) -> Cost | None:
        """Return what two counts cost, which is all that most answers tell; None for others."""
        if usage is None or any(BESIDE(usage)):
            return None
        input, output = usage.input_tokens, usage.output_tokens
        if not input or not output or input < 0 or output < 0:
            return None
        usd = input * self.input + output * self.output
        return Cost(usd=usd, source=self.source)


def _cost(usage: Usage | None, model: ModelInfo, on: date) -> Cost:
    if usage is None:
        raise _Unknown("the service told no usage")
    if usage.search_units is not None:
        raise _Unknown("the service charges by the search, of which no price is known")
    if usage.billed_input_tokens is not None and usage.billed_output_tokens is not None:
        usage = Usage(
            input_tokens=usage.billed_input_tokens,
            output_tokens=usage.billed_output_tokens,
            lower_bound=usage.lower_bound,
            estimated=usage.estimated,
        )
    if usage.input_tokens is None or usage.output_tokens is None:
        raise _Unknown("the service did not tell both input and output tokens")
    price = _price(model, on)
    rates = _rates(model, price, usage.input_tokens)
    usd = Decimal(0)
    for count, rate, what in (*_input(usage, rates), *_output(usage, rates)):
        if count < 0:
            raise _Unknown(f"the service told more tokens of a kind than {what} tokens")
        if count and rate is None:
            raise _Unknown(f"the price of {model.id!r} has no rate for {what} tokens")
        usd += count * (rate or 0)
    source = price.source or "the price given"
    return Cost(
        usd=usd.scaleb(-6),
        lower_bound=usage.lower_bound,
        source=f"estimate by {source}" if usage.estimated else price.source,
    )


def _price(model: ModelInfo, on: date) -> Price:
    past = [price for price in model.prices if (price.valid_from or date.min) <= on]
    if not past:
        raise _Unknown(
            f"no price of {model.id!r} is known" + (f" for {on}" if model.prices else "")
        )
    return max(past, key=lambda price: price.valid_from or date.min)


def _rates(model: ModelInfo, price: Price, input_tokens: int) -> Rates:
    reached = [tier for tier in price.tiers if tier.from_input_tokens <= input_tokens]
    if not reached:
        raise _Unknown(f"the price of {model.id!r} does not reach down to {input_tokens} tokens")
    return max(reached, key=lambda tier: tier.from_input_tokens)


Charge: TypeAlias = tuple[int, Decimal | None, str]


def _input(usage: Usage, rates: Rates) -> list[Charge]:
    cached = _apart(usage.cache_read_tokens, rates.cache_read, "input")
    cached += _written(usage, rates)
    audio = _apart(usage.input_audio_tokens, rates.input_audio, "input")
    if cached and audio:
        raise _Unknown("the service did not tell how many of the cached tokens are audio")
    return _with_rest(usage.input_tokens, [*cached, *audio], rates.input, "input")


def _written(usage: Usage, rates: Rates) -> list[Charge]:
    """Charge what went into a cache; what is kept there for an hour costs more."""
    written, longer = usage.cache_write_tokens or 0, usage.cache_write_1h_tokens
    apart = _apart(longer, rates.cache_write_1h, "cached")
    shorter = written - sum(charge[0] for charge in apart)
    if shorter < 0:
        raise _Unknown("the service told more tokens of a kind than cached tokens")
    return [*apart, *_apart(shorter, rates.cache_write, "input")]


def _output(usage: Usage, rates: Rates) -> list[Charge]:
    audio = _apart(usage.output_audio_tokens, rates.output_audio, "output")
    thoughts = _apart(usage.reasoning_tokens, rates.reasoning, "output")
    return _with_rest(usage.output_tokens, [*audio, *thoughts], rates.output, "output")


def _apart(count: int | None, rate: Decimal | None, side: str) -> list[Charge]:
    """Charge a subset at its own rate, if it has one."""
    return [(count, rate, side)] if count and rate is not None else []


def _with_rest(
    count: int | None, apart: list[Charge], rate: Decimal | None, side: str
) -> list[Charge]:
    return [*apart, ((count or 0) - sum(charge[0] for charge in apart), rate, side)]


KNOWN = 1000
"""How many models are kept with their prices; one is found anew in a few microseconds."""


class Costs:
    """Says what an attempt has cost, from what its events have told.

    The model is looked up as it named itself, then as it was asked for. A cost that the service
    itself has told stays. The price is the standard one, so a call on another service tier
    (`flex`, `priority`) has no known cost.
    """

    def __init__(self, find: Find) -> None:
        self.find = find
        self._known = lru_cache(KNOWN)(self._look_up)

    def of(self, told: Told, request: Any, served_by: ServedBy) -> Cost:
        """Return what an attempt has cost whose events have told so much."""
        usages = tuple(told.usages.values()) or (None,)
        return self.sum(usages, told.service_tier, request, served_by)

    def of_response(self, response: Response, request: Any, served_by: ServedBy) -> Cost:
        """Return what a response has cost that no events have told."""
        if len(response.steps) == 1:  # nearly always
            (step,) = response.steps
            return self.sum((step.usage,), tier_of(step.provider_data), request, served_by)
        told = Told()
        for number, step in enumerate(response.steps):
            told.step(number, step.usage, step.provider_data)
        return self.of(told, request, served_by)

    def sum(
        self, usages: Sequence[Usage | None], tier: Any, request: Any, served_by: ServedBy
    ) -> Cost:
        """Return what several turns have cost, on the service tier that was told."""
        tier = tier or _asked_tier(request, served_by.provider)
        if tier not in STANDARD_TIERS:
            return Cost(reason=f"the price of the service tier {tier!r} is not known")
        model, flat = self._known(served_by.provider, served_by.model, request.model)
        if len(usages) > 1:
            return _sum([cost(usage, model) for usage in usages])
        (usage,) = usages
        plain = None if flat is None else flat.cost(usage)
        return plain or cost(usage, model)

    def _look_up(
        self, provider: str, named: str | None, asked: str
    ) -> tuple[ModelInfo | None, Flat | None]:
        model = self._find(provider, named, asked)
        return model, Flat.of(model)

    def _find(self, provider: str, named: str | None, asked: str) -> ModelInfo | None:
        if named and (model := self.find(provider, named)):
            return model
        if asked != named and (model := self.find(provider, asked)):
            return model
        if not asked.startswith(provider):
            return None
        return self.find(provider, asked.removeprefix(f"{provider}:").removeprefix(f"{provider}/"))


TELLING = frozenset({UsageReported, StepFinished, Produced})


class Told:
    """What the events of an attempt have told so far about what it costs."""

    __slots__ = ("service_tier", "usages")

    def __init__(self) -> None:
        self.usages: dict[int, Usage | None] = {}
        self.service_tier: str | None = None

    def read(self, batch: Batch) -> None:
        """Take in what the events of a batch tell, if one is of those that do (`TELLING`)."""
        for event in compress(batch, map(TELLING.__contains__, map(type, batch))):
            if isinstance(event, UsageReported):
                self.usages[event.step] = event.usage
            elif isinstance(event, StepFinished):
                self.step(event.step, self.usages.get(event.step), event.provider_data)
            elif isinstance(event, Produced) and (usage := getattr(event.result, "usage", None)):
                # vectors are not written in tokens
                self.usages[0] = replace(usage, output_tokens=usage.output_tokens or 0)

    def step(self, number: int, usage: Usage | None, provider_data: ProviderData) -> None:
        """Take in what a turn of the model has told at its end."""
        self.usages[number] = usage
        self.service_tier = tier_of(provider_data, self.service_tier)


def tier_of(provider_data: ProviderData, before: Any = None) -> Any:
    """Return the service tier that a turn has told at its end, or that told `before`."""
    for data in provider_data.values():
        before = data.get("service_tier", before)
    return before


def _asked_tier(request: Any, provider: str) -> Any:
    options: Mapping[str, Any] = request.provider_options.get(provider, {})
    return options.get("service_tier", getattr(request, "service_tier", None))


def _sum(steps: list[Cost]) -> Cost:
    """Add what each step cost; one that is unknown makes the whole unknown."""
    if len(steps) == 1:
        return steps[0]
    total = Decimal(0)
    for step in steps:
        if step.usd is None:
            return step
        total += step.usd
    return replace(steps[0], usd=total, lower_bound=any(step.lower_bound for step in steps))
