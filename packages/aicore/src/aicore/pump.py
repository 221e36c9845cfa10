"""The one creator of tasks: a pump drives a call in a task of its own."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import aclosing

from aicore.calls import Batch, Batches


class Pump:
    """Runs a call in its own task, so that any task may wait for it or close it.

    A generator's `anext` and `aclose` must run in one task; hedging, detached work and the
    synchronous façade need them in several. The pump keeps that rule for them. At most `ahead`
    batches are taken from the call before they are read, so a slow reader slows the provider's
    connection down.
    """

    def __init__(self, batches: Batches, *, ahead: int = 4) -> None:
        self._batches = batches
        self._items: deque[Batch | BaseException | None] = deque()
        self._waiters: list[asyncio.Future[None]] = []
        self._room = asyncio.Semaphore(ahead)
        self._running = self._over = False
        self._task = asyncio.create_task(self._run())
        self._task.add_done_callback(self._end)

    async def _run(self) -> None:
        self._running = True
        async with aclosing(self._batches):
            while not self._over:
                await self._room.acquire()
                try:
                    batch = await anext(self._batches)
                except StopAsyncIteration:
                    return
                self._deliver(batch)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._deliver(asyncio.CancelledError() if task.cancelled() else task.exception())

    def _deliver(self, item: Batch | BaseException | None) -> None:
        self._items.append(item)
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    def ready(self) -> asyncio.Future[None]:
        """Return a future that is done once reading would not wait.

        Give those of several pumps to `asyncio.wait` to read whichever is first.
        """
        future = asyncio.get_running_loop().create_future()
        if self._items or self._over:
            future.set_result(None)
        else:
            self._waiters.append(future)
        return future

    def __aiter__(self) -> Pump:
        return self

    async def __anext__(self) -> Batch:
        while not self._over and not self._items:
            await self.ready()
        if self._over:
            raise StopAsyncIteration
        item = self._items.popleft()
        if isinstance(item, tuple):
            self._room.release()
            return item
        self._over = True
        if item is not None:
            raise item
        raise StopAsyncIteration

    def stop(self) -> None:
        """Begin to stop the call, without waiting; there is nothing more to read.

        Errors that the call raises while it stops are dropped.
        """
        if not self._over:
            self._over = True
            if self._running:
                self._task.cancel()
            self._deliver(None)

    async def aclose(self) -> None:
        """Stop the call and wait until it has closed its connection; safe from any task."""
        self.stop()
        if not self._task.done():  # one of a loop that has ended is, and must not be waited for
            await asyncio.wait([self._task])
