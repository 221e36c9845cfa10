"""What an answer costs, and when nobody can know."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from aicore.calls import Batch, Batches, Call
from aicore.context import Context
from aicore.events import Finished, Produced, StepFinished, TextDelta, UsageReported
from aicore.messages import Message
from aicore.models import ModelInfo, Price, Rates
from aicore.requests import ChatRequest, EmbedRequest, RerankRequest
from aicore.responses import Embeddings, RerankResponse, ServedBy
from aicore.usage import Cost, Usage
from aikit.costs import Costs, Find, Flat, cost, estimate_cost
from aikit.observe import observed
from hypothesis import given
from hypothesis import strategies as st

MILLION = 1_000_000


def rates(**given: str | int) -> Rates:
    start = int(given.pop("from_input_tokens", 0))
    return Rates(from_input_tokens=start, **{name: Decimal(rate) for name, rate in given.items()})


def model(*tiers: Rates, id: str = "m", source: str | None = "list 1") -> ModelInfo:
    return ModelInfo(id=id, provider="p", prices=(Price(tiers=tiers, source=source),))


PLAIN = model(rates(input="2.5", output="10", cache_read="1.25", cache_write="3"))
SPEAKING = model(rates(input="1", output="2", input_audio="10", output_audio="20"))


def usage(input_tokens: int | None, output_tokens: int | None, **subsets: Any) -> Usage:
    return Usage(input_tokens=input_tokens, output_tokens=output_tokens, **subsets)


def test_input_and_output_are_charged_per_million_tokens_exactly() -> None:
    assert cost(usage(1000, 1), PLAIN) == Cost(usd=Decimal("0.00251"), source="list 1")


def test_cached_input_is_charged_at_its_own_rates_and_not_twice() -> None:
    told = usage(MILLION, 0, cache_read_tokens=600_000, cache_write_tokens=100_000)
    assert cost(told, PLAIN).usd == Decimal("0.3") * Decimal("2.5") + Decimal("0.75") + Decimal(
        "0.3"
    )


def test_what_a_cache_keeps_for_an_hour_has_its_own_rate() -> None:
    told = usage(MILLION, 0, cache_write_tokens=300_000, cache_write_1h_tokens=100_000)
    hourly = model(rates(input="2.5", output="10", cache_write="3", cache_write_1h="5"))
    assert cost(told, hourly).usd == Decimal("0.7") * Decimal("2.5") + Decimal("0.6") + Decimal(
        "0.5"
    )
    assert cost(told, PLAIN).usd == Decimal("0.7") * Decimal("2.5") + Decimal("0.9")
    wrong = usage(MILLION, 0, cache_write_tokens=1, cache_write_1h_tokens=100_000)
    assert "more tokens of a kind" in (cost(wrong, hourly).reason or "")


def test_a_subset_without_a_rate_of_its_own_is_charged_like_its_side() -> None:
    told = usage(MILLION, MILLION, cache_read_tokens=500_000, output_audio_tokens=500_000)
    assert cost(told, model(rates(input="2", output="4"))).usd == 6


def test_reasoning_is_output_unless_it_has_a_rate_of_its_own() -> None:
    told = usage(0, MILLION, reasoning_tokens=900_000)
    assert cost(told, PLAIN).usd == 10
    assert cost(told, model(rates(input="1", output="10", reasoning="2"))).usd == Decimal("2.8")


def test_audio_is_charged_at_its_own_rates() -> None:
    told = usage(MILLION, MILLION, input_audio_tokens=500_000, output_audio_tokens=250_000)
    assert cost(told, SPEAKING).usd == Decimal("5.5") + Decimal("6.5")


def test_a_subset_that_is_not_told_counts_as_none() -> None:
    assert cost(usage(MILLION, 0), PLAIN) == cost(usage(MILLION, 0, cache_read_tokens=0), PLAIN)


def test_the_length_of_the_input_picks_the_tier_for_all_tokens() -> None:
    long = rates(from_input_tokens=201, input="2", output="20")
    tiered = model(long, rates(input="1", output="10"))
    assert cost(usage(200, 1), tiered).usd == Decimal("0.00021")
    assert cost(usage(201, 1), tiered).usd == Decimal("0.000422")


def test_the_price_is_that_of_the_day() -> None:
    def priced(day: date | None, rate: str) -> Price:
        return Price(valid_from=day, tiers=(rates(input=rate, output=rate),))

    changed = ModelInfo(
        id="m", prices=(priced(date(2026, 3, 1), "3"), priced(None, "1"), priced(date.max, "9"))
    )
    told = usage(MILLION, 0)
    assert cost(told, changed, on=date(2026, 2, 28)).usd == 1
    assert cost(told, changed, on=date(2026, 3, 1)).usd == 3
    assert cost(told, changed).usd == 3


@pytest.mark.parametrize(
    ("told", "priced", "reason"),
    [
        (usage(1, 1), None, "the model is not in the catalog"),
        (None, PLAIN, "the service told no usage"),
        (usage(None, 1), PLAIN, "did not tell both"),
        (usage(1, None), PLAIN, "did not tell both"),
        (usage(1, 1), ModelInfo(id="m"), "no price of 'm' is known"),
        (usage(1, 1), model(rates(input=1)), "'m' has no rate for output tokens"),
        (usage(1, 0), model(rates(output=1)), "'m' has no rate for input tokens"),
        (usage(9, 0), model(rates(from_input_tokens=10, input=1)), "down to 9 tokens"),
        (usage(1, 1, cache_read_tokens=2), PLAIN, "more tokens of a kind than input tokens"),
        (usage(1, 1, output_audio_tokens=2), SPEAKING, "of a kind than output tokens"),
        (
            usage(9, 0, cache_read_tokens=5, input_audio_tokens=5),
            model(rates(input=1, output=1, cache_read=1, input_audio=9)),
            "how many of the cached tokens are audio",
        ),
    ],
)
def test_what_cannot_be_known_has_a_reason_and_no_amount(
    told: Usage | None, priced: ModelInfo | None, reason: str
) -> None:
    answer = cost(told, priced)
    assert answer.usd is None
    assert reason in (answer.reason or "")


def test_a_price_that_does_not_hold_yet_is_unknown() -> None:
    later = ModelInfo(id="m", prices=(Price(valid_from=date(2026, 1, 1), tiers=(rates(input=1),)),))
    answer = cost(usage(1, 0), later, on=date(2025, 12, 31))
    assert answer == Cost(reason="no price of 'm' is known for 2025-12-31")


def test_no_tokens_of_an_unpriced_side_cost_nothing() -> None:
    assert cost(usage(MILLION, 0), model(rates(input="0.02"))).usd == Decimal("0.02")


def test_a_sum_with_an_unknown_part_gives_a_lower_bound() -> None:
    assert cost(usage(1, 1, lower_bound=True), PLAIN).lower_bound
    assert not cost(usage(1, 1), PLAIN).lower_bound


def test_an_estimate_says_so() -> None:
    assert estimate_cost(PLAIN, 1000, 1) == Cost(
        usd=Decimal("0.00251"), source="estimate by list 1"
    )
    unsourced = model(rates(input=1, output=1), source=None)
    assert estimate_cost(unsourced, 1, 1).source == "estimate by the price given"
    assert estimate_cost(None, 1, 1) == Cost(reason="the model is not in the catalog")


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.integers(0, 10**7), st.integers(0, 10**7))
def test_more_tokens_never_cost_less_and_caching_never_costs_more(
    fresh: int, cached: int, output: int, more: int
) -> None:
    def usd(input_tokens: int, output_tokens: int, cache_read: int) -> Decimal:
        told = usage(input_tokens, output_tokens, cache_read_tokens=cache_read)
        amount = cost(told, PLAIN).usd
        assert amount is not None
        return amount

    plain = usd(fresh + cached, output, 0)
    assert usd(fresh + cached, output, cached) <= plain
    assert usd(fresh + cached + more, output, 0) >= plain
    assert usd(fresh + cached, output + more, 0) >= plain


COUNT = st.none() | st.integers(-9, 10**9)
RATE = st.none() | st.decimals(0, 1000, places=4)


@given(COUNT, COUNT, st.sampled_from([{}, {"cache_read_tokens": 1}, {"estimated": True}]), RATE)
def test_what_is_told_at_one_look_is_what_is_found_by_looking_closely(
    input_tokens: int | None, output_tokens: int | None, more: dict[str, Any], rate: Decimal | None
) -> None:
    told, known = usage(input_tokens, output_tokens, **more), model(Rates(input=rate, output=rate))
    flat = Flat.of(known)
    assert flat is None or flat.cost(told) in (None, cost(told, known))
    assert (flat is None) == (rate is None)


def test_only_one_price_for_all_days_and_lengths_is_told_at_one_look() -> None:
    dated = replace(PLAIN.prices[0], valid_from=date(2026, 1, 1))
    assert Flat.of(None) is None
    assert Flat.of(replace(PLAIN, prices=(dated,))) is None
    assert Flat.of(replace(PLAIN, prices=(*PLAIN.prices, dated))) is None
    assert Flat.of(model(rates(input=1, output=1), rates(from_input_tokens=9, input=2))) is None
    assert Flat.of(model(rates(from_input_tokens=9, input=1, output=1))) is None
    flat = Flat.of(PLAIN)
    assert flat is not None
    assert flat.cost(usage(1000, 1)) == cost(usage(1000, 1), PLAIN) != flat.cost(None)


SERVED = Finished(served_by=ServedBy("p", "m-2026-01-01"))


def chat(model: str = "m", **settings: Any) -> ChatRequest:
    return ChatRequest(model=model, messages=(Message.user("hi"),), **settings)


def reported(*counts: int, step: int = 0) -> UsageReported:
    return UsageReported(step, usage(*counts))


def replaying(*batches: Batch) -> Call:
    async def call(request: Any, context: Context) -> Batches:
        for batch in batches:
            yield batch

    return call


def only(models: Mapping[str, ModelInfo], provider: str = "p") -> Find:
    return lambda asked, name: models.get(name) if asked == provider else None


PLAIN_ONLY = only({"m": PLAIN})


async def finish(*batches: Batch, find: Find = PLAIN_ONLY, request: Any = None) -> Cost | None:
    """Have batches observed and return the cost that the last event tells."""
    call = observed(replaying(*batches), "p", Costs(find))
    passed = [batch async for batch in call(request or chat(), Context())]
    assert [batch[:-1] for batch in passed] == [batch[:-1] for batch in batches]
    last = passed[-1][-1]
    assert isinstance(last, Finished)
    return last.cost


def usd(answer: Cost | None) -> Decimal | None:
    assert answer is not None
    return answer.usd


async def test_the_cost_is_filled_in_from_the_usage_that_passed() -> None:
    early, late = (TextDelta(0, 0, "a"), reported(1, 1)), (reported(1000, 1), StepFinished(0))
    assert usd(await finish(early, (*late, SERVED))) == Decimal("0.00251")
    assert usd(await finish(early, late, (SERVED,))) == Decimal("0.00251")


async def test_the_model_that_served_is_looked_up_before_the_one_asked_for() -> None:
    dear = model(rates(input=100, output=100))
    both = only({"m": PLAIN, "m-2026-01-01": dear})
    assert usd(await finish((reported(MILLION, 0), SERVED), find=both)) == 100
    assert usd(await finish((reported(MILLION, 0), SERVED))) == Decimal("2.5")


@pytest.mark.parametrize("name", ["m", "p:m", "p/m"])
async def test_the_model_asked_for_is_found_with_and_without_its_provider(name: str) -> None:
    request = chat(name)
    unnamed = Finished(served_by=ServedBy("p"))
    assert usd(await finish((reported(MILLION, 0), unnamed), request=request)) == Decimal("2.5")


async def test_the_provider_that_answered_counts_not_the_one_asked() -> None:
    request = chat("p:m")
    elsewhere = Finished(served_by=ServedBy("q", "m"))
    answer = await finish((reported(1, 1), elsewhere), request=request)
    assert answer == Cost(reason="the model is not in the catalog")


async def test_a_cost_that_was_told_further_in_stays() -> None:
    told = Cost(usd=Decimal(7), source="the service")
    assert await finish((reported(1, 1), Finished(cost=told))) == told


async def test_an_answer_without_usage_has_a_reason() -> None:
    assert await finish((SERVED,)) == Cost(reason="the service told no usage")


async def test_each_step_is_charged_by_itself_and_one_unknown_makes_all_unknown() -> None:
    tiered = model(rates(input=1), rates(from_input_tokens=MILLION, input=50))
    steps = (reported(600_000, 0), StepFinished(0), reported(600_000, 0, step=1), StepFinished(1))
    assert usd(await finish((*steps, SERVED), find=only({"m": tiered}))) == Decimal("1.2")
    assert await finish((*steps, StepFinished(2), SERVED)) == Cost(
        reason="the service told no usage"
    )


@pytest.mark.parametrize(
    ("asked", "options", "answered", "known"),
    [
        (None, {}, {}, True),
        ("default", {}, {}, True),
        ("flex", {}, {}, False),
        ("flex", {}, {"service_tier": "default"}, True),
        ("auto", {}, {"service_tier": "priority"}, False),
        (None, {"p": {"service_tier": "flex"}}, {}, False),
        (None, {"q": {"service_tier": "flex"}}, {}, True),
    ],
)
async def test_only_the_standard_service_tier_has_a_known_price(
    asked: str | None, options: Any, answered: dict[str, str], known: bool
) -> None:
    request = chat(service_tier=asked, provider_options=options)
    finished = StepFinished(0, {"dialect": answered})
    answer = await finish((reported(MILLION, 0), finished, SERVED), request=request)
    assert answer is not None
    assert answer.usd == (Decimal("2.5") if known else None)
    assert known or "service tier" in (answer.reason or "")


def test_what_is_billed_is_charged_and_not_what_was_read() -> None:
    known = model(rates(input="1", output="2", cache_read="0.5"))
    read = Usage(input_tokens=9 * MILLION, output_tokens=9 * MILLION, cache_read_tokens=MILLION)
    assert cost(replace(read, billed_input_tokens=MILLION), known).usd == Decimal("26.5")
    billed = replace(read, billed_input_tokens=MILLION, billed_output_tokens=2 * MILLION)
    assert cost(billed, known).usd == Decimal(5)
    assert cost(replace(billed, lower_bound=True), known).lower_bound


async def test_vectors_are_charged_by_their_input_alone() -> None:
    embedding = only({"m": model(rates(input="0.02"))})
    request = EmbedRequest(model="m", inputs=("a",))
    produced = Produced(Embeddings(vectors=((1.0,),), usage=Usage(input_tokens=MILLION)))
    answer = await finish((produced, SERVED), find=embedding, request=request)
    assert usd(answer) == Decimal("0.02")
    ranking = RerankRequest(model="m", query="a", documents=("a",))
    ranked = Produced(RerankResponse(results=(), usage=Usage(input_tokens=MILLION)))
    assert usd(await finish((ranked, SERVED), find=embedding, request=ranking)) == Decimal("0.02")
    searched = Produced(RerankResponse(results=(), usage=Usage(search_units=1)))
    answer = await finish((searched, SERVED), find=embedding, request=ranking)
    assert answer
    assert answer.reason == "the service charges by the search, of which no price is known"
    silent = Produced(Embeddings(vectors=((1.0,),)))
    assert usd(await finish((silent, SERVED), find=embedding, request=request)) is None


async def test_leaving_early_closes_the_call_and_the_same_costs_serve_many_calls() -> None:
    closed = 0

    async def call(request: Any, context: Context) -> Batches:
        nonlocal closed
        try:
            yield (TextDelta(0, 0, "a"),)
            yield (reported(int(request.model), 0), Finished(served_by=ServedBy("p", "m")))
        finally:
            closed += 1

    priced = observed(call, "p", Costs(PLAIN_ONLY))

    async with aclosing(priced(chat("1"), Context())) as batches:
        await anext(batches)
    assert closed == 1

    async def run(tokens: int) -> Decimal | None:
        request = chat(str(tokens))
        async with aclosing(priced(request, Context())) as batches:
            passed = [event async for batch in batches for event in batch]
        assert isinstance(passed[-1], Finished)
        return usd(passed[-1].cost)

    amounts = await asyncio.gather(*(run(count) for count in range(20)))
    assert amounts == [count * Decimal("0.0000025") for count in range(20)]
