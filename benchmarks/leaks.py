"""Whether calls and streams that are left early leave memory or sockets behind.

    python -m benchmarks.leaks URL CALLS STREAMS

A tenth of the calls warm up; then memory must be flat.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path
from typing import Final

from aikit import Kit

from benchmarks.clients.aikit import MESSAGES, open_client
from benchmarks.install import ROOT, environment
from benchmarks.processes import PAGE, TESTED, mock, on
from benchmarks.question import WHOLE, is_right, streaming
from benchmarks.rounds import Figures, add
from benchmarks.worker import WrongAnswer

CALLS: Final = 200_000
STREAMS: Final = 2_000
AT_ONCE: Final = 32

MEMORY: Final = "growth of memory after warm-up, %"
SOCKETS: Final = "sockets left"


def memory() -> int:
    """Return the bytes of resident memory."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def sockets() -> int:
    """Count this process's sockets."""
    found = 0
    for name in os.listdir("/proc/self/fd"):
        try:
            found += os.readlink(f"/proc/self/fd/{name}").startswith("socket:")
        except OSError:
            continue
    return found


async def repeat(work: Callable[[], Awaitable[None]], times: int) -> None:
    """Do something so many times, some at once."""
    left = iter(range(times))

    async def worker() -> None:
        for _ in left:
            await work()

    await asyncio.gather(*[worker() for _ in range(AT_ONCE)])


async def leave(kit: Kit) -> None:
    """Leave a stream after its first text."""
    async with kit.stream(MESSAGES, model=f"openai:{streaming(1000)}") as stream:
        async for text in stream.text:
            if not is_right([text]):
                raise WrongAnswer(text)
            return


async def main(url: str, calls: int, streams: int) -> None:
    before, client = sockets(), open_client(url)

    async def call() -> None:
        if not is_right([text := await client.generate(WHOLE)]):
            raise WrongAnswer(text)

    async def abort() -> None:
        await leave(client.kit)

    await repeat(call, calls // 10)
    await repeat(abort, streams // 10)
    warm = memory()
    await repeat(call, calls - calls // 10)
    await repeat(abort, streams - streams // 10)
    grown = memory() - warm
    await client.aclose()
    await asyncio.sleep(0.1)  # transports close in the next turns of the loop
    print(json.dumps({MEMORY: grown / warm * 100, SOCKETS: sockets() - before}))


def measure(python: str, rounds: int, seconds: float, only: Collection[str] = ()) -> Figures:
    """Run once: what leaks shows in the number of calls, not of rounds."""
    program = environment("ours", python) / "python"
    figures: Figures = {}
    with mock() as url:
        command = [*on(TESTED), str(program), "-m", "benchmarks.leaks", url]
        output = subprocess.check_output([*command, str(CALLS), str(STREAMS)], cwd=ROOT, text=True)
    for what, value in json.loads(output).items():
        add(figures, what, "aikit", value)
    return figures


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
