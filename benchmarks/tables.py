"""Write figures as the tables of docs/performance.md, between its markers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import events, imports
from benchmarks.gateways import FLOORS, SLOWLY
from benchmarks.install import ROOT
from benchmarks.limits import limits
from benchmarks.rounds import Figures, median, ratio
from benchmarks.worker import SCENES

PAGE = ROOT / "docs" / "performance.md"
BLOCK = re.compile(r"(<!-- benchmarks/run: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def number(value: float | None) -> str:
    """Write three figures at most, or a dash for what is not known."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def beside(of_all: Mapping[str, Any], one: str, floor: str) -> str:
    """Write a figure with its ratio to the floor."""
    value = median(of_all.get(one, ()))
    if value is None:
        return "–"
    return f"{number(value)} ({number(ratio(of_all, one, floor))}×)"


def in_order(figures: Figures, what: str, *, most_first: bool = False) -> list[str]:
    """Return the contestants in the order of a figure, those that failed last."""
    medians = {name: median(values) for name, values in figures.get(what, {}).items()}
    known = {name: value for name, value in medians.items() if value is not None}
    ordered = sorted(known, key=known.__getitem__, reverse=most_first)
    return [*ordered, *(name for name in medians if name not in known)]


def calls(figures: Figures) -> str:
    names = in_order(figures, next(iter(SCENES)))
    rows = [[name, *(beside(figures[scene], name, "floor") for scene in SCENES)] for name in names]
    return table(["CPU µs", *SCENES], rows)


def gateways(figures: Figures) -> str:
    names = in_order(figures, "requests per CPU second", most_first=True)
    rates = [f"{what} per CPU second" for what in ("requests", *SIZES)]
    whole = [
        [name, *against_floor(figures, name, *rates), plain(figures, "requests per second", name)]
        for name in names
    ]
    streamed = [
        [
            name,
            wrong(figures, name) or against_floor(figures, name, "events per CPU second")[0],
            plain(figures, "events per second", name),
            *against_floor(figures, name, "lag p99 of slow streams, ms"),
            plain(figures, f"{SLOWLY} per second", name),
            *against_floor(figures, name, "memory per stream, kB"),
            plain(figures, "memory at rest, MB", name),
        ]
        for name in names
    ]
    return table(WHOLE, whole) + "\n" + table(STREAMED, streamed)


SIZES = [f"requests of {size} kB" for size in (1, 10, 100)]
WHOLE = ("requests per CPU second", "a line", "1 kB", "10 kB", "100 kB", "seen in a second")
STREAMED = (
    "events per CPU second",
    "at full speed",
    "seen in a second",
    "p99 lag of 500 slow streams, ms",
    "of 25,000 slow events a second",
    "kB per stream",
    "MB at rest",
)


def against_floor(figures: Figures, name: str, *columns: str) -> list[str]:
    """Compare a gateway with the floor under the same server, or under uvicorn."""
    floor = next(
        (one for server, one in FLOORS.items() if name.endswith(server)), FLOORS["uvicorn"]
    )
    return [beside(figures[column], name, floor) for column in columns]


def plain(figures: Figures, what: str, name: str) -> str:
    return number(median(figures[what].get(name, ())))


def wrong(figures: Figures, name: str) -> str:
    share = median(figures["events: share of wrong answers"].get(name, ()))
    return f"{share:.0%} of the streams wrong" if share else ""


def starts(figures: Figures) -> str:
    bounds = {limit.contestant: f"{limit.bound:g}" for limit in limits() if limit.part == "start"}
    rows = []
    for name in in_order(figures, imports.WHAT):
        value = median(figures[imports.WHAT][name])
        of_floor = ratio(figures[imports.WHAT], name, imports.FLOOR)
        rows.append([f"`{name}`", number(value), number(of_floor), bounds.get(name, "")])
    return table(["starting", "CPU ms", "ratio", "limit"], rows)


def per_event(figures: Figures) -> str:
    of_all = figures[events.WHAT]
    rows = [
        [name, number(median(values)), number(ratio(of_all, name, events.FLOOR))]
        for name, values in of_all.items()
    ]
    return table(["per event", "µs", "ratio"], rows)


def leaks(figures: Figures) -> str:
    rows = [[what, number(median(by_name["aikit"]))] for what, by_name in figures.items()]
    return table(["200,000 calls and 2,000 streams left early", "aikit"], rows)


TABLES: Mapping[str, Callable[[Figures], str]] = {
    "calls": calls,
    "tls": calls,
    "gateways": gateways,
    "start": starts,
    "events": per_event,
    "leaks": leaks,
}


def about(results: Mapping[str, Any], part: str) -> str:
    """Say when and with what a part was measured."""
    run = results["parts"][part]
    rounds = f"{run['rounds']} rounds" if run["rounds"] > 1 else "one round"
    return f"{run['date']}, CPython {run['python']}, {rounds}, {run['machine']}.\n"


def versions(results: Mapping[str, Any]) -> str:
    names = (f"{name} {version}" for name, version in sorted(results["versions"].items()))
    return f"{', '.join(names)}.\n"


def rendered(results: Mapping[str, Any], name: str) -> str:
    if name == "versions":
        return versions(results)
    figures = results["parts"][name]["figures"]
    return f"\n{TABLES[name](figures)}\n{about(results, name)}\n"


def write(results: Mapping[str, Any], page: Path = PAGE) -> None:
    """Put the tables into the page; parts that were never measured stay as they are."""

    def block(found: re.Match[str]) -> str:
        begin, name, end = found.groups()
        if name != "versions" and name not in results["parts"]:
            return found[0]
        return f"{begin}{rendered(results, name)}{end}"

    page.write_text(BLOCK.sub(block, page.read_text("utf-8")), "utf-8")
