"""Read answers that were asked for in one piece, which some services stream all the same."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from typing import Any, NamedTuple

from aicore.events import Event, Warned
from aicore.rate_limits import RateLimits
from aicore.responses import CallWarning, Response
from aicore.whole import Single, Whole
from pydantic_core import from_json

from aikit_wire.answer import BLANK, MALFORMED, AnswerDecoder, decoded, rate_limits, whole
from aikit_wire.exchange import read
from aikit_wire.framing import Framing, sse_or_whole
from aikit_wire.transport import HTTPRequest, HTTPResponse

JSON = "application/json"


def is_json(response: HTTPResponse) -> bool:
    """Tell whether a body is declared to be one JSON value, and so has nothing to stream."""
    return response.headers.get("content-type", "").startswith(JSON)


class AlreadyRead:
    """A response whose body has been read."""

    def __init__(self, response: HTTPResponse, body: bytes) -> None:
        self.status = response.status
        self.headers = response.headers
        self._body = body

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        yield self._body

    async def aclose(self) -> None:
        """Do nothing: who has read the body lets go of it."""


class Reading(NamedTuple):
    """How a dialect reads answers in one piece, of which most are plain."""

    short: Callable[[Any, RateLimits], Response | None]
    """Reads the JSON of a plain one; None for any other."""
    decoder: Callable[[str, tuple[str, ...]], AnswerDecoder]
    """Makes what decodes any other: of the model that was asked, and the secrets of the call."""


async def in_short(
    sending: AbstractAsyncContextManager[HTTPResponse],
    message: HTTPRequest,
    reading: Reading,
    model: str,
    secrets: tuple[str, ...],
) -> Whole:
    """Read an answer the short way, or as `in_one` does it if it is more than that."""
    async with sending as response:
        limits = rate_limits(response.headers)  # which count from now, not from the body's end
        if is_json(response):
            body = await read(response)
            if body.startswith(b"{") and (answer := parsed(body)) is not None:
                try:
                    plain = reading.short(answer, limits)
                except MALFORMED:
                    plain = None  # the decoder says what is wrong with it
                if plain is not None:
                    return plain
                decoder = reading.decoder(model, secrets)
                decoder.heard(limits)
                return decoder.told(answer)
            response = AlreadyRead(response, body)
        decoder = reading.decoder(model, secrets)
        return await in_one(nullcontext(response), message, decoder, sse_or_whole, (), limits)


async def in_one(
    sending: AbstractAsyncContextManager[HTTPResponse],
    message: HTTPRequest,
    decoder: AnswerDecoder,
    framing: Framing,
    warnings: Sequence[CallWarning],
    limits: RateLimits | None = None,
) -> Whole:
    """Decode an answer that was asked for in one piece, which some services stream all the same.

    Its rate `limits` are read from its headers, unless somebody has.
    """
    async with sending as response:
        decoder.heard(rate_limits(response.headers) if limits is None else limits)
        if is_json(response):
            body = await read(response)
            if framing(body.lstrip(BLANK)[:1024], JSON) is None:
                return warned(whole(body, decoder, message), warnings)
            response = AlreadyRead(response, body)
        events, there = list[Event](), nullcontext(response)
        async with aclosing(decoded(there, decoder, message, framing)) as batches:
            async for batch in batches:
                events += batch
        return warned(tuple(events), warnings)


def warned(answer: Whole, warnings: Sequence[CallWarning]) -> Whole:
    """Add what was lost on the way to an answer that nobody has seen yet."""
    if not warnings:
        return answer
    if not isinstance(answer, Response):
        return (*map(Warned, warnings), *answer)
    told: Any = answer
    told.warnings = tuple(warnings)
    return answer


def and_warned(answer: Single, warnings: Sequence[CallWarning]) -> Single:
    """Add warnings that nothing is lost by to a call that is still to run."""

    async def whole() -> Whole:
        return warned(await answer.whole(), warnings)

    return Single(whole)


def parsed(body: bytes) -> Any:
    """Read JSON as nearly all is; None if it is no JSON, or has halves of a character."""
    try:
        return from_json(body)
    except ValueError:
        return None
