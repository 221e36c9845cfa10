"""CPU time of calls and streamed events in client libraries, each in a process of its own."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack

from benchmarks.install import certificate, environment
from benchmarks.processes import TESTED, answer_of, mock, running
from benchmarks.rounds import Figures, add
from benchmarks.worker import SCENES

CLIENTS: Mapping[str, tuple[str, str]] = {
    "floor": ("floor", "ours"),
    "floor, own buffer": ("floor_buffered", "ours"),
    "aikit": ("aikit", "ours"),
    "anthropic": ("anthropic", "anthropic"),
    "openai": ("openai", "openai"),
    "any-llm": ("any_llm", "any-llm"),
    "pydantic-ai direct": ("pydantic_ai", "pydantic-ai"),
    "langchain-openai": ("langchain", "langchain"),
    "litellm": ("litellm", "litellm"),
}
"""Contestant → its module in `clients` and its environment; floors come first."""

QUIET = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"}
"""Keep litellm from fetching its prices over the network when it is imported."""


def measure(
    python: str, rounds: int, seconds: float, only: Collection[str] = (), *, tls: bool = False
) -> Figures:
    """Start all clients afresh in each round, and measure each scene with one after another.

    Calls come before streams: in a process that has put large memory away, what asyncio takes for
    each read of a protocol without a buffer costs 13 µs less.
    """
    env = {**QUIET, **({"SSL_CERT_FILE": str(certificate()[2])} if tls else {})}
    names = [name for name in CLIENTS if not only or name in only]
    paths = {name: environment(CLIENTS[name][1], python) for name in names}
    figures: Figures = {}
    with mock(tls=tls) as url:
        for turn in range(rounds):
            with ExitStack() as stack:
                workers: dict[str, subprocess.Popen[str]] = {}
                for name in names:
                    module = CLIENTS[name][0]
                    command = [paths[name] / "python", "-m", "benchmarks.worker", module, url]
                    worker = stack.enter_context(running(TESTED, command, env))
                    if answer_of(worker) == "right":
                        workers[name] = worker
                    else:
                        print(f"{name} gave no right answer", file=sys.stderr)
                for scene in SCENES:
                    for name in shuffled(names):
                        value = ask(workers, name, f"{scene} {seconds}")
                        add(figures, scene, name, value)
            print(f"{'tls' if tls else 'calls'}: round {turn + 1} of {rounds}", file=sys.stderr)
    return figures


def shuffled(names: Sequence[str]) -> Sequence[str]:
    return random.sample(names, len(names))


def ask(workers: dict[str, subprocess.Popen[str]], name: str, line: str) -> float | None:
    """Have a worker measure a scene; one that fails is not asked again."""
    if (worker := workers.get(name)) is None:
        return None
    assert worker.stdin is not None
    try:
        print(line, file=worker.stdin, flush=True)
        return float(answer_of(worker))
    except (OSError, ValueError):
        print(f"{name} failed at: {line}", file=sys.stderr)
        del workers[name]
        return None
