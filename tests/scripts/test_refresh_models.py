"""What `scripts/refresh-models` writes, leaves out and refuses, run on a small price list."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "refresh-models"
METADATA = "Metadata-Version: 2.4\nName: genai-prices\nVersion: 9.9\nLicense-Expression: MIT\n"
DATA = """
from datetime import date, time
from decimal import Decimal as D
from types import SimpleNamespace as N

def equals(*ids):
    return N(or_=[N(equals=id) for id in ids])

def model(id, *prices, match=None, name=None, context=None, comment=None):
    prices = list(prices) if prices and hasattr(prices[0], "constraint") else prices[0]
    return N(id=id, match=match or N(equals=id), name=name, context_window=context,
             price_comments=comment, prices=prices)

def on(constraint, **rates):
    return N(constraint=constraint, prices=N(**rates))

def tiers(base, *steps):
    return N(base=base, tiers=[N(start=start, price=price) for start, price in steps])

def provider(id, *models):
    return N(id=id, models=list(models))

names = "anthropic aws baseten cerebras cohere deepseek google groq meta minimax mistral moonshotai"
names += " novita openrouter perplexity together voyageai zai"
providers = [provider(name) for name in names.split()]
providers += [provider("x-ai", model("grok", N(input_mtok=D(3)))), provider("openai", %s)]
"""
PLAIN = 'model("m", N(input_mtok=D("2.50"), cache_read_mtok=None, output_mtok=D("10")))'


class Bench:
    """A price list, a folder of catalogs, and the script between them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.models = folder / "models"
        self.package = folder / "site"
        self.file = self.models / "aikit_models" / "openai" / "scraped_models.json"
        (self.package / "genai_prices").mkdir(parents=True)
        (self.package / "genai_prices" / "__init__.py").touch()
        about = self.package / "genai_prices-9.9.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(METADATA)
        self.models.mkdir()
        self.notes("")
        self.source(PLAIN)

    def source(self, *models: str) -> None:
        text = DATA % ", ".join(models)
        (self.package / "genai_prices" / "data.py").write_text(text)

    def notes(self, text: str) -> None:
        (self.models / "notes.toml").write_text(text)

    def json(self, name: str, content: Any) -> Path:
        path = self.folder / name
        path.write_text(json.dumps(content))
        return path

    def run(self, *options: object, prices: Path | None = None) -> tuple[int, str]:
        """Run the script and return its exit status and all that it said."""
        given = ["--models", self.models, "--verified", "2026-05-01", *options]
        command = [sys.executable, SCRIPT, "--genai-prices", prices or self.package, *given]
        ran = subprocess.run(
            [str(word) for word in command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        assert "Traceback" not in ran.stdout
        return ran.returncode, ran.stdout

    def written(self) -> list[dict[str, Any]]:
        status, said = self.run()
        assert status == 0, said
        models: list[dict[str, Any]] = json.loads(self.file.read_text())["models"]
        return models


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_catalog_has_one_line_per_model_and_says_where_it_comes_from(bench: Bench) -> None:
    bench.source('model("z", N(input_mtok=D("1")), context=8000, name="Z")', PLAIN)
    status, said = bench.run()
    assert status == 0
    assert bench.file.read_text() == (
        "{\n"
        '"provider": "openai",\n'
        '"unit": "USD per 1M tokens, standard service tier, without fees for hosted tools",\n'
        '"verified": "2026-05-01",\n'
        '"sources": [\n'
        '  {"name": "genai-prices", "version": "9.9", "licence": "MIT",'
        ' "use": "ids, names, context windows and prices"}\n'
        "],\n"
        '"models": [\n'
        '  {"id": "m", "prices": [{"tiers": [{"input": "2.5", "output": "10"}]}]},\n'
        '  {"id": "z", "name": "Z", "context_window": 8000,'
        ' "prices": [{"tiers": [{"input": "1"}]}]}\n'
        "]\n"
        "}\n"
    )
    assert '+ {"id": "m"' in said


def test_a_wheel_will_do_as_the_source(bench: Bench) -> None:
    wheel = Path(shutil.make_archive(str(bench.folder / "wheel"), "zip", bench.package))
    wheel = wheel.rename(bench.folder / "genai_prices-9.9-py3-none-any.whl")
    assert bench.run(prices=wheel)[0] == 0
    assert json.loads(bench.file.read_text())["sources"][0]["version"] == "9.9"


def test_without_the_source_it_says_what_to_pass(bench: Bench) -> None:
    status, said = bench.run(prices=bench.folder)
    assert status == 1
    assert "pass --genai-prices" in said


def test_check_writes_nothing_and_tells_whether_files_would_change(bench: Bench) -> None:
    assert bench.run("--check")[0] == 1
    assert not bench.file.exists()
    bench.run()
    before = bench.file.read_text()
    assert bench.run("--check", "--verified", "2026-06-01")[0] == 0
    bench.source(PLAIN.replace("2.50", "2.60"))
    status, said = bench.run("--check")
    assert (status, bench.file.read_text()) == (1, before)
    assert '~ {"id": "m"' in said
    assert '"input": "2.6"' in said


def test_a_model_that_is_gone_shows_in_the_summary(bench: Bench) -> None:
    bench.run()
    bench.source(PLAIN.replace('"m"', '"n"'))
    assert "  - m\n" in bench.run()[1]


@pytest.mark.parametrize("rate", ["25.1", "0.24"])
def test_a_price_that_moves_by_more_than_tenfold_is_refused(bench: Bench, rate: str) -> None:
    bench.run()
    before = bench.file.read_text()
    bench.source(PLAIN.replace("2.50", rate))
    status, said = bench.run()
    assert (status, bench.file.read_text()) == (1, before)
    assert f"refused: openai/m: input moved from 2.5 to {rate}" in said


def test_a_price_may_move_tenfold(bench: Bench) -> None:
    bench.run()
    bench.source(PLAIN.replace("2.50", "25"))
    assert bench.written()[0]["prices"][0]["tiers"][0]["input"] == "25"


def test_a_note_accepts_a_move_until_the_price_moves_again(bench: Bench) -> None:
    bench.run()
    bench.source(PLAIN.replace("2.50", "26"))
    bench.notes('[openai."m"]\naccept = {input = "26"}\nbecause = "announced"')
    bench.written()
    bench.source(PLAIN.replace("2.50", "261"))
    assert bench.run()[0] == 1


def litellm(**fields: float) -> dict[str, Any]:
    return {"m": {"litellm_provider": "openai", **fields}}


def models_dev(**cost: float) -> dict[str, Any]:
    return {"openai": {"models": {"m": {"cost": cost}}}}


@pytest.mark.parametrize(
    ("option", "content", "problem"),
    [
        ("--litellm", litellm(input_cost_per_token=2.5e-6), None),
        ("--litellm", litellm(input_cost_per_token=2.52e-6), None),
        ("--litellm", litellm(cache_read_input_token_cost=0.0), None),
        ("--litellm", {"m": {"litellm_provider": "azure", "input_cost_per_token": 1}}, None),
        ("--litellm", litellm(input_cost_per_token=3e-6), "input is 2.5, but 3"),
        ("--litellm", litellm(output_cost_per_token=1e-2), "output is 10, but 10000"),
        ("--litellm", litellm(cache_read_input_token_cost=1e-6), "cache_read is None, but 1"),
        ("--models-dev", models_dev(input=2.5, output=10), None),
        ("--models-dev", models_dev(input=2.5, output=12), "output is 10, but 12 by models.dev"),
    ],
)
def test_a_price_that_another_source_contradicts_is_refused(
    bench: Bench, option: str, content: Any, problem: str | None
) -> None:
    status, said = bench.run(option, bench.json("other.json", content))
    assert status == (0 if problem is None else 1)
    assert bench.file.exists() == (problem is None)
    assert problem is None or f"refused: openai/m: {problem}" in said


def test_what_was_compared_is_in_the_provenance(bench: Bench) -> None:
    bench.run("--models-dev", bench.json("api.json", models_dev(input=2.5)))
    _, compared = json.loads(bench.file.read_text())["sources"]
    assert compared["name"] == "models.dev"
    assert compared["version"].startswith("sha256:")


def test_an_alias_is_compared_too(bench: Bench) -> None:
    bench.source('model("m", N(input_mtok=D(1)), match=equals("m", "m-2501"))')
    content = {"openai/m-2501": {"litellm_provider": "openai", "input_cost_per_token": 2e-6}}
    assert "openai/m-2501: input is 1" in bench.run("--litellm", bench.json("l", content))[1]


@pytest.mark.parametrize("option", ["--litellm", "--models-dev"])
def test_a_note_settles_a_contradiction(bench: Bench, option: str) -> None:
    content = litellm(input_cost_per_token=1.0) | models_dev(input=1.0)
    other = bench.json("other.json", content)
    bench.notes('[openai."m"]\nleave_out = "nobody knows"')
    status, said = bench.run(option, other)
    assert status == 0
    assert "? m: price left out: nobody knows" in said
    assert json.loads(bench.file.read_text())["models"] == [{"id": "m"}]
    bench.notes('[openai."m"]\naccept = {input = "2.5", output = "10"}\nbecause = "invoice"')
    assert bench.run(option, other)[0] == 0


def test_a_note_without_a_reason_is_an_error(bench: Bench) -> None:
    bench.notes('[openai."m"]\naccept = {input = "26"}')
    assert "openai/m needs leave_out, or accept and because" in bench.run()[1]


def test_a_note_on_a_model_that_is_gone_is_reported(bench: Bench) -> None:
    bench.notes('[openai."old"]\nleave_out = "?"')
    assert "! old: has a note but is no longer listed" in bench.run()[1]


@pytest.mark.parametrize(
    ("prices", "reason"),
    [
        (
            "on(None, input_mtok=D(1)), on(N(start_time=time(1)), input_mtok=D(2))",
            "time of day",
        ),
        (
            "on(N(start_date=date(2026, 1, 2)), input_mtok=D(1)),"
            "on(N(start_date=date(2026, 1, 1)), input_mtok=D(2))",
            "dates are not in order",
        ),
        ("on(None, input_mtok=D(1)), on(None, input_mtok=D(2))", "dates are not in order"),
        ("N(input_mtok=D(1), requests_kcount=D(5))", "requests_kcount cannot be told"),
        ("N(input_mtok=D(1), audio_hours=D(1))", "audio_hours cannot be told"),
        ("N(input_mtok=D(1), input_image_mtok=D(2))", "input_image_mtok cannot be told"),
        ("N(input_mtok=D(0), output_mtok=D(1))", "0 or beyond belief"),
        ("N(input_mtok=D(1001))", "0 or beyond belief"),
        ("N(input_mtok=D(1), cache_read_mtok=D(2))", "reading the cache"),
        ("N()", "names none"),
        ('N(input_mtok=D(1)), comment="Imported from OpenRouter"', "from a reseller"),
    ],
)
def test_a_price_that_cannot_be_told_honestly_is_left_out_and_listed(
    bench: Bench, prices: str, reason: str
) -> None:
    bench.source(f'model("m", {prices})')
    assert bench.written() == [{"id": "m"}]
    said = bench.run()[1]
    assert "? m: price left out: " in said
    assert reason in said


def test_rates_without_a_field_do_no_harm_while_they_change_nothing(bench: Bench) -> None:
    bench.source('model("m", N(input_mtok=D(1), input_image_mtok=D(1), web_searches_kcount=D(9)))')
    assert bench.written()[0]["prices"] == [{"tiers": [{"input": "1"}]}]


def test_tiers_hold_all_rates_from_the_first_token_above_the_threshold(bench: Bench) -> None:
    bench.source(
        'model("m", N(input_mtok=tiers(D(1), (200, D(2)), (900, D(3))),'
        ' output_mtok=tiers(D(4), (900, D(5))), cache_read_mtok=D("0.10")))'
    )
    assert bench.written()[0]["prices"][0]["tiers"] == [
        {"input": "1", "output": "4", "cache_read": "0.1"},
        {"from_input_tokens": 201, "input": "2", "output": "4", "cache_read": "0.1"},
        {"from_input_tokens": 901, "input": "3", "output": "5", "cache_read": "0.1"},
    ]


def test_dated_prices_keep_their_days_and_the_one_of_today_is_compared(bench: Bench) -> None:
    bench.source(
        'model("m", on(None, input_mtok=D(1)), on(N(start_date=date(2026, 4, 1)),'
        " input_mtok=D(2)), on(N(start_date=date(2026, 6, 1)), input_mtok=D(3)))"
    )
    other = bench.json("other.json", models_dev(input=2))
    assert bench.run("--models-dev", other)[0] == 0
    assert [price.get("valid_from") for price in bench.written()[0]["prices"]] == [
        None,
        "2026-04-01",
        "2026-06-01",
    ]


def test_only_dates_and_punctuation_make_an_alias(bench: Bench) -> None:
    ids = '"m-5.1", "m-5-1", "m-5.1-2025-01-31", "m-5.1-latest", "m-5.1-codex", "m-5.1-codex-2501"'
    bench.source(f'model("m-5.1", N(input_mtok=D(1)), match=equals({ids}), name="M", context=9)')
    price = [{"tiers": [{"input": "1"}]}]
    assert bench.written() == [
        {
            "id": "m-5.1",
            "name": "M",
            "context_window": 9,
            "aliases": ["m-5-1", "m-5.1-2025-01-31"],
            "prices": price,
        },
        {"id": "m-5.1-codex", "aliases": ["m-5.1-codex-2501"], "prices": price},
        {"id": "m-5.1-latest", "prices": price},
    ]


def test_an_id_with_a_note_stands_alone(bench: Bench) -> None:
    bench.source('model("m", N(input_mtok=D(1)), match=equals("m", "m-2501", "m-2502"))')
    bench.notes('[openai]\n"m-2501".leave_out = "was dearer"')
    assert [(entry["id"], "prices" in entry) for entry in bench.written()] == [
        ("m", True),
        ("m-2501", False),
    ]


def test_a_provider_that_others_call_otherwise_is_found_under_their_name(bench: Bench) -> None:
    litellm = {"xai/grok": {"litellm_provider": "xai", "input_cost_per_token": 4e-6}}
    status, said = bench.run("--litellm", bench.json("litellm.json", litellm))
    assert status == 1
    assert "refused: xai/grok: input is 3, but 4" in said
    bench.written()
    file = bench.file.parents[1] / "xai" / "scraped_models.json"
    assert json.loads(file.read_text())["models"] == [
        {"id": "grok", "prices": [{"tiers": [{"input": "3"}]}]}
    ]


def test_a_prefix_is_not_an_id(bench: Bench) -> None:
    bench.source(
        'model("ft:m", N(input_mtok=D(1)), match=N(starts_with="ft:m"))',
        'model("tuned-", N(input_mtok=D(1)), match=N(starts_with="tuned-"))',
        'model("m", N(input_mtok=D(1)), match=N(contains="m"))',
        'model("real", N(input_mtok=D(1)), match=N(starts_with="real"))',
    )
    assert [entry["id"] for entry in bench.written()] == ["real"]
    assert "? ft:m: has no exact id" in bench.run()[1]


def test_the_shipped_catalog_keeps_to_the_shipped_notes() -> None:
    notes = tomllib.loads((ROOT / "models" / "notes.toml").read_text())
    for provider, decisions in notes.items():
        path = ROOT / "models" / "aikit_models" / provider / "scraped_models.json"
        models = {entry["id"]: entry for entry in json.loads(path.read_text())["models"]}
        for id, note in decisions.items():
            assert ("prices" in models[id]) == ("accept" in note), id
