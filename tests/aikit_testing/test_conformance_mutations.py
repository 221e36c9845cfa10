"""Every test of the conformance suite fails for a provider that is broken where it looks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from aikit_testing.conformance.suite import all_tests
from aikit_testing.new_provider import files

from .broken import BROKEN, TEST, Broken
from .distributions import install, run_pytest

WHY = ("AssertionError: ", "Failed: DID NOT RAISE", "aicore.errors.")


def made(number: int, broken: Broken) -> dict[str, str]:
    """Return the files of a provider with its fault in place."""
    name = f"broken{number}"
    texts = files(name, broken.kind)
    path = broken.file.format(module=f"aikit_provider_{name}", name=name)
    if not broken.changes:
        del texts[path]
    for old, new in broken.changes:
        assert old in texts[path], f"the skeleton has no {old!r} to break"
        texts[path] = texts[path].replace(old, new, 1)
    test = TEST.format(name=name)
    texts[test] = texts[test].replace("    provider = ", "    patience = 0.3\n    provider = ", 1)
    return texts


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[str, Any]]:
    """Run, for each broken provider, the one test that shall see it."""
    folder: Path = tmp_path_factory.mktemp("broken")
    chosen = []
    for number, broken in enumerate(BROKEN):
        texts = made(number, broken)
        install(folder / "site", texts)
        test = f"test_broken{number}.py"
        (folder / test).write_text(texts[f"tests/{test}"])
        chosen.append(f"{test}::TestBroken{number}::{broken.test}")
    # Sources are not shown: reading them while the garbage of something broken is collected can
    # end CPython 3.11 in a SystemError.
    providers, _ = run_pytest(folder, "--tb=native", *chosen)
    return {report["provider"]: report for report in providers}


@pytest.mark.parametrize(
    ("number", "broken"), [*enumerate(BROKEN)], ids=[item.test for item in BROKEN]
)
def test_a_broken_provider_is_caught(
    number: int, broken: Broken, reports: Mapping[str, Mapping[str, Any]]
) -> None:
    report = reports[f"broken{number}"]
    assert report["tests"][broken.test] == "failed"
    assert report["reasons"][broken.test].startswith(WHY), report["reasons"]


def test_no_test_is_left_out() -> None:
    assert {item.test for item in BROKEN} == set(all_tests())
