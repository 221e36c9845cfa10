"""One client library in one process: the CPU time of its calls and of its streamed events.

    python -m benchmarks.worker CLIENT URL

Checks the client's answers and says `right`. Then it measures each scene that it reads, as
`SCENE SECONDS` on a line of standard input, and prints the microseconds of user and system CPU
time that this process took for a call, or for an event of a stream. Every answer is looked at.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from benchmarks.clients import Client
from benchmarks.question import FIRST, WHOLE, is_right, streaming


@dataclass(frozen=True, slots=True)
class Scene:
    """So many calls at once; of streams with `pieces`, one every `pause` milliseconds."""

    concurrent: int
    pieces: int = 0
    pause: int = 0


SCENES = {
    "calls, 32 at once": Scene(32),
    "calls, 256 at once": Scene(256),
    "events, as fast as they come": Scene(64, 500),
    "events, one every 20 ms": Scene(64, 100, 20),
}


PATIENCE = 90.0
"""Seconds in which the slowest client has measured a scene; one that hangs is given up."""


class WrongAnswer(Exception):
    """A client gave another answer than was sent to it."""


async def check(client: Client) -> None:
    """Ask for one answer of each kind.

    Raises:
        WrongAnswer: it is not what was sent.
    """
    whole = await client.generate(WHOLE)
    if not is_right([whole]):
        raise WrongAnswer(repr(whole))
    texts = await client.stream(streaming(500))
    if len(texts) != 500 or not is_right(map(str, texts), 500):
        raise WrongAnswer(f"{len(texts)} pieces: {texts[:3]} … {texts[-3:]}")


def asking(client: Client, scene: Scene) -> Callable[[], Awaitable[int]]:
    """Return what asks once and returns the number of calls, or of events, that it was."""
    if not scene.pieces:

        async def call() -> int:
            if FIRST not in (text := await client.generate(WHOLE)):
                raise WrongAnswer(repr(text))
            return 1

        return call
    model, pieces = streaming(scene.pieces, scene.pause), scene.pieces

    async def stream() -> int:
        if len(texts := await client.stream(model)) != pieces:
            raise WrongAnswer(f"{len(texts)} pieces of {pieces}")
        return pieces

    return stream


async def measure(client: Client, scene: Scene, seconds: float) -> float:
    """Return the CPU microseconds of a call or an event; every answer begun is waited for."""
    ask = asking(client, scene)
    await asyncio.gather(*[client.generate(WHOLE) for _ in range(scene.concurrent)])  # connects
    gc.collect()
    due, began = time.perf_counter() + seconds, time.process_time()

    async def keep_asking(number: int) -> int:
        if scene.pause:  # each stream is asked for once, and they run for their own time
            await asyncio.sleep(scene.pause / 1000 * number / scene.concurrent)
            return await ask()
        done = await ask()
        while time.perf_counter() < due:
            done += await ask()
        return done

    done = sum(await asyncio.gather(*map(keep_asking, range(scene.concurrent))))
    return (time.process_time() - began) / done * 1e6


async def main(name: str, url: str) -> None:
    module = importlib.import_module(f"benchmarks.clients.{name}")
    client = module.open_client(url)
    await check(client)
    await client.aclose()
    print("right", flush=True)
    while line := sys.stdin.readline():  # nothing else runs meanwhile, which is meant
        scene, _, seconds = line.rpartition(" ")
        client = module.open_client(url)
        async with asyncio.timeout(PATIENCE):
            print(await measure(client, SCENES[scene], float(seconds)), flush=True)
        await client.aclose()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
