"""Tells how much time a machine has taken away from the event loop for something else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

BEAT = 0.005


class Stalls:
    """Gaps in which the loop was due to run and neither ran nor used the processor."""

    def __init__(self) -> None:
        self.gaps: list[tuple[float, float]] = []

    async def listen(self) -> None:
        wall, used = time.monotonic(), time.process_time()
        while True:
            await asyncio.sleep(BEAT)
            now, now_used = time.monotonic(), time.process_time()
            lost = (now - wall - BEAT) - (now_used - used)
            if lost > BEAT:
                self.gaps.append((now, lost))
            wall, used = now, now_used

    def between(self, start: float, end: float) -> float:
        """Return the seconds lost from one moment to another, both in loop time."""
        return sum(lost for when, lost in self.gaps if start < when < end + 2 * BEAT)


@asynccontextmanager
async def stalls() -> AsyncIterator[Stalls]:
    found = Stalls()
    task = asyncio.create_task(found.listen())
    yield found
    task.cancel()
    await asyncio.wait([task])
