"""Says at the end how much recorded traffic was replayed, and what waits for whom."""

from __future__ import annotations

from collections import Counter

import pytest

from .corpus import Pair
from .scope import place


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [
        report
        for outcome in ("passed", "failed", "xfailed")
        for report in terminalreporter.stats.get(outcome, ())
    ]
    run = Counter(
        pair
        for report in reports
        for name, pair in getattr(report, "user_properties", ())
        if name == "wire" and report.when == "call"
    )
    if not run:
        return
    from .test_exchanges import OUT  # read by those who ran it, which may be other processes

    skipped = Counter(exchange.pair for exchange in OUT)
    write = terminalreporter.write_line
    write(f"wire: {run.total()} run, {skipped.total()} skipped")
    write(f"  run: {listed(run)}")
    for taker in sorted({place(pair) for pair in skipped}):
        of_taker = Counter({pair: skipped[pair] for pair in skipped if place(pair) == taker})
        write(f"  skipped, {taker}: {listed(of_taker)}")


def listed(counts: Counter[Pair]) -> str:
    told = ", ".join(f"{' '.join(pair)} {counts[pair]}" for pair in sorted(counts))
    return f"{counts.total()} ({told})"
