"""What aikit has promised, in figures that one run can check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks import imports, leaks
from benchmarks.gateways import FLOORS
from benchmarks.rounds import Figures, median, ratio
from benchmarks.worker import SCENES

AT_32, AT_256, BURST, _ = SCENES


@dataclass(frozen=True, slots=True)
class Limit:
    """A bound on a figure, or on its ratio to that of a floor."""

    part: str
    what: str
    contestant: str
    bound: float
    floor: str | None = None
    at_least: bool = False

    def value(self, figures: Figures) -> float | None:
        of_all = figures.get(self.what, {})
        if self.floor is not None:
            return ratio(of_all, self.contestant, self.floor)
        return median(of_all.get(self.contestant, ()))

    def holds(self, value: float | None) -> bool:
        if value is None:
            return False
        return value >= self.bound if self.at_least else value <= self.bound

    def __str__(self) -> str:
        bound = f"{'≥' if self.at_least else '≤'} {self.bound:g}{'×' if self.floor else ''}"
        return f"{self.part}: {self.contestant}: {self.what} {bound}"


def limits() -> Iterator[Limit]:
    for part in ("calls", "tls"):
        for scene, bound in ((AT_32, 3), (AT_256, 3), (BURST, 8)):
            yield Limit(part, scene, "aikit", bound, "floor")
    floors = {f"aikit on {server}": floor for server, floor in FLOORS.items()}
    for ours, floor in {"aikit serve": FLOORS["uvicorn"], **floors}.items():
        sizes = ("", " of 1 kB", " of 10 kB", " of 100 kB")
        for what in (*(f"requests{size}" for size in sizes), "events"):
            yield Limit("gateways", f"{what} per CPU second", ours, 0.6, floor, at_least=True)
        yield Limit("gateways", "lag p99 of slow streams, ms", ours, 3, floor)
        yield Limit("gateways", "memory per stream, kB", ours, 2, floor)
        for scene in ("slow events", "requests", "events"):
            yield Limit("gateways", f"{scene}: share of wrong answers", ours, 0)
    starts = {
        "from aikit import Kit, Message; Kit()": 1.6,
        "aikit --help": 2.5,
        "aikit providers": 2.5,
    }
    for name, times in starts.items():
        yield Limit("start", imports.WHAT, name, times, imports.FLOOR)
    yield Limit("leaks", leaks.MEMORY, "aikit", 5)
    yield Limit("leaks", leaks.SOCKETS, "aikit", 0)


def check(parts: Mapping[str, Any]) -> int:
    """Print each limit of the parts that were measured, and return how many are broken."""
    broken = 0
    for limit in limits():
        if limit.part in parts:
            value = limit.value(parts[limit.part]["figures"])
            fine = limit.holds(value)
            broken += not fine
            shown = "no figure" if value is None else f"{value:.2f}"
            print(f"{'holds' if fine else 'BROKEN'}  {limit}: {shown}")
    return broken
