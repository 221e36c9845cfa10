"""Await what a request needs, until its time is over or its client has left."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from aicore.errors import AIError, TotalTimeout

from aikit_asgi.http import Gone, Message, Receive
from aikit_asgi.statuses import RequestError

T = TypeVar("T")

UNWATCHED = 0.05
"""Seconds in which nobody looks whether the client of an answer in one piece has left. A watch is a
task, and costs as much as reading the request; from a cache, an answer is there before that."""


class Attended:
    """Awaits something for at most `limit` seconds, and if `receive` is given, for its client only.

    One timer serves both. The waiting task is cancelled and that cancellation turned into the
    error, as `asyncio.timeout` does it; a cancellation from elsewhere passes through untouched.
    It does for a request what the deadlines and the cancel token of a context do for a call, so a
    call of the gateway needs neither: twice costs as much as reading the request.
    """

    __slots__ = ("_due", "_error", "_late", "_loop", "_receive", "_task", "_timer", "_watching")

    def __init__(
        self, limit: float | None, late: Callable[[], AIError], receive: Receive | None = None
    ) -> None:
        self._loop = loop = asyncio.get_running_loop()
        self._due = None if limit is None else loop.time() + limit
        self._late = late
        self._receive = receive
        self._task: asyncio.Task[Any] | None = None
        self._watching: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._error: Exception | None = None

    async def run(self, awaitable: Awaitable[T], unwatched: float = 0.0) -> T:
        """Await; the client is watched after `unwatched` seconds.

        Raises:
            AIError: that of `late`, when the time is over.
            Gone: the client has left.
        """
        task = asyncio.current_task(self._loop)
        assert task is not None
        already, self._task = task.cancelling(), task
        if self._receive is None:
            self._await_the_end()
        elif unwatched:
            self._timer = self._loop.call_later(unwatched, self._begin_to_watch)
        else:
            self._begin_to_watch()
        try:
            result = await awaitable
        except (Exception, asyncio.CancelledError):
            if self._error is not None and task.uncancel() <= already:
                raise self._error from None
            raise
        else:
            if self._error is not None:  # what was awaited has kept the cancellation to itself
                task.uncancel()
            return result
        finally:
            self._stop()

    def _stop(self) -> None:
        self._task = self._error = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._watching is not None:
            self._watching.cancel()  # nobody waits for its end: that costs as much as all the rest
            self._watching = None

    def _await_the_end(self) -> None:
        if self._due is not None:
            self._timer = self._loop.call_at(self._due, self._end)

    def _begin_to_watch(self) -> None:
        self._watching = self._loop.create_task(self._watch())
        self._watching.add_done_callback(unheard)
        self._await_the_end()

    async def _watch(self) -> None:
        assert self._receive is not None
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._fire(Gone())

    def _end(self) -> None:
        self._fire(self._late())

    def _fire(self, error: Exception) -> None:
        if self._error is None and self._task is not None:
            self._error = error
            self._task.cancel()


def unheard(task: asyncio.Task[None]) -> None:
    """Let an error of a task be nobody's."""
    if not task.cancelled():
        task.exception()


def overdue(limit: float | None) -> Callable[[], AIError]:
    """Return what makes the error of an answer that takes too long."""
    return lambda: TotalTimeout(f"the answer was not whole within {limit:g} s")


def punctual(receive: Receive, limit: float | None) -> Receive:
    """Give a client `limit` seconds to send its body; what follows may take any time.

    Raises:
        RequestError: the body was not whole by then.
    """
    if limit is None:
        return receive
    due, whole = asyncio.get_running_loop().time() + limit, False

    def late() -> AIError:
        return RequestError(f"the body took longer than {limit:g} s to arrive", 408)

    async def receiving() -> Message:
        nonlocal whole
        if whole:
            return await receive()
        left = due - asyncio.get_running_loop().time()
        message = await Attended(left, late).run(receive())
        whole = not message.get("more_body", False)
        return message

    return receiving
