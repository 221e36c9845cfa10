"""How long a connection lives: pipelined requests, idle time, and a server that stops."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
import pytest
import uvicorn
from aikit_asgi.http import Receive, Scope, Send

from ..test_shutdown import Server
from .wire import SOON, Client, Echo, Served, body, hello, serving, start, whole

Protocol = type[asyncio.Protocol]
GET = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"
CLOSE = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
IDLE = 0.1


class Gated:
    """An app that begins an answer, and ends it when the gate opens."""

    def __init__(self, *, begins: bool = True) -> None:
        self.begins = begins
        self.called, self.gate = asyncio.Event(), asyncio.Event()
        self.calls = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.calls += 1
        if self.begins:
            await start(send)
            await body(send, b"first ", more=True)
        self.called.set()
        await self.gate.wait()
        if not self.begins:
            await start(send)
        await body(send, b"last")


@pytest.mark.parametrize("count", [1, 3, 100])
async def test_requests_of_one_packet_are_answered_in_order_one_at_a_time(
    http: Protocol, count: int
) -> None:
    echo, running, most = Echo(), 0, 0

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        await echo(scope, receive, send)
        running -= 1

    requests = [
        b"POST /%d HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n%b"
        % (number, size, b"x" * size)
        for number in range(count)
        for size in [number % 7]
    ]
    async with serving(http, app) as served:
        client = await served.connect()
        await client.send(b"".join(requests))
        for number in range(count):
            answer = await client.answer("POST")
            assert answer.body == b"POST /%d " % number + b"x" * (number % 7)
        assert served.state.total_requests == count
    assert most == 1


async def test_requests_in_chunks_of_one_packet(http: Protocol) -> None:
    head = b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"
    requests = [head + b"1\r\n%d\r\n0\r\n\r\n" % number for number in range(5)]
    async with serving(http, Echo()) as served:
        client = await served.connect()
        await client.send(b"".join(requests))
        for number in range(5):
            assert (await client.answer()).body == b"POST / %d" % number


async def test_a_request_waits_for_the_answer_before_it(http: Protocol) -> None:
    gated = Gated()
    async with serving(http, gated) as served:
        client = await served.connect()
        await client.send(GET + GET)
        await client.until(b"first")
        await client.send(GET)
        assert gated.calls == 1
        gated.gate.set()
        for _ in range(3):
            assert (await client.answer()).body == b"first last"
        assert len(served.connections) == 1


@pytest.mark.parametrize("pieces", [[CLOSE + GET], [CLOSE, GET]], ids=["at once", "later"])
async def test_requests_behind_the_last_one_are_not_run(
    http: Protocol, pieces: list[bytes]
) -> None:
    gated = Gated()
    async with serving(http, gated) as served:
        client = await served.connect()
        await client.send(*pieces)
        gated.gate.set()
        assert (await client.end()).count(b"HTTP/1.1 ") == 1
    assert gated.calls == 1


async def test_requests_behind_an_answer_that_closes_are_not_run(http: Protocol) -> None:
    calls = 0

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal calls
        calls += 1
        await start(send, 200, (b"connection", b"close"), (b"content-length", b"0"))
        await body(send)

    async with serving(http, app) as served:
        assert (await served.talk(GET * 3)).count(b"HTTP/1.1 200 ") == calls == 1


async def test_requests_behind_one_that_fails_are_not_mixed_up(http: Protocol) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await start(send, 200, (b"content-length", b"10"))
        await body(send, b"hello", more=True)
        raise ValueError("secret")

    async with serving(http, app) as served:
        assert (await served.talk(GET * 3)).count(b"HTTP/1.1 ") == 1


async def closes_in(client: Client, since: float) -> float:
    """Wait until the server closes, and return how many seconds that took."""
    assert await client.end() == b""
    return asyncio.get_running_loop().time() - since


async def test_an_idle_connection_is_closed(http: Protocol) -> None:
    time = asyncio.get_running_loop().time
    async with serving(http, hello, timeout_keep_alive=IDLE) as served:
        client = await served.connect()
        await client.send(GET)
        await client.answer()
        assert IDLE * 0.9 < await closes_in(client, time()) < 1


async def test_a_request_has_a_connection_live_on(http: Protocol) -> None:
    time, idle = asyncio.get_running_loop().time, 0.6
    async with serving(http, hello, timeout_keep_alive=idle) as served:
        client = await served.connect()
        await client.send(GET)
        await client.answer()
        await asyncio.sleep(idle / 2)
        await client.send(GET)
        await client.answer()
        assert idle * 0.9 < await closes_in(client, time()) < 2 * idle


@pytest.mark.parametrize("begins", [False, True], ids=["before", "within"])
async def test_a_connection_that_waits_for_an_answer_is_not_idle(
    http: Protocol, begins: bool
) -> None:
    gated = Gated(begins=begins)
    async with serving(http, gated, timeout_keep_alive=IDLE) as served:
        client = await served.connect()
        for _ in range(2):
            await client.send(GET)
            await gated.called.wait()
            await asyncio.sleep(2 * IDLE)
            gated.gate.set()
            assert (await client.answer()).body.endswith(b"last")
            gated.gate.clear()
            gated.called.clear()


async def test_a_connection_whose_body_is_slow_is_not_idle(http: Protocol) -> None:
    async with serving(http, Echo(), timeout_keep_alive=IDLE) as served:
        client = await served.connect()
        head = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n"
        for _ in range(2):
            await client.send(head + b"x")
            await asyncio.sleep(2 * IDLE)
            await client.send(b"y")
            assert (await client.answer()).body == b"POST / xy"


async def idle_after(served: Served, *pieces: bytes) -> float:
    client = await served.connect()
    await client.send(pieces[0])
    await client.answer()
    await client.send(*pieces[1:])
    return await closes_in(client, asyncio.get_running_loop().time())


async def test_blank_lines_do_not_keep_a_connection(http: Protocol) -> None:
    async with serving(http, hello, timeout_keep_alive=IDLE) as served:
        async with asyncio.timeout(1):
            await idle_after(served, GET, b"\r\n", b"\r\n")


async def test_a_body_behind_its_answer_does_not_keep_a_connection(http: Protocol) -> None:
    head = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n"
    async with serving(http, hello, timeout_keep_alive=IDLE) as served:
        async with asyncio.timeout(1):
            await idle_after(served, head, b"hello", b"hell")


def stop(served: Served) -> None:
    """Do what uvicorn does first when it stops."""
    for connection in list(served.state.connections):
        connection.shutdown()


@pytest.mark.parametrize("asked", [0, 2])
async def test_a_server_that_stops_closes_idle_connections(http: Protocol, asked: int) -> None:
    async with serving(http, hello) as served:
        client = await served.connect()
        for _ in range(asked):
            await client.send(GET)
            await client.answer()
        await connected(served)
        stop(served)
        assert await client.end() == b""
        await served.quiet()


async def connected(served: Served) -> None:
    async with asyncio.timeout(SOON):
        while not served.state.connections:
            await asyncio.sleep(0.001)


@pytest.mark.parametrize("begins", [False, True], ids=["before", "within"])
async def test_a_server_that_stops_lets_answers_end(http: Protocol, begins: bool) -> None:
    gated = Gated(begins=begins)
    async with serving(http, gated) as served:
        client = await served.connect()
        await client.send(GET)
        await gated.called.wait()
        stop(served)
        gated.gate.set()
        answer = await client.answer()
        assert answer.body.endswith(b"last")
        assert answer.values(b"connection") == ([] if begins else [b"close"])
        assert await client.end() == b""
        await served.quiet()


async def test_a_server_that_stops_lets_a_body_come(http: Protocol) -> None:
    echo = Echo()
    async with serving(http, echo) as served:
        client = await served.connect()
        await client.send(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhe")
        await client.send(b"")
        while not echo.scopes:
            await asyncio.sleep(0)
        stop(served)
        await client.send(b"llo")
        assert (await client.answer()).body == b"POST / hello"
        assert await client.end() == b""


async def test_a_server_that_stops_cuts_no_waiting_request_in_half(http: Protocol) -> None:
    gated = Gated()
    async with serving(http, gated) as served:
        client = await served.connect()
        await client.send(GET * 3)
        await client.until(b"first")
        stop(served)
        gated.gate.set()
        answered = await client.end()
        assert answered.count(b"HTTP/1.1 200 ") == answered.count(b"\r\n0\r\n\r\n") == gated.calls
        await served.quiet()


async def test_stopping_twice_does_no_harm(http: Protocol) -> None:
    async with serving(http, hello) as served:
        client = await served.connect()
        await connected(served)
        (connection,) = served.state.connections
        for _ in range(2):
            connection.shutdown()
        assert await client.end() == b""
        await served.quiet()
        connection.shutdown()


async def test_the_server_knows_its_connections_and_tasks(http: Protocol) -> None:
    gated = Gated()
    async with serving(http, gated) as served:
        clients = [await served.connect() for _ in range(3)]
        for client in clients:
            await client.send(GET)
            await client.until(b"first")
        assert (len(served.state.connections), len(served.state.tasks)) == (3, 3)
        assert all(isinstance(task, asyncio.Task) for task in served.state.tasks)
        gated.gate.set()
        for client in clients:
            await client.answer()
        while served.state.tasks:
            await asyncio.sleep(0)
        assert len(served.state.connections) == 3
        assert served.state.total_requests == 3


def stoppable(http: Protocol, app: Any, grace: float | None) -> Server:
    return Server(
        uvicorn.Config(
            app,
            http=http,
            ws="none",
            lifespan="off",
            port=0,
            log_config=None,
            log_level="critical",
            access_log=False,
            timeout_graceful_shutdown=grace,  # type: ignore[arg-type]
        )
    )


async def connect(url: str) -> Client:
    return Client(*await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2])))


@pytest.mark.parametrize("grace", [None, 5])
async def test_uvicorn_stops_when_the_last_answer_is_over(
    http: Protocol, grace: float | None
) -> None:
    gated = Gated()
    async with asyncio.timeout(SOON), stoppable(http, gated, grace) as url:
        busy, idle = await connect(url), await connect(url)
        await busy.send(GET)
        await busy.until(b"first")
        asyncio.get_running_loop().call_later(0.2, gated.gate.set)
    assert (await busy.answer()).body == b"first last"
    assert await idle.end() == await busy.end() == b""
    for client in (busy, idle):
        client.leave()


@pytest.mark.parametrize("begins", [False, True], ids=["before", "within"])
async def test_uvicorn_stops_when_the_time_for_answers_is_over(
    http: Protocol, begins: bool
) -> None:
    gated = Gated(begins=begins)
    server = stoppable(http, gated, 0.1)
    async with asyncio.timeout(SOON), server as url:
        client = await connect(url)
        await client.send(GET)
        await gated.called.wait()
    if begins:
        with pytest.raises(h11.RemoteProtocolError):
            await client.answer()
    else:
        assert (await client.answer()).status == 500
    assert await client.end() is not None
    while server.server_state.tasks or server.server_state.connections:
        await asyncio.sleep(0)
    client.leave()


async def test_a_task_that_is_cancelled_cleans_up(http: Protocol) -> None:
    called, cleaned = asyncio.Event(), asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await whole(receive)
        called.set()
        try:
            await receive()
        finally:
            cleaned.set()

    async with serving(http, app) as served:
        client = await served.connect()
        await client.send(GET)
        await called.wait()
        for task in served.state.tasks:
            task.cancel()
        assert (await client.answer()).status == 500
        assert cleaned.is_set()
