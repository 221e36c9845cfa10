"""How the network cuts a conversation into packets changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .wire import Echo, serving

Protocol = type[asyncio.Protocol]
GET = b"GET /a%20b?c=d HTTP/1.1\r\nhost: a\r\nx-one: 1\r\n\r\n"
POST = b"POST /p HTTP/1.1\r\nhost: a\r\ncontent-length: 12\r\n\r\nhello\r\n\r\nyou"
CHUNKS = b'5;a="b"\r\nhello\r\n0006\r\n, you!\r\n0\r\nx: 1\r\n\r\n'
CHUNKED = b"POST /c HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"
LAST = b"GET /z HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
OLD = b"GET /o HTTP/1.0\r\nhost: a\r\n\r\n"

GOOD = {
    "get": LAST,
    "old": OLD,
    "length": POST + LAST,
    "chunks": CHUNKED + CHUNKS + LAST,
    "all": GET + POST + CHUNKED + CHUNKS + b"\r\n" + GET + OLD,
}
BAD = {
    "line": b"GET / HTTP/1.1 x\r\nhost: a\r\n\r\n",
    "method": b"G@T / HTTP/1.1\r\nhost: a\r\n\r\n",
    "colon": b"GET / HTTP/1.1\r\nhost: a\r\nx : 1\r\n\r\n",
    "fold": b"GET / HTTP/1.1\r\nhost: a\r\nx: 1\r\n 2\r\n\r\n",
    "lengths": b"POST / HTTP/1.1\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
    "both": CHUNKED[:-2] + b"content-length: 5\r\n\r\n" + CHUNKS,
    "size": CHUNKED + b"5\r\nhello\r\nx\r\n\r\n",
    "chunk": CHUNKED + b"5\r\nhello!\r\n0\r\n\r\n",
}
EVIL = b"GET /evil HTTP/1.1\r\nhost: a\r\n\r\n"


async def outcome(http: Protocol, pieces: Sequence[bytes]) -> tuple[bytes, list[bytes], list[str]]:
    """Return what is answered to these packets, and the bodies and paths that the app got."""
    echo = Echo()
    async with serving(http, echo) as served:
        answered = await served.talk(*(piece for piece in pieces if piece))
    paths = [scope["path"] for scope in echo.scopes]
    return answered, echo.bodies, paths


def bytewise(conversation: bytes) -> list[bytes]:
    return [conversation[place : place + 1] for place in range(len(conversation))]


def cut(conversation: bytes, places: Sequence[float]) -> list[bytes]:
    cuts = sorted({int(place * len(conversation)) for place in places})
    ends = [*cuts, len(conversation)]
    return [conversation[start:end] for start, end in zip([0, *cuts], ends, strict=True)]


@pytest.mark.parametrize("conversation", GOOD.values(), ids=GOOD)
async def test_a_conversation_byte_by_byte_is_the_same(http: Protocol, conversation: bytes) -> None:
    at_once = await outcome(http, [conversation])
    assert at_once[0].count(b"HTTP/1.1 200 ") == len(at_once[1]) > 0
    assert await outcome(http, bytewise(conversation)) == at_once


@pytest.mark.parametrize("conversation", BAD.values(), ids=BAD)
async def test_what_is_refused_at_once_is_refused_byte_by_byte(
    http: Protocol, conversation: bytes
) -> None:
    for pieces in ([conversation + EVIL], bytewise(conversation + EVIL)):
        answered, bodies, paths = await outcome(http, pieces)
        assert answered.startswith(b"HTTP/1.1 400 ")
        assert answered.count(b"HTTP/1.1 ") == 1
        assert bodies == []
        assert "/evil" not in paths


PLACES = st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=8)


def check(http: Protocol, loop: asyncio.AbstractEventLoop, conversation: bytes) -> None:
    at_once = loop.run_until_complete(outcome(http, [conversation]))

    @given(PLACES)
    @settings(max_examples=60)
    def same(places: list[float]) -> None:
        pieces = cut(conversation, places)
        assert b"".join(pieces) == conversation
        assert loop.run_until_complete(outcome(http, pieces)) == at_once

    same()


@pytest.mark.parametrize("conversation", GOOD.values(), ids=GOOD)
def test_a_conversation_cut_anywhere_is_the_same(http: Protocol, conversation: bytes) -> None:
    with asyncio.Runner() as runner:
        check(http, runner.get_loop(), conversation)


@pytest.mark.parametrize("conversation", BAD.values(), ids=BAD)
def test_what_is_refused_is_refused_wherever_it_is_cut(http: Protocol, conversation: bytes) -> None:
    with asyncio.Runner() as runner:
        loop = runner.get_loop()

        @given(PLACES)
        @settings(max_examples=30)
        def refused(places: list[float]) -> None:
            pieces = cut(conversation + EVIL, places)
            answered, bodies, paths = loop.run_until_complete(outcome(http, pieces))
            assert answered.count(b"HTTP/1.1 ") == answered.count(b"HTTP/1.1 400 ") == 1
            assert (bodies, "/evil" in paths) == ([], False)

        refused()


async def test_a_good_request_before_a_bad_one_is_answered_however_they_come(
    http: Protocol,
) -> None:
    conversation = GET + BAD["colon"]
    for pieces in ([conversation], bytewise(conversation)):
        answered, bodies, paths = await outcome(http, pieces)
        assert answered.startswith(b"HTTP/1.1 200 ")
        assert answered.count(b"HTTP/1.1 ") <= 2
        assert (bodies, paths) == ([b""], ["/a b"])
