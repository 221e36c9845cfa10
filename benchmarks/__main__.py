"""The command `benchmarks/run`: measure, keep the figures, write the tables, check the limits."""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import calls, events, imports, leaks, serving, tables
from benchmarks.gateways import GATEWAYS
from benchmarks.install import CACHE, REQUIREMENTS, ROOT, default_python, version
from benchmarks.limits import check
from benchmarks.processes import cores
from benchmarks.rounds import Figures

PARTS: Mapping[str, tuple[Callable[..., Figures], str]] = {
    "start": (imports.measure, "starting up"),
    "events": (events.measure, "what one event costs in process"),
    "calls": (calls.measure, "CPU time of calls and events in client libraries"),
    "tls": (partial(calls.measure, tls=True), "the same over TLS"),
    "gateways": (serving.measure, "throughput, lag and memory of gateways"),
    "leaks": (leaks.measure, "200,000 calls and 2,000 streams left early"),
}
RESULTS = ROOT / "benchmarks" / "results.json"


def arguments() -> argparse.Namespace:
    contestants = [*calls.CLIENTS, *GATEWAYS]
    parser = argparse.ArgumentParser(
        prog="benchmarks/run",
        description="Measures aikit, its peers and the floors in one run.",
        epilog="\n".join(f"  {name:<10}{what}" for name, (_, what) in PARTS.items())
        + f"\n\ncontestants: {', '.join(contestants)}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help="what to measure (default: all)")
    parser.add_argument("--rounds", type=int, default=5, help="default: 5")
    parser.add_argument("--seconds", type=float, default=1.0, help="for each figure (default: 1)")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="NAME",
        help="measure only this contestant (repeatable); nothing is kept, unless --out says so",
    )
    parser.add_argument("--python", default=default_python(), help="default: %(default)s")
    parser.add_argument("--out", type=Path, help=f"default: {RESULTS.relative_to(ROOT)}")
    parser.add_argument("--check", action="store_true", help="fail if a limit does not hold")
    options = parser.parse_args()
    for given, known in ((options.parts, PARTS), (options.only, {*contestants, *imports.STARTS})):
        if unknown := set(given) - set(known):
            parser.error(f"no such thing: {unknown.pop()!r}; there are {', '.join(known)}")
    return options


def machine() -> str:
    """Describe the machine in a few words."""
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return f"{cores()} cores, {models[0] if models else platform.machine()}"


def main() -> int:
    options = arguments()
    results: dict[str, Any] = {"versions": {}, "parts": {}}
    ask = [options.python, "-c", "import platform; print(platform.python_version())"]
    python = subprocess.check_output(ask, text=True).strip()
    for name, (measure, _) in PARTS.items():
        if not options.parts or name in options.parts:
            figures = measure(options.python, options.rounds, options.seconds, options.only)
            results["parts"][name] = {
                "date": date.today().isoformat(),
                "machine": machine(),
                "python": python,
                "rounds": options.rounds,
                "figures": figures,
            }
            print(f"\n## {name}\n{tables.TABLES[name](figures)}", flush=True)
    there = [name for name in REQUIREMENTS if (CACHE / name / "made-from").exists()]
    results["versions"] = {name: version(name) for name in there}
    keep(results, options)
    return 1 if check(results["parts"]) and options.check else 0


def keep(results: dict[str, Any], options: argparse.Namespace) -> None:
    """Add figures to those that are kept, and write the tables of the page from all of them."""
    out: Path | None = options.out or (None if options.only else RESULTS)
    if out is None:
        return
    kept = json.loads(out.read_text()) if out.exists() else {"versions": {}, "parts": {}}
    kept["versions"] |= results["versions"]
    kept["parts"] |= rounded(results["parts"])
    out.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
    if out == RESULTS:
        tables.write(kept)


def rounded(value: Any) -> Any:
    """Round numbers to four figures, so that a file of them can be read."""
    match value:
        case float():
            return float(f"{value:.4g}")
        case dict():
            return {key: rounded(item) for key, item in value.items()}
        case list():
            return [rounded(item) for item in value]
        case _:
            return value


if __name__ == "__main__":
    sys.exit(main())
