"""Wait for a connection, no longer than a limit."""

from __future__ import annotations

import asyncio
from math import inf
from time import monotonic

from aicore.errors import TimedOut


class Waiting:
    """Where the one coroutine waits that has an exchange on a connection.

    A timer is made when a wait needs one, and when it fires it looks at the clock whether that
    wait is still on and has been too long. So an exchange within its limits makes none: the timer
    of an earlier one is still running (a `call_later` and its `cancel` for each cost 1.5 µs).
    """

    __slots__ = ("_due", "_loop", "_phase", "_rings", "_timer", "_waiter", "_where")

    def __init__(self, loop: asyncio.AbstractEventLoop, where: str) -> None:
        self._loop = loop
        self._where = where
        self._waiter: asyncio.Future[None] | None = None
        self._phase = ""
        self._due = inf
        self._timer: asyncio.TimerHandle | None = None
        self._rings = inf  # when the timer does

    def silence(self, limit: float | None, phase: str) -> asyncio.Future[None]:
        """Return what to await until woken, for `limit` seconds from now.

        It is no coroutine, which would cost as much again.

        Raises:
            TimedOut: the silence lasted as long; from what is awaited.
        """
        self._phase = phase
        self._due = due = inf if limit is None else monotonic() + limit
        if due < self._rings:
            self._watch()
        waiter: asyncio.Future[None] = asyncio.Future(loop=self._loop)
        self._waiter = waiter
        return waiter

    def wake(self) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def change(self, limit: float | None) -> None:
        """Let the silence begin anew, with another limit."""
        self._due = inf if limit is None else monotonic() + limit
        if self._due < self._rings:
            self._watch()

    def stop(self) -> None:
        """Forget the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._rings = inf

    def _watch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(self._due - monotonic(), self._look)
        self._rings = self._due

    def _look(self) -> None:
        self._timer, self._rings = None, inf
        waiter = self._waiter
        if waiter is None or waiter.done() or self._due == inf:
            return
        if monotonic() < self._due:
            self._watch()
        else:
            waiter.set_exception(TimedOut(f"timed out {self._phase} ({self._where})"))
