"""Figures become ratios, limits and the tables of the page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import tables
from benchmarks.__main__ import PARTS, RESULTS, rounded
from benchmarks.limits import check, limits
from benchmarks.rounds import Figures, add, median, ratio
from benchmarks.worker import SCENES


def test_a_ratio_is_taken_within_each_round() -> None:
    figures: Figures = {}
    for own, floor in ((2, 1), (40, 10), (3, 1)):  # the second round was on a busy machine
        add(figures, "calls", "aikit", own)
        add(figures, "calls", "floor", floor)
    assert ratio(figures["calls"], "aikit", "floor") == 3
    assert median(figures["calls"]["aikit"]) == 3


def test_rounds_without_a_right_answer_do_not_count() -> None:
    by_contestant: dict[str, list[float | None]] = {"aikit": [None, 6], "floor": [1, 2]}
    assert ratio(by_contestant, "aikit", "floor") == 3
    assert ratio(by_contestant, "nobody", "floor") is None
    assert median([None]) is None


def measured(times: float) -> dict[str, Any]:
    figures: Figures = {}
    for scene in SCENES:
        add(figures, scene, "floor", 10)
        add(figures, scene, "aikit", 10 * times)
    return {"calls": {"figures": figures}}


def test_limits_are_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    assert check(measured(2.9)) == 0
    assert check(measured(3.1)) == 2  # events may take more
    assert check(measured(8.1)) == 3
    shown = capsys.readouterr().out
    assert "holds  calls: aikit: calls, 32 at once ≤ 3×: 2.90" in shown
    assert "BROKEN  calls: aikit: calls, 32 at once ≤ 3×: 3.10" in shown


def test_what_was_not_measured_does_not_hold(capsys: pytest.CaptureFixture[str]) -> None:
    assert check({"leaks": {"figures": {}}}) == 2
    assert "no figure" in capsys.readouterr().out


def test_every_part_has_a_limit_or_is_explained_by_others() -> None:
    assert {limit.part for limit in limits()} == PARTS.keys() - {"events"}


def test_tables_stand_between_the_markers(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- benchmarks/run: calls -->\nold\n<!-- end -->\nafter\n")
    run = {"date": "2026-01-01", "machine": "2 cores", "python": "3.11", "rounds": 1}
    parts = {"calls": {**measured(2)["calls"], **run}}
    tables.write({"versions": {}, "parts": parts}, page)
    text = page.read_text()
    assert text.startswith("before\n<!-- benchmarks/run: calls -->\n\n| CPU µs |")
    assert "| aikit | 20 (2×) |" in text
    assert "old" not in text
    assert text.endswith("2026-01-01, CPython 3.11, one round, 2 cores.\n\n<!-- end -->\nafter\n")


def test_parts_that_were_not_measured_stay(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(text := "<!-- benchmarks/run: calls -->\nold\n<!-- end -->\n")
    tables.write({"versions": {}, "parts": {}}, page)
    assert page.read_text() == text


def test_the_page_shows_the_kept_results() -> None:
    results = json.loads(RESULTS.read_text())
    page = tables.PAGE.read_text("utf-8")
    assert {name for _, name, _ in tables.BLOCK.findall(page)} == {*PARTS, "versions"}
    for name in (*results["parts"], "versions"):
        assert tables.rendered(results, name) in page, f"{name}: benchmarks/run writes the page"


def test_figures_are_kept_short() -> None:
    assert rounded({"a": [1.23456, None, 7]}) == {"a": [1.235, None, 7]}
