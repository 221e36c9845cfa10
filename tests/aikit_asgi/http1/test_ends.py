"""How a connection of `aikit serve` ends: nothing that was answered is lost, and nobody is kept."""

from __future__ import annotations

import asyncio
import logging
import socket

import pytest
from aikit_asgi import protocol
from aikit_asgi.http import Receive, Scope, Send

from .wire import SOON, App, Echo, Served, body, hello, serving, start

Protocol = type[asyncio.Protocol]
BRIEF = 0.1
GET = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"
CLOSE = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
LONG = 8 << 20


@pytest.fixture
def hurried(ours: Protocol, monkeypatch: pytest.MonkeyPatch) -> Protocol:
    """Our protocol, with a tenth of a second for everything."""
    monkeypatch.setattr(protocol, "PATIENCE", BRIEF)
    monkeypatch.setattr(protocol, "LINGER", BRIEF)
    return ours


def answering(size: int, *fields: tuple[bytes, bytes], status: int = 200) -> App:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await start(send, status, (b"content-length", b"%d" % size), *fields)
        await body(send, bytes(size))

    return app


async def cut(scope: Scope, receive: Receive, send: Send) -> None:
    async def pour() -> None:
        while True:
            await body(send, bytes(60_000), more=True)

    await start(send)
    await asyncio.wait_for(pour(), BRIEF)


async def let_go(served: Served) -> None:
    async with asyncio.timeout(SOON):
        while served.state.connections:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("app", "request_"),
    [(answering(LONG), GET), (answering(LONG), CLOSE), (cut, GET)],
    ids=["idle", "closing", "cut off"],
)
async def test_a_client_that_takes_nothing_is_let_go(
    hurried: Protocol, app: App, request_: bytes
) -> None:
    async with serving(hurried, app, timeout_keep_alive=BRIEF) as served:
        client = await served.connect(buffer=4096)
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await client.send(request_)
        async with asyncio.timeout(SOON):
            while not served.state.connections:
                await asyncio.sleep(0)
        await let_go(served)


async def test_a_client_that_has_said_its_last_word_and_takes_nothing_is_let_go(
    hurried: Protocol,
) -> None:
    async with serving(hurried, answering(LONG)) as served:
        client = await served.connect(buffer=4096)
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await client.send(GET)
        await asyncio.sleep(BRIEF)
        client.writer.write_eof()
        await let_go(served)


async def test_a_client_that_takes_it_slowly_gets_all(hurried: Protocol) -> None:
    async with serving(hurried, answering(1 << 20), buffer=1 << 16) as served:
        client = await served.connect(buffer=1 << 16)
        await client.send(CLOSE)
        got = 0
        while data := await client.reader.read(1 << 15):
            got += len(data)
            await asyncio.sleep(BRIEF / 10)
    assert got > 1 << 20


def blocking(port: int, message: bytes) -> tuple[bytes, str]:
    """Send all and only then read, as most clients do; return what came and how that ended."""
    with socket.create_connection(("127.0.0.1", port), timeout=SOON) as connection:
        came = b""
        try:
            connection.sendall(message)
            while data := connection.recv(1 << 16):
                came += data
        except OSError as error:
            return came, repr(error)
        return came, ""


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2000000\r\n\r\n" + bytes(2_000_000), 413),
        (b"GET / HTTP/1.1\r\nhost: a\r\nx: " + b"a" * 1_000_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nhost : a\r\n\r\n" + bytes(1_000_000), 400),
    ],
    ids=["body", "headers", "junk"],
)
async def test_who_still_sends_gets_the_answer(ours: Protocol, message: bytes, status: int) -> None:
    app = answering(300_000, (b"connection", b"close"), status=413)
    async with serving(ours, app) as served:
        for _ in range(5):
            came, error = await asyncio.to_thread(blocking, served.port, message)
            head, _, rest = came.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 %d " % status)
            assert f"content-length: {len(rest)}".encode() in head
            assert not error


async def test_a_refusal_is_sent_once_and_has_a_date(ours: Protocol) -> None:
    async with serving(ours, hello) as served:
        for sent in (b"\0" * 200_000, b"GET / HTTP/1.1\r\nx: " + b"a" * 200_000):
            came, _ = await asyncio.to_thread(blocking, served.port, sent)
            assert came.count(b"HTTP/1.1 ") == 1
            assert b"\r\ndate: " in came


async def test_who_sends_on_and_on_is_not_listened_to_for_ever(hurried: Protocol) -> None:
    app = answering(5, (b"connection", b"close"))
    async with serving(hurried, app) as served:
        client = await served.connect()
        await client.send(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 999999999\r\n\r\n")
        assert (await client.answer("POST")).status == 200
        with pytest.raises(ConnectionError):
            async with asyncio.timeout(SOON):
                while True:
                    await client.send(bytes(1000))
                    await asyncio.sleep(BRIEF / 10)


async def test_a_server_that_stops_does_not_wait_for_a_body_that_nobody_reads(
    hurried: Protocol,
) -> None:
    async with serving(hurried, answering(5)) as served:
        client = await served.connect()
        await client.send(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 99\r\n\r\n")
        assert (await client.answer("POST")).status == 200
        served.connections[0].shutdown()
        assert await client.end() == b""
        await let_go(served)


@pytest.mark.parametrize("breaks", ["app", "client"])
async def test_an_answer_without_an_end_that_breaks_off_does_not_look_whole(
    ours: Protocol, breaks: str
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await start(send)
        await body(send, b"half", more=True)
        if breaks == "app":
            raise ValueError
        await receive()
        await receive()

    async with serving(ours, app) as served:
        client = await served.connect()
        head = b"POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n"
        await client.send(head if breaks == "client" else b"GET / HTTP/1.0\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            while piece := await client.reader.read(1 << 16):
                if breaks == "client" and piece.endswith(b"half"):
                    await client.send(b"this is no chunk\r\n")


async def test_so_many_requests_may_come_at_once(ours: Protocol) -> None:
    echo, begun, gate = Echo(), asyncio.Event(), asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        begun.set()
        await gate.wait()
        await echo(scope, receive, send)

    requests = b"GET / HTTP/1.1\r\nhost:\r\n\r\n" * (2 * protocol.MOST)
    async with serving(ours, app) as served:
        client = await served.connect()
        await client.send(requests)
        await begun.wait()
        await asyncio.sleep(BRIEF)
        gate.set()
        assert (await client.end()).count(b"HTTP/1.1 200 ") == protocol.MOST + 1


async def test_a_piece_that_was_refused_does_not_count(ours: Protocol) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await start(send, 200, (b"content-length", b"5"))
        with pytest.raises(RuntimeError, match="not as long as its content-length"):
            await body(send, b"abc")
        await body(send, b"de")

    async with serving(ours, app) as served:
        assert b"de" not in await served.talk(GET)


@pytest.mark.parametrize("status", [7, 101, 103, 1000, 99_999])
async def test_what_is_no_final_status_is_not_sent(ours: Protocol, status: int) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await start(send, status)
        await body(send, b"never")

    async with serving(ours, app) as served:
        assert (await served.ask(GET)).status == 500


async def test_a_length_is_told_once_and_never_of_nothing(ours: Protocol) -> None:
    told = (b"content-length", b"5")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await start(send, 204 if scope["path"] == "/nothing" else 200, told, told)
        await body(send, b"hello")

    async with serving(ours, app) as served:
        client = await served.connect()
        for path, known in ((b"/", [told]), (b"/nothing", [])):
            await client.send(GET.replace(b"/", path, 1))
            answer = await client.answer()
            assert [field for field in answer.headers if field[0] == told[0]] == known


async def test_a_declined_upgrade_loses_no_empty_header(ours: Protocol) -> None:
    echo = Echo()
    head = b"GET / HTTP/1.1\r\nhost:\r\nx-empty:\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n"
    async with serving(ours, echo) as served:
        assert (await served.ask(head)).status == 200
    assert {(b"host", b""), (b"x-empty", b"")} <= set(echo.scopes[0]["headers"])


async def test_a_prefix_need_not_be_ascii(ours: Protocol) -> None:
    echo = Echo()
    async with serving(ours, echo, root_path="/ü") as served:
        assert (await served.ask(GET)).status == 200
        assert (await served.ask(GET.replace(b"GET /", b"OPTIONS *"))).status == 200
    plain, star = echo.scopes
    assert (plain["path"], plain["raw_path"]) == ("/ü/", b"/%C3%BC/")
    assert (star["path"], star["raw_path"]) == ("*", b"*")


async def test_a_fault_of_our_own_is_logged(
    ours: Protocol, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(url: bytes) -> None:
        raise KeyError("ours")

    monkeypatch.setattr(protocol, "split_again", broken)
    async with serving(ours, hello) as served:
        with caplog.at_level(logging.ERROR, "uvicorn.error"):
            assert (await served.ask(GET)).status == 400
    assert "KeyError: 'ours'" in caplog.text
