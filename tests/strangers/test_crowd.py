"""A stranger that misbehaves hurts only itself, and it is told which distribution it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ..packaging.environment import Environment
from ..vendor import Vendor
from .conftest import access_to

pytestmark = pytest.mark.timeout(300)

CULPRITS = {
    "broken": ("stranger-broken 1.2.3", "the licence file is missing"),
    "needy": ("stranger-needy 1.2.3", "No module named 'needy_sdk'"),
    "parrot": ("stranger-twin", "stranger-parrot and stranger-twin both provide 'parrot'"),
}
"""What is broken in the crowd: whose fault it is, and what is said about it."""


def examined(world: Environment) -> list[dict[str, Any]]:
    checks = json.loads(world.run("aikit", "doctor", "--json", code=1).stdout)["checks"]
    return list(checks)


def test_listing_imports_none_of_them(crowd: Environment) -> None:
    listed = crowd.run("aikit", "providers")
    for name in ("acme", "fixture", "loud", "needy", "stranger-twin", "stranger-parrot"):
        assert name in listed.stdout
    assert "Thank you" not in listed.stdout + listed.stderr


def test_the_others_answer_as_before(crowd: Environment, acme: Vendor) -> None:
    done = crowd.run(
        "aikit", "generate", "Why is the sky blue?", "-m", "acme:large-2", env=access_to(acme)
    )
    assert done.stdout == "air scatters blue light.\n"


@pytest.mark.parametrize("name", CULPRITS)
def test_what_is_broken_says_whose_fault_it_is(name: str, crowd: Environment) -> None:
    done = crowd.run("aikit", "generate", "hi", "-m", f"{name}:any", code=2)
    told = done.stderr.splitlines()[-1]
    assert told.startswith("error: ")
    assert all(words in told for words in CULPRITS[name])


def test_a_broken_command_hurts_no_other(crowd: Environment) -> None:
    assert "stranger-broken" in crowd.run("aikit", "broken", code=2).stderr
    assert "stranger-broken" in crowd.run("aikit", "--help").stdout


def test_the_doctor_names_each_culprit_and_clears_the_others(crowd: Environment) -> None:
    checks = examined(crowd)
    broken = {
        check["name"]: f"{check['distribution']}: {check['detail']}"
        for check in checks
        if check["kind"] == "provider" and not check["ok"]
    }
    assert broken.keys() == CULPRITS.keys()
    for name, words in CULPRITS.items():
        assert all(word in broken[name] for word in words)
    well = {check["name"] for check in checks if check["ok"]}
    assert {"acme", "fixture", "whisper"} <= well
    plugins = [check["detail"] for check in checks if check["kind"] == "plugin"]
    assert any("stranger-broken 1.2.3" in detail for detail in plugins)


def test_what_one_prints_is_in_no_answer(crowd: Environment) -> None:
    for model in ("fixture:echo", "loud:any"):
        done = crowd.run("aikit", "generate", "Hello", "-m", model, "--json")
        assert json.loads(done.stdout)["steps"]
        assert "Thank you" in done.stderr


def test_the_doctor_names_the_one_that_prints(crowd: Environment) -> None:
    (check,) = (check for check in examined(crowd) if "Thank you" in check["detail"])
    assert check["distribution"] == "stranger-loud 1.2.3"


def test_removing_the_twin_brings_the_parrot_back(
    crowd: Environment, wheels: dict[str, Path]
) -> None:
    crowd.uninstall("stranger-twin")
    try:
        done = crowd.run("aikit", "generate", "Polly", "-m", "parrot:grey")
        assert done.stdout == "polly\n"
    finally:
        crowd.install(wheels["twin"])
