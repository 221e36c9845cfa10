"""Connections: kept, shared, limited, found closed, and what is sent over them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from aicore.errors import BadConfig, BadInput, CutOff, TimedOut, Unreachable
from aikit_wire.http1 import connection
from aikit_wire.http1.pool import Limits
from aikit_wire.http1.transport import HTTP1Transport
from aikit_wire.stock import StockTransport
from aikit_wire.transport import HTTPRequest, Phases, Transport

from .conftest import TRANSPORTS
from .server import SOON, Answer, Peer, Server, Wire, saying, silent

SAID = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
OK = Answer(200, b"ok")


async def polite(peer: Peer) -> None:
    """Answer whatever is asked."""
    while True:
        await peer.request()
        peer.say(SAID)


class Few(StockTransport):
    """httpx2 with few connections."""

    def __init__(self, connections: int) -> None:
        self.client = httpx2.AsyncClient(limits=httpx2.Limits(max_connections=connections))
        super().__init__(self.client)

    async def aclose(self) -> None:
        await self.client.aclose()


@pytest.fixture
def few(name: str) -> Callable[[int], Transport]:
    """Makes a transport of so many connections."""
    if name == "httpx2":
        return Few
    return lambda number: HTTP1Transport(Limits(connections=number))


# Kept


async def test_a_connection_is_used_again(transport: Transport) -> None:
    async with Wire(transport, polite) as wire:
        for _ in range(3):
            assert await wire.ask() == OK
        assert len(wire.peers) == 1


async def test_calls_at_the_same_time_have_connections_of_their_own(
    name: str, transport: Transport
) -> None:
    async with Wire(transport, polite) as wire:
        for _ in range(2):
            assert await asyncio.gather(*(wire.ask() for _ in range(150))) == [OK] * 150
        if name == "aikit":  # httpx2 keeps 100 idle ones and makes the others anew
            assert len(wire.peers) == 150


async def test_a_body_that_is_there_but_not_read_does_not_cost_the_connection(
    name: str, transport: Transport
) -> None:
    if name == "httpx2":
        pytest.skip("httpx2 closes it")
    async with Wire(transport, polite) as wire:
        for _ in range(2):
            await (await wire.send()).aclose()
        assert len(wire.peers) == 1


async def test_nor_does_one_that_is_longer_than_what_may_wait() -> None:
    size = connection.HIGH + 1000
    said = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + bytes(size)
    async with Wire(HTTP1Transport(), saying(said, said)) as wire:
        response = await wire.send()
        await asyncio.sleep(0.1)
        await response.aclose()
        assert await wire.ask() == Answer(200, bytes(size))
        assert len(wire.peers) == 1


async def test_a_response_that_was_closed_does_not_read_the_next_answer(
    transport: Transport,
) -> None:
    async with Wire(transport, polite) as wire:
        first = await wire.send()
        chunks = first.chunks()
        assert await anext(chunks) == b"ok"
        await first.aclose()
        await first.aclose()
        second = await wire.send()
        with pytest.raises((CutOff, StopAsyncIteration)):
            await anext(chunks)
        with pytest.raises((CutOff, StopAsyncIteration)):
            await anext(first.chunks())
        assert [chunk async for chunk in second.chunks()] == [b"ok"]
        await second.aclose()


async def test_an_idle_connection_is_closed_after_its_time() -> None:
    transport = HTTP1Transport(Limits(idle_seconds=0.1))
    async with Wire(transport, polite) as wire:
        await wire.ask()
        assert not wire.peers[0].gone.done()
        async with asyncio.timeout(1):
            await wire.peers[0].gone
        assert await wire.ask() == OK
        assert len(wire.peers) == 2


async def test_the_one_used_last_is_used_first_and_the_others_expire() -> None:
    transport = HTTP1Transport(Limits(idle_seconds=0.2))
    async with Wire(transport, polite) as wire:
        await asyncio.gather(*(wire.ask() for _ in range(3)))
        for _ in range(8):
            await asyncio.sleep(0.05)
            await wire.ask()
        assert [peer.gone.done() for peer in wire.peers].count(False) == 1


async def test_a_connection_that_expired_while_the_loop_stood_still_is_not_used() -> None:
    async with Wire(HTTP1Transport(Limits(idle_seconds=0.05)), polite) as wire:
        await wire.ask()
        threading.Event().wait(0.1)
        assert await wire.ask() == OK
        assert len(wire.peers) == 2


# Found closed


@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_connection_that_was_closed_while_idle_is_replaced(
    transport: Transport, how: str, method: str
) -> None:
    async with Wire(transport, saying(SAID)) as wire:
        for number in range(1, 4):
            assert await wire.ask(method=method) == OK
            assert len(wire.peers) == number
            getattr(wire.peers[-1], how)()
            await asyncio.sleep(0.02)


def closing_server(over: threading.Event) -> tuple[threading.Thread, list[Server]]:
    """Serve in a thread: one answer, then the connection is closed in a moment."""
    servers, ready = list[Server](), threading.Event()

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.say(SAID)
        await asyncio.sleep(0.05)
        peer.close()

    async def serve() -> None:
        async with Server(script) as server:
            servers.append(server)
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    ready.wait()
    return thread, servers


@pytest.mark.parametrize("poll", [True, False])
async def test_a_connection_closed_while_the_loop_stood_still_is_not_used(
    transport: Transport, monkeypatch: pytest.MonkeyPatch, poll: bool
) -> None:
    if not poll:  # as on Windows
        monkeypatch.delattr("select.poll")
    over = threading.Event()
    thread, servers = closing_server(over)
    url = f"http://127.0.0.1:{servers[0].port}/"
    for _ in range(2):
        response = await transport.send(HTTPRequest("POST", url, {}, b"{}"), Phases())
        assert [chunk async for chunk in response.chunks()] == [b"ok"]
        await response.aclose()
        threading.Event().wait(0.2)  # a program that computes between its calls
    await transport.aclose()
    assert len(servers[0].peers) == 2
    over.set()
    thread.join()


STREAM = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("delay", [0, 0.002])
async def test_a_server_that_closes_after_a_stream_loses_no_request(delay: float) -> None:
    """As llama.cpp does, which says that it keeps the connection."""

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.say(STREAM)
        await asyncio.sleep(0.01)
        peer.say(b"2\r\nok\r\n0\r\n\r\n")
        await asyncio.sleep(delay)
        peer.close()

    async with Wire(HTTP1Transport(), script) as wire:
        for _ in range(5):
            assert await wire.ask() == OK
        assert len(wire.peers) == 5


async def test_one_that_does_not_is_trusted_after_the_first_stream() -> None:
    async def script(peer: Peer) -> None:
        while True:
            await peer.request()
            peer.say(STREAM)
            await asyncio.sleep(0.01)
            peer.say(b"2\r\nok\r\n0\r\n\r\n")

    loop, waited = asyncio.get_running_loop(), list[float]()
    async with Wire(HTTP1Transport(), script) as wire:
        await wire.ask()
        for _ in range(3):
            start = loop.time()
            response = await wire.send()
            waited.append(loop.time() - start)
            assert b"".join([chunk async for chunk in response.chunks()]) == b"ok"
            await response.aclose()
        assert len(wire.peers) == 1
    assert waited[0] >= 0.009
    assert min(waited[1:]) < 0.009


async def test_who_leaves_while_a_connection_settles_does_not_lose_it() -> None:
    async def script(peer: Peer) -> None:
        while True:
            await peer.request()
            peer.say(STREAM)
            await asyncio.sleep(0.01)
            peer.say(b"2\r\nok\r\n0\r\n\r\n")

    async with Wire(HTTP1Transport(), script) as wire:
        await wire.ask()
        leaving = asyncio.create_task(wire.ask())
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.wait([leaving])
        assert await wire.ask() == OK
        assert len(wire.peers) == 1
        assert len(wire.peers[0].asked) == 2


async def ends_at_the_second(peer: Peer) -> None:
    await peer.request()
    peer.say(SAID)
    await peer.request()
    peer.reset()


@pytest.mark.parametrize(
    ("method", "more", "repeated"),
    [
        *((method, {}, True) for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS")),
        ("POST", {}, False),
        ("PATCH", {}, False),
        ("POST", {"headers": {"Idempotency-Key": "1"}}, True),
        *(
            ("POST", {"ability": one}, True)
            for one in ("chat", "complete", "embed", "count_tokens")
        ),
        ("POST", {"ability": "video"}, False),
    ],
)
async def test_only_what_may_be_repeated_is_sent_again_when_a_kept_connection_breaks(
    name: str, transport: Transport, method: str, more: dict[str, Any], repeated: bool
) -> None:
    async with Wire(transport, ends_at_the_second) as wire:
        assert await wire.ask() == OK
        if repeated and name == "aikit":
            assert (await wire.ask(method=method, **more)).status == 200
            assert [len(peer.asked) for peer in wire.peers] == [2, 1]
        else:  # httpx2 sends nothing again
            with pytest.raises(Unreachable):
                await wire.ask(method=method, **more)
            assert len(wire.peers) == 1


async def test_nothing_is_sent_a_third_time() -> None:
    answered = 0

    async def script(peer: Peer) -> None:
        nonlocal answered
        await peer.request()
        if answered < 2:
            answered += 1
            peer.say(SAID)
            await peer.request()
        peer.close()

    async with Wire(HTTP1Transport(), script) as wire:
        await asyncio.gather(wire.ask(), wire.ask())
        with pytest.raises(Unreachable):
            await wire.ask(method="GET")
        assert [len(peer.asked) for peer in wire.peers] == [1, 2, 1]


async def test_a_new_connection_that_breaks_is_not_tried_again(transport: Transport) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        peer.close()

    async with Wire(transport, script) as wire:
        with pytest.raises(Unreachable):
            await wire.ask(method="GET")
        assert len(wire.peers) == 1


@pytest.mark.parametrize("begin", [b"H", SAID[:-1]])
async def test_nothing_is_sent_again_once_a_byte_has_come(
    transport: Transport, begin: bytes
) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        peer.say(SAID)
        await peer.request()
        peer.say(begin)
        await asyncio.sleep(0.01)
        peer.reset()

    async with Wire(transport, script) as wire:
        await wire.ask()
        with pytest.raises((CutOff, Unreachable)):
            await wire.ask(method="GET")
        assert len(wire.peers) == 1


async def test_a_port_where_nobody_listens_is_unreachable(transport: Transport) -> None:
    async with Wire(transport, silent) as wire:
        url = wire.url
    with pytest.raises(Unreachable, match=r"cannot reach 127\.0\.0\.1:\d+: "):
        await transport.send(HTTPRequest("GET", url), Phases())
    await transport.aclose()


async def test_a_name_that_nobody_has_is_unreachable(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody(*args: Any, **more: Any) -> Any:
        raise __import__("socket").gaierror(-2, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", nobody)
    with pytest.raises(Unreachable, match=r"cannot reach nobody\.invalid: "):
        await transport.send(HTTPRequest("GET", "http://nobody.invalid/"), Phases())
    await transport.aclose()


# Limited


async def test_who_finds_no_connection_free_waits_in_turn(
    few: Callable[[int], Transport],
) -> None:
    order = list[int]()

    async def one(wire: Wire, number: int) -> None:
        assert await wire.ask() == OK
        order.append(number)

    async with Wire(few(2), polite) as wire:
        await asyncio.gather(*(one(wire, number) for number in range(20)))
        assert len(wire.peers) == 2
    assert order == sorted(order)


async def test_who_waits_too_long_gets_a_timeout(few: Callable[[int], Transport]) -> None:
    async with Wire(few(1), silent) as wire:
        holding = asyncio.create_task(wire.ask())
        await asyncio.sleep(0.05)
        with pytest.raises(TimedOut, match=r"waiting for a free connection \(127"):
            await wire.ask(Phases(pool=0.05))
        holding.cancel()
        await asyncio.wait([holding])


@pytest.mark.parametrize("when", [0.0, 0.03])
async def test_who_stops_waiting_takes_nobodys_turn(
    few: Callable[[int], Transport], when: float
) -> None:
    async with Wire(few(1), polite) as wire:
        holding = await wire.send()
        waiting = [asyncio.create_task(wire.ask()) for _ in range(4)]
        await asyncio.sleep(0.03)
        if when:
            waiting[0].cancel()
            await asyncio.sleep(when)
        await holding.aclose()
        waiting[0].cancel()  # in the same turn of the loop as it is woken
        waiting[2].cancel()
        async with asyncio.timeout(1):
            assert await waiting[1] == OK
            assert await waiting[3] == OK


async def test_an_idle_connection_elsewhere_makes_way(few: Callable[[int], Transport]) -> None:
    transport = few(2)
    async with Server(polite) as other, Wire(transport, polite) as wire:
        for port in (other.port, wire.server.port, other.port):
            response = await transport.send(
                HTTPRequest("GET", f"http://127.0.0.1:{port}/"), Phases(pool=1)
            )
            await response.aclose()
        await asyncio.gather(*(wire.ask(Phases(pool=1)) for _ in range(4)))
        assert len(wire.peers) <= 3
        async with asyncio.timeout(1):
            await other.peers[0].gone


async def test_a_connection_that_breaks_is_the_next_ones_turn(
    few: Callable[[int], Transport],
) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await asyncio.sleep(0.01)
        peer.reset()

    async with Wire(few(1), script) as wire:
        async with asyncio.timeout(2):
            results = await asyncio.gather(
                *(wire.ask(Phases(pool=1)) for _ in range(5)), return_exceptions=True
            )
        assert [type(result) for result in results] == [Unreachable] * 5


async def test_one_that_cannot_be_made_is_the_next_ones_turn(
    few: Callable[[int], Transport],
) -> None:
    transport = few(1)
    async with Server(silent) as server:
        url = f"http://127.0.0.1:{server.port}/"
    async with asyncio.timeout(2):
        results = await asyncio.gather(
            *(transport.send(HTTPRequest("GET", url), Phases()) for _ in range(5)),
            return_exceptions=True,
        )
    assert [type(result) for result in results] == [Unreachable] * 5
    await transport.aclose()


async def test_closing_ends_what_is_under_way(name: str, few: Callable[[int], Transport]) -> None:
    if name == "httpx2":
        pytest.skip("httpx2 leaves those who wait for a connection waiting")
    transport = few(1)
    async with Wire(transport, silent) as wire:
        calls = [asyncio.create_task(wire.ask()) for _ in range(3)]
        await asyncio.sleep(0.05)
        await transport.aclose()
        async with asyncio.timeout(SOON):
            results = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(result) for result in results] == [Unreachable] * 3


@pytest.mark.parametrize("turns", range(1, 9))
async def test_closing_ends_what_is_being_connected(turns: int) -> None:
    transport = HTTP1Transport()
    async with Wire(transport, polite) as wire:
        call = asyncio.create_task(wire.ask())
        for _ in range(turns):
            await asyncio.sleep(0)
        await transport.aclose()
        (ended,) = await asyncio.gather(call, return_exceptions=True)
        assert ended == OK or isinstance(ended, Unreachable)
        assert await wire.ask() == OK


# Loops


def test_no_socket_is_left_when_a_loop_ends(name: str) -> None:
    over = threading.Event()
    servers, ready = list[Server](), threading.Event()

    async def serve() -> None:
        async with Server(polite) as server:
            servers.append(server)
            ready.set()
            await asyncio.to_thread(over.wait)
            gone = [peer.gone.done() for peer in server.peers]
            assert gone == [True] * 3, gone

    errors = list[BaseException]()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait()
    transport: Any = TRANSPORTS[name]()

    async def ask() -> None:
        url = f"http://127.0.0.1:{servers[0].port}/"
        for _ in range(2):
            response = await transport.send(HTTPRequest("GET", url), Phases())
            assert [chunk async for chunk in response.chunks()] == [b"ok"]
            await response.aclose()

    for _ in range(3):
        asyncio.run(ask())
    threading.Event().wait(0.1)
    over.set()
    thread.join()
    assert not errors


# Sent


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("body", [None, b"", b"{}"])
async def test_both_send_the_same(method: str, body: bytes | None) -> None:
    """httpx2 is the oracle; what it adds for itself aside."""
    seen = list[dict[str, str]]()
    for make in TRANSPORTS.values():
        async with Wire(make(), saying(SAID)) as wire:
            await wire.ask(
                method=method,
                path="/a b/%2F/ü?q=ä b&x={1}",
                headers={"X-Token": "abc", "User-Agent": "me", "accept": "text/plain"},
                body=body,
            )
            (asked,) = wire.peers[0].asked
            lines = {name: value for name, value in asked.headers.items() if name != "host"}
            lines.pop("connection", None)
            seen.append({**lines, "": f"{asked.method} {asked.path} {asked.body!r}"})
    assert seen[0] == seen[1]


@pytest.mark.parametrize("size", [1, 65_535, 65_536, 65_537, 5_000_000])
async def test_a_body_of_any_size_arrives_whole(transport: Transport, size: int) -> None:
    body = bytes(range(251)) * (size // 251 + 1)
    async with Wire(transport, polite) as wire:
        for _ in range(2):
            assert await wire.ask(body=body[:size]) == OK
        assert len(wire.peers) == 1
        assert [asked.body for asked in wire.peers[0].asked] == [body[:size]] * 2


async def test_a_head_that_changes_is_encoded_anew(transport: Transport) -> None:
    headers = {"x-a": "1"}
    async with Wire(transport, polite) as wire:
        await wire.ask(headers=headers)
        await wire.ask(headers=headers)
        headers["x-a"] = "2"
        await wire.ask(headers=headers)
        await wire.ask(headers=headers, path="/other")
        await wire.ask(headers=headers, method="GET", body=None)
        (peer,) = wire.peers
        assert [asked.headers["x-a"] for asked in peer.asked] == ["1", "1", "2", "2", "2"]
        assert [asked.path for asked in peer.asked] == ["/", "/", "/", "/other", "/"]
        assert [asked.method for asked in peer.asked] == ["POST"] * 4 + ["GET"]


async def test_an_answer_before_the_end_of_the_body_is_the_answer(
    name: str, transport: Transport
) -> None:
    if name == "httpx2":
        pytest.skip("httpx2 sends all before it reads anything")

    async def script(peer: Peer) -> None:
        while len(peer.raw) < 100_000:
            await asyncio.sleep(0.001)
        peer.transport.pause_reading()
        peer.say(b"HTTP/1.1 413 Too Much\r\nContent-Length: 2\r\n\r\nok")

    async with Wire(transport, script) as wire:
        async with asyncio.timeout(2):
            answer = await wire.ask(Phases(write=1), body=bytes(32 << 20))
        assert answer == Answer(413, b"ok")
        wire.peers[0].transport.resume_reading()
        async with asyncio.timeout(2):
            await wire.peers[0].gone


@pytest.mark.parametrize(
    "headers",
    [
        {"x": "a\r\nb: c"},
        {"x": "a\nb"},
        {"x": "a\0b"},
        {"x": "\N{SNOWMAN}"},
        {"x": "é"},
        {"x": " a"},
        {"a b": "c"},
        {"a:": "c"},
        {"": "c"},
        {"x": 1},
    ],
)
async def test_a_header_that_cannot_be_sent_is_refused_without_showing_it(
    transport: Transport, headers: dict[str, Any]
) -> None:
    async with Wire(transport, polite) as wire:
        with pytest.raises(BadInput) as caught:
            await wire.ask(headers=headers)
        assert "b: c" not in str(caught.value)
        assert not wire.peers


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding", "Connection", "TE"])
async def test_the_framing_is_not_the_callers(name: str) -> None:
    async with Wire(HTTP1Transport(), polite) as wire:
        with pytest.raises(BadInput, match=f"sets the header {name.lower()} itself"):
            await wire.ask(headers={name: "1"})


async def test_a_method_that_is_none_is_refused() -> None:
    async with Wire(HTTP1Transport(), polite) as wire:
        with pytest.raises(BadInput, match="no HTTP method"):
            await wire.ask(method="GET / HTTP/1.1\r\nX:")


async def test_user_and_password_of_the_url_are_sent_as_basic(transport: Transport) -> None:
    async with Wire(transport, polite) as wire:
        wire.url = wire.url.replace("//", "//me:p%40ss@")
        await wire.ask()
        assert wire.peers[0].asked[0].headers["authorization"] == "Basic bWU6cEBzcw=="


@pytest.mark.parametrize(
    "url",
    ["ftp://x/", "x", "http://", "http://x:port/", "http://[::1/", "http://a\nb/", "http:///p"],
)
async def test_a_url_that_is_none_is_a_mistake_in_the_settings(
    transport: Transport, url: str
) -> None:
    with pytest.raises(BadConfig, match="base_url"):
        await transport.send(HTTPRequest("GET", url), Phases())
    await transport.aclose()


async def test_ipv6(transport: Transport) -> None:
    async with Wire(transport, polite, host="::1") as wire:
        assert await wire.ask() == OK
        assert wire.peers[0].asked[0].headers["host"] == f"[::1]:{wire.server.port}"
