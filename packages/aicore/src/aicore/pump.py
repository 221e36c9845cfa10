"""The one creator of tasks: a pump drives a call in a task of its own."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from aicore.calls import Batch, Batches


class Pump:
    """Runs a call in its own task, so that any task may wait for it or close it.

    A generator's `anext` and `aclose` must run in one task; hedging, detached work and the
    synchronous façade need them in several. The pump keeps that rule for them. At most `ahead`
    batches are kept, so a slow reader slows the provider's connection down.
    """

    def __init__(self, batches: Batches, *, ahead: int = 4) -> None:
        self._queue: asyncio.Queue[Batch | BaseException | None] = asyncio.Queue(ahead)
        self._over = False
        self._task = asyncio.create_task(self._run(batches))

    async def _run(self, batches: Batches) -> None:
        end: BaseException | None = None
        try:
            async with aclosing(batches):
                async for batch in batches:
                    await self._queue.put(batch)
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            end = error
        await self._queue.put(end)

    def __aiter__(self) -> Pump:
        return self

    async def __anext__(self) -> Batch:
        if self._over:
            raise StopAsyncIteration
        item = await self._queue.get()
        if isinstance(item, tuple):
            return item
        self._over = True
        if item is not None:
            raise item
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Stop the call and wait until it has closed its connection; safe from any task."""
        self._over = True
        self._task.cancel()
        await asyncio.wait([self._task])
        if self._queue.empty():
            self._queue.put_nowait(None)
