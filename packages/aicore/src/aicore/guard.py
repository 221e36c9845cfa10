"""Deadlines and cancel tokens, kept around each wait for a call's next batch."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
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
    already, fired = task.cancelling(), list[AIError]()

    def fire(error: AIError) -> None:
        if not fired:
            fired.append(error)
            task.cancel()

    def cancelled() -> None:
        loop.call_soon_threadsafe(fire, Cancelled("the call was cancelled"))

    handle = loop.call_at(due[0], fire, due[1]) if due else None
    unsubscribe = cancel.subscribe(cancelled) if cancel else None
    try:
        return await awaitable
    except asyncio.CancelledError:
        if fired and task.uncancel() <= already:
            raise fired[0] from None
        raise
    finally:
        if handle:
            handle.cancel()
        if unsubscribe:
            unsubscribe()


def guarded(call: Call) -> Call:
    """Make a call keep the deadlines and the cancel token of its context."""

    def guard(request: object, context: Context) -> Batches:
        batches = call(request, context)
        if not context.deadlines and context.cancel is None:
            return batches
        return _watch(batches, context.deadlines, context.cancel)

    return guard


async def _watch(
    batches: Batches, deadlines: Deadlines, cancel: CancelToken | None
) -> AsyncGenerator[Batch, None]:
    loop = asyncio.get_running_loop()
    started = loop.time()
    limits: list[tuple[float, AIError]] = []
    if deadlines.total is not None:
        message = f"the call took longer than {deadlines.total:g} s (deadline total)"
        limits.append((started + deadlines.total, TotalTimeout(message)))
    total = limits[:]
    if deadlines.first_token is not None:
        message = f"no content within {deadlines.first_token:g} s (deadline first_token)"
        limits.append((started + deadlines.first_token, FirstTokenTimeout(message)))
    waiting_for_first = True
    async with aclosing(batches):
        while True:
            due = min(limits, key=lambda limit: limit[0], default=None)
            try:
                batch = await interruptible(anext(batches), due, cancel)
            except StopAsyncIteration:
                return
            if waiting_for_first and has_content(batch):
                waiting_for_first, limits = False, total[:]
            if not waiting_for_first and deadlines.gap is not None:
                message = f"nothing came for {deadlines.gap:g} s (deadline gap)"
                limits = [*total, (0.0, GapTimeout(message))]
            yield batch
            if not waiting_for_first and deadlines.gap is not None:
                limits[-1] = (loop.time() + deadlines.gap, limits[-1][1])
