"""What a connection of `aikit serve` may keep before the app sees a request is bounded."""

from __future__ import annotations

import asyncio
import gc
import socket
import weakref
from collections.abc import Iterator
from contextlib import suppress

import pytest
import uvicorn
from aikit_asgi import create_app, protocol
from aikit_asgi.protocol import HTTPProtocol
from uvicorn.server import ServerState

from .asgi import CLOSING, OPENING, kit_of, said
from .server import serve

POST = b"POST /generate HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
BODY = b'{"model": "fixture:echo", "prompt": "Hello there"}'
GET = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n"


class Brief(HTTPProtocol):
    limit = 1000


@pytest.fixture
def port() -> Iterator[int]:
    kit = kit_of(OPENING, said("a"), 0.3, CLOSING)
    with serve(create_app(kit), http=Brief) as url:
        yield int(url.rpartition(":")[2])


def talk(port: int, *pieces: bytes) -> bytes:
    """Send pieces, each read by itself, and return all that is answered until the end."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(ConnectionError):
            for piece in pieces:
                client.sendall(piece)
                client.settimeout(0.02)
                with suppress(TimeoutError):
                    received += client.recv(1 << 16)
                client.settimeout(5)
            while piece := client.recv(1 << 16):
                received += piece
    return received


@pytest.mark.parametrize(
    "piece", [b"x: " + b"a" * 300, b"a: b\r\n" * 50], ids=["one header", "many headers"]
)
def test_headers_without_an_end_are_refused(port: int, piece: bytes) -> None:
    answer = talk(port, GET, *[piece] * 10)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b"connection: close" in answer


def test_a_path_without_an_end_is_refused(port: int) -> None:
    assert talk(port, b"GET /", *[b"a" * 300] * 10).startswith(b"HTTP/1.1 431 ")


def test_what_the_app_gets_may_be_longer(port: int) -> None:
    long = BODY.replace(b"there", b"there" + b"!" * 2000)
    head = POST + b"connection: close\r\ncontent-length: %d\r\n\r\n" % len(long)
    pieces = [long[start : start + 300] for start in range(0, len(long), 300)]
    assert talk(port, head, *pieces).startswith(b"HTTP/1.1 200 ")


def test_trailers_without_an_end_are_refused(port: int) -> None:
    head = POST + b"transfer-encoding: chunked\r\n\r\n"
    chunk = b"%x\r\n%b\r\n0\r\n" % (len(BODY), BODY)
    assert b" 200 " not in talk(port, head + chunk, *[b"a: b\r\n" * 50] * 10)


def test_a_connection_without_a_request_is_closed(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "PATIENCE", 0.1)
    assert talk(port) == b""
    assert talk(port, GET) == b""
    again = talk(port, GET + b"\r\n", GET)
    assert again.count(b"HTTP/1.1 200 ") == 1


def test_an_answer_under_way_is_not_cut_off_by_a_request_that_does_not_come(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "PATIENCE", 0.1)
    head = POST.replace(b"/generate", b"/generate/stream")
    head += b"content-length: %d\r\n\r\n" % len(BODY)
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        client.sendall(head + BODY + b"GET /h")
        received = b""
        while b"event: done" not in received:
            piece = client.recv(1 << 16)
            assert piece, received
            received += piece


class Written(asyncio.Transport):
    """A transport that notes what it is told to do."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[bytes | str] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.told.append(bytes(data))

    def close(self) -> None:
        self.told.append("closed")

    def is_closing(self) -> bool:
        return "closed" in self.told

    def pause_reading(self) -> None:
        self.told.append("paused")


async def test_who_has_left_before_somebody_watches_is_told_of_soon() -> None:
    config = uvicorn.Config(create_app(kit_of()), log_level="critical")
    connection = HTTPProtocol(config, ServerState(), {}, asyncio.get_running_loop())
    written = Written()
    connection.connection_made(written)
    told = list[str]()
    connection.watch(lambda: told.append("left"))
    await asyncio.sleep(0)
    assert told == []
    connection.watch(None)
    written.close()
    connection.connection_lost(None)
    assert told == []
    connection.watch(lambda: told.append("left"))
    await asyncio.sleep(0)
    assert told == ["left"]


async def test_a_connection_that_is_lost_is_no_garbage_that_waits_for_its_collection() -> None:
    config = uvicorn.Config(create_app(kit_of()), log_level="critical")
    config.load()
    connection = Brief(config, ServerState(), {}, asyncio.get_running_loop())
    connection.connection_made(Written())
    connection.data_received(GET + b"\r\n")
    await asyncio.gather(*connection.state.tasks)
    connection.data_received(b"GET /")  # and the next one has begun
    connection.connection_lost(None)
    known = weakref.ref(connection)
    gc.disable()
    try:
        del connection
        await asyncio.sleep(0)
        assert known() is None
    finally:
        gc.enable()
