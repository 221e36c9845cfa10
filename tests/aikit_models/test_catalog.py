"""The shipped catalog: what it lists, how names find it, and that its prices can be believed."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from decimal import Decimal
from importlib.resources import files

import aikit_models
import pytest
from aicore.models import ModelInfo, Rates
from aikit_models import find, listed, providers

PUBLISHED = {
    # USD per 1M tokens as the vendors' price pages have them: input, output, cached input
    ("openai", "gpt-4o"): ("2.50", "10.00", "1.25"),
    ("openai", "gpt-4o-mini"): ("0.15", "0.60", "0.075"),
    ("openai", "gpt-4.1"): ("2.00", "8.00", "0.50"),
    ("openai", "gpt-5"): ("1.25", "10.00", "0.125"),
    ("openai", "gpt-3.5-turbo"): ("0.50", "1.50", None),
    ("openai", "text-embedding-3-small"): ("0.02", None, None),
    ("groq", "llama-3.1-8b-instant"): ("0.05", "0.08", None),
    ("groq", "llama-3.3-70b-versatile"): ("0.59", "0.79", None),
    ("mistral", "codestral-2508"): ("0.30", "0.90", "0.03"),
    ("mistral", "mistral-large-2512"): ("0.50", "1.50", "0.05"),
}
RATES = (
    "input",
    "output",
    "cache_read",
    "cache_write",
    "cache_write_1h",
    "input_audio",
    "output_audio",
)


def known(provider: str, model: str) -> ModelInfo:
    info = find(provider, model)
    assert info is not None
    return info


def every_tier() -> list[tuple[str, Rates]]:
    return [
        (f"{info.provider}/{info.id}", tier)
        for info in listed()
        for price in info.prices
        for tier in price.tiers
    ]


def amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


@pytest.mark.parametrize(("provider", "model"), PUBLISHED)
def test_well_known_models_have_their_published_prices(provider: str, model: str) -> None:
    rates = known(provider, model).prices[-1].tiers[0]
    assert (rates.input, rates.output, rates.cache_read) == tuple(
        amount(rate) for rate in PUBLISHED[provider, model]
    )


def test_a_price_that_changed_keeps_its_history() -> None:
    before, after = known("openai", "o3").prices
    assert (before.valid_from, before.tiers[0].input) == (None, Decimal(10))
    assert (after.valid_from, after.tiers[0].input) == (date(2025, 6, 10), Decimal(2))


def test_long_inputs_have_a_tier_that_begins_after_the_threshold() -> None:
    short, long = known("openai", "gpt-5.4").prices[-1].tiers
    assert (short.from_input_tokens, short.input, short.output) == (0, Decimal("2.5"), Decimal(15))
    assert (long.from_input_tokens, long.input, long.output) == (
        272_001,
        Decimal(5),
        Decimal("22.5"),
    )


def test_an_entry_tells_where_and_when_its_price_was_read() -> None:
    price = known("openai", "gpt-4o").prices[0]
    assert price.source is not None
    assert price.source.startswith("genai-prices ")
    assert price.verified is not None
    assert price.verified >= date(2026, 11, 20)


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("gpt-4o", "gpt-4o"),
        ("gpt-4o-2024-08-06", "gpt-4o"),  # an alias
        ("gpt-4o-2024-05-13", "gpt-4o-2024-05-13"),  # a dated model with a price of its own
        ("gpt-4o-2030-12-31", "gpt-4o"),
        ("gpt-4o-20301231", "gpt-4o"),
        ("gpt-4o@20301231", "gpt-4o"),
        ("gpt-4o-2912", "gpt-4o"),
        ("gpt-4o-1231", "gpt-4o"),
    ],
)
def test_a_name_is_found_by_id_then_alias_then_without_its_date(name: str, id: str) -> None:
    assert known("openai", name).id == id


@pytest.mark.parametrize(
    "name",
    [
        "gpt-4o-turbo",
        "gpt-4o-latest",
        "gpt-4o-2024-08-06-custom",
        "gpt-4o-2030-13-01",
        "gpt-4o-20301232",
        "gpt-4o-8192",
        "gpt-4o-2030-12-31-2030-12-31",
        "gpt-5-4-2030-12-31",  # without its date an alias, and what an alias means can move
        "gpt",
        "GPT-4o",
        "",
    ],
)
def test_a_name_that_only_begins_alike_is_not_found(name: str) -> None:
    assert find("openai", name) is None


def test_an_unknown_provider_lists_nothing() -> None:
    assert find("nowhere", "gpt-4o") is None
    assert find("../aikit_models/openai", "gpt-4o") is None
    assert listed("nowhere") == []


def test_the_same_id_at_another_provider_is_another_model() -> None:
    assert find("groq", "gpt-4o") is None
    assert known("groq", "openai/gpt-oss-120b").provider == "groq"


def test_all_providers_are_listed() -> None:
    assert {"anthropic", "google", "groq", "ollama", "openrouter", "xai"} < {*providers()}
    assert providers() == sorted(providers())
    assert {info.provider for info in listed()} == set(providers())
    assert listed() == [info for name in providers() for info in listed(name)]


def test_what_the_sources_do_not_say_is_unknown() -> None:
    info = known("openai", "chat-latest")
    assert (info.prices, info.context_window, dict(info.features)) == ((), None, {})


@pytest.mark.parametrize("provider", providers())
def test_a_name_means_one_model_only(provider: str) -> None:
    names = [name for info in listed(provider) for name in (info.id, *info.aliases)]
    assert len(names) == len(set(names))


def test_no_price_is_zero_or_beyond_belief() -> None:
    tiers = every_tier()
    assert len(tiers) > 150
    for model, tier in tiers:
        for name in RATES:
            rate = getattr(tier, name)
            assert rate is None or 0 < rate <= 1000, (model, name)


def test_cached_input_never_costs_more_than_fresh_input() -> None:
    for model, tier in every_tier():
        assert tier.input is not None, model
        assert tier.cache_read is None or tier.cache_read <= tier.input, model


def test_prices_are_in_the_order_of_their_dates() -> None:
    for info in listed():
        days = [price.valid_from or date.min for price in info.prices]
        assert days == sorted(set(days)), info.id


def test_a_provider_may_have_features_alone() -> None:
    info = known("ollama", "gpt-oss:20b")
    assert info.features == {"reasoning": True, "reasoning_effort": True, "reasoning_off": False}
    assert (info.prices, info.context_window) == ((), None)


SCRAPED = [
    name
    for name in providers()
    if files(aikit_models).joinpath(name, "scraped_models.json").is_file()
]


@pytest.mark.parametrize("provider", SCRAPED)
def test_a_file_has_one_line_per_model_and_names_its_sources(provider: str) -> None:
    text = files(aikit_models).joinpath(provider, "scraped_models.json").read_text("utf-8")
    content = json.loads(text)
    lines = [line for line in text.splitlines() if line.startswith('  {"id": ')]
    assert [json.loads(line.rstrip(","))["id"] for line in lines] == sorted(
        model["id"] for model in content["models"]
    )
    assert content["provider"] == provider
    assert {"name", "version", "licence", "use"} == content["sources"][0].keys()


def test_only_the_catalog_that_is_asked_for_is_read_and_pydantic_never() -> None:
    program = """
import sys
before = set(sys.modules)
import aikit_models
imported = set(sys.modules) - before
assert not imported & {"aicore", "json", "decimal", "importlib.resources"}, imported
opened = []
sys.addaudithook(lambda event, args: event == "open" and opened.append(str(args[0])))
aikit_models.find("groq", "llama-3.1-8b-instant")
aikit_models.find("groq", "llama-3.3-70b-versatile")
assert "pydantic" not in sys.modules
print(sum("scraped_models.json" in name for name in opened))
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (run.stdout, run.stderr) == ("1\n", "")


def test_the_examples_of_the_readme_are_true() -> None:
    assert known("openai", "gpt-4o-2024-08-06").prices[-1].tiers[0].input == Decimal("2.5")
    assert find("openai", "gpt-4o-turbo") is None
    assert len(listed("groq")) > 30
    assert not any(info.prices for info in listed("deepseek"))
