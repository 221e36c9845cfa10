"""After many calls and many streams that were left, memory is what it was and no socket is open."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aikit_wire.exchange import read
from aikit_wire.http1.transport import HTTP1Transport
from aikit_wire.transport import HTTPRequest, Phases

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(480),
    pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc"),
]

SERVER = """
import asyncio, sys

ANSWER = b"HTTP/1.1 200 OK\\r\\nX-A: b\\r\\nContent-Length: 500\\r\\n\\r\\n" + bytes(500)
STREAM = b"HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n"

class Server(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        if data.startswith(b"GET /stream"):
            self.transport.write(STREAM)
            self.more()
        else:
            self.transport.write(ANSWER)

    def more(self):
        if not self.transport.is_closing():
            self.transport.write(b"3e8\\r\\n" + bytes(1000) + b"\\r\\n")
            asyncio.get_running_loop().call_later(0.001, self.more)

async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Server, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)

asyncio.run(main())
"""


@asynccontextmanager
async def other_process() -> AsyncIterator[str]:
    """Serve in a process of its own, so that only the client is measured."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.stdin.close()


def resident() -> int:
    """Return the resident memory of this process in bytes."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def sockets() -> int:
    links = Path("/proc/self/fd").iterdir()
    return sum(os.path.islink(link) and os.readlink(link).startswith("socket:") for link in links)


async def flat(one: Callable[[], Awaitable[None]], number: int, together: int) -> None:
    """Do something often; say how memory and the number of objects went, and refuse growth."""

    async def some(many: int) -> None:
        async def several() -> None:
            for _ in range(many // together):
                await one()

        await asyncio.gather(*(several() for _ in range(together)))

    await some(number // 5)
    memory, objects = resident(), len(gc.get_objects())
    await some(number - number // 5)
    grown, more = resident() - memory, len(gc.get_objects()) - objects
    print(f"{number} times: {grown / 1024:+.0f} kB, {more:+} objects")
    assert grown < 4 << 20
    assert more < 2000


async def test_calls() -> None:
    before, transport = sockets(), HTTP1Transport()
    async with other_process() as url:

        async def call() -> None:
            response = await transport.send(HTTPRequest("GET", f"{url}/call"), Phases())
            try:
                assert len(await read(response)) == 500
            finally:
                await response.aclose()

        await flat(call, 200_000, 32)
        assert sockets() == before + 32
        await transport.aclose()
        assert sockets() == before


async def test_streams_that_are_left() -> None:
    before, transport = sockets(), HTTP1Transport()
    async with other_process() as url:

        async def stream() -> None:
            response = await transport.send(HTTPRequest("GET", f"{url}/stream"), Phases())
            try:
                assert await anext(response.chunks())
            finally:
                await response.aclose()

        async def cancelled() -> None:
            async def endless() -> None:
                response = await transport.send(HTTPRequest("GET", f"{url}/stream"), Phases())
                try:
                    async for _ in response.chunks():
                        pass
                finally:
                    await response.aclose()

            task = asyncio.create_task(endless())
            await asyncio.sleep(0.004)
            task.cancel()
            await asyncio.wait([task])

        await flat(stream, 2_000, 8)
        await flat(cancelled, 2_000, 8)
        await asyncio.sleep(0.1)
        assert sockets() == before
        await transport.aclose()
