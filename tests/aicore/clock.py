"""An event loop whose time passes only by waiting: a minute of it takes no time at all."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class _Selector(selectors.DefaultSelector):
    """Jumps to the next timer instead of waiting for it; with no timer set it waits for events."""

    now = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        events = super().select(0)
        if not events:
            self.now += timeout
        return events


class QuickLoop(asyncio.SelectorEventLoop):
    """Its `time()` stands still while code runs."""

    def __init__(self) -> None:
        self._quick = _Selector()
        super().__init__(self._quick)

    def time(self) -> float:
        return self._quick.now


def quickly(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on such a loop, and check that it leaves no task behind."""

    async def alone() -> T:
        result = await main
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert not others, f"tasks left behind: {others}"
        return result

    with asyncio.Runner(loop_factory=QuickLoop) as runner:
        return runner.run(alone())


def quick(test: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]:
    """Turn a coroutine test into one that runs on such a loop."""

    @wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        return quickly(test(*args, **kwargs))

    return run


def now() -> float:
    return asyncio.get_running_loop().time()
