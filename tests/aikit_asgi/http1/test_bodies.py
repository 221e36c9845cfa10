"""How bodies come to an app and leave it, also when the other side does not keep up, or goes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from aikit_asgi.http import Message, Receive, Scope, Send

from .wire import SOON, Client, Echo, body, hello, serving, start, whole

Protocol = type[asyncio.Protocol]
GET = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"
CLOSE = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
SMALL = 1 << 14
STALLED = 0.2
"""Seconds without progress after which somebody is taken to wait."""


def post(length: int, *lines: bytes, version: bytes = b"1.1") -> bytes:
    framing = b"content-length: %d" % length if length >= 0 else b"transfer-encoding: chunked"
    head = [b"POST / HTTP/" + version, b"host: a", framing, *lines]
    return b"\r\n".join([*head, b"", b""])


CHUNKS = {
    "one": b"5\r\nhello\r\n0\r\n\r\n",
    "many": b"1\r\nh\r\n3\r\nell\r\n1\r\no\r\n0\r\n\r\n",
    "zeros": b"0005\r\nhello\r\n000\r\n\r\n",
    "extensions": b'5;a=b;c="d e"\r\nhello\r\n0;e\r\n\r\n',
    "trailers": b"5\r\nhello\r\n0\r\nX-Sum: 1\r\nhost: evil\r\n\r\n",
}


@pytest.mark.parametrize("chunks", CHUNKS.values(), ids=CHUNKS)
@pytest.mark.parametrize("bytewise", [False, True], ids=["whole", "bytewise"])
async def test_chunks_are_put_together(http: Protocol, chunks: bytes, bytewise: bool) -> None:
    echo, pieces = Echo(), [chunks]
    if bytewise:
        pieces = [chunks[place : place + 1] for place in range(len(chunks))]
    async with serving(http, echo) as served:
        client = await served.connect()
        for _ in range(2):
            await client.send(post(-1), *pieces)
            assert (await client.answer()).body == b"POST / hello"
    assert echo.bodies == [b"hello", b"hello"]
    names = [name for name, _ in echo.scopes[0]["headers"]]
    assert names == [b"host", b"transfer-encoding"]


async def test_hexadecimal_sizes_have_letters_of_either_case(http: Protocol) -> None:
    async with serving(http, Echo()) as served:
        for size in (b"1a", b"1A"):
            answer = await served.ask(post(-1), size, b"\r\n" + b"x" * 26 + b"\r\n0\r\n\r\n")
            assert answer.body == b"POST / " + b"x" * 26


@pytest.mark.parametrize(
    "request_",
    [GET, post(0), post(-1) + b"0\r\n\r\n", b"POST / HTTP/1.1\r\nhost: a\r\n\r\n"],
    ids=["get", "length", "chunked", "unsaid"],
)
async def test_an_empty_body_is_one_empty_message(http: Protocol, request_: bytes) -> None:
    told: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        told.append(await receive())
        while told[-1].get("more_body"):
            told.append(await receive())
        await hello(scope, receive, send)

    async with serving(http, app) as served:
        assert (await served.ask(request_)).body == b"hello"
    assert b"".join(message["body"] for message in told) == b""
    assert {message["type"] for message in told} == {"http.request"}


@pytest.mark.parametrize("length", [1 << 20, -1], ids=["length", "chunked"])
async def test_a_long_body_comes_in_pieces_whose_last_says_so(http: Protocol, length: int) -> None:
    told: list[Message] = []
    text = bytes(range(256)) * 4096

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        told.append(await receive())
        while told[-1]["more_body"]:
            told.append(await receive())
        await hello(scope, receive, send)

    pieces = [text[place : place + 50_000] for place in range(0, len(text), 50_000)]
    if length < 0:
        pieces = [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces] + [b"0\r\n\r\n"]
    async with serving(http, app) as served:
        assert (await served.ask(post(length), *pieces)).body == b"hello"
    assert b"".join(message["body"] for message in told) == text
    assert all(isinstance(message["body"], bytes) for message in told)
    assert len(told) > 1


async def pour(client: Client, text: bytes) -> int:
    """Send until nobody takes more, and return how many bytes have left."""
    client.writer.transport.set_write_buffer_limits(0)
    for place in range(0, len(text), 1 << 16):
        client.writer.write(text[place : place + (1 << 16)])
        try:
            async with asyncio.timeout(STALLED):
                await client.writer.drain()
        except TimeoutError:
            return place
    return len(text)


async def test_a_body_that_nobody_reads_is_not_read_from_the_network(http: Protocol) -> None:
    size, go, read = 4 << 20, asyncio.Event(), 0

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal read
        await go.wait()
        more = True
        while more:
            message = await receive()
            read += len(message["body"])
            more = message["more_body"]
        await hello(scope, receive, send)

    async with serving(http, app, buffer=SMALL) as served:
        client = await served.connect(SMALL)
        await client.send(post(size))
        sent = await pour(client, bytes(size))
        assert sent < 2 << 20
        go.set()
        client.writer.write(bytes(size - sent - (1 << 16)))
        assert (await client.answer()).body == b"hello"
    assert read == size


async def test_requests_ahead_of_a_busy_app_are_not_read_without_end(http: Protocol) -> None:
    go, asked = asyncio.Event(), 0

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal asked
        asked += 1
        await go.wait()
        await hello(scope, receive, send)

    async with serving(http, app, buffer=SMALL) as served:
        client = await served.connect(SMALL)
        assert await pour(client, GET * 400_000) < 2 << 20
        assert asked == 1
        client.reset()
        go.set()


async def test_after_the_body_nothing_comes_until_the_client_leaves(http: Protocol) -> None:
    told, reading = list[Message](), asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert await whole(receive) == b"hello"
        reading.set()
        told.extend([await receive(), await receive()])

    async with serving(http, app) as served:
        client = await served.connect()
        await client.send(post(5) + b"hello")
        await reading.wait()
        await client.send(b"")
        assert told == []
        client.leave()
        await served.quiet()
    assert told == [{"type": "http.disconnect"}] * 2


async def test_after_its_answer_an_app_is_told_that_it_is_over(http: Protocol) -> None:
    told = asyncio.get_running_loop().create_future()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await whole(receive)
        ending = asyncio.create_task(receive())
        await hello(scope, receive, send)
        told.set_result([await ending, await receive()])

    async with serving(http, app) as served:
        client = await served.connect()
        await client.send(GET)
        assert (await client.answer()).body == b"hello"
        async with asyncio.timeout(SOON):
            assert await told == [{"type": "http.disconnect"}] * 2


LEAVE: dict[str, Callable[[Client], Any]] = {
    "closes": Client.leave,
    "resets": Client.reset,
    "shuts its side": lambda client: client.writer.write_eof(),
}
leaving = pytest.mark.parametrize("leave", LEAVE.values(), ids=LEAVE)


@leaving
@pytest.mark.parametrize("length", [10, 200_000, -1], ids=["short", "long", "chunked"])
async def test_a_body_that_breaks_off_has_no_end(
    http: Protocol, length: int, leave: Callable[[Client], Any]
) -> None:
    echo = Echo()
    begun = b"hello" if length > 0 else b"5\r\nhello\r\n"
    async with serving(http, echo) as served:
        client = await served.connect()
        await client.send(post(length) + begun)
        leave(client)
        await served.quiet()
    assert (echo.bodies, echo.cut) == ([], [b"hello"])


@leaving
@pytest.mark.parametrize("size", [0, 200_000])
async def test_a_stream_whose_client_leaves_is_told(
    http: Protocol, size: int, leave: Callable[[Client], Any]
) -> None:
    over = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await whole(receive)
        await start(send)
        await body(send, b"first", more=True)
        assert (await receive())["type"] == "http.disconnect"
        with suppress(OSError):
            await body(send, b"second", more=True)
            await body(send, b"third")
        over.set()

    async with serving(http, app) as served:
        client = await served.connect()
        await client.send(post(size), bytes(size))
        await client.until(b"first")
        leave(client)
        async with asyncio.timeout(SOON):
            await over.wait()
        assert b"second" not in await client.end()


async def test_who_does_not_listen_may_send_after_the_client_has_left(http: Protocol) -> None:
    go, over = asyncio.Event(), asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await start(send)
        await body(send, b"first", more=True)
        await go.wait()
        with suppress(OSError):
            for _ in range(100):
                await body(send, b"more", more=True)
            await body(send, b"last")
        over.set()

    async with serving(http, app) as served:
        client = await served.connect()
        await client.send(GET)
        await client.until(b"first")
        client.reset()
        async with asyncio.timeout(SOON):
            while served.state.connections:
                await asyncio.sleep(0.001)
            go.set()
            await over.wait()


async def test_a_client_that_leaves_with_a_request_waiting_is_noticed(http: Protocol) -> None:
    over = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await whole(receive)
        assert (await receive())["type"] == "http.disconnect"
        over.set()

    async with serving(http, app) as served:
        client = await served.connect()
        await client.send(GET + GET)
        client.leave()
        async with asyncio.timeout(1):
            await over.wait()


class Pouring:
    """An app that sends without end, and notes how much it got rid of."""

    piece = bytes(1 << 14)

    def __init__(self, pieces: int) -> None:
        self.pieces, self.sent, self.over = pieces, 0, asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await start(send)
        with suppress(OSError):
            for _ in range(self.pieces):
                await body(send, self.piece, more=True)
                self.sent += len(self.piece)
            await body(send)
        self.over.set()

    async def stalled(self) -> None:
        before = -1
        while self.sent != before:
            before = self.sent
            await asyncio.sleep(STALLED)


async def test_a_client_that_does_not_read_has_the_app_wait(http: Protocol) -> None:
    pouring = Pouring(800)
    async with serving(http, pouring, buffer=SMALL) as served:
        client = await served.connect(SMALL)
        await client.send(GET)
        await pouring.stalled()
        assert 0 < pouring.sent < 2 << 20
        assert len((await client.answer()).body) == 800 << 14
    assert pouring.over.is_set()


@pytest.mark.parametrize("leave", [Client.leave, Client.reset], ids=["closes", "resets"])
async def test_an_app_that_waits_for_a_reader_wakes_when_it_leaves(
    http: Protocol, leave: Callable[[Client], Any]
) -> None:
    pouring = Pouring(800)
    async with serving(http, pouring, buffer=SMALL) as served:
        client = await served.connect(SMALL)
        await client.send(GET)
        await pouring.stalled()
        leave(client)
        async with asyncio.timeout(SOON):
            await pouring.over.wait()


@pytest.mark.parametrize("rest", [5, 300_000])
async def test_a_body_that_comes_after_its_answer_is_no_request(http: Protocol, rest: int) -> None:
    asked = 0

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal asked
        asked += 1
        await hello(scope, receive, send)

    async with serving(http, app) as served:
        client = await served.connect()
        await client.send(post(rest + 1) + b"x")
        assert (await client.answer()).body == b"hello"
        with suppress(ConnectionError):
            await client.send((CLOSE * rest)[:rest])
            await client.send(CLOSE)
        answered = await client.end()
    assert answered.count(b"HTTP/1.1 ") == asked - 1 <= 1
