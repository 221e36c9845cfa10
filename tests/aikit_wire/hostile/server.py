"""A loopback server that says what it is told, byte by byte, and notes when a client goes away."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self, TypeAlias

from aikit_wire.transport import HTTPRequest, HTTPResponse, Phases, Transport

SOON = 0.1
"""Within so many seconds a server must see that a client has left."""


@dataclass(frozen=True)
class Asked:
    """A request as it arrived, its header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Peer(asyncio.Protocol):
    """One connection as the server sees it; `gone` is when the client closed it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.raw = bytearray()
        self.asked: list[Asked] = []
        self.gone: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self.writable = asyncio.Event()
        self.writable.set()
        self._more = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.server.peers.append(self)
        if self.server.deaf:
            transport.pause_reading()
        self.server.run(self)

    def data_received(self, data: bytes) -> None:
        self.raw += data
        self._more.set()

    def eof_received(self) -> None:
        self._left()

    def connection_lost(self, error: Exception | None) -> None:
        self._left()
        self._more.set()
        self.writable.set()

    def _left(self) -> None:
        if not self.gone.done():
            self.gone.set_result(asyncio.get_running_loop().time())

    def pause_writing(self) -> None:
        self.writable.clear()

    def resume_writing(self) -> None:
        self.writable.set()

    async def request(self) -> Asked:
        """Wait for the next request and take it."""
        while not (found := self._whole()):
            if self.gone.done():
                raise ConnectionResetError
            self._more.clear()
            await self._more.wait()
        self.asked.append(found)
        return found

    def _whole(self) -> Asked | None:
        head, found, rest = bytes(self.raw).partition(b"\r\n\r\n")
        if not found:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return None
        del self.raw[: len(head) + 4 + length]
        method, path, _ = first.split(" ")
        return Asked(method, path, headers, rest[:length])

    def say(self, data: bytes) -> None:
        self.transport.write(data)

    def close(self) -> None:
        self.transport.close()

    def reset(self) -> None:
        """Close with a reset instead of an orderly end."""
        connection = self.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()


Script: TypeAlias = Callable[[Peer], Awaitable[None]]


def saying(*answers: bytes, close: bool = False, split: int = 0) -> Script:
    """Say one answer after the other to the requests of each connection.

    With `split`, each leaves in pieces of so many bytes, one in a turn of the loop.
    """

    async def script(peer: Peer) -> None:
        for answer in answers:
            await peer.request()
            step = split or len(answer) or 1
            for start in range(0, len(answer), step):
                peer.say(answer[start : start + step])
                if split:
                    await asyncio.sleep(0)
        if close:
            peer.close()

    return script


async def silent(peer: Peer) -> None:
    """Take a request and say nothing."""
    await peer.request()


@dataclass
class Server:
    """Listens while it is used as `async with`."""

    script: Script
    tls: ssl.SSLContext | None = None
    deaf: bool = False
    host: str = "127.0.0.1"
    peers: list[Peer] = field(default_factory=list)
    kind: type[Peer] = Peer

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._acts: set[asyncio.Task[None]] = set()
        self._server = await loop.create_server(lambda: self.kind(self), self.host, 0, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def run(self, peer: Peer) -> None:
        async def act() -> None:
            with suppress(ConnectionResetError):
                await self.script(peer)

        task = asyncio.create_task(act())
        self._acts.add(task)
        task.add_done_callback(self._acts.discard)

    async def __aexit__(self, *error: object) -> None:
        self._server.close()
        for task in self._acts:
            task.cancel()
        for peer in self.peers:
            peer.transport.abort()
        await asyncio.sleep(0)


@dataclass(frozen=True)
class Answer:
    """A whole answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict, compare=False)


class Wire:
    """A transport and a server; leaving it checks that the transport left nothing behind."""

    def __init__(self, transport: Transport, script: Script, **more: Any) -> None:
        self.transport = transport
        self.server = Server(script, **more)

    async def __aenter__(self) -> Self:
        self._others = asyncio.all_tasks()
        await self.server.__aenter__()
        scheme = "https" if self.server.tls else "http"
        host = f"[{self.server.host}]" if ":" in self.server.host else self.server.host
        self.url = f"{scheme}://{host}:{self.server.port}"
        return self

    async def __aexit__(self, kind: object, error: object, trace: object) -> None:
        await self.transport.aclose()
        left: list[int] = []
        if error is None:
            gone = [peer.gone for peer in self.server.peers]
            if gone:
                await asyncio.wait(gone, timeout=SOON)
            left = [number for number, one in enumerate(gone) if not one.done()]
        await self.server.__aexit__(kind, error, trace)
        for _ in range(20):
            await asyncio.sleep(0)
        if error is None:
            assert not left, f"connections still open: {left}"
            tasks = asyncio.all_tasks() - self._others
            assert not tasks, f"tasks still running: {tasks}"

    @property
    def peers(self) -> list[Peer]:
        return self.server.peers

    def request(
        self,
        method: str = "POST",
        path: str = "/",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = b"{}",
        ability: str = "",
    ) -> HTTPRequest:
        return HTTPRequest(method, self.url + path, headers or {}, body, ability=ability)

    async def send(self, phases: Phases | None = None, **request: Any) -> HTTPResponse:
        return await self.transport.send(self.request(**request), phases or PHASES)

    async def ask(self, phases: Phases | None = None, **request: Any) -> Answer:
        """Send a request and read its answer to the end."""
        response = await self.send(phases, **request)
        try:
            body = b"".join([chunk async for chunk in response.chunks()])
            return Answer(response.status, body, response.headers)
        finally:
            await response.aclose()


PHASES = Phases(connect=5, write=5, read=5, pool=5)
