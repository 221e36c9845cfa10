"""Answer a client that may leave at any time, and keep its connection alive meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any, Protocol, TypeVar

from aicore.calls import Batch, Batches
from aicore.context import CancelToken
from aicore.errors import AIError, Cancelled, TotalTimeout
from aicore.guard import interruptible

from aikit_asgi.faults import GatewayError, ShuttingDown
from aikit_asgi.http import SSE_HEADERS, Gone, Receive, Send, raw
from aikit_asgi.limits import Limits

T = TypeVar("T")

PING = b": ping\n\n"
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


def overdue(limits: Limits) -> tuple[float, AIError] | None:
    """Return when a client must have taken a stream, and the error if it has not.

    The call has the same limit, but cannot notice it while it waits for a client that does not
    read. It comes first where it can, since it knows more.
    """
    if limits.stream is None:
        return None
    late = TotalTimeout(f"the client has not taken the answer within {limits.stream:g} s")
    return asyncio.get_running_loop().time() + limits.stream + FAREWELL, late


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncGenerator[None, None]:
    """Run something in a task of its own until the block ends; its errors are nobody's."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()


async def watch(receive: Receive, gone: CancelToken) -> None:
    """Cancel `gone` when the client disconnects."""
    while (await receive())["type"] != "http.disconnect":
        pass
    gone.cancel()


class _Body:
    """The body of a streamed answer: begun by the first bytes, kept alive by comments."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._turn = asyncio.Lock()
        self._heard = asyncio.get_running_loop().time()
        self.begun = False

    async def write(
        self, body: bytes, headers: Mapping[str, str] | None = None, *, more: bool = True
    ) -> None:
        """Send bytes; waits while the client reads more slowly than the model writes."""
        async with self._turn:
            if not self.begun:
                self.begun = True
                start = raw({**SSE_HEADERS, **(headers or {})})
                await self._send({"type": "http.response.start", "status": 200, "headers": start})
            if body or not more:
                await self._send({"type": "http.response.body", "body": body, "more_body": more})
            self._heard = asyncio.get_running_loop().time()

    async def keep_alive(self, ping: float | None) -> None:
        """Write a comment whenever nothing else was written for `ping` seconds."""
        loop = asyncio.get_running_loop()
        while ping is not None:
            await asyncio.sleep(max(self._heard + ping - loop.time(), ping / 10))
            if loop.time() - self._heard >= ping and not self._turn.locked():
                await self.write(PING)


async def stream(
    receive: Receive,
    send: Send,
    call: Callable[[CancelToken], Batches],
    writer: Writer,
    limits: Limits,
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
    gone, body, due = CancelToken(), _Body(send), overdue(limits)

    async def write() -> None:
        async with aclosing(call(gone)) as batches:
            async for batch in batches:
                headers = None if body.begun else writer.headers(batch)
                await body.write(writer.batch(batch), headers)
        await body.write(b"", more=False)

    try:
        async with beside(watch(receive, gone)), beside(body.keep_alive(limits.ping)):
            await interruptible(write(), due, gone)  # it may wait for the client as well
    except Gone:
        raise
    except asyncio.CancelledError:
        if body.begun:
            await last_words(body.write(writer.error(ShuttingDown()), more=False))
        raise
    except Exception as error:
        if isinstance(error, Cancelled) and gone.cancelled:
            raise Gone from None
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


async def whole(receive: Receive, run: Callable[[CancelToken], Awaitable[T]]) -> T:
    """Await an answer in one piece; a client that leaves cancels it.

    Raises:
        Gone: the client has left.
        AIError: the call failed.
    """
    gone = CancelToken()
    async with beside(watch(receive, gone)):
        try:
            return await run(gone)
        except Cancelled:
            if gone.cancelled:
                raise Gone from None
            raise
