"""Installing: each extra brings its closure, and `aikit` alone stays small and works."""

from __future__ import annotations

import json

import pytest

from .environment import Environment
from .workshop import MEMBERS, Built

pytestmark = pytest.mark.timeout(300)

BARE = {"aicore", "aikit", "aikit-models"}
"""Ours, in every installation."""
CORE = {
    *("annotated-types", "click", "pluggy", "pydantic", "pydantic-core"),
    *("typing-extensions", "typing-inspection"),
}
"""What these need of others."""
HTTP = {"anyio", "h11", "httpcore2", "httptools", "httpx2", "idna", "truststore"}
"""What talking to services needs besides."""
GATEWAY = {"sse-starlette", "starlette"}
ENGINE = {"llamacpp": {"xllamacpp"}}
LIMIT = 15_000_000
EXTRAS = set(MEMBERS["aikit"].project["optional-dependencies"])
PROVIDERS = {
    extra: name
    for name, member in MEMBERS.items()
    if "-provider-" in name
    for extra in member.project["entry-points"]["aikit.providers"]
}
"""The distribution of each provider."""
ONE_OF_EACH = {name: extra for extra, name in PROVIDERS.items() if extra != "groq"}


def test_aikit_alone_brings_only_what_it_needs(bare: Environment) -> None:
    assert set(bare.installed()) == BARE | CORE


def test_aikit_alone_takes_at_most_15_mb(bare: Environment) -> None:
    files = [path for path in bare.packages.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files if path.suffix != ".pyc")
    assert size <= LIMIT, f"{size:,} bytes are installed"


def test_nothing_is_installed_that_runs_when_python_starts(groq: Environment) -> None:
    assert not [*groq.packages.rglob("*.pth")]


def test_aikit_alone_works(bare: Environment) -> None:
    version = MEMBERS["aikit"].project["version"]
    assert version in bare.run("aikit", "--version").stdout
    bare.run("python", "-c", "from aikit import Kit, SyncKit, Message; Kit(); SyncKit().close()")
    assert "gpt-" in bare.run("aikit", "models", "openai").stdout


def test_aikit_alone_says_how_to_get_a_provider(bare: Environment) -> None:
    error = bare.run("aikit", "generate", "hi", "-m", "groq:some-model", code=2).stderr
    assert "pip install 'aikit[groq]>=1'" in error


def test_the_extra_of_a_provider_brings_exactly_its_closure(groq: Environment) -> None:
    ours = {*BARE, "aikit-wire", "aikit-provider-groq"}
    assert set(groq.installed()) == ours | CORE | HTTP


def test_the_provider_of_an_extra_is_there(groq: Environment) -> None:
    rows = json.loads(groq.run("aikit", "providers", "--json").stdout)
    assert [(row["name"], row["distribution"]) for row in rows] == [("groq", "aikit-provider-groq")]
    groq.run("aikit", "doctor")


@pytest.mark.parametrize("extra", sorted(ONE_OF_EACH.values()))
def test_an_extra_of_another_provider_differs_only_in_that(
    extra: str, dist: Built, bare: Environment
) -> None:
    brings = bare.would_bring(dist.requirement("aikit", f"[{extra}]"))
    ours = {*BARE, "aikit-wire", PROVIDERS[extra]}
    assert brings == ours | CORE | HTTP | ENGINE.get(extra, set())


def test_testing_brings_no_test_framework(dist: Built, bare: Environment) -> None:
    brings = bare.would_bring(dist.requirement("aikit", "[testing]"))
    assert brings == {*BARE, "aikit-wire", "aikit-testing"} | CORE | HTTP


def test_the_gateway_brings_no_provider_and_no_server(dist: Built, bare: Environment) -> None:
    brings = bare.would_bring(dist.requirement("aikit", "[asgi]"))
    assert brings == {*BARE, "aikit-wire", "aikit-asgi"} | CORE | HTTP | GATEWAY


def test_every_extra_is_looked_at() -> None:
    assert {*PROVIDERS, "asgi", "testing", "all"} == EXTRAS
    wanted = MEMBERS["aikit"].project["optional-dependencies"]
    for extra, name in PROVIDERS.items():
        assert wanted[extra] == [f"{name}>=1.0,<2"]


@pytest.mark.long
def test_everything_together_works(dist: Built, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("all") / "venv"
    whole = Environment.make(home, dist, dist.requirement("aikit", "[all]"))
    assert set(MEMBERS) <= set(whole.installed())
    checks = json.loads(whole.run("aikit", "doctor", "--json").stdout)["checks"]
    assert {check["name"] for check in checks if check["kind"] == "provider"} >= PROVIDERS.keys()
    assert all(check["ok"] for check in checks)
