"""Each phase has its limit, and slowness by the byte does not get around it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest
from aicore.errors import TimedOut
from aikit_wire.http1 import connection
from aikit_wire.http1.transport import HTTP1Transport
from aikit_wire.tls import trusted
from aikit_wire.transport import HTTPRequest, Phases, Transport

from .server import Answer, Peer, Script, Server, Wire, saying, silent
from .test_leaving import BIG, full_port

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
LATE = 1.0
"""A timeout that comes later than its limit and so many seconds comes too late."""


async def late(wire: Wire, phases: Phases, phase: str, **request: bytes) -> None:
    async with asyncio.timeout(LATE):
        with pytest.raises(TimedOut) as caught:
            await wire.ask(phases, **request)
    assert str(caught.value) == f"timed out {phase} (127.0.0.1:{wire.server.port})"


@pytest.mark.parametrize("begin", [b"", OK[:9], OK, OK + b"o", CHUNKED + b"1\r\no\r\n"])
async def test_silence(transport: Transport, begin: bytes) -> None:
    async with Wire(transport, saying(begin)) as wire:
        await late(wire, Phases(read=0.1), "waiting for bytes")


async def test_connecting(transport: Transport) -> None:
    async with full_port() as port, asyncio.timeout(LATE):
        with pytest.raises(TimedOut, match=rf"timed out connecting \(127\.0\.0\.1:{port}\)"):
            await transport.send(
                HTTPRequest("GET", f"http://127.0.0.1:{port}/"), Phases(connect=0.1)
            )
    await transport.aclose()


async def test_the_handshake(transport: Transport) -> None:
    trusted()  # takes longer than the limit
    async with Server(silent, deaf=True) as server, asyncio.timeout(LATE):
        url = f"https://127.0.0.1:{server.port}/"
        with pytest.raises(TimedOut, match="timed out connecting"):
            await transport.send(HTTPRequest("GET", url), Phases(connect=0.2))
        await transport.aclose()
        server.peers[0].transport.resume_reading()
        await server.peers[0].gone


async def test_sending(transport: Transport) -> None:
    async with Wire(transport, silent, deaf=True) as wire:
        await late(wire, Phases(write=0.2), "sending the request", body=BIG)
        wire.peers[0].transport.resume_reading()
        async with asyncio.timeout(LATE):
            await wire.peers[0].gone


async def test_sending_may_take_longer_than_its_limit_while_it_goes_on(
    name: str, transport: Transport
) -> None:
    if name == "httpx2":
        pytest.skip("httpx2 counts from the beginning of the body")

    async def script(peer: Peer) -> None:
        while len(peer.raw) < 32 << 20:
            peer.transport.resume_reading()
            await asyncio.sleep(0.001)
            peer.transport.pause_reading()
            await asyncio.sleep(0.001)
        peer.transport.resume_reading()
        await peer.request()
        peer.say(OK + b"ok")

    async with Wire(transport, script) as wire:
        assert await wire.ask(Phases(write=0.1), body=bytes(32 << 20)) == Answer(200, b"ok")


def slowly(pieces: Iterable[bytes], begin: bytes = b"", pause: float = 0.04) -> Script:
    async def script(peer: Peer) -> None:
        await peer.request()
        peer.say(begin)
        for piece in pieces:
            if peer.gone.done():
                return
            await asyncio.sleep(pause)
            peer.say(piece)

    return script


def single(data: bytes) -> list[bytes]:
    return [data[start : start + 1] for start in range(len(data))]


async def test_a_body_may_take_longer_than_the_limit_of_silence(transport: Transport) -> None:
    async with Wire(
        transport, slowly(single(b"0123456789"), b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
    ) as wire:
        assert await wire.ask(Phases(read=0.2)) == Answer(200, b"0123456789")


async def test_a_server_may_think_for_as_long_as_it_says_so(transport: Transport) -> None:
    processing = [b"HTTP/1.1 102 Processing\r\n\r\n"] * 8
    async with Wire(transport, slowly([*processing, OK + b"ok"])) as wire:
        assert await wire.ask(Phases(read=0.2)) == Answer(200, b"ok")


@pytest.mark.parametrize(
    ("begin", "pieces"),
    [
        (b"", single(OK * 4)),
        (b"HTTP/1.1 100 Continue\r\n\r\n", single(OK * 4)),
        (CHUNKED + b"1", single(b";a=bcdefghijklmnopqrstuvwxyz") * 4),
        (CHUNKED + b"1\r\no\r\n0\r\n", single(b"x: abcdefghijklmnopqrstuvwxyz\r\n") * 4),
    ],
    ids=["head", "head after an interim one", "chunk extension", "trailer"],
)
async def test_single_bytes_do_not_get_around_the_limit(
    name: str, transport: Transport, begin: bytes, pieces: list[bytes]
) -> None:
    if name == "httpx2":
        pytest.skip("httpx2 counts from the last byte, whatever it was")
    async with Wire(transport, slowly(pieces, begin)) as wire:
        await late(wire, Phases(read=0.2), "waiting for bytes")


@pytest.mark.parametrize("read", [None, 60.0])
async def test_a_head_has_a_limit_of_its_own_from_its_first_byte(
    monkeypatch: pytest.MonkeyPatch, read: float | None
) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.15)
    async with Wire(HTTP1Transport(), slowly(single(OK * 4), pause=0.02)) as wire:
        await late(wire, Phases(read=read), "waiting for bytes")
    async with Wire(HTTP1Transport(), slowly([OK + b"ok"], pause=0.3)) as wire:
        assert await wire.ask(Phases(read=read)) == Answer(200, b"ok")


async def test_a_slow_reader_is_not_the_servers_fault(transport: Transport) -> None:
    async with Wire(transport, slowly([b"o", b"k"], OK, pause=0.01)) as wire:
        response = await wire.send(Phases(read=0.1))
        got = list[bytes]()
        async for chunk in response.chunks():
            got.append(chunk)
            await asyncio.sleep(0.2)
        await response.aclose()
        assert b"".join(got) == b"ok"


@pytest.mark.parametrize("phases", [Phases(None, None, None, None), Phases(read=9, write=9)])
async def test_limits_may_be_lifted_and_changed_between_calls(
    transport: Transport, phases: Phases
) -> None:
    async def script(peer: Peer) -> None:
        while True:
            asked = await peer.request()
            if asked.path == "/slow":
                return
            await asyncio.sleep(0.02)
            peer.say(OK + b"ok")

    async with Wire(transport, script) as wire:
        for limit in (phases, Phases(read=0.5), phases, Phases(read=5), phases):
            assert await wire.ask(limit) == Answer(200, b"ok")
        async with asyncio.timeout(LATE):
            with pytest.raises(TimedOut):
                await wire.ask(Phases(read=0.1), path="/slow")
