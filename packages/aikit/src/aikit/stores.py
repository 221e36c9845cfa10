"""The store in memory, for one process."""

from __future__ import annotations

import time
from collections.abc import Callable

SWEEP = 256
"""After so many writes, values whose time is over are thrown away."""


class MemoryStore:
    """Keeps bytes until their time is over; `clock` is in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._items: dict[str, tuple[bytes, float | None]] = {}
        self._writes = 0

    async def get(self, key: str) -> bytes | None:
        value, until = self._items.get(key, (None, None))
        if until is not None and until <= self._clock():
            self._items.pop(key, None)
            return None
        return value

    async def set(self, key: str, value: bytes, ttl: float | None = None) -> None:
        self._items[key] = (value, None if ttl is None else self._clock() + ttl)
        self._writes += 1
        if self._writes % SWEEP == 0:
            self._sweep()

    async def delete(self, key: str) -> None:
        self._items.pop(key, None)

    def _sweep(self) -> None:
        now = self._clock()
        for key, (_, until) in list(self._items.items()):
            if until is not None and until <= now:
                self._items.pop(key, None)
