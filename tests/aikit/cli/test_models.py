"""`aikit models`: the shipped catalog and the list of a provider."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import aikit_models
import pytest
from aicore.models import ModelInfo, Price, Rates
from aicore.plugins import PLUGINS
from aicore.values import from_json

from .conftest import Install, Run


@pytest.fixture
def catalog(monkeypatch: pytest.MonkeyPatch) -> list[ModelInfo]:
    """A catalog of our own in the place of the shipped one."""

    def price(amount: str, since: date | None = None, *more: Rates) -> Price:
        rates = Rates(input=Decimal(amount), output=Decimal("10.00"))
        return Price(valid_from=since, tiers=(rates, *more))

    tier = Rates(from_input_tokens=200_000, input=Decimal(9))
    models = [
        ModelInfo(
            id="large",
            provider="acme",
            name="Acme Large",
            family="Tempest",
            context_window=128_000,
            prices=(price("5"), price("2.50", date(2020, 1, 1)), price("1", date(2999, 1, 1))),
        ),
        ModelInfo(id="tiered", provider="acme", prices=(price("1", None, tier),)),
        ModelInfo(id="plain", provider="other", aliases=("plain-latest",)),
        ModelInfo(id="soon", provider="other", prices=(price("1", date(2999, 1, 1)),)),
    ]
    monkeypatch.setattr(aikit_models, "providers", lambda: ["acme", "other"])
    monkeypatch.setattr(
        aikit_models,
        "listed",
        lambda name=None: [model for model in models if name in (None, model.provider)],
    )
    return models


@pytest.mark.usefixtures("catalog")
def test_it_shows_todays_prices_and_says_what_nobody_knows(run: Run) -> None:
    rows = [line.split() for line in run("models").stdout.splitlines()]
    assert rows == [
        ["MODEL", "CONTEXT", "INPUT", "OUTPUT"],
        ["acme:large", "128000", "2.5", "10"],
        ["acme:tiered", "unknown", "1+", "10+"],
        ["other:plain", "unknown", "unknown", "unknown"],
        ["other:soon", "unknown", "unknown", "unknown"],
    ]


@pytest.mark.usefixtures("catalog")
def test_a_provider_narrows_the_list(run: Run) -> None:
    assert "acme" not in run("models", "other").stdout


@pytest.mark.usefixtures("catalog")
@pytest.mark.parametrize("text", ["LARGE", "acme l", "tempest"])
def test_search_looks_at_every_name_a_model_has(run: Run, text: str) -> None:
    lines = run("models", "--search", text).stdout.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("acme:large ")


@pytest.mark.usefixtures("catalog")
def test_search_finds_aliases_and_may_find_nothing(run: Run) -> None:
    assert "other:plain" in run("models", "--search", "plain-latest").stdout
    assert run("models", "--search", "zebra").stdout.split() == [
        "MODEL",
        "CONTEXT",
        "INPUT",
        "OUTPUT",
    ]


def test_json_holds_all_that_is_known(run: Run, catalog: list[ModelInfo]) -> None:
    assert from_json(list[ModelInfo], run("models", "--json").stdout) == catalog


@pytest.mark.usefixtures("catalog")
def test_a_provider_without_a_catalog_may_be_asked(run: Run) -> None:
    result = run("models", "mock")
    assert result.exit_code == 2
    assert "only of acme, other" in result.stderr
    assert "aikit models mock --live" in result.stderr


PLUGIN = """
from aicore.hookspecs import hookimpl
from aicore.models import ModelInfo

@hookimpl
def aikit_models():
    return [
        ModelInfo(provider="acme", id="large", context_window=7),
        ModelInfo(provider="added", id="by-plugin"),
    ]
"""


@pytest.mark.usefixtures("catalog")
def test_entries_of_plugins_are_listed_and_replace_shipped_ones(run: Run, install: Install) -> None:
    install.module("entries", PLUGIN)
    install("entries", PLUGINS, "entries", "entries")
    assert "added:by-plugin" in run("models", "added").stdout
    rows = [line.split() for line in run("models").stdout.splitlines()]
    assert ["acme:large", "7", "unknown", "unknown"] in rows
    assert sum(row[0] == "acme:large" for row in rows) == 1
    assert "only of acme, added, other" in run("models", "mock").stderr


@pytest.mark.usefixtures("catalog")
def test_a_broken_plugin_is_told_beside_the_list(run: Run, install: Install) -> None:
    install("absent", PLUGINS, "absent", "not_there_at_all")
    result = run("models")
    assert result.exit_code == 0
    assert "acme:large" in result.stdout
    assert "warning: absent 2.1 is broken" in result.stderr


def test_live_asks_the_provider(run: Run) -> None:
    rows = [line.split() for line in run("models", "mock", "--live").stdout.splitlines()]
    assert rows[1:] == [
        ["mock:echo", "4096", "unknown", "unknown"],
        ["mock:gpt-4o-mini", "unknown", "unknown", "unknown"],
    ]


def test_live_has_a_limit(run: Run) -> None:
    assert run("models", "mock", "--live", "--timeout", "60").exit_code == 0
    result = run("models", "mock", "--live", "--timeout", "0")
    assert result.exit_code == 2
    assert "`timeout` must be more than 0 seconds" in result.stderr


def test_live_needs_a_provider(run: Run) -> None:
    result = run("models", "--live")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--live needs a PROVIDER" in result.stderr


def test_the_shipped_catalog_is_there(run: Run) -> None:
    lines = run("models", "openai").stdout.splitlines()
    assert len(lines) == len(aikit_models.listed("openai")) + 1
    assert lines[1].startswith("openai:")


def test_an_alias_says_whose_models_are_meant(run: Run) -> None:
    result = run("models", "vertex")
    assert result.exit_code == 2
    assert "'vertex' is an alias, which only model ids begin with; write 'google-vertex'" in (
        result.stderr
    )


def test_a_misspelt_provider_says_which_was_meant(run: Run) -> None:
    result = run("models", "coher")
    assert result.exit_code == 2
    assert result.stderr == "error: no provider 'coher'; did you mean 'cohere'?\n"
