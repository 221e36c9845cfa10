"""However and whenever a caller leaves, nothing is left, and the server sees it at once."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trustme
from aikit_wire.tls import trusted
from aikit_wire.transport import HTTPRequest, Phases, Transport

from .conftest import server_context
from .server import SOON, Peer, Server, Wire, silent

BIG = bytes(64 << 20)


async def talking(peer: Peer) -> None:
    """Begin an answer and go on for as long as somebody listens."""
    await peer.request()
    peer.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not peer.gone.done():
        await peer.writable.wait()
        peer.say(b"5\r\nhello\r\n")
        await asyncio.sleep(0.005)


async def half_a_head(peer: Peer) -> None:
    await peer.request()
    peer.say(b"HTTP/1.1 200 OK\r\nContent-")


@asynccontextmanager
async def full_port() -> AsyncIterator[int]:
    """Yield a port that takes no more connections, so that connecting does not end."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port: int = listener.getsockname()[1]
        fill = [socket.socket() for _ in range(3)]
        for one in fill:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        await asyncio.sleep(0.05)
        yield port
        for one in fill:
            one.close()


async def cancelled(call: Any, after: float = 0.05) -> float:
    """Cancel a call in a moment; return when."""
    task = asyncio.create_task(call)
    await asyncio.sleep(after)
    assert not task.done(), task
    left = asyncio.get_running_loop().time()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(SOON):
            await task
    return left


async def seen(peer: Peer, left: float) -> None:
    async with asyncio.timeout(1):
        assert await peer.gone - left <= SOON


@pytest.mark.parametrize("script", [silent, half_a_head], ids=["silent", "half a head"])
async def test_cancelled_while_it_waits_for_the_head(transport: Transport, script: Any) -> None:
    async with Wire(transport, script) as wire:
        left = await cancelled(wire.ask())
        await seen(wire.peers[0], left)


async def test_cancelled_in_the_body(transport: Transport) -> None:
    async with Wire(transport, talking) as wire:
        left = await cancelled(wire.ask())
        await seen(wire.peers[0], left)


async def test_cancelled_while_it_sends(transport: Transport) -> None:
    async with Wire(transport, silent, deaf=True) as wire:
        left = await cancelled(wire.ask(body=BIG), 0.3)
        wire.peers[0].transport.resume_reading()
        async with asyncio.timeout(1):
            assert await wire.peers[0].gone - left <= 0.5


async def test_cancelled_while_it_connects(transport: Transport) -> None:
    async with full_port() as port:
        request = HTTPRequest("GET", f"http://127.0.0.1:{port}/")
        await cancelled(transport.send(request, Phases()))
        await transport.aclose()


async def test_cancelled_while_the_name_is_looked_up(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*args: Any, **more: Any) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", never)
    await cancelled(transport.send(HTTPRequest("GET", "http://name.invalid/"), Phases()))
    await transport.aclose()


async def test_cancelled_in_the_handshake(name: str, transport: Transport) -> None:
    if name == "httpx2":
        pytest.skip("httpx2 leaves the socket to the garbage collector")
    async with Server(silent, deaf=True) as server:
        request = HTTPRequest("GET", f"https://127.0.0.1:{server.port}/")
        left = await cancelled(transport.send(request, Phases()), 0.3)
        await transport.aclose()
        server.peers[0].transport.resume_reading()
        await seen(server.peers[0], left)


@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize("script", [silent, talking], ids=["head", "body"])
async def test_cancelled_over_tls(transport: Transport, authority: trustme.CA, script: Any) -> None:
    async with Wire(transport, script, tls=server_context(authority, "127.0.0.1")) as wire:
        trusted()  # takes longer than the moment after which this leaves
        left = await cancelled(wire.ask(), 0.3)
        await seen(wire.peers[0], left)


@pytest.mark.parametrize("step", range(12))
async def test_cancelled_at_any_turn_of_the_loop(transport: Transport, step: int) -> None:
    """In the turn of the loop, too, in which something had just come."""
    async with Wire(transport, talking) as wire:
        for warm in (False, True):
            task = asyncio.create_task(wire.ask())
            for _ in range(step + 20 * warm):
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task


Leave = Callable[[Any, Any], Any]


async def close_response(response: Any, chunks: Any) -> None:
    await response.aclose()


async def close_both(response: Any, chunks: Any) -> None:
    await chunks.aclose()
    await response.aclose()


async def close_after_an_error(response: Any, chunks: Any) -> None:
    with pytest.raises(ZeroDivisionError):
        try:
            raise ZeroDivisionError
        finally:
            await response.aclose()


@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize("leave", [close_response, close_both, close_after_an_error])
@pytest.mark.parametrize("secure", [False, True], ids=["tcp", "tls"])
async def test_a_body_that_is_left_early(
    transport: Transport, leave: Leave, secure: bool, authority: trustme.CA
) -> None:
    tls = server_context(authority, "127.0.0.1") if secure else None
    async with Wire(transport, talking, tls=tls) as wire:
        response = await wire.send()
        chunks = response.chunks()
        assert (await anext(chunks)).startswith(b"hello")
        left = asyncio.get_running_loop().time()
        await leave(response, chunks)
        await seen(wire.peers[0], left)


async def test_left_before_the_body_was_looked_at(transport: Transport) -> None:
    async with Wire(transport, talking) as wire:
        response = await wire.send()
        left = asyncio.get_running_loop().time()
        await response.aclose()
        await seen(wire.peers[0], left)


async def test_left_with_much_of_the_body_unread(transport: Transport) -> None:
    async def pouring(peer: Peer) -> None:
        await peer.request()
        peer.say(b"HTTP/1.1 200 OK\r\n\r\n")
        while not peer.gone.done():
            await peer.writable.wait()
            peer.say(bytes(1 << 16))
            await asyncio.sleep(0)

    async with Wire(transport, pouring) as wire:
        response = await wire.send()
        await asyncio.sleep(0.1)
        left = asyncio.get_running_loop().time()
        await response.aclose()
        await seen(wire.peers[0], left)
