"""Wait for a connection, no longer than a limit."""

from __future__ import annotations

import asyncio
from typing import cast

from aicore.errors import TimedOut


class Waiting:
    """Where the one coroutine waits that has an exchange on a connection.

    A timer is made when a wait needs one, and when it fires it looks at the clock whether that
    wait is still on and has been too long. So an exchange within its limits makes none: the timer
    of an earlier one is still running (a `call_later` and its `cancel` for each cost 1.5 µs).
    """

    __slots__ = ("_limit", "_loop", "_phase", "_timer", "_waiter", "_where", "since")

    def __init__(self, loop: asyncio.AbstractEventLoop, where: str) -> None:
        self._loop = loop
        self._where = where
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._phase = ""
        self._limit: float | None = None
        self.since = 0.0
        """When the silence began, by the loop's clock."""

    def begin(self) -> None:
        """Let the silence begin now."""
        self.since = self._loop.time()

    async def wait(self, limit: float | None, phase: str) -> None:
        """Wait to be woken.

        Raises:
            TimedOut: the silence lasts `limit` seconds.
        """
        self._waiter = waiter = self._loop.create_future()
        self._limit, self._phase = limit, phase
        if limit is not None:
            self._watch()
        try:
            await waiter
        finally:
            self._waiter = None

    def wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def change(self, limit: float | None) -> None:
        """Let the silence begin anew, with another limit."""
        self.begin()
        self._limit = limit
        if limit is not None and self._waiter is not None:
            self._watch()

    def stop(self) -> None:
        """Forget the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _watch(self) -> None:
        due = self.since + cast("float", self._limit)
        if self._timer is not None:
            if self._timer.when() <= due:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(due, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._waiter is None or self._waiter.done() or self._limit is None:
            return
        if self._loop.time() < self.since + self._limit:
            self._watch()
        else:
            self._waiter.set_exception(TimedOut(f"timed out {self._phase} ({self._where})"))
