"""What a transport costs: CPU time per call and per streamed chunk, as ratios to a bare client.

    .venv/bin/python benchmarks/transports.py [--rounds N] [--json FILE] [--check]

A mock service runs in a process of its own; what is counted is the CPU time of the client's
process. Each round measures every contestant once, in shuffled order, and the figures are medians
of the ratios within a round. The floor is a socket, asyncio and httptools: it sends bytes made
beforehand, looks at no header, and knows no error. `--check` fails when ours exceeds its limit.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import random
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import httptools
import trustme
from aikit_wire.exchange import read
from aikit_wire.http1.transport import HTTP1Transport
from aikit_wire.stock import StockTransport
from aikit_wire.transport import HTTPRequest, Phases, Transport

LIMIT = 2.5
"""The floor reads no header and makes no request; half of what ours costs besides is that."""
BODY = json.dumps(
    {
        "model": "mock-1",
        "messages": [
            {"role": "system", "content": "You are a helpful assistant."},
            {"role": "user", "content": "Say hello to the world, please."},
        ],
        "temperature": 0.5,
        "max_tokens": 256,
    }
).encode()
HEADERS = {
    "accept": "application/json",
    "content-type": "application/json",
    "user-agent": "aikit/1",
    "authorization": "Bearer not-a-key",
}
FIELDS = (
    b"HTTP/1.1 200 OK\r\ndate: Fri, 20 Nov 2026 12:00:00 GMT\r\nserver: mock\r\n"
    b"content-type: application/json\r\nx-request-id: req_0123456789abcdef\r\n"
    b"x-ratelimit-limit-requests: 10000\r\nx-ratelimit-remaining-requests: 9999\r\n"
    b"x-ratelimit-reset-requests: 6ms\r\n"
)
ANSWER = json.dumps(
    {
        "id": "chatcmpl-0123456789",
        "object": "chat.completion",
        "model": "mock-1",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hello, world! " * 8},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 20, "completion_tokens": 30, "total_tokens": 50},
    }
).encode()
CALL = FIELDS + b"content-length: %d\r\n\r\n" % len(ANSWER) + ANSWER
EVENT = (
    b'data: {"id":"chatcmpl-0123456789","object":"chat.completion.chunk","created":1763640000,'
    b'"model":"mock-1","choices":[{"index":0,"delta":{"content":" word"},"finish_reason":null}]}'
    b"\n\n"
)
CHUNK = b"%x\r\n%b\r\n" % (len(EVENT), EVENT)
STREAM = FIELDS + b"transfer-encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"


# The service


class Service(asyncio.Protocol):
    """Answers `/call`, or `/stream/N/K` with N chunks, of which K leave in one write."""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.held = b""

    def data_received(self, data: bytes) -> None:
        self.held += data
        head, found, rest = self.held.partition(b"\r\n\r\n")
        if not found or len(rest) < len(BODY):
            return
        self.held = rest[len(BODY) :]
        path = head.split(b" ", 2)[1]
        if path == b"/call":
            self.transport.write(CALL)
        else:
            _, _, number, together = path.split(b"/")
            self.transport.write(STREAM)
            self.pour(int(number), int(together))

    def pour(self, left: int, together: int) -> None:
        if self.transport.is_closing():
            return
        self.transport.write(CHUNK * together)
        if left > together:
            asyncio.get_running_loop().call_soon(self.pour, left - together, together)
        else:
            self.transport.write(END)


async def serve(folder: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/server.pem")
    loop = asyncio.get_running_loop()
    plain = await loop.create_server(Service, "127.0.0.1", 0, backlog=1024)
    secure = await loop.create_server(Service, "127.0.0.1", 0, backlog=1024, ssl=context)
    print(*(server.sockets[0].getsockname()[1] for server in (plain, secure)), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


@contextmanager
def service() -> Any:
    """Start the service; yield its addresses, plain and with TLS."""
    authority = trustme.CA()
    with tempfile.TemporaryDirectory() as folder:
        certificate = authority.issue_cert("127.0.0.1")
        certificate.private_key_and_cert_chain_pem.write_to_path(f"{folder}/server.pem")
        authority.cert_pem.write_to_path(f"{folder}/ca.pem")
        os.environ["SSL_CERT_FILE"] = f"{folder}/ca.pem"
        command = [sys.executable, __file__, "--serve", folder]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stdin is not None
            plain, secure = process.stdout.readline().split()
            yield f"http://127.0.0.1:{plain}", f"https://127.0.0.1:{secure}"
            process.stdin.close()


# The contestants: each calls, and streams


class Bare(asyncio.Protocol):
    """A connection of the floor."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.done = False
        self.parser: Any = None
        self.waiter: asyncio.Future[None] | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)
        if self.waiter is not None and (self.pieces or self.done):
            waiter, self.waiter = self.waiter, None
            waiter.set_result(None)

    def on_body(self, data: bytes) -> None:
        self.pieces.append(data)

    def on_message_complete(self) -> None:
        self.done = True


class Floor:
    """A socket and httptools: as little Python as HTTP/1.1 needs."""

    def __init__(self, url: str) -> None:
        scheme, _, self.port = url.split(":")
        self.context = ssl.create_default_context() if scheme == "https" else None
        self.free: list[Bare] = []
        lines = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
        self.rest = f"host: 127.0.0.1\r\n{lines}content-length: {len(BODY)}\r\n\r\n".encode()

    async def start(self, path: bytes) -> Bare:
        if self.free:
            connection = self.free.pop()
        else:
            _, connection = await asyncio.get_running_loop().create_connection(
                Bare, "127.0.0.1", int(self.port), ssl=self.context
            )
        connection.pieces, connection.done = [], False
        connection.parser = httptools.HttpResponseParser(connection)
        connection.transport.write(b"POST %b HTTP/1.1\r\n" % path + self.rest + BODY)
        return connection

    async def wait(self, connection: Bare) -> None:
        connection.waiter = asyncio.get_running_loop().create_future()
        await connection.waiter

    async def call(self) -> int:
        connection = await self.start(b"/call")
        while not connection.done:
            await self.wait(connection)
        self.free.append(connection)
        return len(b"".join(connection.pieces))

    async def chunks(self, path: bytes) -> AsyncIterator[bytes]:
        connection = await self.start(path)
        while True:
            if not connection.pieces and not connection.done:
                await self.wait(connection)
            data, connection.pieces = b"".join(connection.pieces), []
            if not data:
                break
            yield data
        self.free.append(connection)

    async def stream(self, path: str) -> int:
        return sum([len(data) async for data in self.chunks(path.encode())])

    async def aclose(self) -> None:
        for connection in self.free:
            connection.transport.abort()
        await asyncio.sleep(0)


class Sender:
    """A transport of aikit, used as providers use it."""

    def __init__(self, transport: Transport, url: str) -> None:
        self.transport, self.url, self.phases = transport, url, Phases()
        self.aclose = transport.aclose

    async def send(self, path: str) -> Any:
        request = HTTPRequest("POST", self.url + path, dict(HEADERS), BODY)
        return await self.transport.send(request, self.phases)

    async def call(self) -> int:
        response = await self.send("/call")
        try:
            return len(await read(response))
        finally:
            await response.aclose()

    async def stream(self, path: str) -> int:
        response, size = await self.send(path), 0
        try:
            async with aclosing(response.chunks()) as chunks:
                async for data in chunks:
                    size += len(data)
        finally:
            await response.aclose()
        return size


# Measuring

CALLS, CHUNKS = 4000, 20_000


async def calls(contestant: Any, together: int) -> float:
    """Return CPU microseconds per call."""

    await asyncio.gather(*(contestant.call() for _ in range(together)))  # connections are open

    async def some() -> None:
        for _ in range(CALLS // together):
            assert await contestant.call() == len(ANSWER)

    return await costs([some] * together, CALLS // together * together)


async def chunks(contestant: Any, streams: int, together: int) -> float:
    """Return CPU microseconds per chunk."""
    number = CHUNKS // streams

    async def one() -> None:
        assert await contestant.stream(f"/stream/{number}/{together}") == number * len(EVENT)

    return await costs([one] * streams, number * streams)


async def costs(jobs: list[Callable[[], Awaitable[None]]], units: int) -> float:
    gc.collect()
    gc.freeze()
    start = time.process_time()
    await asyncio.gather(*(job() for job in jobs))
    return (time.process_time() - start) / units * 1e6


MEASURES: dict[str, Callable[[Any], Awaitable[float]]] = {
    "call, 32 at once": lambda contestant: calls(contestant, 32),
    "call, 256 at once": lambda contestant: calls(contestant, 256),
    "chunk, 32 streams, one a read": lambda contestant: chunks(contestant, 32, 1),
    "chunk, 8 streams, 25 a write": lambda contestant: chunks(contestant, 8, 25),
}
MAKERS: dict[str, Callable[[str], Any]] = {
    "floor": Floor,
    "aikit": lambda url: Sender(HTTP1Transport(), url),
    "httpx2": lambda url: Sender(StockTransport(), url),
}
Figures = dict[str, dict[str, list[float]]]


def measured(url: str, rounds: int, names: list[str]) -> Figures:
    """Return the CPU time of every contestant in every round, by measure."""
    figures: Figures = {measure: {name: [] for name in names} for measure in MEASURES}
    for number in range(rounds + 1):
        for name in random.sample(names, len(names)):
            for measure, took in asyncio.run(turn(MAKERS[name](url))).items():
                if number:  # the first round warms up
                    figures[measure][name].append(took)
        print(".", end="", file=sys.stderr, flush=True)
    return figures


async def turn(contestant: Any) -> dict[str, float]:
    await contestant.call()
    took = {name: await measure(contestant) for name, measure in MEASURES.items()}
    await contestant.aclose()
    return took


def table(title: str, figures: Figures) -> dict[str, dict[str, float]]:
    """Print medians and ratios; return the ratios."""
    names = [name for name in next(iter(figures.values())) if name != "floor"]
    print(f"\n{title}\n")
    print("| CPU µs per | floor |" + "".join(f" {name} | ratio |" for name in names))
    print("|---|---|" + "---|---|" * len(names))
    ratios: dict[str, dict[str, float]] = {}
    for measure, by_name in figures.items():
        floor = by_name["floor"]
        ratios[measure] = {
            name: median(own / base for own, base in zip(by_name[name], floor, strict=True))
            for name in names
        }
        cells = "".join(
            f" {median(by_name[name]):.1f} | {ratios[measure][name]:.2f} |" for name in names
        )
        print(f"| {measure} | {median(floor):.1f} |{cells}")
    return ratios


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--serve", metavar="FOLDER", help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", nargs="+", default=list(MAKERS), choices=list(MAKERS))
    parser.add_argument("--json", type=Path, help="where to write all figures")
    parser.add_argument("--check", action="store_true", help=f"fail when ours is above {LIMIT}")
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve(options.serve))
        return
    results: dict[str, Any] = {}
    with service() as urls:
        for title, url in zip(("TCP", "TLS"), urls, strict=True):
            figures = measured(url, options.rounds, options.only)
            results[title] = {"cpu_us": figures, "ratios": table(title, figures)}
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))
    if options.check:
        high = {
            f"{title}, {measure}": ratios["aikit"]
            for title, result in results.items()
            for measure, ratios in result["ratios"].items()
            if measure.startswith("call") and ratios["aikit"] > LIMIT
        }
        sys.exit(f"above {LIMIT}: {high}" if high else 0)


if __name__ == "__main__":
    main()
