"""Await what a request needs, until its time is over or its client has left."""

from __future__ import annotations

import asyncio
from asyncio import AbstractEventLoop, current_task, get_running_loop
from collections.abc import Awaitable, Callable
from functools import lru_cache
from threading import local
from typing import Any, Protocol, TypeAlias, TypeVar

from aicore.errors import AIError, TotalTimeout

from aikit_asgi.http import Gone, Receive

T = TypeVar("T")

UNWATCHED = 0.05
"""Seconds in which nobody looks whether the client of an answer in one piece has left. A watch is a
task, and costs as much as reading the request; from a cache, an answer is there before that."""


Newcomer: TypeAlias = tuple[float, asyncio.Task[Any], int, Receive, float | None]
"""When a request came, its task, how often that was cancelled before, its client and its limit."""


class Rounds(dict[object, Newcomer]):
    """Whom nobody looks after yet: those of one event loop, in the order in which they came.

    One timer serves them all (a `call_later` and its `cancel` for each cost 1.5 µs): when it fires,
    those who have been here for `UNWATCHED` seconds are looked after. Most have left by then.
    """

    def __init__(self, loop: AbstractEventLoop) -> None:
        self.loop = loop
        self.timer: asyncio.TimerHandle | None = None
        self._attended: dict[object, Attended] = {}

    def enter(self, receive: Receive, limit: float | None) -> object:
        """Take in the running task, and return by what it leaves again."""
        loop, key = self.loop, object()
        if self.timer is None:
            self.timer = loop.call_later(UNWATCHED, self.look)
        task = current_task(loop)
        assert task is not None
        self[key] = loop.time(), task, task.cancelling(), receive, limit
        return key

    def leave(self, key: object, error: BaseException | None) -> None:
        """Let a task go, which ends with an error or with none.

        Raises:
            AIError: its time was over.
            Gone: the client has left.
        """
        if self.pop(key, None) is None:
            self._attended.pop(key).end(error)

    def look(self) -> None:
        self.timer, now = None, self.loop.time()
        while self:
            key = next(iter(self))
            since, task, already, receive, limit = self[key]
            left = since + UNWATCHED - now
            if left > 0:
                self.timer = self.loop.call_later(max(left, UNWATCHED / 10), self.look)
                break
            del self[key]
            attended = self._attended[key] = Attended(limit, overdue(limit), receive, since=since)
            attended.begin(task, already)


class Here(local):
    """What belongs to the event loop that runs in a thread."""

    rounds: Rounds | None = None


HERE = Here()


def rounds_of(loop: AbstractEventLoop) -> Rounds:
    """Return the rounds of the running loop."""
    rounds = HERE.rounds
    if rounds is None or rounds.loop is not loop:
        rounds = HERE.rounds = Rounds(loop)
    return rounds


class Connection(Protocol):
    """What a server may tell of the connection of a request, in its scope under `CONNECTION`.

    ASGI tells of a client that leaves to who waits for a message: to have a task wait takes 2 kB
    of each open stream.
    """

    def watch(self, left: Callable[[], object] | None) -> None:
        """Have a function called once the client has left, soon if it has; or no more."""


CONNECTION = "aikit.connection"


class Attended:
    """Awaits something for at most `limit` seconds, and if `receive` is given, for its client only.

    One timer serves both. The waiting task is cancelled and that cancellation turned into the
    error, as `asyncio.timeout` does it; a cancellation from elsewhere passes through untouched.
    Who leaves is told by the `connection`, if the server has one to tell, else by `receive`.
    The time counts from `since` on, or else from now.
    It does for a request what the deadlines and the cancel token of a context do for a call, so a
    call of the gateway needs neither: twice costs as much as reading the request.
    """

    __slots__ = (
        "_already",
        "_connection",
        "_error",
        "_late",
        "_limit",
        "_loop",
        "_receive",
        "_since",
        "_task",
        "_timer",
        "_watching",
    )
    _task: asyncio.Task[Any] | None
    _watching: asyncio.Task[None] | None
    _timer: asyncio.TimerHandle | None

    def __init__(
        self,
        limit: float | None,
        late: Callable[[], AIError],
        receive: Receive | None = None,
        connection: Connection | None = None,
        *,
        since: float | None = None,
    ) -> None:
        self._loop = loop = get_running_loop()
        self._since = loop.time() if since is None else since
        self._limit = limit
        self._late = late
        self._receive = receive
        self._connection = connection
        self._error: Exception | None = None

    def __enter__(self) -> None:
        """Attend the block that follows.

        Raises:
            AIError: that of `late`, when the time is over.
            Gone: the client has left.
        """
        task = current_task(self._loop)
        assert task is not None
        self.begin(task, task.cancelling())

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        self.end(error)

    async def run(self, awaitable: Awaitable[T]) -> T:
        """Await inside the block."""
        with self:
            return await awaitable

    def begin(self, task: asyncio.Task[Any], already: int) -> None:
        """Look whether the client leaves, and when the time is over.

        Then the task is cancelled, which it was `already` so many times.
        """
        self._task, self._already = task, already
        self._watching = self._timer = None
        if self._connection is not None:
            self._connection.watch(self._left)
        elif self._receive is not None:
            self._watching = self._loop.create_task(self._watch(self._receive))
            self._watching.add_done_callback(unheard)
        if self._limit is not None:
            self._timer = self._loop.call_at(self._since + self._limit, self.overdue)

    def end(self, error: BaseException | None) -> None:
        """Look no more, and turn our own cancellation into what it stands for.

        Raises:
            AIError: that of `late`, when the time is over.
            Gone: the client has left.
        """
        try:
            if self._error is not None and self._task is not None:
                ours = self._task.uncancel() <= self._already
                if ours and isinstance(error, Exception | asyncio.CancelledError):
                    raise self._error from None  # else what was awaited has kept it to itself
        finally:
            self._stop()

    def _stop(self) -> None:
        self._task = self._error = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._connection is not None:
            self._connection.watch(None)
        if self._watching is not None:
            self._watching.cancel()  # nobody waits for its end: that costs as much as all the rest
            self._watching = None

    async def _watch(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._left()

    def _left(self) -> None:
        self._fire(Gone())

    def overdue(self) -> None:
        """End it: the time is over."""
        self._fire(self._late())

    def _fire(self, error: Exception) -> None:
        if self._error is None and self._task is not None:
            self._error = error
            self._task.cancel()


def unheard(task: asyncio.Task[None]) -> None:
    """Let an error of a task be nobody's."""
    if not task.cancelled():
        task.exception()


@lru_cache
def overdue(limit: float | None) -> Callable[[], AIError]:
    """Return what makes the error of an answer that takes too long."""
    return lambda: TotalTimeout(f"the answer was not whole within {limit:g} s")


async def whole(receive: Receive, answering: Awaitable[T], limit: float | None) -> T:
    """Await an answer in one piece; a client that leaves cancels it.

    What is there within `UNWATCHED` seconds, as most from a cache are, needs nobody to attend it.

    Raises:
        Gone: the client has left.
        AIError: the call failed, or took more than `limit` seconds.
    """
    if limit is not None and limit <= UNWATCHED:
        return await Attended(limit, overdue(limit), receive).run(answering)
    rounds = rounds_of(get_running_loop())
    key = rounds.enter(receive, limit)
    try:
        answer = await answering
    except BaseException as error:
        rounds.leave(key, error)
        raise
    rounds.leave(key, None)
    return answer
