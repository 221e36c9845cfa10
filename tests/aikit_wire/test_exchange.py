"""An exchange lets go of its response however it ends, and keeps keys out of its errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, aclosing
from sys import getrefcount

import pytest
from aicore.calls import Batch
from aicore.errors import AIError, BadReply, CutOff, InvalidRequest, Overloaded
from aikit_wire.answer import decoded
from aikit_wire.exchange import exchange, read
from aikit_wire.openai.decode import ChatDecoder
from aikit_wire.transport import HTTPRequest, HTTPResponse, Phases

from .answers import ACME

KEY = "own-key-of-nobody"


class Answer:
    """A response that notes when it is let go of."""

    headers: Mapping[str, str] = {}

    def __init__(self, status: int = 200, *pieces: bytes, broken: bool = False) -> None:
        self.status = status
        self.closed = 0
        self._pieces = pieces
        self._broken = broken

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        for piece in self._pieces:
            yield piece
        if self._broken:
            raise CutOff("the connection broke")

    async def aclose(self) -> None:
        self.closed += 1


class Wire:
    """A transport with one answer."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    async def send(self, request: HTTPRequest, phases: Phases) -> HTTPResponse:
        return self.answer

    async def aclose(self) -> None:
        """Hold nothing."""


def sent(answer: Answer) -> AbstractAsyncContextManager[HTTPResponse]:
    request = HTTPRequest("POST", "https://llm.example.com/v1/chat/completions")
    return exchange(Wire(answer), request, Phases(), provider="acme", model="m", secrets=[KEY])


async def test_a_response_is_let_go_of_once_it_was_read() -> None:
    answer = Answer(200, b"a", b"b")
    async with sent(answer) as response:
        assert await read(response) == b"ab"
        assert answer.closed == 0
    assert answer.closed == 1


@pytest.mark.parametrize("error", [ZeroDivisionError, BadReply, asyncio.CancelledError])
async def test_a_response_that_nobody_read_is_let_go_of(error: type[BaseException]) -> None:
    answer = Answer(200, b"a")
    with pytest.raises(error):
        async with sent(answer):
            raise error("left")
    assert answer.closed == 1


@pytest.mark.parametrize("broken", [False, True])
async def test_a_response_with_an_error_status_is_let_go_of(broken: bool) -> None:
    answer = Answer(503, b"busy", broken=broken)
    with pytest.raises(Overloaded):
        async with sent(answer):
            pytest.fail("there is nothing worth decoding")
    assert answer.closed == 1


async def test_a_key_in_an_error_of_the_reader_is_masked_wherever_it_stands() -> None:
    with pytest.raises(InvalidRequest) as caught:
        async with sent(Answer()):
            raise InvalidRequest(f"no {KEY} here", details={"asked": [f"Bearer {KEY}"]})
    error: AIError = caught.value
    assert error.message == "no ********** here"
    assert KEY not in f"{error!r} {error} {error.args} {error.details}"


async def test_a_stream_does_not_hold_the_body_of_its_request() -> None:
    prompt = b"a prompt that may be long"
    free = getrefcount(prompt)

    def asked() -> AsyncGenerator[Batch, None]:
        answer = Answer(
            200, b'data: {"choices": [{"delta": {"content": "a"}}]}\n\n', b"data: [DONE]\n\n"
        )
        answer.headers = {"content-type": "text/event-stream"}
        request = HTTPRequest("POST", "https://llm.example.com/v1", body=prompt)
        sending = exchange(Wire(answer), request, Phases(), provider="acme")
        return decoded(sending, ChatDecoder(ACME, "m"), request)

    async with aclosing(asked()) as batches:
        assert getrefcount(prompt) > free
        await anext(batches)
        assert getrefcount(prompt) == free
