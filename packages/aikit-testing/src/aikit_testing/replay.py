"""A transport that answers from a tape, with the recorded chunks and at the wanted speed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from aicore.errors import BadInput
from aikit_wire.transport import HTTPRequest, Phases

from aikit_testing.difference import described, differences
from aikit_testing.scrub import Scrubber
from aikit_testing.tape import FAILURES, Asked, Ended, Exchange, TapeError, read_tape


class NoMatch(TapeError):
    """The tape has no answer to this request; the message names the nearest that it has."""


class Replayer:
    """Answers from a tape, or from exchanges; no connection is ever opened.

    With `match="request"` a request gets the first unused exchange whose method, path and body are
    the same, JSON compared as values; with `"order"` it gets the next one, whatever it asks. At
    `speed` 1 an answer takes as long as when it was recorded, at 2 half as long, and at 0 no time
    at all. The limits of phases do not apply; deadlines do. `secrets` are those that the tape was
    recorded with.

    Raises:
        TapeError: the tape cannot be read.
        NoMatch: while replaying: no unused exchange fits a request.
    """

    def __init__(
        self,
        tape: str | Path | Sequence[Exchange],
        *,
        speed: float = 0.0,
        match: Literal["request", "order"] = "request",
        secrets: Iterable[str] = (),
    ) -> None:
        if not speed >= 0:
            raise BadInput(f"`speed` must be 0 or more, not {speed!r}")
        if match not in ("request", "order"):
            raise BadInput(f"`match` must be 'request' or 'order', not {match!r}")
        if isinstance(tape, str | Path):
            self._name, self._exchanges = str(tape), read_tape(tape)
        else:
            self._name, self._exchanges = "the tape", tuple(tape)
        self._speed = speed
        self._in_order = match == "order"
        self._scrubber = Scrubber(secrets)
        self._lock = threading.Lock()
        self._left = list(range(len(self._exchanges)))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Do nothing: nothing is open."""

    @property
    def unused(self) -> Sequence[Exchange]:
        """What no request has asked for yet."""
        return [self._exchanges[number] for number in self._left]

    async def send(self, request: HTTPRequest, phases: Phases) -> Replayed:
        exchange, pace = self._next(request), Pace(self._speed)
        if exchange.answered is None:
            await pace.wait(exchange.ended.after)
            fail(exchange.ended)
            raise TapeError(
                f"{self._name} has no answer to {exchange.asked.method} {exchange.asked.path}: "
                f"when it was recorded, the client left before one came"
            )
        await pace.wait(exchange.answered.after)
        return Replayed(exchange, exchange.answered.status, exchange.answered.headers, pace)

    def _next(self, request: HTTPRequest) -> Exchange:
        with self._lock:
            self._scrubber.learn(request)
            asked = self._scrubber.asked(request)
            for number in self._left:
                exchange = self._exchanges[number]
                if self._in_order or not differences(exchange.asked, asked):
                    self._left.remove(number)
                    return exchange
        raise NoMatch(f"{self._name} {self._lack(asked)}; record it again")

    def _lack(self, asked: Asked) -> str:
        """Say why nothing fits, by the exchange that comes nearest."""
        what = f"{asked.method} {asked.path}"
        if not self._exchanges or self._in_order:
            return f"has {len(self._exchanges)} exchanges, and none is left for {what}"
        found = [differences(exchange.asked, asked) for exchange in self._exchanges]
        nearest = min(range(len(found)), key=lambda number: len(found[number]))
        if not found[nearest]:
            return f"has {found.count([])} of {what} with this body, and all were used already"
        return (
            f"has no answer to {what}: the nearest, exchange {nearest + 1}, "
            f"differs in {described(found[nearest])}"
        )


class Pace:
    """Lets time pass as it did, faster or slower; whoever is late need not wait."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._due = asyncio.get_running_loop().time()

    async def wait(self, seconds: float) -> None:
        if self._speed:
            self._due += seconds / self._speed
        await asyncio.sleep(max(0.0, self._due - asyncio.get_running_loop().time()))


class Replayed:
    """An answer from a tape."""

    def __init__(
        self, exchange: Exchange, status: int, headers: Mapping[str, str], pace: Pace
    ) -> None:
        self.status = status
        self.headers = headers
        self._exchange = exchange
        self._pace = pace

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """Yield the recorded chunks; where the client left, the body ends.

        Raises:
            AIError: the connection broke here when it was recorded.
        """
        for chunk in self._exchange.chunks:
            await self._pace.wait(chunk.after)
            yield chunk.data
        await self._pace.wait(self._exchange.ended.after)
        fail(self._exchange.ended)

    async def aclose(self) -> None:
        """Do nothing: nothing is open."""


def fail(ended: Ended) -> None:
    """Raise the error that ended an exchange, if one did."""
    if ended.how == "error":
        raise FAILURES[ended.code](ended.message)
