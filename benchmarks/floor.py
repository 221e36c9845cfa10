"""The floor: a client of asyncio.Protocol and httptools with as little as HTTP/1.1 needs.

It sends bytes and hands out bytes. It has no timeouts, no limits, no backpressure and no retry of
a connection that the server closed while it was idle: it is what the others are measured by, not
something to use.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit

import httptools


class Connection(asyncio.Protocol):
    """A connection, and the answer that arrives on it."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._pieces: list[bytes] = []
        self._waiter: asyncio.Future[None] | None = None
        self._complete = False
        self._lost = False
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)
        if self._pieces or self._complete:
            self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self._lost = True
        self._wake()

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def on_body(self, body: bytes) -> None:
        self._pieces.append(body)

    def on_message_complete(self) -> None:
        self._complete = True

    def ask(self, message: bytes) -> None:
        self._complete = False
        self.transport.write(message)

    async def read(self) -> bytes:
        """Return what has arrived of the body, at least a byte, or nothing at its end."""
        while not self._pieces:
            if self._complete:
                return b""
            if self._lost:
                raise ConnectionError("the connection broke before the end of the answer")
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        pieces = self._pieces
        self._pieces = []
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    @property
    def complete(self) -> bool:
        return self._complete and not self._pieces

    @property
    def status(self) -> int:
        return self._parser.get_status_code()


BUFFER = memoryview(bytearray(64 << 10))


class BufferedConnection(Connection, asyncio.BufferedProtocol):
    """The same with one buffer for all that is read."""

    def get_buffer(self, sizehint: int) -> memoryview:
        return BUFFER

    def buffer_updated(self, nbytes: int) -> None:
        self.data_received(BUFFER[:nbytes].tobytes())


class Client:
    """Posts JSON to one path of one server, over as many connections as are needed at once."""

    def __init__(self, url: str, connected: Callable[[], Connection] = Connection) -> None:
        self._connected = connected
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._head = (
            f"POST {parts.path} HTTP/1.1\r\nhost: {parts.netloc}\r\n"
            "content-type: application/json\r\nauthorization: Bearer sk-test\r\n"
        ).encode()
        self._free: list[Connection] = []

    async def post(self, body: bytes) -> Connection:
        """Send a body; the connection that is returned must be given back when it is complete."""
        if self._free:
            connection = self._free.pop()
        else:
            loop = asyncio.get_running_loop()
            _, connection = await loop.create_connection(
                self._connected, self._host, self._port, ssl=self._tls
            )
        connection.ask(b"%bcontent-length: %d\r\n\r\n%b" % (self._head, len(body), body))
        return connection

    def give_back(self, connection: Connection) -> None:
        if connection.complete:
            self._free.append(connection)
        else:
            connection.transport.abort()

    async def whole(self, body: bytes) -> bytes:
        """Send a body and return that of the answer.

        Raises:
            ConnectionError: the answer was cut off, or its status is not 200.
        """
        connection = await self.post(body)
        try:
            answer = await connection.read()
            while not connection.complete:
                answer += await connection.read()
        finally:
            self.give_back(connection)
        if connection.status != 200:
            raise ConnectionError(f"status {connection.status}: {answer[:200]!r}")
        return answer

    async def aclose(self) -> None:
        while self._free:
            self._free.pop().transport.close()


def split(rest: bytes, data: bytes) -> tuple[list[bytes], bytes]:
    """Return the data of server-sent events of one `data: ` line each, and what is left over."""
    *events, rest = (rest + data if rest else data).split(b"\n\n")
    return [event[6:] for event in events if event.startswith(b"data: ")], rest
