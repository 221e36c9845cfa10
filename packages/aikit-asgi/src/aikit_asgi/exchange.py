"""A request that has come by a connection, and the app's response to it."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from aikit_asgi.framing import framed
from aikit_asgi.http import Message, Scope

if TYPE_CHECKING:
    from aikit_asgi.protocol import HTTPProtocol

log = logging.getLogger("uvicorn.error")

START = "http.response.start"
BODY = "http.response.body"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LARGE = 1 << 14
"""Bytes of a body from which on copying it costs more than three writes."""
LAST_CHUNK = b"0\r\n\r\n"
SORRY = b"Internal Server Error"
SORRY_FIELDS = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(SORRY))]


class Exchange:
    """Has the app answer one request, and frames what it answers.

    `receive` and `send` are those of ASGI 3.0 (HTTP 2.3). As that wants it, nothing is sent before
    the first message of a body; so head and body leave in one packet, where two would wake the
    client twice.
    """

    keep_alive: bool
    _size = 0
    """How many bytes of the request's body the app has not taken yet."""
    whole = False
    """The request has arrived."""
    started = False
    complete = False
    """The response has been sent."""
    gone = False
    """The client has left, or was left."""
    task: asyncio.Task[None] | None = None
    """That in which the app runs."""
    _head = b""
    """That of the response, while it waits for the body."""
    _chunked = False
    _silent = False
    _left: int | None = None
    """How many bytes of the response's body are still to come."""
    _untold = True
    """The app does not know yet that the request is whole."""
    _woken: asyncio.Event | None = None

    def __init__(self, client: HTTPProtocol, scope: Scope, keep_alive: bool) -> None:
        self._client = client
        self._scope = scope
        self._pieces = list[bytes]()
        self.keep_alive = keep_alive

    def feed(self, body: bytes) -> int:
        """Take bytes of the request's body; return how many the app has not taken yet."""
        if self.complete:
            return 0
        self._pieces.append(body)
        self._size += len(body)
        if self._woken is not None:
            self._woken.set()
        return self._size

    def end(self) -> None:
        """Note that the request is whole."""
        self.whole = True
        if self._woken is not None:
            self._woken.set()

    def leave(self) -> None:
        """Note that nobody is there any more who could be answered."""
        self.gone = True
        if self._woken is not None:
            self._woken.set()

    async def run(self) -> None:
        """Call the app; its errors are logged, and answered while nothing has been sent."""
        try:
            await self._client.app(self._scope, self.receive, self.send)
        except asyncio.CancelledError:
            await self._apologize()
            raise
        except Exception:
            log.exception("Exception in ASGI application")
            await self._apologize()
        else:
            if not (self.complete or self.gone):
                log.error("ASGI callable returned without completing response.")
                await self._apologize()
        finally:  # here, since the loop takes a microsecond to call who waits for a task's end
            if self.task is not None:
                self._client.state.tasks.discard(self.task)
                self.task = None

    @property
    def begun(self) -> bool:
        """Tell whether something of the response has been sent."""
        return self.started and not self._head

    @property
    def unmarked(self) -> bool:
        """Tell whether the client knows by the end of the connection alone that it has it all."""
        return self.begun and not (self._chunked or self._silent or self._left is not None)

    async def _apologize(self) -> None:
        """Answer with 500 where nothing has been sent, or cut off what else would look whole."""
        if self.complete or self.gone:
            return
        if self.begun:
            self._client.cut(reset=self.unmarked)
            return
        self.started, self.keep_alive, self._head = False, False, b""
        await self.send({"type": START, "status": 500, "headers": SORRY_FIELDS})
        await self.send({"type": BODY, "body": SORRY})

    async def receive(self) -> Message:
        """Return the next part of the body; or once it is whole, wait for the client to leave."""
        while not (self._pieces or (self.whole and self._untold) or self.gone or self.complete):
            if self._woken is None:
                self._woken = asyncio.Event()
                if self._waits_for_continue():
                    self._client.write(CONTINUE)
            self._woken.clear()
            await self._woken.wait()
        if self.gone or self.complete:
            return {"type": "http.disconnect"}
        body = b"".join(self._pieces)
        self._pieces.clear()
        self._size = 0
        self._untold = more = not self.whole
        if self._client.paused:
            self._client.resume_reading()
        return {"type": "http.request", "body": body, "more_body": more}

    def _waits_for_continue(self) -> bool:
        """Tell whether the client may send its body only once it is asked to."""
        if self.whole or self.started or self._size or self._scope["http_version"] == "1.0":
            return False
        return b"100-continue" in self.values(b"expect")

    def values(self, name: bytes) -> list[bytes]:
        """Return the values of a header of the request in lower case."""
        return [value.lower() for given, value in self._scope["headers"] if given == name]

    async def send(self, message: Message) -> None:
        """Send what the app answers; waits while the client takes it more slowly.

        Raises:
            RuntimeError: the message is out of its turn, or a body not as long as was said.
            ValueError: the status or a header is not valid.
        """
        client = self._client
        if client.full:
            await client.drained()
        if self.gone:
            return
        if not self.started:
            self._start(message)
            return
        if self.complete or message["type"] != BODY:
            after = "end" if self.complete else "start"
            raise RuntimeError(f"{message['type']!r} was sent after the {after} of a response")
        body, more = message.get("body", b""), message.get("more_body", False)
        head, tail = self._head, b""
        if self._chunked:
            if body:
                head, tail = b"%b%x\r\n" % (head, len(body)), b"\r\n"
            if not more:
                tail += LAST_CHUNK
        elif self._silent:
            body = b""
        elif self._left is not None:
            left = self._left - len(body)
            if left < 0 or (left and not more):
                raise RuntimeError(
                    "the body of a response is not as long as its content-length says"
                )
            self._left = left
        self._head = b""
        if len(body) > LARGE:
            client.write(head)
            client.write(body)
            client.write(tail)
        else:
            client.write(head + body + tail)
        if not more:
            self.complete = True
            if self._woken is not None:
                self._woken.set()
            client.answered(self)

    def _start(self, message: Message) -> None:
        if message["type"] != START:
            raise RuntimeError(f"{message['type']!r} was sent before the start of a response")
        scope, client = self._scope, self._client
        if not self.whole and self._woken is None and self._waits_for_continue():
            self.keep_alive = False  # the body may come now, or not
        self._head, self._left, self._chunked, self._silent, self.keep_alive = framed(
            scope["method"],
            scope["http_version"],
            message["status"],
            client.state.default_headers,
            message.get("headers", ()),
            self.keep_alive,
        )
        self.started = True
