"""The processes of a benchmark: which core they have, what CPU time and memory they take."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final

from benchmarks.install import ROOT, certificate, compiled

TESTED: Final = 0
"""The core of what is measured; mock and load have the other one."""
BESIDE: Final = 1
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def on(core: int) -> list[str]:
    """Return what binds a command to a core, if there are two to tell apart."""
    return ["taskset", "-c", str(core)] if cores() > 1 and shutil.which("taskset") else []


def cores() -> int:
    return len(os.sched_getaffinity(0))


@contextmanager
def running(
    core: int,
    command: Sequence[object],
    env: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
    log: IO[bytes] | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """Run a program, with all that it starts, until the block ends.

    What it says goes to `log`; without one, its output is a pipe and its errors are shown.
    """
    process = subprocess.Popen(
        [*on(core), *map(str, command)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE if log is None else log,
        stderr=log,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        stop(process)


def stop(process: subprocess.Popen[str]) -> None:
    """End a process and all that it started, at once if asking does not help."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(5.0)
            break
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with suppress(BrokenPipeError):
                pipe.close()


@contextmanager
def mock(*, tls: bool = False) -> Iterator[str]:
    """Run the upstream, and give its address."""
    pem, key, _ = certificate() if tls else (None, None, None)
    command = [compiled("mock"), "0", *([pem, key] if pem and key else [])]
    with running(BESIDE, command) as process:
        port = int(answer_of(process))
        yield f"http{'s' if tls else ''}://127.0.0.1:{port}"


def answer_of(process: subprocess.Popen[str]) -> str:
    """Read a line from a program; empty when it has ended."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def load(
    port: int,
    request: Path,
    connections: int,
    pieces: int,
    seconds: float,
    *,
    warmup: float,
    paced: bool = False,
    watched: int | None = None,
) -> dict[str, Any]:
    """Ask a server, and return what `load.c` counted.

    Of the process `watched` and all that it started, `cpu_us` tells the CPU time in the counted
    seconds, and `memory` the bytes of resident memory near their end.
    """
    words = map(str, (port, request, connections, pieces, seconds, warmup, *(["paced"] * paced)))
    memory, cpu = 0, 0.0
    with running(BESIDE, [compiled("load"), *words]) as process:
        answer_of(process)
        if watched is not None:
            cpu = cpu_seconds(watched)
            time.sleep(seconds * 0.8)
            memory = resident(watched)
        last = answer_of(process)
        if watched is not None:
            cpu = cpu_seconds(watched) - cpu
    counted: dict[str, Any] = json.loads(last) if last else {"answers": 0, "wrong": 1}
    return {**counted, "cpu_us": cpu * 1e6, "memory": memory}


def family(pid: int) -> Iterator[int]:
    """Yield a process and all that descend from it."""
    yield pid
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            children = Path(f"/proc/{pid}/task/{thread}/children").read_text()
            for child in children.split():
                yield from family(int(child))
    except OSError:
        return


def stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the third one on (see proc(5))."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ["0"] * 50


def cpu_seconds(pid: int) -> float:
    return sum(int(fields[11]) + int(fields[12]) for fields in map(stat, family(pid))) / TICKS


def resident(pid: int) -> int:
    return sum(int(fields[21]) for fields in map(stat, family(pid))) * PAGE
