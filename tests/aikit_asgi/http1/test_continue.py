"""A client that asks whether its body is wanted is told so, or not, at the right time."""

from __future__ import annotations

import asyncio

from aikit_asgi.http import Receive, Scope, Send

from .wire import Echo, body, hello, serving, start, whole

Protocol = type[asyncio.Protocol]


def post(version: bytes = b"1.1") -> bytes:
    lines = [b"host: a", b"content-length: 5", b"expect: 100-continue"]
    return b"\r\n".join([b"POST / HTTP/" + version, *lines, b"", b""])


async def test_a_client_is_told_to_go_on_when_its_body_is_wanted(http: Protocol) -> None:
    called, go = asyncio.Event(), asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        called.set()
        await go.wait()
        assert await whole(receive) == b"hello"
        await hello(scope, receive, send)

    async with serving(http, app) as served:
        client = await served.connect()
        for _ in range(2):
            await client.send(post())
            await called.wait()
            await client.send(b"")
            assert not client.reader._buffer  # type: ignore[attr-defined]
            go.set()
            assert await client.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            await client.send(b"he", b"llo")
            answer = await client.answer()
            assert (answer.early, answer.body) == ([100], b"hello")
            called.clear()
            go.clear()


async def test_who_refuses_a_body_does_not_ask_for_it(http: Protocol) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await start(send, 413, (b"content-length", b"0"), (b"connection", b"close"))
        await body(send)
        await receive()

    async with serving(http, app) as served:
        answer = await served.ask(post())
    assert (answer.early, answer.status) == ([], 413)


async def test_nobody_is_told_to_go_on_within_an_answer(http: Protocol) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await start(send)
        await body(send, b"first ", more=True)
        await body(send, await whole(receive))

    async with serving(http, app) as served:
        client = await served.connect()
        await client.send(post())
        assert b" 100 " not in await client.until(b"first")
        await client.send(b"hello")
        answer = await client.answer()
    assert (answer.early, answer.body) == ([], b"first hello")


async def test_a_client_of_1_0_is_not_told_to_go_on(http: Protocol) -> None:
    async with serving(http, Echo()) as served:
        answered = await served.talk(post(b"1.0"), b"hello")
    assert answered.startswith(b"HTTP/1.1 200 OK\r\n")


async def test_a_client_that_does_not_wait_is_told_at_most_once(http: Protocol) -> None:
    async with serving(http, Echo()) as served:
        answer = await served.ask(post() + b"hello")
    assert answer.early in ([], [100])
    assert answer.body == b"POST / hello"
