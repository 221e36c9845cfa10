"""What `aikit serve` promises of its connections beyond what any server does."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn
from aikit_asgi import protocol
from aikit_asgi.http import Receive, Scope, Send
from uvicorn.server import ServerState

from .wire import SOON, App, Client, Echo, body, hello, serving, start, whole

Protocol = type[asyncio.Protocol]
LIMIT = 1000
BRIEF = 0.1
GET = b"GET / HTTP/1.1\r\nhost: a\r\n"
CLOSE = GET + b"connection: close\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"


@pytest.fixture
def limited(ours: Protocol, monkeypatch: pytest.MonkeyPatch) -> Protocol:
    """Our protocol, for headers of at most `LIMIT` bytes."""
    monkeypatch.setattr(ours, "limit", LIMIT)
    return ours


@pytest.fixture
def hurried(ours: Protocol, monkeypatch: pytest.MonkeyPatch) -> Protocol:
    """Our protocol, which waits for headers for `BRIEF` seconds."""
    monkeypatch.setattr(protocol, "PATIENCE", BRIEF)
    return ours


@pytest.mark.parametrize(
    "pieces",
    [
        [GET, *[b"x: " + b"a" * 300] * 10],
        [GET, *[b"a: b\r\n" * 50] * 10],
        [GET, b"x: ", *[b"a" * 300] * 10],
        [GET, *[b"a" * 300] * 10],
        [b"GET /", *[b"a" * 300] * 10],
    ],
    ids=["headers", "many", "one", "name", "target"],
)
async def test_headers_over_the_limit_are_refused(limited: Protocol, pieces: list[bytes]) -> None:
    echo = Echo()
    async with serving(limited, echo) as served:
        answered = await served.talk(*pieces)
    assert answered.startswith(b"HTTP/1.1 431 ")
    assert answered.count(b"HTTP/1.1 ") == 1
    assert b"connection: close" in answered.lower()
    assert echo.scopes == []


async def test_headers_within_the_limit_are_not(limited: Protocol) -> None:
    pieces = [GET, *[b"x: " + b"a" * 195 + b"\r\n"] * 4, b"\r\n"]
    async with serving(limited, Echo()) as served:
        client = await served.connect()
        for _ in range(3):
            await client.send(*pieces)
            assert (await client.answer()).status == 200


@pytest.mark.parametrize("length", [True, False], ids=["length", "chunked"])
async def test_a_body_may_be_longer(limited: Protocol, length: bool) -> None:
    echo, pieces = Echo(), [b"x" * 300] * 20
    head = CHUNKED
    if length:
        head = head.replace(b"transfer-encoding: chunked", b"content-length: 6000")
    else:
        pieces = [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces] + [b"0\r\n\r\n"]
    async with serving(limited, echo) as served:
        assert (await served.ask(head, *pieces)).status == 200
    assert echo.bodies == [b"x" * 6000]


@pytest.mark.parametrize(
    "pieces",
    [
        [CHUNKED, b"5;", *[b"a" * 300] * 10],
        [CHUNKED, *[b"0" * 300] * 10],
        [CHUNKED + b"5\r\nhello\r\n0\r\n", *[b"a: b\r\n" * 50] * 10],
        [CHUNKED + b"5\r\nhello\r\n0\r\nx: ", *[b"a" * 300] * 10],
        [*[b"\r\n" * 150] * 10],
        [GET + b"\r\n", *[b"\r\n" * 150] * 10],
    ],
    ids=["extension", "zeros", "trailers", "trailer", "nothing", "nothing after an answer"],
)
async def test_what_never_gets_to_the_app_has_an_end(
    limited: Protocol, pieces: list[bytes]
) -> None:
    echo = Echo()
    async with serving(limited, echo) as served:
        await served.talk(*pieces)
    assert echo.bodies in ([], [b""])


@pytest.mark.parametrize(
    "begun", [b"", b"\r\n", b"GET /", GET, GET + b"x: "], ids=["nothing", "blank", "", "head", "x"]
)
async def test_a_request_that_does_not_come_is_not_waited_for(
    hurried: Protocol, begun: bytes
) -> None:
    echo, time = Echo(), asyncio.get_running_loop().time
    async with serving(hurried, echo) as served:
        began = time()
        assert b" 200 " not in await served.talk(begun)
        assert BRIEF * 0.9 < time() - began < 1
    assert echo.scopes == []


async def test_headers_that_trickle_are_not_waited_for(hurried: Protocol) -> None:
    async with serving(hurried, Echo()) as served:
        client, began = await served.connect(), asyncio.get_running_loop().time()
        ending = asyncio.create_task(client.end())
        while not ending.done():
            client.writer.write(b"" if client.writer.is_closing() else GET[:1])
            await asyncio.sleep(BRIEF / 5)
            assert asyncio.get_running_loop().time() - began < 1
        assert b" 200 " not in await ending


async def test_the_next_request_has_to_come_whole_too(hurried: Protocol) -> None:
    async with serving(hurried, Echo()) as served:
        client = await served.connect()
        await client.send(GET + b"\r\n")
        assert (await client.answer()).status == 200
        await asyncio.sleep(2 * BRIEF)  # an idle connection is none that is late
        await client.send(GET + b"\r\n")
        assert (await client.answer()).status == 200
        await client.send(GET)
        assert b" 200 " not in await client.end()


async def test_a_body_may_take_its_time(hurried: Protocol) -> None:
    async with serving(hurried, Echo()) as served:
        client = await served.connect()
        await client.send(CHUNKED + b"5\r\nhel")
        await asyncio.sleep(2 * BRIEF)
        await client.send(b"lo\r\n0\r\n\r\n")
        assert (await client.answer()).body == b"POST / hello"


async def test_an_answer_under_way_is_not_cut_by_a_request_that_does_not_come(
    hurried: Protocol,
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await start(send)
        await body(send, b"first ", more=True)
        await asyncio.sleep(3 * BRIEF)
        await body(send, b"last")

    async with serving(hurried, app) as served:
        client = await served.connect()
        await client.send(GET + b"\r\nGET /")
        assert (await client.answer()).body == b"first last"


class Transport(asyncio.Transport):
    """A connection that notes what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def writelines(self, pieces: Any) -> None:
        self.written.append(b"".join(pieces))

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


def connected(ours: Protocol, app: App) -> tuple[Any, Transport, ServerState]:
    """Give our protocol a transport, without any network."""
    config = uvicorn.Config(
        app, interface="asgi3", proxy_headers=False, log_config=None, log_level="critical"
    )
    config.load()
    state, transport = ServerState(), Transport()
    loop = asyncio.get_running_loop()
    connection = ours(config, state, {}, _loop=loop)  # type: ignore[call-arg]
    connection.connection_made(transport)
    return connection, transport, state


async def test_head_and_body_leave_together(ours: Protocol) -> None:
    connection, transport, state = connected(ours, hello)
    connection.data_received(GET + b"\r\n")
    await asyncio.gather(*state.tasks)
    await asyncio.sleep(0)
    (written,) = transport.written
    assert written.startswith(b"HTTP/1.1 200 OK\r\n")
    assert written.endswith(b"\r\n\r\nhello")
    transport.close()
    connection.connection_lost(None)


async def test_the_first_piece_of_a_stream_leaves_with_the_head(ours: Protocol) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await start(send)
        await body(send, b"first", more=True)
        await receive()
        await body(send, b"last")

    connection, transport, state = connected(ours, app)
    connection.data_received(CHUNKED)
    for _ in range(3):
        await asyncio.sleep(0)
    (written,) = transport.written
    assert written.endswith(b"\r\n\r\n5\r\nfirst\r\n")
    connection.data_received(b"0\r\n\r\n")
    await asyncio.gather(*state.tasks)
    assert transport.written[1:] == [b"4\r\nlast\r\n0\r\n\r\n"]
    transport.close()
    connection.connection_lost(None)


class Watching:
    """An app that watches its connection, and answers once its client has left or it may."""

    def __init__(self, *, late: bool = False) -> None:
        self.late = late
        self.told = 0
        self.called, self.go, self.left = asyncio.Event(), asyncio.Event(), asyncio.Event()

    def tell(self) -> None:
        self.told += 1
        self.left.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = scope["aikit.connection"]
        await whole(receive)
        await start(send)
        await body(send, b"first ", more=True)
        if not self.late:
            connection.watch(self.tell)
        self.called.set()
        await self.go.wait()
        connection.watch(self.tell if self.late else None)
        del connection
        await body(send, b"last")
        if self.late:
            await self.left.wait()


@pytest.mark.parametrize("leave", [Client.leave, Client.reset], ids=["closes", "resets"])
@pytest.mark.parametrize("size", [0, 100, 70_000, 1_000_000])
async def test_an_app_that_watches_is_told_once_that_the_client_left(
    ours: Protocol, size: int, leave: Callable[[Client], None]
) -> None:
    app = Watching()
    head = CHUNKED.replace(b"transfer-encoding: chunked", b"content-length: %d" % size)
    async with serving(ours, app) as served:
        client = await served.connect()
        await client.send(head, bytes(size))
        await app.called.wait()
        await client.until(b"first")
        assert app.told == 0
        leave(client)
        async with asyncio.timeout(SOON):
            await app.left.wait()
        app.go.set()
        await served.quiet()
    assert app.told == 1


async def test_who_watches_late_is_told_soon(ours: Protocol) -> None:
    app = Watching(late=True)
    async with serving(ours, app) as served:
        client = await served.connect()
        await client.send(GET + b"\r\n")
        await client.until(b"first")
        client.reset()
        async with asyncio.timeout(SOON):
            while served.state.connections:
                await asyncio.sleep(0.001)
            app.go.set()
            await app.left.wait()
    assert app.told == 1


async def test_who_watches_no_more_is_not_told(ours: Protocol) -> None:
    app = Watching()
    async with serving(ours, app) as served:
        client = await served.connect()
        for _ in range(2):
            await client.send(GET + b"\r\n")
            await app.called.wait()
            app.go.set()
            assert (await client.answer()).body == b"first last"
            app.called.clear()
            app.go.clear()
    assert app.told == 0


@pytest.fixture
def uncollected() -> Iterator[Callable[[type], list[Any]]]:
    """Have no garbage collected; tells what of a class would have been."""

    def found(kind: type) -> list[Any]:
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        gc.set_debug(0)
        found = [item for item in gc.garbage if isinstance(item, kind)]
        gc.garbage.clear()
        return found

    gc.collect()
    gc.disable()
    yield found
    gc.set_debug(0)
    gc.garbage.clear()
    gc.enable()


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"GET /",
        GET + b"\r\n",
        CLOSE,
        GET + b"\r\nGET /",
        CHUNKED + b"5\r\nhe",
        b"junk\r\n\r\n",
    ],
    ids=["nothing", "line", "request", "last", "next", "body", "junk"],
)
async def test_a_connection_that_is_over_is_no_garbage(
    ours: Protocol, said: bytes, uncollected: Callable[[type], list[Any]]
) -> None:
    async with serving(ours, Echo()) as served:
        for leave in (Client.leave, Client.reset):
            client = await served.connect()
            await client.send(said, b"")
            for _ in range(5):
                await asyncio.sleep(0)
            leave(client)
            await served.quiet()
        served.connections.clear()
        for _ in range(3):
            await asyncio.sleep(0)
        assert uncollected(ours) == []
