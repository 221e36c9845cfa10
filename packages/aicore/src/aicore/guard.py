"""Deadlines and cancel tokens, kept around each wait for a call's next batch."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import TypeVar

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
        batches, deadlines = call(request, context), context.deadlines
        if deadlines.first_token is None and deadlines.gap is None:
            return batches
        return _watch(batches, replace(deadlines, total=None), None)

    return pace


async def _watch(
    batches: Batches, deadlines: Deadlines, cancel: CancelToken | None
) -> AsyncGenerator[Batch, None]:
    loop = asyncio.get_running_loop()
    start, limits, gap = loop.time(), list[tuple[float, AIError]](), deadlines.gap
    if (total := deadlines.total) is not None:
        limits.append(overdue(start, total))
    whole = len(limits)  # what follows these limits holds for the next batch only
    if (first := deadlines.first_token) is not None:
        slow = FirstTokenTimeout(f"no content within {first:g} s (deadline first_token)")
        limits.append((start + first, slow))
    stalled = GapTimeout(f"nothing came for {gap or 0:g} s (deadline gap)")
    content = False
    async with aclosing(batches):
        while True:
            if cancel is not None and cancel.cancelled:
                raise Cancelled("the call was cancelled")
            due = min(limits, key=lambda limit: limit[0], default=None)
            try:
                batch = await interruptible(anext(batches), due, cancel)
            except StopAsyncIteration:
                return
            content = content or has_content(batch)
            yield batch
            if content:
                limits[whole:] = [] if gap is None else [(loop.time() + gap, stalled)]
