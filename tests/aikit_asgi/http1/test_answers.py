"""What a client is told of an app's answer."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
import pytest
from aikit_asgi.http import Receive, Scope, Send

from .wire import DATE, App, Header, body, hello, serving, start

Protocol = type[asyncio.Protocol]
GET = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"
HEAD = b"HEAD / HTTP/1.1\r\nhost: a\r\n\r\n"
OLD = b"GET / HTTP/1.0\r\nhost: a\r\n\r\n"
CLOSE = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"


def answers(*pieces: bytes, status: int = 200, headers: tuple[Header, ...] = ()) -> App:
    """Make an app that answers in so many pieces."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await start(send, status, *headers)
        for piece in pieces[:-1]:
            await body(send, piece, more=True)
        await body(send, pieces[-1])

    return app


def length(size: int) -> Header:
    return (b"content-length", b"%d" % size)


async def test_an_answer_of_known_length(http: Protocol) -> None:
    app = answers(b"he", b"", b"llo", headers=(length(5), (b"X-A", b"1"), (b"x-a", b"2")))
    async with serving(http, app) as served:
        answer = await served.ask(GET)
    assert (answer.status, answer.version, answer.body) == (200, b"1.1", b"hello")
    assert answer.values(b"content-length") == [b"5"]
    assert answer.values(b"x-a") == [b"1", b"2"]
    assert not answer.values(b"transfer-encoding")


async def test_an_answer_of_unknown_length_is_chunked(http: Protocol) -> None:
    async with serving(http, answers(b"he", b"llo", b"")) as served:
        client = await served.connect()
        await client.send(GET)
        answer = await client.answer()
        assert answer.body == b"hello"
        assert answer.values(b"transfer-encoding") == [b"chunked"]
        await client.send(GET)
        raw = await client.until(b"\r\n0\r\n\r\n")
        assert raw.endswith(b"\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n")


async def test_an_app_may_ask_for_chunks_itself(http: Protocol) -> None:
    app = answers(b"he", b"llo", headers=((b"Transfer-Encoding", b"chunked"),))
    async with serving(http, app) as served:
        answer = await served.ask(GET)
    assert answer.body == b"hello"
    assert answer.values(b"transfer-encoding") == [b"chunked"]


async def test_an_empty_piece_does_not_end_an_answer(http: Protocol) -> None:
    async with serving(http, answers(b"", b"he", b"", b"", b"llo", b"", b"")) as served:
        assert (await served.ask(GET)).body == b"hello"


@pytest.mark.parametrize("headers", [(), (length(0),)], ids=["chunked", "length"])
async def test_an_empty_answer(http: Protocol, headers: tuple[Header, ...]) -> None:
    async with serving(http, answers(b"", headers=headers)) as served:
        client = await served.connect()
        for _ in range(2):
            await client.send(GET)
            assert (await client.answer()).body == b""


async def test_a_body_message_may_say_nothing_at_all(http: Protocol) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body"})

    async with serving(http, app) as served:
        assert (await served.ask(GET)).body == b""


async def test_a_long_answer_is_whole(http: Protocol) -> None:
    piece = bytes(range(256)) * 4096
    async with serving(http, answers(piece, piece, piece)) as served:
        assert (await served.ask(GET)).body == 3 * piece


async def test_each_piece_leaves_at_once(http: Protocol) -> None:
    gates = [asyncio.Event() for _ in range(3)]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await start(send)
        for number, gate in enumerate(gates):
            await gate.wait()
            await body(send, b"piece %d" % number, more=number < 2)

    async with serving(http, app) as served:
        client = await served.connect()
        await client.send(GET)
        for number, gate in enumerate(gates):
            gate.set()
            await client.until(b"piece %d" % number)
        assert (await client.answer()).body == b"piece 0piece 1piece 2"


@pytest.mark.parametrize("headers", [(), (length(5),)], ids=["chunked", "length"])
async def test_head_is_answered_like_get_without_the_body(
    http: Protocol, headers: tuple[Header, ...]
) -> None:
    async with serving(http, answers(b"he", b"llo", headers=headers)) as served:
        client = await served.connect()
        await client.send(HEAD)
        answer = await client.answer("HEAD")
        assert (answer.status, answer.body) == (200, b"")
        if headers:
            assert answer.values(b"content-length") == [b"5"]
        await client.send(CLOSE)
        assert (await client.answer()).body == b"hello"
        assert await client.end() == b""


@pytest.mark.parametrize("status", [204, 304])
async def test_answers_that_have_no_body_have_none(http: Protocol, status: int) -> None:
    async with serving(http, answers(b"", status=status)) as served:
        client = await served.connect()
        for _ in range(2):
            await client.send(GET)
            answer = await client.answer()
            assert (answer.status, answer.body) == (status, b"")
            assert not answer.values(b"transfer-encoding")
        await client.send(CLOSE)
        await client.answer()
        assert await client.end() == b""


async def test_not_modified_may_tell_how_long_the_body_is(http: Protocol) -> None:
    async with serving(http, answers(b"", status=304, headers=(length(5),))) as served:
        client = await served.connect()
        for _ in range(2):
            await client.send(GET)
            answer = await client.answer()
            assert (answer.status, answer.values(b"content-length")) == (304, [b"5"])


@pytest.mark.parametrize("status", [204, 304])
async def test_a_body_where_none_may_be_is_not_sent(http: Protocol, status: int) -> None:
    async with serving(http, answers(b"hello", status=status)) as served:
        assert b"hello" not in await served.talk(CLOSE)


async def test_the_servers_own_headers_stand_in_every_answer(http: Protocol) -> None:
    async with serving(http, hello) as served:
        assert (await served.ask(GET)).values(b"date") == [DATE[1]]
        served.state.default_headers = [(b"date", b"later"), (b"x-own", b"1")]
        answer = await served.ask(GET)
    assert (answer.values(b"date"), answer.values(b"x-own")) == ([b"later"], [b"1"])


@pytest.mark.parametrize(
    ("status", "line"),
    [
        (200, b"HTTP/1.1 200 OK"),
        (404, b"HTTP/1.1 404 Not Found"),
        (429, b"HTTP/1.1 429 Too Many Requests"),
        (503, b"HTTP/1.1 503 Service Unavailable"),
        (299, b"HTTP/1.1 299 "),
        (599, b"HTTP/1.1 599 "),
    ],
)
async def test_the_status_line(http: Protocol, status: int, line: bytes) -> None:
    async with serving(http, answers(b"", status=status)) as served:
        assert (await served.talk(CLOSE)).partition(b"\r\n")[0] == line


async def test_a_connection_is_used_again(http: Protocol) -> None:
    async with serving(http, hello) as served:
        client = await served.connect()
        for _ in range(20):
            await client.send(GET)
            answer = await client.answer()
            assert answer.body == b"hello"
            assert not answer.values(b"connection")
        assert len(served.connections) == 1


@pytest.mark.parametrize(
    "request_", [OLD, CLOSE, CLOSE.replace(b": close", b": Close, TE")], ids=["1.0", "close", "odd"]
)
async def test_a_client_that_wants_no_more_is_closed_to(http: Protocol, request_: bytes) -> None:
    async with serving(http, hello) as served:
        client = await served.connect()
        await client.send(request_)
        answer = await client.answer()
        assert (answer.body, answer.values(b"connection")) == (b"hello", [b"close"])
        assert await client.end() == b""


async def test_an_app_may_close(http: Protocol) -> None:
    headers = (length(5), (b"Connection", b"Close"))
    async with serving(http, answers(b"hello", headers=headers)) as served:
        client = await served.connect()
        await client.send(GET)
        answer = await client.answer()
        assert answer.body == b"hello"
        assert [value.lower() for value in answer.values(b"connection")] == [b"close"]
        assert await client.end() == b""


async def test_a_client_of_1_0_is_not_told_of_chunks(http: Protocol) -> None:
    async with serving(http, answers(b"he", b"llo")) as served:
        head, _, rest = (await served.talk(OLD)).partition(b"\r\n\r\n")
    assert b"transfer-encoding" not in head
    assert rest == b"hello"


BAD_HEADERS: list[Any] = [
    *((b"x", b"a\r\nevil: 1"), (b"x", b"a\nevil: 1"), (b"x", b"a\revil: 1"), (b"x", b"a\0evil")),
    *((b"x\r\nevil", b"1"), (b"x\nevil", b"1"), (b"x evil", b"1"), (b"x:evil", b"1")),
    *((b"x\0evil", b"1"), (b"x\x7fevil", b"1"), (b"\r\n\r\nevil", b"1")),
]


@pytest.mark.parametrize("header", BAD_HEADERS, ids=repr)
async def test_a_header_that_would_split_the_answer_is_not_sent(
    http: Protocol, header: Header
) -> None:
    refused: list[Exception] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await start(send, 200, length(0), header)
        except Exception as error:
            refused.append(error)
            raise

    async with serving(http, app) as served:
        answered = await served.talk(GET)
    assert b"evil" not in answered
    assert answered[:13] in (b"", b"HTTP/1.1 500 ")
    assert len(refused) == 1


def sends(*messages: dict[str, Any]) -> App:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)

    return app


def text(piece: bytes, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": piece, "more_body": more}


def begin(*headers: Header) -> dict[str, Any]:
    return {"type": "http.response.start", "status": 200, "headers": [*headers]}


async def fails(scope: Scope, receive: Receive, send: Send) -> None:
    raise ValueError("secret")


async def silent(scope: Scope, receive: Receive, send: Send) -> None:
    return None


async def cancelled(scope: Scope, receive: Receive, send: Send) -> None:
    raise asyncio.CancelledError


@pytest.mark.parametrize(
    "app",
    [fails, silent, cancelled, sends(text(b"hello")), sends({"type": "no.such"})],
    ids=["raises", "silent", "cancelled", "body first", "nonsense"],
)
async def test_an_app_that_does_not_begin_its_answer_is_an_error_of_the_server(
    http: Protocol, app: App
) -> None:
    async with serving(http, app) as served:
        client = await served.connect()
        await client.send(GET)
        answer = await client.answer()
        assert answer.status == 500
        assert b"secret" not in answer.body
        assert answer.values(b"date") == [DATE[1]]
        if not answer.values(b"connection"):
            await client.send(GET)
            assert (await client.answer()).status == 500


@pytest.mark.parametrize(
    "messages",
    [
        [begin(), text(b"he", True)],
        [begin(length(5)), text(b"he", True)],
        [begin(length(5)), text(b"he")],
        [begin(length(5)), text(b"hello!!!")],
        [begin(length(5)), text(b"hello!!!", True)],
        [begin(length(5))],
        [begin(), text(b"he", True), begin()],
        [begin(), text(b"he", True), {"type": "no.such"}],
    ],
    ids=repr,
)
async def test_an_answer_that_goes_wrong_is_cut_off(
    http: Protocol, messages: list[dict[str, Any]]
) -> None:
    async with serving(http, sends(*messages)) as served:
        client = await served.connect()
        await client.send(GET)
        with pytest.raises((h11.RemoteProtocolError, EOFError)):
            if (await client.answer()).status == 500:  # nothing had been sent of the other
                raise EOFError
        assert b"!!!" not in await client.end()


async def test_an_app_that_fails_in_its_answer_has_it_cut_off(http: Protocol) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await start(send)
        await body(send, b"he", more=True)
        raise ValueError("secret")

    async with serving(http, app) as served:
        client = await served.connect()
        await client.send(GET)
        await client.until(b"he")
        with pytest.raises(h11.RemoteProtocolError):
            await client.answer()
        assert b"secret" not in await client.end()


@pytest.mark.parametrize("again", [begin(), text(b"!!!"), text(b"!!!", True)], ids=repr)
async def test_an_answer_that_is_over_cannot_be_added_to(
    http: Protocol, again: dict[str, Any]
) -> None:
    app = sends(begin(length(5)), text(b"hello"), again)
    async with serving(http, app) as served:
        client = await served.connect()
        await client.send(GET)
        assert (await client.answer()).body == b"hello"
        client.writer.write(CLOSE)
        assert b"!!!" not in await client.end()


async def test_an_app_that_fails_after_its_answer_does_no_harm_to_others(http: Protocol) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await hello(scope, receive, send)
        raise ValueError("secret")

    async with serving(http, app) as served:
        for _ in range(2):
            assert (await served.ask(GET)).body == b"hello"
