"""CPU time of starting up, beside that of importing pydantic and pluggy."""

from __future__ import annotations

import random
import resource
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks.install import environment
from benchmarks.rounds import Figures, add

WHAT: Final = "starting, CPU ms"
FLOOR: Final = "import pydantic, pluggy"
COMMAND = "import sys; sys.argv = ['aikit', {word!r}]; from aikit.cli import main; main()"
STARTS: Mapping[str, tuple[str, str]] = {
    FLOOR: ("ours", FLOOR),
    "python -c pass": ("ours", "pass"),
    "from aikit import Kit, Message; Kit()": ("ours", "from aikit import Kit, Message; Kit()"),
    "aikit --help": ("ours", COMMAND.format(word="--help")),
    "aikit providers": ("ours", COMMAND.format(word="providers")),
    "a pydantic model": ("ours", f"{FLOOR}\nclass M(pydantic.BaseModel):\n    x: int"),
    "import openai": ("openai", "import openai"),
    "import anthropic": ("anthropic", "import anthropic"),
    "import any_llm": ("any-llm", "import any_llm"),
    "from pydantic_ai.models.openai import OpenAIChatModel": (
        "pydantic-ai",
        "from pydantic_ai.models.openai import OpenAIChatModel",
    ),
    "import langchain_openai": ("langchain", "import langchain_openai"),
    "import litellm": ("litellm", "import litellm"),
}
"""What starts → its environment and its code; the floor comes first."""


def cpu_ms(python: Path, code: str) -> float:
    """Run a fresh interpreter and return the milliseconds of user and system CPU time it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [python, "-c", code],
        env={"LITELLM_LOCAL_MODEL_COST_MAP": "True"},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e3


def measure(python: str, rounds: int, seconds: float, only: Collection[str] = ()) -> Figures:
    """Start everything once in each round, in shuffled order, when the byte code is there."""
    names: Sequence[str] = [name for name in STARTS if not only or name in only or name == FLOOR]
    paths = {name: environment(STARTS[name][0], python) / "python" for name in names}
    for name in names:
        cpu_ms(paths[name], STARTS[name][1])
    figures: Figures = {}
    for turn in range(rounds):
        for name in random.sample(names, len(names)):
            add(figures, WHAT, name, cpu_ms(paths[name], STARTS[name][1]))
        print(f"start: round {turn + 1} of {rounds}", file=sys.stderr)
    return figures
