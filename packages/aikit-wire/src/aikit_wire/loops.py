"""One thing for each event loop, closed when its loop ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Generic, Protocol, TypeVar


class Closable(Protocol):
    async def aclose(self) -> None: ...


T = TypeVar("T", bound=Closable)


class PerLoop(Generic[T]):
    """Makes a thing of each loop that asks, because connections belong to the loop that made them.

    A loop that ends closes the asynchronous generators that are still open in it, so one of them
    holds the thing. `asyncio.run(kit.generate(…))` leaves no socket behind, closed or not.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._held: dict[asyncio.AbstractEventLoop, tuple[T, AsyncGenerator[None, None]]] = {}

    def here(self) -> T | None:
        """Return the thing of the running loop, if it has one."""
        own = self._held.get(asyncio.get_running_loop())
        return own[0] if own else None

    async def made(self) -> T:
        """Make the thing of the running loop."""
        loop = asyncio.get_running_loop()
        for other in list(self._held):
            if other.is_closed():
                self._held.pop(other, None)
        thing = self._make()
        holder = self._hold(loop, thing)
        self._held[loop] = thing, holder
        await anext(holder)
        return thing

    async def _hold(self, loop: asyncio.AbstractEventLoop, thing: T) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            self._held.pop(loop, None)
            await thing.aclose()

    async def aclose(self) -> None:
        """Close the thing of the running loop; other loops close theirs when they end."""
        if own := self._held.pop(asyncio.get_running_loop(), None):
            await own[1].aclose()
