"""Hand pieces from a thread over to an event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeAlias

Put: TypeAlias = Callable[[bytes], bool]
"""Takes the next piece; the answer True means that nobody wants more."""


class Handover:
    """What one thread makes and one task takes; made in the task's event loop.

    The thread never waits for the task. Waiting would slow nothing down, for llama.cpp goes on
    decoding whether or not its results are fetched, and would keep a place that a next request
    could have; what can pile up is bounded by the model's context.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._pieces: list[bytes] = []
        self._error: Exception | None = None
        self._over = self._left = False
        self._waiter: asyncio.Future[None] | None = None

    def run(self, work: Callable[[Put], None]) -> None:
        """In the thread: do the work, unless nobody waits for it any more."""
        try:
            if not self._left:
                work(self.put)
        except Exception as error:
            self._error = error
        self._over = True
        self._wake()

    def put(self, piece: bytes) -> bool:
        """In the thread: hand a piece over."""
        with self._lock:
            self._pieces.append(piece)
        self._wake()
        return self._left or not threading.main_thread().is_alive()

    def _wake(self) -> None:
        with self._lock:
            waiter, self._waiter = self._waiter, None
        if waiter is not None:
            try:
                self._loop.call_soon_threadsafe(end_wait, waiter)
            except RuntimeError:  # the loop was closed while a task waited
                self._left = True

    async def take(self) -> list[bytes]:
        """In the task: wait for pieces and return all that are there; none at the end.

        Raises:
            Exception: what the work raised.
        """
        while True:
            with self._lock:
                over = self._over
                if self._pieces:
                    pieces, self._pieces = self._pieces, []
                    return pieces
                if not over:
                    waiter = self._waiter = self._loop.create_future()
            if over:
                if self._error is not None:
                    raise self._error
                return []
            await waiter

    def leave(self) -> None:
        """In the task: want no more; the thread is told at its next piece."""
        self._left = True


def end_wait(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


async def off_loop(work: Callable[[], None]) -> None:
    """Run something that blocks in a thread of its own, and wait for its end."""
    handover = Handover()
    thread = threading.Thread(target=handover.run, args=(lambda put: work(),), name="llamacpp")
    thread.start()
    await handover.take()
    thread.join()
