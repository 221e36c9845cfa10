"""A model clock: an event loop whose time passes only by waiting, so a minute takes no time."""

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

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        events = super().select(0)
        if not events:
            self.now += timeout
        return events


class ModelLoop(asyncio.SelectorEventLoop):
    """An event loop whose `time()` stands still while code runs, and jumps when all of it waits.

    `asyncio.sleep`, timeouts and the deadlines of a call go by it. Sockets and threads do not:
    what waits for them while a timer is set sees that timer fire at once. So it is for tests
    whose answers come from this process, as those of `scripted:` and `fixture:` do.
    """

    def __init__(self) -> None:
        self._model = _Selector()
        super().__init__(self._model)

    def time(self) -> float:
        """Return the seconds that were waited since the loop was made."""
        return self._model.now

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """Wait for threads as long as they take: the limit of Python 3.12 would pass at once."""
        await super().shutdown_default_executor()


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine as `asyncio.run` does, on a model clock.

    Raises:
        AssertionError: it has left tasks behind, which nobody waits for.
    """

    async def alone() -> T:
        result = await main
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert not others, f"tasks are left behind: {others}"
        return result

    with asyncio.Runner(loop_factory=ModelLoop) as runner:
        return runner.run(alone())


def on_model_clock(test: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]:
    """Make a coroutine function one that runs to its end on a model clock: a test, for example."""

    @wraps(test)
    def run_to_end(*args: P.args, **kwargs: P.kwargs) -> T:
        return run(test(*args, **kwargs))

    return run_to_end
