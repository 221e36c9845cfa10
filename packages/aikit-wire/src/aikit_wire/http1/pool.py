"""The connections of one event loop: kept, shared, limited."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any

from aicore.errors import TimedOut, Unreachable

from aikit_wire.http1.connection import Connection
from aikit_wire.http1.dial import dial
from aikit_wire.http1.target import Origin
from aikit_wire.tls import trusted
from aikit_wire.transport import Phases

READ = 64 << 10
"""So many bytes are read at once."""


SETTLE = 0.01
"""So many seconds after a stream a server may close the connection without having said so.

llama.cpp does, after every one, within a millisecond. A request that was sent meanwhile would be
lost, and not every one may be sent again; so the first one after a stream waits.
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many connections there may be, and for how many seconds an idle one is kept.

    That is well below the 60 seconds after which load balancers and NATs begin to forget one.
    Idle ones are not counted apart: whoever has 256 calls at once would close and open them all
    the time, which costs twice as much per call.
    """

    connections: int = 1000
    idle_seconds: float = 30.0


class Pool:
    """Lends connections; a request gets the idle one of its origin that was used last."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._buffer = memoryview(bytearray(READ))
        self._open: set[Connection] = set()
        self._connecting = 0
        self._idle: dict[Origin, list[Connection]] = {}
        self._steady: set[Origin] = set()  # they were seen to keep a connection after a stream
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._sweeper: asyncio.TimerHandle | None = None
        self._closed = False

    def take(self, origin: Origin) -> Connection | None:
        """Return an idle connection, if there is one at once and nobody waits for any."""
        stack = self._idle.get(origin)
        if not stack or self._waiting:
            return None
        connection = stack.pop()
        if connection.alive(self._limits.idle_seconds) and (
            not connection.streamed or self._unsettled(connection) <= 0
        ):
            return connection
        stack.append(connection)
        return None

    def _pick(self, origin: Origin) -> Connection | None:
        stack = self._idle.get(origin)
        while stack:
            connection = stack.pop()
            if connection.alive(self._limits.idle_seconds):
                return connection
            connection.close()
        return None

    def _unsettled(self, connection: Connection) -> float:
        """Return for how many seconds more it may turn out to be closed after a stream."""
        if not connection.streamed or connection.origin in self._steady:
            return 0
        return connection.idle_since + SETTLE - monotonic()

    async def _settled(self, connection: Connection) -> bool:
        """Wait until a connection has had time to be closed; tell whether it was not."""
        if (seconds := self._unsettled(connection)) > 0:
            try:
                await asyncio.sleep(seconds)
                await asyncio.sleep(0)  # a loop that was late closes sockets in this turn
            except BaseException:
                self._keep(connection)
                raise
            if not connection.alive(self._limits.idle_seconds):
                connection.close()
                return False
            self._steady.add(connection.origin)
        return True

    async def connection(
        self, origin: Origin, where: str, phases: Phases, *, fresh: bool = False
    ) -> Connection:
        """Return a connection, in turn; a `fresh` one was not used before.

        Raises:
            TimedOut: none became free for `pool` seconds, or none was made in `connect` seconds.
            Unreachable: no connection could be made.
        """
        due = None if phases.pool is None else self._loop.time() + phases.pool
        waited = False
        while True:
            if self._closed:
                raise Unreachable(f"cannot reach {where}: the connections were closed here")
            if waited or not self._waiting:
                while not fresh and (idle := self._pick(origin)):
                    if await self._settled(idle):
                        return idle
                if self._room():
                    return await self._connect(origin, where, phases.connect)
            await self._turn(due, where, first=waited)
            waited = True

    def _room(self) -> bool:
        """Tell whether there may be another connection; an idle one elsewhere makes way."""
        if len(self._open) + self._connecting < self._limits.connections:
            return True
        stacks = [stack for stack in self._idle.values() if stack]
        if not stacks:
            return False
        stack = min(stacks, key=lambda stack: stack[0].idle_since)
        connection = stack.pop(0)
        connection.close()
        return True

    async def _turn(self, due: float | None, where: str, *, first: bool) -> None:
        """Wait in the queue, at its head whoever was woken in vain."""
        turn: asyncio.Future[None] = self._loop.create_future()
        self._waiting.insert(0 if first else len(self._waiting), turn)
        late = TimedOut(f"timed out waiting for a free connection ({where})")
        timer = None if due is None else self._loop.call_at(due, expire, turn, late)
        try:
            await turn
        except BaseException:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._next()  # cancelled in the moment of its turn: it is another's now
            else:
                with suppress(ValueError):
                    self._waiting.remove(turn)
            raise
        finally:
            if timer is not None:
                timer.cancel()

    def _next(self) -> None:
        """Wake who has waited longest: a connection has become free, or may be made."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    async def _connect(self, origin: Origin, where: str, limit: float | None) -> Connection:
        make = partial(
            Connection, origin, where, self._buffer, self._loop, self._keep, self._forget
        )
        options: dict[str, Any] = {}
        if origin.tls:
            options = {"ssl": trusted(), "server_hostname": origin.name or origin.host}
        self._connecting += 1
        made = False
        try:
            async with asyncio.timeout(limit):
                sock = await dial(origin.host, origin.port)
                _, connection = await self._loop.create_connection(make, sock=sock, **options)
            made = True
        except TimeoutError as error:
            raise TimedOut(f"timed out connecting ({where})") from error
        except OSError as error:
            raise Unreachable(f"cannot reach {where}: {type(error).__name__}: {error}") from error
        finally:
            self._connecting -= 1
            if not made:
                self._next()
        self._open.add(connection)
        if self._closed:
            connection.close()
        return connection

    def _keep(self, connection: Connection) -> None:
        """Take a connection back at the end of its exchange."""
        if connection.lost:
            return
        if (stack := self._idle.get(connection.origin)) is None:
            stack = self._idle[connection.origin] = []
        stack.append(connection)
        if self._waiting:
            self._next()
        if self._sweeper is None:
            self._sweeper = self._loop.call_later(self._limits.idle_seconds, self._sweep)

    def _forget(self, connection: Connection) -> None:
        """Note that a connection is gone."""
        self._open.discard(connection)
        stack = self._idle.get(connection.origin)
        if stack and connection in stack:
            stack.remove(connection)
        self._next()

    def _sweep(self) -> None:
        """Close what has been idle for too long, and forget origins that nobody asks any more."""
        self._sweeper = None
        longest = self._limits.idle_seconds
        for stack in list(self._idle.values()):
            while stack and not stack[0].alive(longest):
                stack[0].close()
        self._idle = {origin: stack for origin, stack in self._idle.items() if stack}
        if oldest := [stack[0].idle_since for stack in self._idle.values()]:
            self._sweeper = self._loop.call_later(min(oldest) + longest - monotonic(), self._sweep)

    async def aclose(self) -> None:
        """Close all connections, and wait until the sockets are."""
        self._closed = True
        if self._sweeper is not None:
            self._sweeper.cancel()
        for connection in list(self._open):
            connection.close()
        self._next()
        await asyncio.sleep(0)  # asyncio closes a socket in the next turn of the loop


def expire(turn: asyncio.Future[None], error: TimedOut) -> None:
    if not turn.done():
        turn.set_exception(error)
