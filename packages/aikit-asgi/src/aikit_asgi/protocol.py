"""HTTP/1.1 connections of `aikit serve`: uvicorn's server runs them, httptools (llhttp) parses.

uvicorn's own class of them leaves bounds to a proxy in front: it buffers headers of any length,
and waits for them as long as the client likes. And it takes a third of the time of a request.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from math import inf
from socket import SO_LINGER, SOL_SOCKET
from struct import pack
from typing import Any
from urllib.parse import quote

import httptools
from uvicorn.config import Config
from uvicorn.protocols.utils import get_local_addr, get_remote_addr, is_ssl
from uvicorn.server import ServerState

from aikit_asgi.attend import CONNECTION
from aikit_asgi.exchange import Exchange
from aikit_asgi.framing import refusal
from aikit_asgi.head import split, split_again, without_upgrade
from aikit_asgi.limits import Limits
from aikit_asgi.watch import Watch, watch_of

log = logging.getLogger("uvicorn.error")

PATIENCE = 30.0
"""Seconds in which headers must be whole once the connection or they begin, and in which a client
must take some of what it was sent once no more comes."""
LINGER = 2.0
"""Seconds in which a client that still sends may notice that it has been answered."""
HIGH_WATER = 1 << 16
"""Bytes of a body that wait for the app; no more is read meanwhile."""
WAITING = 8
"""Requests that wait for the answers to those before them (pipelining); no more are read meanwhile.
Who reads nothing is not told that the client has left, so this is more than one."""
MOST = 500
"""How many may come in one read before the connection is closed behind them; each takes 1 kB."""
LOOKS = 10
"""How often a connection is looked at in the shorter of the times that it may be idle."""
CALLBACK, REFUSALS = httptools.HttpParserCallbackError, (ValueError, httptools.HttpParserError)
BAD = 400, b"This is no valid request."
TOO_LONG = 431, b"The headers of this request are too long."


class HTTPProtocol(asyncio.Protocol):
    """A client's connection: reads requests, has the app answer one after the other.

    What one network read brings may be longer than `limit`, in bytes; the app then refuses it.
    """

    __slots__ = (
        "_client",
        "_drained",
        "_due",
        "_exchange",
        "_headers",
        "_hosts",
        "_in_head",
        "_keep_alive",
        "_kept",
        "_left",
        "_parser",
        "_queue",
        "_reading",
        "_root",
        "_scheme",
        "_server",
        "_shared",
        "_unsent",
        "_url",
        "_watch",
        "app",
        "full",
        "loop",
        "paused",
        "state",
        "transport",
    )
    transport: asyncio.Transport
    _watch: Watch

    limit = Limits().headers

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        if not config.loaded:
            config.load()
        self.app = config.loaded_app
        self.loop = _loop or asyncio.get_running_loop()
        self.state = server_state
        self._shared = app_state
        self._root = config.root_path
        self._keep_alive: float = config.timeout_keep_alive
        self._parser: httptools.HttpRequestParser | None = httptools.HttpRequestParser(self)
        self._url = b""
        self._hosts = 0
        self._headers = list[tuple[bytes, bytes]]()
        self._in_head = False
        """A request has begun whose headers are not all there."""
        self._reading: Exchange | None = None
        """Whose body is being read."""
        self._exchange: Exchange | None = None
        """What is being answered."""
        self._queue = deque[Exchange]()
        """Requests that came before the one ahead of them was answered (pipelining)."""
        self._kept = 0
        """Bytes read since something of them got to the app."""
        self._due = inf
        """When the connection is closed, by the clock of the loop, if nothing comes, or goes."""
        self._unsent = 0
        self.paused = False
        self.full = False
        """The client takes less than is sent."""
        self._drained: asyncio.Event | None = None
        self._left: Callable[[], object] | None = None

    # What the event loop tells

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport
        self._server = get_local_addr(transport)
        self._client = get_remote_addr(transport)
        self._scheme = "https" if is_ssl(transport) else "http"
        self.state.connections.add(self)  # type: ignore[arg-type]
        self._watch = watch_of(self.loop, min(self._keep_alive, PATIENCE) / LOOKS)
        self._watch.add(self)
        self._due = self.loop.time() + PATIENCE

    def connection_lost(self, error: Exception | None) -> None:
        self.state.connections.discard(self)
        self._watch.discard(self)
        self._parser = None  # they hold each other
        for exchange in (self._exchange, *self._queue):
            if exchange is not None:
                exchange.leave()
        self._exchange = self._reading = None
        self._queue.clear()
        self.resume_writing()
        if self._left is not None:
            self._left()

    def data_received(self, data: bytes) -> None:
        if self._parser is None:
            return
        self._kept += len(data)
        waiting = self._in_head
        try:
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as declined:
                self._stay(data[declined.args[0] :])
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if isinstance(error, CALLBACK) and not isinstance(error.__context__, REFUSALS):
                log.error("cannot read a request", exc_info=error)
            self._refuse(*BAD)
            return
        if self._kept > self.limit:
            self._refuse(*TOO_LONG)
        elif self._in_head and not waiting and self._exchange is None:
            self._due = self.loop.time() + PATIENCE

    def eof_received(self) -> None:
        self._end()

    def pause_writing(self) -> None:
        self.full = True

    def resume_writing(self) -> None:
        self.full = False
        if self._drained is not None:
            self._drained.set()

    def look(self, now: float) -> None:
        """Close the connection if nobody has asked for anything, or taken anything, in time."""
        if now < self._due:
            return
        if not self.transport.is_closing():
            self._end(lingers=self._reading is not None)
        elif (unsent := self.transport.get_write_buffer_size()) < self._unsent:
            self._unsent, self._due = unsent, now + PATIENCE
        else:
            self.transport.abort()

    # What uvicorn's server and the app tell

    def shutdown(self) -> None:
        """Close the connection once everything that came by it is answered."""
        if not self._ends_behind_last():
            self._end(lingers=self._reading is not None)

    def watch(self, left: Callable[[], object] | None) -> None:
        self._left = left
        if left is not None and self.transport.is_closing():
            self.loop.call_soon(left)

    # What the parser tells

    def on_message_begin(self) -> None:
        self._url = b""
        self._hosts = 0
        self._in_head = True

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name == b"host":
            self._hosts += 1
        self._headers.append((name, value.rstrip()))

    def on_headers_complete(self) -> None:
        parser, url, headers = self._parser, self._url, self._headers
        assert parser is not None
        if parser.should_upgrade():
            if parser.get_method() == b"CONNECT":
                raise ValueError("CONNECT")
            return
        version, keep_alive = parser.get_http_version(), parser.should_keep_alive()
        if version != "1.1" or self._hosts != 1:
            keep_alive = False
            if version != "1.0" or self._hosts > 1:
                raise ValueError("version, or host")
        path, raw, query = split_again(url) if len(url) < 200 else split(url)
        if self._root and raw != b"*":
            path, raw = self._root + path, quote(self._root).encode() + raw
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": version,
            "method": parser.get_method().decode("ascii"),
            "scheme": self._scheme,
            "path": path,
            "raw_path": raw,
            "query_string": query,
            "root_path": self._root,
            "headers": headers,
            "client": self._client,
            "server": self._server,
            "state": self._shared.copy(),
            CONNECTION: self,
        }
        if len(self._queue) >= MOST:
            raise ValueError("requests before it")
        exchange = Exchange(self, scope, keep_alive)
        self._headers = []
        self._in_head = False
        self._kept = 0
        self._reading = exchange
        if self._exchange is None:
            self._start(exchange)
        else:
            self._queue.append(exchange)
            if len(self._queue) >= WAITING:
                self._pause_reading()

    def on_chunk_header(self) -> None:
        """Refuse an encoding that the app would have to take off, and is not told of."""
        if self._reading and self._reading.values(b"transfer-encoding") != [b"chunked"]:
            raise ValueError("transfer-encoding")

    def on_body(self, body: bytes) -> None:
        self._kept = 0
        if self._reading is not None and self._reading.feed(body) > HIGH_WATER:
            self._pause_reading()

    def on_message_complete(self) -> None:
        if self._reading is not None:  # else it is a request for another protocol
            self._reading.end()
            self._reading = None
            if self._headers:
                self._headers = []  # trailers, which are nobody's

    # What an exchange tells

    def write(self, data: bytes) -> None:
        """Send bytes, if the client is still there."""
        if data and not self.transport.is_closing():
            self.transport.write(data)

    async def drained(self) -> None:
        """Wait until the client has taken most of what was sent, or has left."""
        if self._drained is None:
            self._drained = asyncio.Event()
        while self.full:
            self._drained.clear()
            await self._drained.wait()

    def resume_reading(self) -> None:
        """Go on reading, unless enough requests wait already."""
        if self.paused and len(self._queue) < WAITING and not self.transport.is_closing():
            self.paused = False
            self.transport.resume_reading()

    def cut(self, *, reset: bool) -> None:
        """Close the connection within a response, by a `reset` if its end would seem to be one."""
        if not reset:
            self._end()
            return
        at_once = pack("ii", 1, 0)
        self.transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, at_once)
        self.transport.abort()

    def answered(self, exchange: Exchange) -> None:
        """Go on to the next request, or wait for it."""
        self.state.total_requests += 1
        self._exchange = None
        if not exchange.keep_alive:
            self._end(lingers=self._reading is not None or self._parser is None)
            return
        if self._queue and not self.transport.is_closing():
            self._start(self._queue.popleft())
        else:
            self._due = self.loop.time() + (PATIENCE if self._in_head else self._keep_alive)
        if self.paused:
            self.resume_reading()

    def _start(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._due = inf
        exchange.task = self.loop.create_task(exchange.run())
        self.state.tasks.add(exchange.task)

    def _stay(self, rest: bytes) -> None:
        """Take a request that asks for another protocol for one that does not.

        llhttp takes all that follows for the other protocol: a body, too, which a client of h2c
        may send before it knows (RFC 9110, section 7.8).

        Raises:
            httptools.HttpParserError: what follows is not valid.
            httptools.HttpParserUpgrade: what follows asks again, before it knows.
        """
        assert self._parser is not None
        head = without_upgrade(self._parser, self._url, self._headers)
        self._headers = []
        self._parser = httptools.HttpRequestParser(self)
        self._parser.feed_data(head + rest)

    def _pause_reading(self) -> None:
        if not self.paused and not self.transport.is_closing():
            self.paused = True
            self.transport.pause_reading()

    def _ends_behind_last(self) -> bool:
        """Have the last answer that is still to be sent close the connection, if there is one."""
        last = self._queue[-1] if self._queue else self._exchange
        if last is not None:
            last.keep_alive = False
        return last is not None

    def _refuse(self, status: int, text: bytes) -> None:
        """Read no more, and answer that if nothing else is to be answered before."""
        self._parser = None
        broken, self._reading = self._reading, None
        if broken is not None and broken in self._queue:
            self._queue.remove(broken)
            broken = None
        if broken is not None:
            broken.leave()
            if broken.unmarked:
                self.cut(reset=True)
        elif self._ends_behind_last():
            return
        if broken is None or not broken.begun:
            self.write(refusal(status, self.state.default_headers, text))
        self._end(lingers=True)

    def _end(self, *, lingers: bool = False) -> None:
        """Close the connection once the client has taken what was sent.

        The kernel resets a connection that is closed with something unread, and what the client
        has not taken is lost (RFC 9112, section 9.6). So where it may still be sending, the
        connection `lingers`, and what comes is thrown away.
        """
        if self.transport.is_closing():
            return
        self._parser = self._reading = None
        lingers = lingers and self.transport.can_write_eof()  # over TLS it cannot
        self._due = self.loop.time() + (LINGER if lingers else PATIENCE)
        self._unsent = self.transport.get_write_buffer_size()
        if not lingers:
            self.transport.close()
            return
        self.transport.write_eof()
        self._queue.clear()
        self.resume_reading()
