"""uvicorn's side of a connection, with bounds for what it keeps before the app sees a request.

uvicorn leaves those to a proxy in front: with httptools it buffers headers of any length, and waits
for them as long as the client likes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, MutableMapping
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from aikit_asgi.attend import CONNECTION
from aikit_asgi.limits import Limits

PATIENCE = 30.0
"""Seconds in which the headers of a request must be whole, once the connection or they begin."""

TOO_LONG = b"\r\n".join(
    [b"HTTP/1.1 431 Request Header Fields Too Large", b"connection: close", b"content-length: 0"]
)


class Joined:
    """A connection's transport that lets the head of an answer wait for the beginning of its body.

    uvicorn writes the two one after the other. Two packets wake the client twice: a tenth of the
    time of a request. A head whose body comes later leaves in the loop's next turn.
    """

    __slots__ = ("_head", "_loop", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._head = b""

    def write(self, data: bytes) -> None:
        if self._head:
            data, self._head = self._head + data, b""
        elif data.startswith(b"HTTP/1.1 "):  # a body may begin like that, which does no harm
            self._head = data
            self._loop.call_soon(self._flush)
            return
        self._transport.write(data)

    def _flush(self) -> None:
        head, self._head = self._head, b""
        if head and not self._transport.is_closing():
            self._transport.write(head)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Bounded(HttpToolsProtocol):
    """Closes connections that keep the server waiting, or send what never gets to the app.

    What one network read brings may be longer than `limit`, in bytes; the app then refuses it.
    """

    __slots__ = ("_kept", "_late", "_left", "_progress")
    # kept apart from the 27 of uvicorn: from 30 on, a dict of each connection takes 1.3 kB more

    limit = Limits().headers

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._kept = 0
        self._progress = False
        self._late: asyncio.TimerHandle | None = None
        self._left: Callable[[], object] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(Joined(transport, self.loop))  # type: ignore[arg-type]
        self._await_headers()

    def connection_lost(self, error: Exception | None) -> None:
        self._have_headers()
        super().connection_lost(error)
        cycle: RequestResponseCycle | None = self.cycle
        scopes: tuple[Any, ...] = (self.scope, None if cycle is None else cycle.scope)
        for scope in scopes:
            if scope is not None:
                scope.pop(CONNECTION, None)  # they would hold each other
        if self._left is not None:
            self._left()

    def watch(self, left: Callable[[], object] | None) -> None:
        self._left = left
        if left is None:
            return
        self.flow.resume_reading()  # after a long body, nothing else would tell of the end
        if self.transport.is_closing():
            self.loop.call_soon(left)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        scope: MutableMapping[str, Any] = self.scope  # type: ignore[assignment]
        scope[CONNECTION] = self

    def data_received(self, data: bytes) -> None:
        self._progress, cycle = False, self.cycle
        super().data_received(data)
        if self.cycle is not cycle:
            self._progress = True
            self._have_headers()
        if self._late is None and self._in_head():
            self._await_headers()
        self._kept = 0 if self._progress else self._kept + len(data)
        if self._kept > self.limit:
            if not self._answering():
                self.transport.write(TOO_LONG + b"\r\n\r\n")
            self.transport.close()

    def on_body(self, body: bytes) -> None:
        self._progress = True
        super().on_body(body)

    def _in_head(self) -> bool:
        """Tell whether a request has begun whose headers are not all there."""
        scope: Any = self.scope
        cycle: RequestResponseCycle | None = self.cycle
        return scope is not None and (cycle is None or cycle.scope is not scope)

    def _await_headers(self) -> None:
        self._late = self.loop.call_later(PATIENCE, self._give_up)

    def _have_headers(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _give_up(self) -> None:
        self._late = None
        if not self._answering():
            self.transport.close()

    def _answering(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete
