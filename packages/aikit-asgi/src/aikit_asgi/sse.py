"""The native stream answered through sse-starlette, the only module that knows it.

It is fed encoded bytes, all events of one network read at a time: fed event by event it costs two
to five times as much (`benchmarks/gateway_sse.py`). Two of its habits are undone. Its header
`Connection: keep-alive` is taken off, because HTTP/2 forbids it and strict WSGI bridges refuse it.
And it would end streams without a word as soon as uvicorn is told to stop; here they go on until
the server's own time of grace is over, as those of the other dialects do.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Callable
from typing import Protocol

from aicore.calls import Batch, Batches
from aicore.context import CancelToken
from aicore.errors import AIError, Cancelled, TotalTimeout
from aicore.guard import interruptible
from aicore.pump import Pump
from sse_starlette import EventSourceResponse

from aikit_asgi.faults import GatewayError, ShuttingDown
from aikit_asgi.http import Gone, Receive, Scope, Send
from aikit_asgi.limits import Limits
from aikit_asgi.live import PING, Writer, last_words, overdue, watched


class ClosingWriter(Writer, Protocol):
    """A writer whose dialect marks a complete answer with an event of its own."""

    def done(self) -> bytes: ...


async def respond(
    scope: Scope,
    receive: Receive,
    send: Send,
    call: Callable[[CancelToken], Batches],
    writer: ClosingWriter,
    limits: Limits,
) -> None:
    """Stream a call as events, and tell errors as `live.stream` does.

    Raises:
        AIError: the call failed, before anything was sent or after the client was told.
        Gone: the client has left before anything was sent.
        Exception: the gateway failed, before anything was sent or after the client was told.
    """
    gone, due = CancelToken(), overdue(limits)
    pump, told = Pump(call(gone), ahead=1), list[Exception]()
    try:
        with watched(receive, gone):
            first = await first_of(pump, limits.ping, gone)
        response = EventSourceResponse(
            frames(first, pump, writer, told),
            headers=dict(writer.headers(first)),
            ping=limits.ping or 0,
            sep="\n",
            shutdown_grace_period=math.inf,
        )
        del response.headers["connection"]
        try:
            await interruptible(response(scope, receive, send), due)
        except (asyncio.CancelledError, TotalTimeout) as error:
            known = error if isinstance(error, TotalTimeout) else ShuttingDown()
            farewell = writer.error(known)
            body = {"type": "http.response.body", "body": farewell, "more_body": False}
            await last_words(send(body))
            raise
        for problem in told:
            raise problem
    finally:
        await pump.aclose()


async def first_of(pump: Pump, ping: float | None, gone: CancelToken) -> Batch:
    """Return the first batch; an empty one if there is none when it is time for a ping.

    Raises:
        AIError: the call failed before that.
        Gone: the client left before that.
    """
    ready, _ = await asyncio.wait([pump.ready()], timeout=ping)
    if not ready:
        return ()
    try:
        return await anext(pump)
    except Cancelled:
        if gone.cancelled:
            raise Gone from None
        raise


async def frames(
    first: Batch, pump: Pump, writer: ClosingWriter, told: list[Exception]
) -> AsyncGenerator[bytes, None]:
    """Yield what each batch is on the wire; an error that the client is told goes into `told`."""
    try:
        yield writer.batch(first) or PING
        async for batch in pump:
            yield writer.batch(batch)
        yield writer.done()
    except Exception as error:
        told.append(error)
        yield writer.error(error if isinstance(error, AIError) else GatewayError())
