"""Strangers' plugins are found, run, and keep what we ask of them, with our wheels alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from ..packaging.environment import Environment
from ..packaging.workshop import MEMBERS, PYTHON, Built
from ..vendor import Vendor
from .conftest import GOOD, access_to, settled

pytestmark = pytest.mark.timeout(300)

CONFORMANCE = {
    "provider": {"parrot": {"passed", "not applicable"}},
    "row": {"acme": {"passed", "not applicable"}},
    "middleware": {},
}
"""The outcomes that the conformance suite may have had, by provider; no test failed or was left."""


def generate(world: Environment, model: str, prompt: str, env: Mapping[str, str]) -> str:
    return world.run("aikit", "generate", prompt, "-m", model, env=env).stdout


def test_nothing_of_the_workspace_is_there(world: Environment) -> None:
    found = world.run(
        "python", "-c", "import aicore, aikit; print(aicore.__file__, aikit.__file__)"
    )
    assert all(path.startswith(str(world.packages)) for path in found.stdout.split())
    assert set(MEMBERS) & set(world.installed()) == {
        *("aicore", "aikit", "aikit-models", "aikit-testing", "aikit-wire")
    }


def test_their_providers_are_found(world: Environment) -> None:
    rows = json.loads(world.run("aikit", "providers", "--json").stdout)
    found = {row["name"]: (row["distribution"], row["version"]) for row in rows}
    assert found["parrot"] == ("stranger-parrot", "1.2.3")
    assert found["acme"] == ("stranger-acme", "1.2.3")


def test_their_provider_answers_through_their_middleware(world: Environment) -> None:
    assert generate(world, "parrot:grey", "Pieces of EIGHT", {}) == "pieces of eight\n"


def test_their_row_asks_its_service(world: Environment, acme: Vendor) -> None:
    assert (
        generate(world, "acme:large-2", "Why is the sky blue?", access_to(acme))
        == "air scatters blue light.\n"
    )
    (received,) = acme.received
    assert received.path == "/v1/chat/completions"
    assert received.headers["authorization"] == "Bearer sk-acme"
    assert received.body["model"] == "large-2"


def test_their_row_lists_its_models(world: Environment, acme: Vendor) -> None:
    assert "large-2" in world.run("aikit", "models", "acme", "--live", env=access_to(acme)).stdout


def test_the_doctor_finds_them_well(world: Environment) -> None:
    checks = json.loads(world.run("aikit", "doctor", "--json").stdout)["checks"]
    found = {check["name"]: check["distribution"] for check in checks if check["ok"]}
    assert found["parrot"] == "stranger-parrot 1.2.3"
    assert found["acme"] == "stranger-acme 1.2.3"
    assert "whisper" in found
    assert len(found) == len(checks)


@pytest.mark.parametrize("name", GOOD)
def test_each_passes_its_own_tests(
    name: str, dist: Built, homes: dict[str, Path], wheels: dict[str, Path], tmp_path: Path
) -> None:
    """Each is alone, as in its author's workshop: the middleware of another changes answers."""
    alone = settled(tmp_path, dist, wheels[name])
    options = ("-W", "error", "-p", "no:cacheprovider")
    report = ("-p", "aikit_testing.conformance.report", "--aikit-report", "report.json")
    alone.run("pytest", "-q", *options, *report, homes[name] / "tests")
    providers = json.loads((alone.desk / "report.json").read_text())["providers"]
    told = {provider["provider"]: set(provider["counts"]) for provider in providers}
    assert told == CONFORMANCE[name]


@pytest.mark.long
def test_a_strict_type_checker_is_content_with_our_wheels(
    world: Environment, homes: dict[str, Path]
) -> None:
    sources = [path for name in GOOD for path in homes[name].rglob("*.py")]
    checker = PYTHON.with_name("mypy")
    uses = ("--python-executable", world.python, "--cache-dir", world.home / "mypy")
    world.run(checker, "--strict", "--config-file=", *uses, *sources)
