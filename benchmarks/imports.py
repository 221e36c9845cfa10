"""CPU time of starting up, as ratios to importing pydantic and pluggy in the same run.

    python benchmarks/imports.py [--rounds 15] [--json FILE] [--check]

Each round starts every statement once in a fresh interpreter, in shuffled order; figures are
medians of user and system CPU time. With `--check` a ratio over its limit is an error.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
from pathlib import Path

FLOOR = "import pydantic, pluggy"
STATEMENTS: dict[str, tuple[list[str], float | None]] = {
    FLOOR: (["-c", FLOOR], None),
    "python -c pass": (["-c", "pass"], None),
    "from aikit import Kit, Message; Kit()": (
        ["-c", "from aikit import Kit, Message; Kit()"],
        1.6,
    ),
    "aikit --help": (
        ["-c", "import sys; sys.argv = ['aikit', '--help']; from aikit.cli import main; main()"],
        2.5,
    ),
    "aikit providers": (
        ["-c", "import sys; sys.argv = ['aikit', 'providers']; from aikit.cli import main; main()"],
        2.5,
    ),
    "a pydantic model": (
        ["-c", "import pydantic, pluggy\nclass M(pydantic.BaseModel):\n    x: int"],
        None,
    ),
    "import openai": (["-c", "import openai"], None),
}


def cpu(arguments: list[str]) -> float:
    """Run a fresh interpreter and return the CPU seconds it used."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(rounds: int) -> dict[str, dict[str, float]]:
    """Return, by statement, the median milliseconds and the median ratio to the floor."""
    times: dict[str, list[float]] = {name: [] for name in STATEMENTS}
    for arguments, _ in STATEMENTS.values():
        cpu(arguments)  # writes the byte code
    for _ in range(rounds):
        for name in random.sample(list(STATEMENTS), len(STATEMENTS)):
            times[name].append(cpu(STATEMENTS[name][0]))
    floor = times[FLOOR]
    return {
        name: {
            "ms": statistics.median(values) * 1e3,
            "ratio": statistics.median(a / b for a, b in zip(values, floor, strict=True)),
        }
        for name, values in times.items()
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    results = measure(options.rounds)
    print("| starting | CPU ms | ratio | limit |\n|---|---|---|---|")
    late = 0
    for name, row in results.items():
        limit = STATEMENTS[name][1]
        print(f"| `{name}` | {row['ms']:.0f} | {row['ratio']:.2f} | {limit or ''} |")
        late += limit is not None and row["ratio"] > limit
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    return 1 if options.check and late else 0


if __name__ == "__main__":
    sys.exit(main())
