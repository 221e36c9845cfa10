"""Content codings: undone piece by piece, on demand, within bounded memory."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
import zlib
from typing import Any

import brotli
import pytest
from aicore.errors import BadReply, CutOff, GarbledError
from aikit_wire.exchange import read
from aikit_wire.http1 import codings
from aikit_wire.transport import Transport

from .server import Answer, Peer, Wire, saying

TEXT = b"Air scatters blue light more than red. " * 50


def zstd(data: bytes) -> bytes:
    library: Any = codings.first_of("compression.zstd", "backports.zstd")
    return bytes(library.compress(data))


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


CODED = {
    "gzip": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT),
    "GZip": gzip.compress(TEXT),
    "deflate": zlib.compress(TEXT),
    "br": brotli.compress(TEXT),
    "zstd": zstd(TEXT),
    "deflate, gzip": gzip.compress(zlib.compress(TEXT)),
    "gzip, br": brotli.compress(gzip.compress(TEXT)),
    "identity": TEXT,
    "utf-8": TEXT,
    "identity, gzip": gzip.compress(TEXT),
}
UNKNOWN = {"x-gzip": "httpx2 does not know the old name"}


def answer(coding: str, body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Encoding: %b\r\nContent-Length: %d\r\n\r\n%b" % (
        coding.encode(),
        len(body),
        body,
    )


@pytest.mark.parametrize("split", [0, 1])
@pytest.mark.parametrize("coding", CODED)
async def test_a_coded_body_is_decoded(
    name: str, transport: Transport, coding: str, split: int
) -> None:
    if name == "httpx2" and coding in UNKNOWN:
        pytest.skip(UNKNOWN[coding])
    async with Wire(transport, saying(answer(coding, CODED[coding]), split=split)) as wire:
        assert await wire.ask() == Answer(200, TEXT)


@pytest.mark.parametrize("split", [0, 1, 2])
async def test_deflate_without_its_wrapper_is_decoded(
    name: str, transport: Transport, split: int
) -> None:
    if name == "httpx2" and split == 1:
        pytest.skip("httpx2 must see both bytes of the wrapper at once")
    async with Wire(transport, saying(answer("deflate", raw_deflate(TEXT)), split=split)) as wire:
        assert await wire.ask() == Answer(200, TEXT)


@pytest.mark.parametrize("split", [0, 1])
async def test_gzip_may_have_several_members(name: str, transport: Transport, split: int) -> None:
    if name == "httpx2":
        pytest.skip("httpx2 drops all members but the first")
    body = gzip.compress(b"one ") + gzip.compress(b"two")
    async with Wire(transport, saying(answer("gzip", body), split=split)) as wire:
        assert await wire.ask() == Answer(200, b"one two")


@pytest.mark.parametrize("split", [0, 1])
async def test_zstd_may_have_several_frames(transport: Transport, split: int) -> None:
    body = zstd(b"one ") + zstd(b"two")
    async with Wire(transport, saying(answer("zstd", body), split=split)) as wire:
        assert await wire.ask() == Answer(200, b"one two")


@pytest.mark.parametrize("split", [0, 1])
@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_what_follows_the_end_of_a_coding_is_dropped(
    transport: Transport, coding: str, split: int
) -> None:
    body = CODED[coding] + b"\0" * 30 + b"\x1f\x8b"
    async with Wire(transport, saying(answer(coding, body), split=split)) as wire:
        assert await wire.ask() == Answer(200, TEXT)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, br"])
async def test_an_empty_body_needs_no_coding(transport: Transport, coding: str) -> None:
    async with Wire(transport, saying(answer(coding, b""))) as wire:
        assert await wire.ask() == Answer(200, b"")


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
async def test_a_body_that_is_not_what_it_says_is_a_bad_reply(
    transport: Transport, coding: str
) -> None:
    async with Wire(transport, saying(answer(coding, b"not at all, whatever it says"))) as wire:
        with pytest.raises(BadReply, match="does not match its content encoding"):
            await wire.ask()


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
@pytest.mark.parametrize("size", [1, -8])
async def test_a_coding_that_breaks_off_is_a_bad_reply(
    name: str, transport: Transport, coding: str, size: int
) -> None:
    if name == "httpx2":
        pytest.skip("httpx2 takes what has come for the whole")
    async with Wire(transport, saying(answer(coding, CODED[coding][:size]))) as wire:
        with pytest.raises(BadReply, match="does not match its content encoding"):
            await wire.ask()


async def test_a_body_coded_too_often_is_a_bad_reply(name: str, transport: Transport) -> None:
    if name == "httpx2":
        pytest.skip("httpx2 has no such limit")
    async with Wire(transport, saying(answer("gzip, " * 5 + "gzip", b""))) as wire:
        with pytest.raises(BadReply, match="does not match its content encoding"):
            await wire.ask()


async def test_only_codings_that_can_be_decoded_are_asked_for(transport: Transport) -> None:
    async with Wire(transport, saying(answer("identity", b""))) as wire:
        await wire.ask()
        assert wire.peers[0].asked[0].headers["accept-encoding"] == "gzip, deflate, br, zstd"


async def test_without_their_packages_br_and_zstd_are_not_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(codings, "import_module", no_module)
    codings.known.cache_clear()
    codings.accepted.cache_clear()
    try:
        assert codings.accepted() == "gzip, deflate"
        assert codings.codings_of("br") == []
    finally:
        monkeypatch.undo()
        codings.known.cache_clear()
        codings.accepted.cache_clear()


def no_module(name: str) -> Any:
    raise ImportError(name)


async def test_events_come_out_as_they_were_flushed(transport: Transport) -> None:
    heard = asyncio.Event()
    events = [b"data: one\n\n", b"data: two\n\n"]

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.say(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n")
        compressor = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
        for event in events:
            piece = compressor.compress(event) + compressor.flush(zlib.Z_SYNC_FLUSH)
            peer.say(b"%x\r\n%b\r\n" % (len(piece), piece))
            async with asyncio.timeout(2):
                await heard.wait()
            heard.clear()
        piece = compressor.flush()
        peer.say(b"%x\r\n%b\r\n0\r\n\r\n" % (len(piece), piece))

    async with Wire(transport, script) as wire:
        response, got = await wire.send(), list[bytes]()
        async for chunk in response.chunks():
            got.append(chunk)
            heard.set()
        await response.aclose()
        assert got == events


@pytest.mark.parametrize("coding", ["identity", "gzip"])
@pytest.mark.parametrize("late", [0, 5])
async def test_a_whole_body_is_read_up_to_a_limit(
    transport: Transport, coding: str, late: int
) -> None:
    """Whether it was there with the head or comes later."""

    async def script(peer: Peer) -> None:
        while True:
            await peer.request()
            whole = answer(coding, CODED[coding])
            peer.say(whole[: len(whole) - late])
            await asyncio.sleep(0.05)
            peer.say(whole[len(whole) - late :])

    async with Wire(transport, script) as wire:
        for _ in range(2):
            response = await wire.send()
            assert await read(response, len(TEXT)) == TEXT
            await response.aclose()
        response = await wire.send()
        with pytest.raises(GarbledError, match="longer than 1949 bytes"):
            await read(response, len(TEXT) - 1)
        await response.aclose()
    assert len(TEXT) == 1950


async def test_a_body_that_breaks_off_is_never_whole(transport: Transport) -> None:
    said = answer("identity", b"okay")[:-1]
    async with Wire(transport, saying(said, close=True)) as wire:
        response = await wire.send()
        await asyncio.sleep(0.05)
        with pytest.raises(CutOff):
            await read(response)
        await response.aclose()


BOMB = 128 << 20


def bomb(coding: str) -> bytes:
    """Return what becomes 128 MB."""
    zeros = bytes(1 << 20)
    match coding:
        case "gzip":
            compressor = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
            return b"".join([compressor.compress(zeros) for _ in range(128)]) + compressor.flush()
        case "zstd":
            return zstd(bytes(BOMB))
        case _:
            stream = brotli.Compressor(quality=1)
            return bytes(b"".join([stream.process(zeros) for _ in range(128)]) + stream.finish())


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
async def test_a_bomb_takes_no_more_memory_than_a_few_steps(
    transport: Transport, coding: str
) -> None:
    body = answer(coding, bomb(coding))
    async with Wire(transport, saying(body)) as wire:
        response, size, longest = await wire.send(), 0, 0
        tracemalloc.start()
        async for chunk in response.chunks():
            size += len(chunk)
            longest = max(longest, len(chunk))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        await response.aclose()
    assert size == BOMB
    assert longest <= 1 << 20
    assert peak < 16 << 20


async def test_nothing_is_decoded_before_it_is_asked_for(name: str, transport: Transport) -> None:
    async with Wire(transport, saying(answer("gzip", bomb("gzip")))) as wire:
        response = await wire.send()
        tracemalloc.start()
        chunks = response.chunks()
        first = await anext(chunks)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert set(first) == {0}
        assert peak < 8 << 20
        await chunks.aclose()
        await response.aclose()


async def test_a_server_that_is_not_listened_to_is_slowed_down(transport: Transport) -> None:
    said = 0

    async def script(peer: Peer) -> None:
        nonlocal said
        await peer.request()
        peer.say(b"HTTP/1.1 200 OK\r\n\r\n")
        while not peer.gone.done():
            await peer.writable.wait()
            peer.say(bytes(1 << 16))
            said += 1 << 16
            await asyncio.sleep(0)

    async with Wire(transport, script) as wire:
        response = await wire.send()
        before = -1
        async with asyncio.timeout(10):
            while said != before:
                before = said
                await asyncio.sleep(0.3)
        assert said < 16 << 20
        size, enough = 0, said + (8 << 20)
        async for chunk in response.chunks():
            size += len(chunk)
            if size > enough:
                break
        await response.aclose()
