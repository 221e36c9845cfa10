"""A pytest plugin that writes what the conformance suite has found.

    pytest -p aikit_testing.conformance.report --aikit-report conformance.json

The file is JSON: for each provider the outcome of every test of the suite, counts, and a `badge`,
a line for a README. What was not run counts as such, so that a part cannot pass for the whole.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from aicore.plugins import PROVIDERS, found

from aikit_testing.conformance.suite import Conformance, all_tests, is_run_by

FAILED, PASSED, XFAILED = "failed", "passed", "expected to fail"
NOT_APPLICABLE, SKIPPED, NOT_RUN = "not applicable", "skipped", "not run"
WORST = (FAILED, NOT_RUN, SKIPPED, XFAILED, PASSED, NOT_APPLICABLE)
"""A test with several parameters has the outcome that stands first here."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--aikit-report", metavar="FILE", help="write a report of the conformance")


def pytest_configure(config: pytest.Config) -> None:
    if file := config.getoption("--aikit-report"):
        config.pluginmanager.register(Report(Path(file)), "aikit-report")


@dataclass
class Result:
    """What one class has found out about its provider: outcomes, each with its reason, by test."""

    provider: str
    found: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        worst = {name: self.worst(name) for name in all_tests()}
        counts = Counter(outcome for outcome, _ in worst.values())
        return {
            "provider": self.provider,
            "distribution": distribution(self.provider),
            "badge": badge(counts),
            "counts": {name: counts[name] for name in WORST if counts[name]},
            "tests": {name: outcome for name, (outcome, _) in worst.items()},
            "reasons": {name: reason for name, (_, reason) in worst.items() if reason},
        }

    def worst(self, test: str) -> tuple[str, str]:
        found = self.found.get(test, [(NOT_RUN, "")])
        return min(found, key=lambda item: WORST.index(item[0]))


class Report:
    """Collects outcomes while the tests run."""

    def __init__(self, file: Path) -> None:
        self.file = file.absolute()
        self.results: dict[type, Result] = {}

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Iterator[None]:
        outcome: Any = yield
        cls = getattr(item, "cls", None)
        if isinstance(cls, type) and issubclass(cls, Conformance):
            result = self.results.setdefault(cls, Result(cls.provider))
            name: str = getattr(item, "originalname", item.name)
            report: pytest.TestReport = outcome.get_result()
            said = outcome_of(report)
            if said == (PASSED, "") and not is_run_by(getattr(item, "function", None), name):
                said = XFAILED, getattr(report, "wasxfail", "it is overridden")
            if said is not None:
                result.found.setdefault(name, []).append(said)

    def pytest_sessionfinish(self) -> None:
        results = [result.as_json() for result in self.results.values()]
        suite = f"aikit-testing {version('aikit-testing')}"
        document = {"suite": suite, "providers": results}
        self.file.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", "utf-8")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for result in self.results.values():
            line = result.as_json()
            terminalreporter.write_line(f"{line['provider']}: {line['badge']}")


def outcome_of(report: pytest.TestReport) -> tuple[str, str] | None:
    """Return the outcome of one phase of a test and its reason, or None if it says nothing yet."""
    if report.failed:
        crash = getattr(report.longrepr, "reprcrash", None)
        return FAILED, getattr(crash, "message", str(report.longrepr)).partition("\n")[0]
    if report.skipped:
        expected: str | None = getattr(report, "wasxfail", None)
        if expected is not None:
            return XFAILED, expected
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        reason = reason.removeprefix("Skipped: ")
        if reason.startswith(NOT_APPLICABLE):
            return NOT_APPLICABLE, reason.removeprefix(f"{NOT_APPLICABLE}: ")
        return SKIPPED, reason
    return (PASSED, "") if report.when == "call" else None


def badge(counts: Counter[str]) -> str:
    """Return a line for a README: what passed and failed, and what is left to explain."""
    named: Sequence[str] = [PASSED, FAILED]
    named = [*named, *(name for name in (XFAILED, SKIPPED, NOT_RUN) if counts[name])]
    return "aikit conformance: " + ", ".join(f"{counts[name]} {name}" for name in named)


def distribution(provider: str) -> str | None:
    """Return name and version of the distribution that provides a provider."""
    claims = found(PROVIDERS).get(provider, ())
    return " and ".join(f"{plugin.distribution} {plugin.version}" for plugin in claims) or None
