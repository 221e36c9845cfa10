"""An app behind a protocol of HTTP/1.1 on loopback, in the loop of the test, and its clients."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import h11
import uvicorn
from aikit_asgi.http import Receive, Scope, Send
from uvicorn.server import ServerState

SOON = 5.0
"""Seconds after which a test stops waiting for what should be there at once."""

DATE = (b"date", b"Sun, 06 Nov 1994 08:49:37 GMT")
App = Callable[[Scope, Receive, Send], Any]
Header = tuple[bytes, bytes]


async def start(send: Send, status: int = 200, *headers: Header) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [*headers]})


async def body(send: Send, piece: bytes = b"", more: bool = False) -> None:
    await send({"type": "http.response.body", "body": piece, "more_body": more})


async def whole(receive: Receive) -> bytes:
    """Read a request's body to its end.

    Raises:
        EOFError: the client leaves before.
    """
    read, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise EOFError(read)
        read += message.get("body", b"")
        more = message.get("more_body", False)
    return read


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer without a look at the request."""
    await start(send, 200, (b"content-length", b"5"))
    await body(send, b"hello")


class Echo:
    """Answers a request with its method, path and body, and notes what it saw."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []
        self.bodies: list[bytes] = []
        self.cut: list[bytes] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        try:
            read = await whole(receive)
        except EOFError as error:
            self.cut.append(error.args[0])
            return
        self.bodies.append(read)
        said = f"{scope['method']} {scope['path']} ".encode() + read
        await start(send, 200, (b"content-length", b"%d" % len(said)))
        await body(send, said)


@dataclass
class Answer:
    """One answer, as strict a client as h11 reads it; `early` are the 1xx before it."""

    status: int
    version: bytes
    headers: list[Header]
    early: list[int] = field(default_factory=list)
    body: bytes = b""

    def values(self, name: bytes) -> list[bytes]:
        return [value for key, value in self.headers if key.lower() == name]


class Client:
    """A connection to the server, on which nothing is sent that the test does not say."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self._rest = b""

    async def _read(self) -> bytes:
        """Return what comes next; a connection that is reset ends after what came before that."""
        try:
            return await self.reader.read(1 << 16)
        except ConnectionError:
            kept: bytearray = self.reader._buffer  # type: ignore[attr-defined]
            data = bytes(kept)
            kept.clear()
            return data

    async def send(self, *pieces: bytes) -> None:
        """Send pieces, each of which the server reads before the next one comes, if it still does.

        Raises:
            ConnectionError: it has closed.
        """
        for piece in pieces:
            if self.reader.exception() is not None or self.writer.is_closing():
                raise ConnectionResetError
            self.writer.write(piece)
            await self.writer.drain()
            for _ in range(3):
                await asyncio.sleep(0)

    async def answer(self, method: str = "GET") -> Answer:
        """Read the next answer to its end.

        Raises:
            h11.RemoteProtocolError: it is none, or it is cut off.
            EOFError: the connection ends before it begins.
        """
        peer, early, pieces = h11.Connection(h11.CLIENT), list[int](), list[bytes]()
        peer.send(h11.Request(method=method, target="/", headers=[("host", "a")]))
        peer.send(h11.EndOfMessage())
        begun, answer = bool(self._rest), None
        if begun:
            peer.receive_data(self._rest)
        while True:
            match peer.next_event():
                case h11.NEED_DATA:
                    async with asyncio.timeout(SOON):
                        data = await self._read()
                    begun = begun or bool(data)
                    if not begun:
                        raise EOFError
                    peer.receive_data(data)
                case h11.InformationalResponse(status_code=status):
                    early.append(status)
                case h11.Response() as event:
                    headers = [(bytes(name), bytes(value)) for name, value in event.headers]
                    version = bytes(event.http_version)
                    answer = Answer(event.status_code, version, headers, early)
                case h11.Data(data=piece):
                    pieces.append(bytes(piece))
                case h11.EndOfMessage():
                    assert answer is not None
                    answer.body = b"".join(pieces)
                    self._rest = bytes(peer.trailing_data[0])
                    return answer
                case event:
                    raise AssertionError(event)

    async def until(self, text: bytes) -> bytes:
        """Read until the bytes sent so far hold a text, and return them all."""
        async with asyncio.timeout(SOON):
            while text not in self._rest:
                data = await self._read()
                assert data, f"{self._rest!r} has no {text!r}"
                self._rest += data
        return self._rest

    async def end(self) -> bytes:
        """Return all that is still sent until the server closes the connection."""
        async with asyncio.timeout(SOON):
            while data := await self._read():
                self._rest += data
        rest, self._rest = self._rest, b""
        return rest

    def leave(self) -> None:
        self.writer.close()

    def reset(self) -> None:
        """Leave in such a way that the server is told with an error."""
        self.writer.transport.abort()


class Served:
    """A server that runs; `state` is what it keeps, `connections` all it has ever had."""

    def __init__(self, port: int, state: ServerState, connections: list[Any]) -> None:
        self.port, self.state, self.connections = port, state, connections
        self.clients: list[Client] = []

    async def connect(self, buffer: int = 0) -> Client:
        """Connect; with a `buffer`, the kernel keeps about so many bytes on the client's side."""
        connection = socket.socket()
        connection.setblocking(False)
        if buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(connection, ("127.0.0.1", self.port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client = Client(*await asyncio.open_connection(sock=connection))
        self.clients.append(client)
        return client

    async def ask(self, *pieces: bytes, method: str = "GET") -> Answer:
        """Send a request on a connection of its own and return the answer."""
        client = await self.connect()
        await client.send(*pieces)
        return await client.answer(method)

    async def talk(self, *pieces: bytes) -> bytes:
        """Send something and return all that is answered until the server closes."""
        client = await self.connect()
        with suppress(ConnectionError):
            await client.send(*pieces)
        return await client.end()

    async def quiet(self) -> None:
        """Wait until all connections are lost and all tasks done."""
        async with asyncio.timeout(SOON):
            while self.state.connections or self.state.tasks:
                await asyncio.sleep(0.001)


@asynccontextmanager
async def serving(
    http: type[asyncio.Protocol],
    app: App,
    *,
    state: dict[str, Any] | None = None,
    buffer: int = 0,
    **settings: Any,
) -> AsyncGenerator[Served, None]:
    """Serve an app while the block runs, with uvicorn's `settings`.

    Afterwards nothing may be left of any connection, and no error has got to the event loop.
    """
    loop, failures, connections = asyncio.get_running_loop(), list[Any](), list[Any]()
    config = uvicorn.Config(
        app,
        **{
            "http": http,
            "ws": "none",
            "interface": "asgi3",
            "proxy_headers": False,
            "log_config": None,
            "log_level": "critical",
            "access_log": False,
            "timeout_keep_alive": 60,
            **settings,
        },
    )
    config.load()
    known = ServerState()
    known.default_headers = [DATE]

    def connection() -> Any:
        connections.append(http(config, known, state or {}, _loop=loop))  # type: ignore[call-arg]
        return connections[-1]

    loop.set_exception_handler(lambda _, context: failures.append(context))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        if buffer:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer)
        server = await loop.create_server(connection, sock=listening)
        served = Served(listening.getsockname()[1], known, connections)
        try:
            yield served
            for client in served.clients:
                client.leave()
            await served.quiet()
        finally:
            for client in served.clients:
                client.leave()
            for task in known.tasks:
                task.cancel()
            server.close()
            await asyncio.sleep(0)
    assert not failures
