"""Answer a client that may leave at any time, and keep its connection alive meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from math import inf
from typing import Protocol

from aicore.calls import Batch, Batches
from aicore.errors import AIError

from aikit_asgi.attend import Attended, Connection, overdue, unheard
from aikit_asgi.faults import GatewayError, ShuttingDown
from aikit_asgi.http import SSE_HEADERS, Gone, Receive, Reply, raw
from aikit_asgi.limits import Limits
from aikit_asgi.watch import watch_of

PING = b": ping\n\n"
LOOKS = 10
"""How often a stream is looked at in the shorter of its times: of a comment, and of its end."""
FAREWELL = 1.0
"""Seconds in which a client may take the last frame of a stream that breaks."""


class Writer(Protocol):
    """Writes the events of an answer in some dialect of server-sent events."""

    def headers(self, batch: Batch) -> Mapping[str, str]:
        """Return headers that the first batch calls for."""

    def batch(self, batch: Batch) -> bytes:
        """Return what a batch is on the wire; may be empty."""

    def error(self, error: AIError) -> bytes:
        """Return the frame that tells a client that the stream broke."""


class Body:
    """The body of a streamed answer: begun by the first bytes, and kept alive inside the block.

    A comment is sent when nothing else was for `ping` seconds, and `late` called when the stream
    has lasted for `limit` seconds, each at most `1 / LOOKS` of that later: all streams are looked
    at by one timer. Only a comment takes a task.
    """

    __slots__ = (
        "_busy",
        "_due",
        "_every",
        "_heard",
        "_late",
        "_loop",
        "_ping",
        "_reply",
        "_watch",
        "begun",
    )

    def __init__(
        self, reply: Reply, ping: float | None, limit: float | None, late: Callable[[], None]
    ) -> None:
        self._reply = reply
        self._every = inf if ping is None else ping
        self._late = late
        self._loop = asyncio.get_running_loop()
        self._heard = self._loop.time()
        self._due = inf if limit is None else self._heard + limit
        self._busy = False
        shortest = self._every if limit is None else min(self._every, limit)
        self._watch = watch_of(self._loop, shortest / LOOKS) if shortest < inf else None
        self._ping: asyncio.Task[None] | None = None
        self.begun = False

    def __enter__(self) -> None:
        if self._watch is not None:
            self._watch.add(self)

    def __exit__(self, *_: object) -> None:
        if self._watch is not None:
            self._watch.discard(self)
        if self._ping is not None:
            self._ping.cancel()

    async def write(
        self, body: bytes, headers: Mapping[str, str] | None = None, *, more: bool = True
    ) -> None:
        """Send bytes; waits while the client reads more slowly than the model writes."""
        if self._ping is not None:
            await asyncio.wait([self._ping])
        self._busy = True
        try:
            if not self.begun:
                await self._begin(headers or {})
            if body or not more:
                await self._reply.piece(body, more)
        finally:
            self._busy = False
            self._heard = self._loop.time()

    async def _begin(self, headers: Mapping[str, str]) -> None:
        self.begun = True
        start = [*SSE_HEADERS, *raw(headers)]
        await self._reply({"type": "http.response.start", "status": 200, "headers": start})

    async def _comment(self) -> None:
        try:
            if not self.begun:
                await self._begin({})
            await self._reply.piece(PING, True)
        finally:
            self._heard = self._loop.time()

    def look(self, now: float) -> None:
        """Send a comment, or end the stream, if it is time for that."""
        if now >= self._due:
            self._late()
        elif now - self._heard >= self._every and not self._busy and self._ping is None:
            self._ping = self._loop.create_task(self._comment())
            self._ping.add_done_callback(self._pinged)

    def _pinged(self, ping: asyncio.Task[None]) -> None:
        self._ping = None
        unheard(ping)


async def stream(
    receive: Receive,
    reply: Reply,
    batches: Batches,
    writer: Writer,
    limits: Limits,
    connection: Connection | None = None,
) -> None:
    """Stream a call to a client.

    Until the first batch (or the first ping) nothing is sent, so that an early error can have its
    status: it is raised. After that an error is a frame of its own, and the body ends without the
    dialect's mark of a complete answer; so it does when the server ends the stream by cancelling
    it. Each batch is one send, and the next is asked for only when the client has taken it: a
    slow reader slows the model down and costs no memory, and may do so until the limit of streams.

    Raises:
        AIError: the call failed, before anything was sent or after the client was told.
        Gone: the client has left.
        Exception: the gateway failed, before anything was sent or after the client was told.
    """
    attended = Attended(None, overdue(limits.stream), receive, connection)
    body = Body(reply, limits.ping, limits.stream, attended.overdue)
    try:
        with body, attended:
            try:
                async for batch in batches:
                    if body.begun:
                        await body.write(writer.batch(batch))
                    else:
                        await body.write(writer.batch(batch), writer.headers(batch))
            finally:
                await batches.aclose()
            await body.write(b"", more=False)
    except Gone:
        raise
    except asyncio.CancelledError:
        if body.begun:
            await last_words(body.write(writer.error(ShuttingDown()), more=False))
        raise
    except Exception as error:
        if not body.begun:
            raise
        known = error if isinstance(error, AIError) else GatewayError()
        await last_words(body.write(writer.error(known), more=False))
        raise


async def last_words(sending: Awaitable[None]) -> None:
    """Send the last frame of a stream that breaks, if the client takes it soon."""
    with suppress(Exception):
        async with asyncio.timeout(FAREWELL):
            await sending
