"""Throughput, lag and memory of gateways, each bound to one core, with the mock behind them."""

from __future__ import annotations

import random
import re
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from benchmarks.gateways import GATEWAYS, SCENES, SHORT, SLOW, SLOWLY, Gateway
from benchmarks.install import ROOT, environment, node
from benchmarks.processes import TESTED, cpu_seconds, free_port, load, mock, resident, running
from benchmarks.rounds import Figures, add

SLOW_SECONDS = 4.0
"""Seconds for slow streams, long enough for all of them to have begun and none to have ended."""
OFFERED = SLOW * 1000 / SCENES[SLOWLY].pause
"""Events a second that slow streams bring."""
PATIENCE = 90.0
"""Seconds in which the slowest gateway is up."""


def programs(gateway: Gateway, python: str) -> Path:
    if gateway.environment != "node":
        return environment(gateway.environment, python)
    folder = node()
    shutil.copy(ROOT / "benchmarks/gateways/fastify_ai.mjs", folder)
    return next(folder.glob("node_modules/node-linux-*/bin"))


@dataclass(frozen=True, slots=True)
class Running:
    """A gateway that runs and answers right, and the files that hold its requests."""

    port: int
    pid: int
    memory: int
    """Bytes of resident memory once it has answered."""
    requests: Mapping[str, Path]


class NotRight(Exception):
    """A gateway did not start, or does not answer right."""


@contextmanager
def up(gateway: Gateway, python: str, upstream: str, folder: Path) -> Iterator[Running]:
    """Run a gateway, and check an answer in one piece and a short stream.

    Raises:
        NotRight: it does not come up, or answers something else.
    """
    port = free_port()
    words = {"bin": str(programs(gateway, python)), "port": str(port), "upstream": upstream}
    command = [word.format_map(words) for word in gateway.command]
    env = {name: value.format_map(words) for name, value in gateway.env.items()}
    env |= {"UPSTREAM": upstream, "UPSTREAM_API": f"{upstream}/v1"}
    requests: dict[str, Path] = {}
    for name, scene in {**SCENES, "short": SHORT}.items():
        requests[name] = folder / f"{port} {name}"
        text = gateway.request(scene).replace(b"{upstream}", upstream.encode())
        requests[name].write_bytes(text)
    with (
        open(folder / f"{port}.log", "w+b") as log,
        running(TESTED, command, env, gateway.runs_in, log=log) as process,
    ):
        due, wrong = time.monotonic() + PATIENCE, "it does not listen"
        while time.monotonic() < due and process.poll() is None:
            time.sleep(0.1)
            if gateway.prints_port:
                port = next(map(int, re.findall(rb"^(\d+)$", said(log), re.MULTILINE)), 0)
            if not listens(port):
                continue
            counted = load(port, requests["requests"], 1, 1, 0.3, warmup=0)
            if not counted["answers"]:
                wrong = counted.get("first_wrong", "no answer")
                continue
            counted = load(port, requests["short"], 1, SHORT.pieces, 2.0, warmup=0)
            if not counted["answers"]:
                raise NotRight(f"streams: {counted['first_wrong']}")
            yield Running(port, process.pid, resident(process.pid), requests)
            return
        raise NotRight(f"{wrong}: {said(log)[-1000:].decode(errors='replace')}")


def calm(pid: int) -> None:
    """Wait until a gateway has put away what was under way, so that it disturbs nobody."""
    for _ in range(20):
        before = cpu_seconds(pid)
        time.sleep(0.2)
        if cpu_seconds(pid) - before < 0.03:
            return


def said(log: IO[bytes]) -> bytes:
    log.seek(0)
    return log.read()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def measure(python: str, rounds: int, seconds: float, only: Collection[str] = ()) -> Figures:
    """Start all gateways afresh in each round, and measure each scene with one after another."""
    names = [name for name in GATEWAYS if not only or name in only]
    figures: Figures = {}
    with mock() as upstream, tempfile.TemporaryDirectory() as folder:
        for turn in range(rounds):
            with ExitStack() as stack:
                there: dict[str, Running] = {}
                for name in names:
                    starting = up(GATEWAYS[name], python, upstream, Path(folder))
                    try:
                        there[name] = stack.enter_context(starting)
                    except NotRight as error:
                        print(f"{name} is left out: {error}", file=sys.stderr)
                for scene in SCENES:
                    for name in random.sample(names, len(names)):
                        values = counted(there.get(name), scene, seconds)
                        for what, value in values.items():
                            add(figures, what, name, value)
            print(f"gateways: round {turn + 1} of {rounds}", file=sys.stderr)
    return figures


def counted(gateway: Running | None, name: str, seconds: float) -> dict[str, float | None]:
    """Put load on a gateway, and return what the scene tells about it."""
    scene, slow = SCENES[name], name == SLOWLY
    got: dict[str, Any] = {}
    if gateway is not None:
        got = load(
            gateway.port,
            gateway.requests[name],
            scene.connections,
            scene.pieces or 1,
            SLOW_SECONDS if slow else seconds,
            warmup=2.0 if slow else 0.5,
            paced=slow,
            watched=gateway.pid,
        )
        calm(gateway.pid)
    right = got.get("pieces") or None
    wrong = got.get("wrong", 0) / (got.get("wrong", 0) + got.get("answers", 0) or 1)
    figures = {f"{name}: share of wrong answers": wrong if got else None}
    rate = right / got["seconds"] if right else None
    figures |= {
        f"{name} per second": rate,
        f"{name} per CPU second": right / got["cpu_us"] * 1e6 if right and got["cpu_us"] else None,
    }
    if not slow:
        return figures
    # of a gateway that cannot keep up, most streams have yet to begin: few are in its memory
    there = rate is not None and rate > OFFERED / 2
    added = (got["memory"] - gateway.memory) / SLOW if there and gateway else None
    return {
        **figures,
        "lag p50 of slow streams, ms": got["lag_p50_us"] / 1e3 if there else None,
        "lag p99 of slow streams, ms": got["lag_p99_us"] / 1e3 if there else None,
        "memory per stream, kB": added / 1e3 if added is not None else None,
        "memory at rest, MB": gateway.memory / 1e6 if gateway else None,
    }
