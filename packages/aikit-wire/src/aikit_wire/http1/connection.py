"""One connection: a request goes out, and what comes back is fed to its reply."""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import Any, cast

from aicore.errors import AIError, BadReply, CutOff, Unreachable

from aikit_wire.http1.reply import Malformed, ReplyParser
from aikit_wire.http1.target import Origin
from aikit_wire.http1.waiting import Waiting
from aikit_wire.transport import HTTPRequest, Phases

HIGH = 256 << 10
"""So many bytes of a body wait at most; then reading pauses, and TCP slows the server down."""
SLICE = 64 << 10
"""A body up to this size leaves in one write with its head, a longer one in slices of it."""
HEAD_SECONDS = 60.0
"""How long a head may take from its first byte to its last, if `read` allows as much."""
CLOSED = "the server closed the connection"
WAITING = "waiting for bytes"


class Connection(asyncio.BufferedProtocol):
    """Carries one exchange at a time; at most one coroutine waits on it.

    All connections of a loop read into one `buffer`, for what is in it is parsed before the next
    read. (asyncio's other way allocates 256 kB for each read, which costs up to 20 µs.)

    `kept` is called when it can carry another exchange, and `gone` when it is closed.
    `used` tells that it was kept from an earlier exchange, `streamed` that the last answer came
    bit by bit, and `dropped` that the server closed it before any byte of the present answer.
    """

    __slots__ = (
        "_buffer",
        "_fault",
        "_full",
        "_gone",
        "_interim",
        "_kept",
        "_loop",
        "_paused",
        "_read",
        "_readable",
        "_transport",
        "_unread",
        "_waiting",
        "dropped",
        "idle_since",
        "lost",
        "origin",
        "reply",
        "streamed",
        "used",
        "where",
    )

    def __init__(
        self,
        origin: Origin,
        where: str,
        buffer: memoryview,
        loop: asyncio.AbstractEventLoop,
        kept: Callable[[Connection], None],
        gone: Callable[[Connection], None],
    ) -> None:
        self.origin = origin
        self.where = where
        self._buffer = buffer
        self._loop = loop
        self._kept = kept
        self._gone = gone
        self._transport: Any = None
        self._readable: Callable[[], object] | None = None
        self.reply = ReplyParser()
        self.lost = self.used = self.streamed = self.dropped = False
        self.idle_since = 0.0
        self._fault: AIError | None = None
        self._paused = self._full = False
        self._waiting = Waiting(loop, where)
        self._read: float | None = None
        self._unread = 0  # bytes that have come since the body was last taken
        self._interim = -1  # how far interim heads had come when the silence began

    # What the exchange calls

    async def exchange(self, head: bytes, request: HTTPRequest, phases: Phases) -> None:
        """Send a request and wait until the head of the reply is there.

        Raises:
            Unreachable: the connection broke before the answer began.
            CutOff: it broke after that.
            TimedOut: sending or waiting took too long.
            BadReply: what came is no HTTP.
        """
        reply, body, limit = self.reply, request.body, phases.read
        reply.expect(bodiless=request.method == "HEAD")
        self._read, self._interim, self._unread = limit, -1, 0
        try:
            self._transport.write(head + body[:SLICE] if body else head)
            if self._full or (body and len(body) > SLICE):
                await self._pour(memoryview(body or b"")[SLICE:], phases.write)
            while not reply.headed:
                if self._fault is not None:
                    raise self._fault
                await self._waiting.silence(limit, WAITING)
        except BaseException:
            self.abort()
            raise
        self.streamed = not reply.complete and "transfer-encoding" in reply.headers

    async def _pour(self, body: memoryview, limit: float | None) -> None:
        """Send the rest of a body, no faster than the server takes it.

        An answer that comes before the end stops it: the server does not want the rest
        (RFC 9110, section 10.1.1; RFC 9112, section 9.5).
        """
        while True:
            while self._full:
                if self.reply.headed or self._fault is not None:
                    self.reply.reusable = False
                    return
                await self._waiting.silence(limit, "sending the request")
            if not body:
                break
            self._transport.write(body[:SLICE])
            body = body[SLICE:]

    def more(self, limit: float | None) -> asyncio.Future[None]:
        """Return what to await until more of the answer has come, or its end.

        Raises:
            CutOff: the connection broke before the end.
            BadReply: what came is no HTTP.
            TimedOut: nothing came for `limit` seconds; from what is awaited.
        """
        if self._fault is not None:
            raise self._fault
        return self._waiting.silence(limit, WAITING)

    def take(self) -> bytes:
        """Return what has come of the body since the last time."""
        pieces = self.reply.pieces
        data = b"".join(pieces)  # the piece itself if it is the only one
        pieces.clear()
        self._unread = 0
        if self._paused and not self.lost:
            self._paused = False
            self._transport.resume_reading()
        return data

    def release(self) -> None:
        """End the exchange; close the connection if it cannot be used again."""
        reply = self.reply
        if not reply.complete:
            self.abort()
        elif not reply.reusable:
            self.close()
        else:
            if reply.pieces:
                self.take()  # nobody wants it
            self.used = True
            self.idle_since = monotonic()
            self._kept(self)

    def alive(self, longest: float) -> bool:
        """Tell whether a connection that is idle, not longer than that, can carry a request.

        The socket itself is looked at, for the loop may not have seen yet that it was closed:
        llama.cpp closes it right after a stream, and a program may compute between its calls.
        """
        if self.lost or monotonic() - self.idle_since >= longest:
            return False
        if self._readable is None:  # made here, as it takes half a kilobyte
            self._readable = looking(self._transport.get_extra_info("socket"))
        return not self._readable()

    def close(self) -> None:
        """Close a connection in good order; TLS says goodbye first (RFC 9112, section 9.8)."""
        if not self.lost and self.origin.tls:
            self._transport.close()  # the alert is written at once, but the socket would linger
        self.abort()

    def abort(self, fault: AIError | None = None) -> None:
        """Close the socket at once, whatever is under way."""
        if self.lost:
            return
        self.lost = True
        if self._fault is None:
            self._fault = fault or self._broken("it was closed here")
        self._transport.abort()
        self._over()

    def _over(self) -> None:
        self._waiting.stop()
        self.reply.drop()
        self._gone(self)
        self._waiting.wake()

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        reply = self.reply
        if reply.complete or self.lost:
            self.abort()  # nobody asked; these bytes must not answer the next request
            return
        try:
            news = reply.feed(self._buffer[:nbytes])
        except Malformed as error:
            self.abort(BadReply(f"{self.where} sent what is no valid HTTP: {error}"))
            return
        if news:
            self._unread += nbytes
            if self._unread > HIGH and not self._paused:
                self._paused = True
                self._transport.pause_reading()
            self._waiting.wake()
        elif not reply.headed and reply.interim != self._interim:
            self._interim = reply.interim
            self._waiting.change(self._patience(reply))

    def _patience(self, reply: ReplyParser) -> float | None:
        """Return how long silence may last: a server may think for long, but not in a head."""
        if not reply.inside_head:
            return self._read
        return HEAD_SECONDS if self._read is None else min(self._read, HEAD_SECONDS)

    def eof_received(self) -> None:
        reply = self.reply
        if not reply.complete and self._orderly() and reply.end():
            self._waiting.wake()
        else:
            self.dropped = not reply.begun
            self.abort(self._broken(CLOSED))

    def connection_lost(self, exc: Exception | None) -> None:
        if self.lost:
            return
        self.lost = True
        self.dropped = not self.reply.begun
        self._fault = self._broken(f"{type(exc).__name__}: {exc}" if exc else CLOSED)
        self._over()

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        self._waiting.wake()

    def _orderly(self) -> bool:
        """Tell whether the server itself ended the connection, not somebody on the way.

        With TLS that needs its alert (RFC 9112, section 9.8), which asyncio does not ask for.
        """
        if not self.origin.tls:
            return True
        try:
            return not self._transport.get_extra_info("ssl_object").read(1)
        except OSError as error:  # ssl.SSLError is one; ssl is not imported for http
            return type(error).__name__ == "SSLZeroReturnError"

    def _broken(self, reason: str) -> AIError:
        if self.reply.begun and not self.reply.complete:
            return CutOff(
                f"the connection to {self.where} broke in the middle of the answer: {reason}"
            )
        return Unreachable(f"cannot reach {self.where}: {reason}")


def looking(socket: Any) -> Callable[[], object]:
    """Return what tells whether bytes, or the end of them, wait in a socket."""
    if not hasattr(select, "poll"):  # on Windows
        return lambda: select.select([socket], [], [], 0)[0]
    poll = select.poll()  # select() knows no descriptors above 1023
    poll.register(socket, select.POLLIN)
    return partial(poll.poll, 0)
