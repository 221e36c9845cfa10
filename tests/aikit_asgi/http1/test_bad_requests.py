"""What is no request is refused, and what can be read in two ways is read in none."""

from __future__ import annotations

import asyncio
import re

import pytest
from aikit_asgi.http import Receive, Scope, Send

from .wire import Echo, serving

Protocol = type[asyncio.Protocol]
EVIL = b"GET /evil HTTP/1.1\r\nhost: a\r\n\r\n"
STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")
REFUSED = {b"400", b"405", b"417", b"501", b"505"}


def get(*lines: bytes, first: bytes = b"GET / HTTP/1.1") -> bytes:
    return b"\r\n".join([first, b"host: a", *lines, b"", b""])


def post(*lines: bytes) -> bytes:
    return get(*lines, first=b"POST / HTTP/1.1")


CHUNKED = b"transfer-encoding: chunked"
HELLO = b"5\r\nhello\r\n0\r\n\r\n"
TEN = b"content-length: 10"

LINES: dict[str, bytes] = {
    "no method": b" / HTTP/1.1",
    "method of signs": b"G@T / HTTP/1.1",
    "method with a nul": b"G\0T / HTTP/1.1",
    "method with a colon": b"GET: / HTTP/1.1",
    "space before": b" GET / HTTP/1.1",
    "tab between": b"GET\t/ HTTP/1.1",
    "no target": b"GET HTTP/1.1",
    "relative target": b"GET a HTTP/1.1",
    "target with a space": b"GET /a b HTTP/1.1",
    "target with a nul": b"GET /a\0b HTTP/1.1",
    "target with a return": b"GET /a\rb HTTP/1.1",
    "target with a line end": b"GET /a\nb HTTP/1.1",
    "target with bytes over 127": b"GET /caf\xc3\xa9 HTTP/1.1",
    "no version": b"GET /",
    "no number": b"GET / HTTP",
    "version in small letters": b"GET / http/1.1",
    "version 0.9": b"GET / HTTP/0.9",
    "version 1": b"GET / HTTP/1",
    "version 1.10": b"GET / HTTP/1.10",
    "version 1.2": b"GET / HTTP/1.2",
    "version 2.0": b"GET / HTTP/2.0",
    "another protocol": b"GET / FTP/1.1",
    "more behind": b"GET / HTTP/1.1 x",
}
HEADS: dict[str, bytes] = {
    **{name: get(first=line) for name, line in LINES.items()},
    "http/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
    "tls": bytes.fromhex("160301020001000100fc0303") + bytes(40),
    "an answer": b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
    "nonsense": bytes(range(128, 256)),
    "space before the colon": get(b"x : 1"),
    "space in a name": get(b"x y: 1"),
    "no colon": get(b"xy"),
    "no name": get(b": 1"),
    "nul in a name": get(b"x\0: 1"),
    "nul in a value": get(b"x: a\0b"),
    "return in a value": get(b"x: a\rb"),
    "control in a value": get(b"x: a\x01b"),
    "delete in a value": get(b"x: a\x7fb"),
    "sign in a name": get(b"x(y): 1"),
    "byte over 127 in a name": get(b"x\xe9: 1"),
    "fold": get(b"x: 1", b" 2"),
    "fold at once": get(b" x: 1").replace(b"host: a\r\n", b""),
    "fold of a length": post(b"content-length:", b" 5") + b"hello",
    "bare line ends": get(b"x: 1").replace(b"\r\n", b"\n"),
    "one bare line end": get(b"x: 1\ny: 2"),
    "bare returns": get(b"x: 1").replace(b"\r\n", b"\r"),
    "bare line end at the end": get()[:-2] + b"\n",
    "length and chunks": post(b"content-length: 5", CHUNKED) + HELLO,
    "chunks and length": post(CHUNKED, b"content-length: 5") + HELLO,
    "two lengths": post(b"content-length: 5", b"content-length: 6") + b"hello",
    "two lengths in one": post(b"content-length: 5, 6") + b"hello",
    "length with plus": post(b"content-length: +5") + b"hello",
    "length below zero": post(b"content-length: -1"),
    "length in hex": post(b"content-length: 0x5") + b"hello",
    "length with a space": post(b"content-length: 1 0") + b"hello",
    "length of nothing": post(b"content-length: "),
    "length of letters": post(b"content-length: five"),
    "length over 64 bits": post(b"content-length: 18446744073709551621") + b"hello",
    "length with nul": post(b"content-length: 5\0") + b"hello",
    "length before the colon": post(b"content-length : 5") + b"hello",
    "chunks before the colon": post(b"transfer-encoding : chunked") + HELLO,
    "no known encoding": post(b"transfer-encoding: xchunked") + HELLO,
    "identity": post(b"transfer-encoding: identity") + HELLO,
    "chunks not last": post(b"transfer-encoding: chunked, gzip") + HELLO,
    "chunks not last in two": post(CHUNKED, b"transfer-encoding: gzip") + HELLO,
    "chunks with control": post(b"transfer-encoding: \x0bchunked") + HELLO,
    "chunks in quotes": post(b'transfer-encoding: "chunked"') + HELLO,
}
BODIES: dict[str, bytes] = {
    "no size": b"\r\nhello\r\n0\r\n\r\n",
    "no hex": b"g\r\nhello\r\n0\r\n\r\n",
    "prefix": b"0x5\r\nhello\r\n0\r\n\r\n",
    "plus": b"+5\r\nhello\r\n0\r\n\r\n",
    "minus": b"-5\r\nhello\r\n0\r\n\r\n",
    "space before": b" 5\r\nhello\r\n0\r\n\r\n",
    "over 64 bits": b"10000000000000005\r\nhello\r\n0\r\n\r\n",
    "bare line end": b"5\nhello\r\n0\r\n\r\n",
    "bare return": b"5\rhello\r\n0\r\n\r\n",
    "too long": b"5\r\nhello!\r\n0\r\n\r\n",
    "too short": b"6\r\nhello\r\n0\r\n\r\n",
    "no line end behind": b"5\r\nhello0\r\n\r\n",
    "bare line end behind": b"5\r\nhello\n0\r\n\r\n",
    "extension with a line end": b"5;a\nb\r\nhello\r\n0\r\n\r\n",
    "extension with nul": b"5;a\0b\r\nhello\r\n0\r\n\r\n",
    "bare line end of the last": b"5\r\nhello\r\n0\n\r\n",
    "bad trailer": b"5\r\nhello\r\n0\r\nx y: 1\r\n\r\n",
    "trailer without a colon": b"5\r\nhello\r\n0\r\nxy\r\n\r\n",
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
async def test_what_is_no_request_is_refused_and_closed(http: Protocol, head: bytes) -> None:
    echo = Echo()
    async with serving(http, echo) as served:
        client = await served.connect()
        await client.send(head + EVIL)
        assert b"connection: close" in (await client.until(b"\r\n\r\n")).lower()
        answered = await client.end()
    assert [status in REFUSED for status in STATUS.findall(answered)] == [True]
    assert echo.bodies == []
    assert b"/evil" not in answered


@pytest.mark.parametrize("chunks", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("later", [False, True], ids=["at once", "later"])
async def test_what_are_no_chunks_end_in_no_body(
    http: Protocol, chunks: bytes, later: bool
) -> None:
    echo, head = Echo(), post(CHUNKED)
    rest = chunks + EVIL
    async with serving(http, echo) as served:
        answered = await served.talk(*([head, rest] if later else [head + rest]))
    assert {*STATUS.findall(answered)} <= REFUSED
    assert answered.count(b"HTTP/1.1 ") <= 1
    assert echo.bodies == []
    assert [scope["path"] for scope in echo.scopes] in ([], ["/"])


HOSTS = {
    "none": b"GET / HTTP/1.1\r\n\r\n",
    "two": get(b"host: b"),
    "two that agree": get(b"host: a"),
}


@pytest.mark.parametrize("head", HOSTS.values(), ids=HOSTS)
async def test_a_request_has_one_host(http: Protocol, head: bytes) -> None:
    echo = Echo()
    async with serving(http, echo) as served:
        client = await served.connect()
        await client.send(head)
        assert (await client.answer()).status == 400
        assert await client.end() == b""
    assert echo.scopes == []


@pytest.mark.parametrize(
    "lines",
    [
        [b"transfer-encoding: gzip, chunked"],
        [b"transfer-encoding: gzip", CHUNKED],
        [b"transfer-encoding: chunked, chunked"],
        [CHUNKED, CHUNKED],
    ],
    ids=["in one", "in two", "chunks twice", "chunks in two"],
)
async def test_an_encoding_that_nobody_takes_off_is_refused(
    http: Protocol, lines: list[bytes]
) -> None:
    echo = Echo()
    async with serving(http, echo) as served:
        client = await served.connect()
        await client.send(post(*lines) + HELLO)
        assert (await client.answer()).status in (400, 501)
        assert await client.end() == b""
    assert echo.bodies == []


async def test_chunks_of_a_client_of_1_0_are_the_last_it_says(http: Protocol) -> None:
    echo, head = Echo(), post(CHUNKED).replace(b"1.1", b"1.0")
    async with serving(http, echo) as served:
        answered = await served.talk(head + HELLO + EVIL)
    assert answered.count(b"HTTP/1.1 ") == 1
    assert len(echo.scopes) <= 1


async def test_the_same_length_twice_is_refused_or_taken_once(http: Protocol) -> None:
    echo = Echo()
    lines = [b"content-length: 5", b"content-length: 5", b"connection: close"]
    async with serving(http, echo) as served:
        answered = await served.talk(post(*lines) + b"hello" + EVIL)
    assert answered.count(b"HTTP/1.1 ") == 1
    assert echo.bodies in ([], [b"hello"])


async def test_blank_lines_before_a_request_are_skipped(http: Protocol) -> None:
    async with serving(http, Echo()) as served:
        client = await served.connect()
        for _ in range(2):
            await client.send(b"\r\n\r\n" + get())
            assert (await client.answer()).body == b"GET / "


@pytest.mark.parametrize("junk", [b"\0\0\0", b"junk\r\n\r\n", get(b"x y: 1")], ids=repr)
async def test_junk_after_a_request_is_not_its_answer(http: Protocol, junk: bytes) -> None:
    echo = Echo()
    async with serving(http, echo) as served:
        answered = await served.talk(get() + junk)
    statuses = STATUS.findall(answered)
    assert statuses[:1] in ([], [b"200"])
    assert {*statuses[1:]} <= REFUSED
    assert len(statuses) < 3


async def test_junk_after_an_answer_is_refused(http: Protocol) -> None:
    async with serving(http, Echo()) as served:
        client = await served.connect()
        await client.send(get())
        assert (await client.answer()).status == 200
        await client.send(b"junk\r\n\r\n")
        assert (await client.answer()).status == 400
        assert await client.end() == b""


async def test_junk_within_an_answer_cuts_it_off(http: Protocol) -> None:
    go = asyncio.Event()
    echo = Echo()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await go.wait()
        await echo(scope, receive, send)

    async with serving(http, app) as served:
        client = await served.connect()
        await client.send(get())
        await client.send(b"junk\r\n\r\n", b"more junk\r\n\r\n")
        go.set()
        answered = await client.end()
    assert answered.count(b"HTTP/1.1 ") <= 2
    assert STATUS.findall(answered)[:1] in ([], [b"200"])


async def test_what_comes_after_a_refusal_is_not_looked_at(http: Protocol) -> None:
    echo = Echo()
    async with serving(http, echo) as served:
        answered = await served.talk(b"junk\r\n\r\n" + EVIL, EVIL, EVIL)
    assert answered.count(b"HTTP/1.1 ") <= 1
    assert echo.scopes == []


UPGRADES = {
    "websocket": [
        *(b"connection: Upgrade", b"upgrade: websocket", b"sec-websocket-version: 13"),
        b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
    ],
    "h2c": [
        *(b"connection: Upgrade, HTTP2-Settings", b"upgrade: h2c"),
        b"http2-settings: AAMAAABkAARAAAAAAAIAAAAA",
    ],
}
upgrading = pytest.mark.parametrize("lines", UPGRADES.values(), ids=UPGRADES)


@upgrading
async def test_an_upgrade_is_declined_by_an_answer(http: Protocol, lines: list[bytes]) -> None:
    async with serving(http, Echo()) as served:
        answer = await served.ask(get(*lines))
    assert (answer.status, answer.body) == (200, b"GET / ")


@upgrading
async def test_after_a_declined_upgrade_a_connection_goes_on_or_ends(
    http: Protocol, lines: list[bytes]
) -> None:
    echo = Echo()
    async with serving(http, echo) as served:
        client = await served.connect()
        await client.send(get(*lines))
        await client.answer()
        client.writer.write(get(b"connection: close"))
        async with asyncio.timeout(0.5):
            answered = await client.end()
    assert answered.count(b"HTTP/1.1 ") == len(echo.scopes) - 1


@upgrading
async def test_a_declined_upgrade_loses_no_body(http: Protocol, lines: list[bytes]) -> None:
    echo = Echo()
    async with serving(http, echo) as served:
        client = await served.connect()
        await client.send(post(TEN, *lines), b"hello", b"hello")
        async with asyncio.timeout(0.5):
            assert (await client.answer()).body == b"POST / hellohello"


@upgrading
async def test_requests_behind_a_declined_upgrade_are_requests_or_nothing(
    http: Protocol, lines: list[bytes]
) -> None:
    echo = Echo()
    async with serving(http, echo) as served:
        client = await served.connect()
        await client.send(get(*lines) + get(b"connection: close"))
        async with asyncio.timeout(0.5):
            answered = await client.end()
    assert answered.count(b"HTTP/1.1 200 ") == len(echo.scopes) <= 2


async def test_who_asks_for_another_protocol_again_and_again_is_refused(ours: Protocol) -> None:
    echo = Echo()
    async with serving(ours, echo) as served:
        answered = await served.talk(get(*UPGRADES["h2c"]) * 4_000)
    assert answered.count(b"HTTP/1.1 200 ") == len(echo.scopes) == 1


@upgrading
async def test_a_connection_is_kept_after_a_declined_upgrade(
    ours: Protocol, lines: list[bytes]
) -> None:
    async with serving(ours, Echo()) as served:
        client = await served.connect()
        for _ in range(3):
            await client.send(post(TEN, *lines) + b"hellohello")
            assert (await client.answer()).body == b"POST / hellohello"


@pytest.mark.parametrize(
    "target", [b"b.test:443", b"/", b"http://b.test/"], ids=["authority", "path", "address"]
)
async def test_nobody_is_connected_to_elsewhere(http: Protocol, target: bytes) -> None:
    async with serving(http, Echo()) as served:
        client = await served.connect()
        await client.send(get(first=b"CONNECT %b HTTP/1.1" % target))
        assert not (await client.until(b"\r\n\r\n")).startswith(b"HTTP/1.1 2")
