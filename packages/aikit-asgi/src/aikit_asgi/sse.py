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
from collections.abc import AsyncGenerator
from typing import Protocol

from aicore.calls import Batch, Batches
from aicore.errors import AIError, TotalTimeout
from aicore.pump import Pump
from sse_starlette import EventSourceResponse

from aikit_asgi.attend import Attended, overdue
from aikit_asgi.faults import GatewayError, ShuttingDown
from aikit_asgi.http import Receive, Scope, Send
from aikit_asgi.limits import Limits
from aikit_asgi.live import PING, Writer, last_words


class ClosingWriter(Writer, Protocol):
    """A writer whose dialect marks a complete answer with an event of its own."""

    def done(self) -> bytes: ...


async def respond(
    scope: Scope,
    receive: Receive,
    send: Send,
    batches: Batches,
    writer: ClosingWriter,
    limits: Limits,
) -> None:
    """Stream a call as events, and tell errors as `live.stream` does.

    Raises:
        AIError: the call failed, before anything was sent or after the client was told.
        Gone: the client has left before anything was sent.
        Exception: the gateway failed, before anything was sent or after the client was told.
    """
    pump, told = Pump(batches, ahead=1), list[Exception]()
    began, late = asyncio.get_running_loop().time(), overdue(limits.stream)
    try:
        first = await Attended(limits.stream, late, receive).run(first_of(pump, limits.ping))
        response = EventSourceResponse(
            frames(first, pump, writer, told),
            headers=dict(writer.headers(first)),
            ping=limits.ping or 0,
            sep="\n",
            shutdown_grace_period=math.inf,
        )
        del response.headers["connection"]
        try:
            spent = asyncio.get_running_loop().time() - began
            left = None if limits.stream is None else limits.stream - spent
            await Attended(left, late).run(response(scope, receive, send))
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


async def first_of(pump: Pump, ping: float | None) -> Batch:
    """Return the first batch; an empty one if there is none when it is time for a ping.

    Raises:
        AIError: the call failed before that.
    """
    ready, _ = await asyncio.wait([pump.ready()], timeout=ping)
    return await anext(pump) if ready else ()


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
