"""The guard: counts what the hot paths execute, and compares with what is kept.

    benchmarks/guard [--update]

Counted are the bytecode instructions and the calls, of Python and of C functions, that one unit of
work takes, with no network, no clock and no other thread in it. Both are the same in every run on
every machine, so a loss of speed shows where seconds would not tell it from noise. Counts belong
to a minor version of Python; on one without kept counts nothing can fail.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import sys
from pathlib import Path
from types import FrameType
from typing import Any, Final

from benchmarks.hot_paths import BY_EVENT, ONCE, Work

KEPT = Path(__file__).with_name("counts.json")
ALLOWED: Final = 1.25
"""Times the kept count that still passes."""

Counts = dict[str, dict[str, float]]
"""Path → what is counted → how many."""


async def instructions(work: Work) -> int:
    """Count the bytecode instructions that are executed."""
    count = 0

    def each(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        count += event == "opcode"
        return each

    def enter(frame: FrameType, event: str, _: object) -> Any:
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return each

    sys.settrace(enter)
    try:
        await work()
    finally:
        sys.settrace(None)
    return count


async def calls(work: Work) -> int:
    """Count the calls of functions in Python (a generator's every turn too) and in C."""
    count = 0

    def each(frame: FrameType, event: str, _: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(each)
    try:
        await work()
    finally:
        sys.setprofile(None)
    return count


async def count_all() -> Counts:
    """Count every path, each after it has run once, when all that is made once is made."""
    counts: Counts = {}
    for what, counted in (("instructions", instructions), ("calls", calls)):
        for name, work in ONCE.items():
            await work()
            counts.setdefault(name, {})[what] = await counted(work)
        for name, with_reads in BY_EVENT.items():
            short, long = with_reads(2), with_reads(12)
            await long()
            difference = await counted(long) - await counted(short)
            counts.setdefault(f"{name}, by the event", {})[what] = difference / 100
    return counts


def worse(counts: Counts, kept: Counts) -> list[str]:
    """Tell what takes more than it may, by comparison with the kept counts."""
    return [
        f"{name}: {value:g} {what}, kept are {kept[name][what]:g}"
        for name, by_kind in counts.items()
        for what, value in by_kind.items()
        if name in kept and value > kept[name][what] * ALLOWED
    ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks/guard", description=__doc__)
    parser.add_argument("--update", action="store_true", help="keep these counts")
    parser.add_argument("--kept", type=Path, default=KEPT, help="the file of kept counts")
    options = parser.parse_args()
    gc.disable()  # finalizers would be counted wherever they happen to run
    counts = asyncio.run(count_all())
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    versions = json.loads(options.kept.read_text()) if options.kept.exists() else {}
    kept: Counts = versions.get(version, {})
    for name, by_kind in counts.items():
        shown = ", ".join(f"{value:g} {what}" for what, value in by_kind.items())
        print(f"{name}: {shown}")
    if options.update:
        versions[version] = counts
        options.kept.write_text(json.dumps(versions, indent=1, sort_keys=True) + "\n")
        return 0
    if not kept:
        print(f"no counts are kept for Python {version}; --update keeps these")
        return 0
    missing = sorted(counts.keys() - kept.keys())
    problems = [*worse(counts, kept), *(f"{name}: no count is kept" for name in missing)]
    for problem in problems:
        print(f"WORSE  {problem}")
    if problems:
        print(f"if it is meant, keep the new counts: benchmarks/guard --update ({KEPT.name})")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
