"""Deadlines and cancel tokens, kept around each wait for a call's next batch."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing, suppress
from dataclasses import replace
from math import inf
from typing import Any, TypeVar

from aicore.calls import Batch, Batches, Call
from aicore.context import CancelToken, Context, Deadlines
from aicore.errors import AIError, Cancelled, FirstTokenTimeout, GapTimeout, TotalTimeout
from aicore.events import has_content

T = TypeVar("T")


async def interruptible(
    awaitable: Awaitable[T],
    due: tuple[float, AIError] | None = None,
    cancel: CancelToken | None = None,
) -> T:
    """Await, but no longer than until `due` (loop time) and not after `cancel`.

    The waiting task is cancelled and that cancellation turned into the error, as
    `asyncio.timeout` does it; a cancellation from elsewhere passes through untouched.

    Raises:
        AIError: the error given with the deadline, or `Cancelled`.
    """
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    already, fired, over = task.cancelling(), list[AIError](), False

    def fire(error: AIError) -> None:
        if not fired and not over:
            fired.append(error)
            task.cancel()

    def cancelled() -> None:
        with suppress(RuntimeError):  # a loop that is closed has nobody waiting
            loop.call_soon_threadsafe(fire, Cancelled("the call was cancelled"))

    handle = loop.call_at(due[0], fire, due[1]) if due else None
    unsubscribe = cancel.subscribe(cancelled) if cancel else None
    try:
        result = await awaitable
    except (Exception, asyncio.CancelledError):
        if fired and task.uncancel() <= already:
            raise fired[0] from None
        raise
    else:
        if fired:  # what was awaited has kept the cancellation to itself
            task.uncancel()
        return result
    finally:
        over = True  # a token used by another thread may still have `fire` under way
        if handle:
            handle.cancel()
        if unsubscribe:
            unsubscribe()


async def within(awaitable: Awaitable[T], context: Context) -> T:
    """Await what is no call, such as a list of models, under a context's total and cancel token.

    Raises:
        TotalTimeout: it took too long.
        Cancelled: the token was used.
    """
    total = context.deadlines.total
    due = None if total is None else overdue(asyncio.get_running_loop().time(), total)
    return await interruptible(awaitable, due, context.cancel)


def overdue(start: float, total: float) -> tuple[float, AIError]:
    """Return when (in loop time) a call that began at `start` is late, and the error it gets."""
    return start + total, TotalTimeout(f"the call took longer than {total:g} s (deadline total)")


def bounded(call: Call) -> Call:
    """Make a call keep its total deadline and its cancel token; stands around everything."""

    def bound(request: object, context: Context) -> Batches:
        batches, deadlines = call(request, context), context.deadlines
        if deadlines.total is None and context.cancel is None:
            return batches
        return _watch(batches, Deadlines(total=deadlines.total), context.cancel)

    return bound


def paced(call: Call) -> Call:
    """Make each attempt keep the deadlines of its first content and of the gaps after that.

    They say something about the provider, so they stand where a router sees them and may try
    elsewhere, and where the time that a tool takes does not count.
    """

    def pace(request: object, context: Context) -> Batches:
        return at_pace(call(request, context), context.deadlines)

    return pace


def at_pace(batches: Batches, deadlines: Deadlines) -> Batches:
    """Make a running attempt keep the deadlines of `paced`."""
    if deadlines.first_token is None and deadlines.gap is None:
        return batches
    return _watch(batches, replace(deadlines, total=None), None)


async def _watch(
    batches: Batches, deadlines: Deadlines, cancel: CancelToken | None
) -> AsyncGenerator[Batch, None]:
    loop = asyncio.get_running_loop()
    start, gap = loop.time(), deadlines.gap
    total, first = deadlines.total, deadlines.first_token
    stalled = GapTimeout(f"nothing came for {gap or 0:g} s (deadline gap)")
    watch, content = _Watch(loop, cancel), False
    try:
        if total is not None:
            watch.limit(*overdue(start, total))
        if first is not None:
            slow = FirstTokenTimeout(f"no content within {first:g} s (deadline first_token)")
            watch.limit(start + first, slow)
        async with aclosing(batches):
            while True:
                try:
                    batch = await watch.over(batches)
                except StopAsyncIteration:
                    return
                content = content or has_content(batch)
                if content:
                    watch.lift()
                yield batch
                if content and gap is not None:  # the reader's own time is no gap
                    watch.limit(loop.time() + gap, stalled)
    finally:
        watch.end()


class _Watch:
    """Wakes the task that waits for a call's next batch when a limit passes or a token is used.

    It is set up once for a whole call. A limit that passes while nobody waits ends the next wait.
    """

    __slots__ = ("_cancel", "_due", "_error", "_handle", "_loop", "_task", "_unsubscribe")

    def __init__(self, loop: asyncio.AbstractEventLoop, cancel: CancelToken | None) -> None:
        self._loop = loop
        self._cancel = cancel
        self._task: asyncio.Task[Any] | None = None
        self._error: AIError | None = None
        self._due: list[tuple[float, AIError]] = []
        self._handle: asyncio.TimerHandle | None = None
        self._unsubscribe = cancel.subscribe(self._cancelled) if cancel else None

    def limit(self, due: float, error: AIError) -> None:
        """Have a wait after `due` (loop time) end with an error; the first of all limits counts."""
        self._due.append((due, error))
        if self._handle is None or due < self._handle.when():
            self._arm()

    def lift(self) -> None:
        """Take every limit back but the first that was set by a total.

        The timer runs on, and is set anew when it finds nothing due: cheaper than a new one for
        each batch.
        """
        self._due = [item for item in self._due if isinstance(item[1], TotalTimeout)]

    def _arm(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
        self._handle = None
        if self._due and self._error is None:
            self._handle = self._loop.call_at(min(self._due, key=_when)[0], self._tick)

    def _tick(self) -> None:
        handle, self._handle = self._handle, None
        due, error = min(self._due, key=_when, default=(inf, None))
        if handle is not None and error is not None and due <= handle.when():
            self._fire(error)
        else:
            self._arm()

    def _cancelled(self) -> None:
        """Called by the token, from any thread."""
        with suppress(RuntimeError):  # a loop that is closed has nobody waiting
            self._loop.call_soon_threadsafe(self._fire, Cancelled("the call was cancelled"))

    def _fire(self, error: AIError) -> None:
        if self._error is None:
            self._error = error
            if self._task is not None:
                self._task.cancel()

    def _check(self) -> None:
        if self._cancel is not None and self._cancel.cancelled:
            raise Cancelled("the call was cancelled")
        if self._error is not None:
            raise self._error

    async def over(self, batches: Batches) -> Batch:
        """Wait for the next batch.

        The waiting task is cancelled and that cancellation turned into the error, as
        `asyncio.timeout` does it; a cancellation from elsewhere passes through untouched.

        Raises:
            AIError: a limit has passed, or the token was used.
        """
        self._check()
        task = asyncio.current_task(self._loop)
        assert task is not None
        already, self._task = task.cancelling(), task
        try:
            batch = await anext(batches)
        except BaseException:
            if self._error is not None and task.uncancel() <= already:
                raise self._error from None
            raise
        else:
            if self._error is not None:  # what was awaited has kept the cancellation to itself
                task.uncancel()
            return batch
        finally:
            self._task = None

    def end(self) -> None:
        """Leave nothing behind in the loop or in the token."""
        self._due = []
        if self._handle is not None:
            self._handle.cancel()
        if self._unsubscribe is not None:
            self._unsubscribe()


def _when(item: tuple[float, AIError]) -> float:
    return item[0]
