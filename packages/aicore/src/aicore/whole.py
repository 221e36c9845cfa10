"""Calls that answer in one piece.

What such a call comes to is told as events only where somebody looks at these: who folds them
again has the response that was there before, at twice the cost.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any, TypeAlias

from aicore.calls import Batch
from aicore.fold import unfold
from aicore.responses import Response

Whole: TypeAlias = Batch | Response
"""What a call comes to that answers in one piece.

A response is made for this call: who reads it writes into it who has answered, and in what time.
"""


def events_of(whole: Whole) -> Batch:
    """Tell an answer as events."""
    return tuple(unfold(whole)) if isinstance(whole, Response) else whole


class Single(AsyncGenerator[Batch, None]):
    """A running call that is one batch: what the coroutine comes to that `make` returns.

    An event loop keeps a list of the asynchronous generators that have begun, so that it can close
    them; this has nothing open between its batch and its end, and so costs half as much.
    """

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[], Coroutine[Any, Any, Whole]]) -> None:
        self._make: Callable[[], Coroutine[Any, Any, Whole]] | None = make

    def whole(self) -> Coroutine[Any, Any, Whole]:
        """Return the running call, for who takes its answer as it is."""
        make, self._make = self._make, None
        if make is None:
            raise StopAsyncIteration
        return make()

    async def __anext__(self) -> Batch:
        return events_of(await self.whole())

    async def asend(self, value: None) -> Batch:
        return await anext(self)

    async def athrow(self, *error: Any) -> Batch:
        self._make = None
        raise error[-1] if isinstance(error[-1], BaseException) else error[0]

    async def aclose(self) -> None:
        self._make = None
