"""How many events a second the native stream carries: fed by reads, fed by events, and bare.

    .venv/bin/python benchmarks/gateway_sse.py [EVENTS]

One process serves with uvicorn, another reads. What is counted is the processor time of the
serving process, so a busy machine changes little. Each variant is measured three times in turn;
the best time counts.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import uvicorn
from aicore.calls import Batch, Batches
from aicore.events import (
    CandidateFinished,
    Finished,
    PartFinished,
    PartStarted,
    Started,
    StepFinished,
    StepStarted,
    TextDelta,
)
from aicore.pump import Pump
from aikit_asgi import Limits, sse
from aikit_asgi.live import stream
from aikit_asgi.native import EventWriter

EVENTS = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
ROUNDS = 3
PER_READ = (1, 5, 10, 50)

READER = """
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as server:
    server.sendall(b"POST / HTTP/1.1\\r\\nhost: x\\r\\nconnection: close\\r\\n\\r\\n")
    last = b""
    while piece := server.recv(1 << 20):
        last = (last + piece)[-9:]
assert last == b"}\\n\\n\\r\\n0\\r\\n\\r\\n"[-9:], last
"""


class Finishing(EventWriter):
    """Writes the event that ends the stream with the last batch."""

    def batch(self, batch: Batch) -> bytes:
        written = super().batch(batch)
        return written + self.done() if isinstance(batch[-1], Finished) else written


async def by_event(
    first: Batch, pump: Pump, writer: sse.ClosingWriter, told: list[Exception]
) -> AsyncGenerator[bytes, None]:
    """Do what `sse.frames` does, but with a piece for every event."""
    for event in first:
        yield writer.batch((event,))
    async for batch in pump:
        for event in batch:
            yield writer.batch((event,))
    yield writer.done()


def answer_of(per_read: int) -> Batches:
    """Make a model that writes words, so many in each network read."""
    words = tuple(TextDelta(0, 0, f" word{number}") for number in range(per_read))

    async def call() -> AsyncGenerator[Batch, None]:
        yield (Started("id", "model"), StepStarted(0), PartStarted(0, 0, "text"))
        for number in range(EVENTS // per_read):
            if number % 16 == 15:
                await asyncio.sleep(0)  # as a socket would at times
            yield words
        yield (PartFinished(0, 0, {}), CandidateFinished(0, "stop"), StepFinished(0), Finished())

    return call()


Variant = Callable[[int, Any, Any, Any], Awaitable[None]]


async def coalesced(per_read: int, scope: Any, receive: Any, send: Any) -> None:
    await sse.respond(scope, receive, send, answer_of(per_read), EventWriter(), Limits())


async def one_by_one(per_read: int, scope: Any, receive: Any, send: Any) -> None:
    kept, sse.frames = sse.frames, by_event
    try:
        await coalesced(per_read, scope, receive, send)
    finally:
        sse.frames = kept


async def bare(per_read: int, scope: Any, receive: Any, send: Any) -> None:
    await stream(receive, send, answer_of(per_read), Finishing(), Limits())


VARIANTS: dict[str, Variant] = {
    "sse-starlette, a piece for each event": one_by_one,
    "sse-starlette, a piece for each network read": coalesced,
    "bare ASGI, a piece for each network read": bare,
}


async def cost(variant: Variant, per_read: int) -> float:
    """Serve one stream to another process, and return the seconds of processor time it took."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await variant(per_read, scope, receive, send)

    config = uvicorn.Config(app, port=0, log_level="critical", lifespan="off", access_log=False)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn has no event for it
        await asyncio.sleep(0.01)
    port = str(server.servers[0].sockets[0].getsockname()[1])
    began = time.process_time()
    reader = await asyncio.create_subprocess_exec(sys.executable, "-c", READER, port)
    assert await reader.wait() == 0
    took = time.process_time() - began
    server.should_exit = True
    await serving
    return took


async def main() -> None:
    best: dict[tuple[str, int], float] = {}
    for _ in range(ROUNDS):
        for per_read in PER_READ:
            for name, variant in VARIANTS.items():
                took = await cost(variant, per_read)
                best[name, per_read] = min(took, best.get((name, per_read), took))
    print(f"| events in a read | {' | '.join(map(str, PER_READ))} |")
    print("|---" * (len(PER_READ) + 1) + "|")
    for name in VARIANTS:
        rates = [f"{EVENTS / best[name, size] / 1000:,.0f}k" for size in PER_READ]
        print(f"| {name} | {' | '.join(rates)} |")


if __name__ == "__main__":
    asyncio.run(main())
