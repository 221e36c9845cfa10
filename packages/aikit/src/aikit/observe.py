"""Keep the books of a call: who served it, how long it took, and every attempt."""

from __future__ import annotations

import time
from asyncio import CancelledError
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from inspect import iscoroutine
from typing import Any, TypeAlias

from aicore.calls import Batch, Batches, Call
from aicore.context import Context
from aicore.errors import AIError, BadReply, Cancelled, CutOff, PluginError, Unsupported
from aicore.events import Finished, Produced, Started, Warned, has_content
from aicore.fold import Folder
from aicore.guard import at_pace
from aicore.requests import Request
from aicore.responses import Attempt, Response, ServedBy, Timing
from aicore.whole import Single

from aikit.costs import TELLING, Costs, Told

Answer: TypeAlias = Callable[[Any, Context], Awaitable[Folder]]
"""Runs a request to its end."""
Code: TypeAlias = str | None
"""What kind of error ended an attempt, if any did."""


UNLIMITED = Context.__dataclass_fields__["deadlines"].default
"""The deadlines of calls to which none were given; all share these."""

served = lru_cache(1000)(ServedBy)
"""Makes what says who answered; the same ones answer call after call, and share it."""


def steady(call: Call, provider: str, ability: str) -> Call:
    """Make attempts keep their pace, and tell the author whose method is no async generator.

    Raises:
        PluginError: when it is called.
    """

    def asked(request: Request, context: Context) -> Batches:
        batches = call(request, context)
        if type(batches) is not Single and not hasattr(batches, "aclose"):
            raise no_generator(batches, provider, ability)
        if context.deadlines is UNLIMITED:  # nearly always
            return batches
        return at_pace(batches, context.deadlines)

    return asked


def no_generator(given: Any, provider: str, ability: str) -> PluginError:
    if iscoroutine(given):
        given.close()  # it will never be awaited, which Python would warn of
    return PluginError(
        f"`{ability}` of provider {provider!r} must be an async generator that yields batches"
    )


class Books:
    """The books of one attempt: who answers, how long it takes, what it costs, how it ends.

    They put a provider's name on its answers and errors, its cost, and the attempt on the record
    of the context. An attempt that is `alone`, with nothing around it, is the whole operation:
    then its last event tells the times and itself as the only attempt, as `accounted` would.
    """

    __slots__ = (
        "_alone",
        "_began",
        "_context",
        "_costs",
        "_first",
        "_model",
        "_provider",
        "_request",
        "_told",
        "finished",
    )

    def __init__(
        self, provider: str, costs: Costs, request: Request, context: Context, alone: bool
    ) -> None:
        self._began = time.monotonic()
        self._provider = provider
        self._costs = costs
        self._request = request
        self._context = context
        self._alone = alone
        self._model: str | None = None
        self._first: float | None = None
        self._told: Told | None = None
        self.finished = False
        """Whether the answer is whole."""

    def entered(self, batch: Batch) -> Batch:
        """Take a batch in; the last event of an answer is returned with what the books say.

        Raises:
            PluginError: it is no batch.
            Unsupported: the call is strict, and a setting was lost.
        """
        if type(batch) is not tuple or not batch:
            raise no_batch(self._provider, batch)
        if self._first is None:
            if self._context.strict:
                refuse(batch)
            if has_content(batch):
                self._first = time.monotonic() - self._began
            self._model = answered_model(batch) or self._model
        if not TELLING.isdisjoint(map(type, batch)):
            self._told = self._told or Told()
            self._told.read(batch)
        last = batch[-1]
        return (*batch[:-1], self._finish(last)) if isinstance(last, Finished) else batch

    def _finish(self, last: Finished) -> Finished:
        self.finished = True
        noted, timing, attempts = self._note(None, self._passed()), last.timing, last.attempts
        if self._alone:
            timing, attempts = Timing(noted.seconds, self._first), (noted,)
        model = self._model or self._request.model
        served_by = last.served_by or ServedBy(self._provider, model)
        cost = last.cost or self._costs.of(self._told or Told(), self._request, served_by)
        return Finished(served_by, cost, timing, attempts, last.rate_limits)

    def whole(self, response: Response) -> Response:
        """Write into a response that a provider has made what the books say.

        Raises:
            Unsupported: the call is strict, and a setting was lost.
        """
        if self._context.strict:
            refuse(tuple(map(Warned, response.warnings)))
        self.finished = True
        self._first = seconds = time.monotonic() - self._began
        told: Any = response  # nobody has seen it yet, so that it may still be written to
        request = self._request
        if (served_by := response.served_by) is None:
            told.served_by = served_by = served(self._provider, response.model or request.model)
        told.timing, told.attempts = Timing(seconds, seconds), (self._note(None, seconds),)
        if response.cost is None:
            told.cost = self._costs.of_response(response, request, served_by)
        return response

    def _passed(self) -> float:
        return time.monotonic() - self._began

    def _note(self, code: Code, seconds: float) -> Attempt:
        attempt = Attempt(self._provider, self._request.model, seconds, self._first, code)
        self._context.attempts.append(attempt)
        return attempt

    def over(self) -> None:
        """Note that no more events come.

        Raises:
            CutOff: the answer is not whole.
        """
        if not self.finished:
            raise CutOff("the provider's events ended before the answer was finished")

    def ended(self, error: BaseException) -> bool:
        """Note how an attempt has ended; tell whether its answer was whole all the same.

        Then what goes wrong while the connection is put away is no error any more. An exception
        that is no `AIError` comes from an answer that the provider could not read; its text,
        which may repeat a key that the answer holds, is not repeated.

        Raises:
            BadReply: it was such an exception, which is its cause.
        """
        if isinstance(error, GeneratorExit | CancelledError):
            if not self.finished:
                self._note(Cancelled.code, self._passed())
            return False
        if not isinstance(error, Exception):
            return False
        if self.finished:
            return True
        if isinstance(error, AIError):
            error.provider = error.provider or self._provider
            error.model = error.model or self._request.model
            self._note(error.code, self._passed())
            return False
        self._note(BadReply.code, self._passed())
        message = f"cannot read the answer ({type(error).__name__})"
        raise BadReply(message, provider=self._provider, model=self._request.model) from error


def observed(call: Call, provider: str, costs: Costs, *, alone: bool = False) -> Call:
    """Keep the books of a provider's attempts."""

    async def attempt(request: Request, context: Context) -> Batches:
        books = Books(provider, costs, request, context, alone)
        try:
            batches = call(request, context)
            try:
                async for batch in batches:
                    yield books.entered(batch)
            finally:
                await batches.aclose()
            books.over()
        except BaseException as error:
            if not books.ended(error):
                raise

    return attempt


def answered(call: Call, provider: str, costs: Costs) -> Answer:
    """Run attempts that are alone to their end, and fold their events."""

    async def answer(request: Request, context: Context) -> Folder:
        books, folder = Books(provider, costs, request, context, True), Folder()
        try:
            batches = call(request, context)
            if type(batches) is Single:
                whole = await batches.whole()
                if isinstance(whole, Response):
                    folder.whole = books.whole(whole)
                    return folder
                folder.take(books.entered(whole))
            else:
                try:
                    async for batch in batches:
                        folder.take(books.entered(batch))
                finally:
                    await batches.aclose()
            books.over()
        except BaseException as error:
            if not books.ended(error):
                raise
        return folder

    return answer


def no_batch(provider: str, batch: object) -> PluginError:
    what = "()" if batch == () else type(batch).__name__
    return PluginError(
        f"provider {provider!r} must yield batches, tuples of at least one event, not {what}"
    )


def refuse(batch: Batch) -> None:
    """Keep the promise of `strict` for providers that only warn.

    Raises:
        Unsupported: a setting was dropped or rewritten.
    """
    lost = [
        str(replace(event.warning, provider=None))
        for event in batch
        if isinstance(event, Warned) and event.warning.action != "noted"
    ]
    if lost:
        raise Unsupported("; ".join(lost) + " (strict)")


def answered_model(batch: Batch) -> str | None:
    """Return the model that answered, as it named itself."""
    for event in batch:
        if isinstance(event, Started):
            return event.model
        if isinstance(event, Produced):
            return event.result.model
    return None


def accounted(call: Call) -> Call:
    """Tell the times and the attempts of a whole operation in its last event.

    A deadline that passes when the last event is out, while the connection is put away, is no
    error; those that pass earlier are told whom the call was waiting for.
    """

    async def operation(request: Request, context: Context) -> Batches:
        began, first, finished = time.monotonic(), None, False
        before = len(context.attempts)
        try:
            batches = call(request, context)
            try:
                async for batch in batches:
                    if first is None and has_content(batch):
                        first = time.monotonic() - began
                    last = batch[-1]
                    if isinstance(last, Finished):
                        finished = True
                        timing = Timing(time.monotonic() - began, first)
                        attempts = tuple(context.attempts[before:])
                        last = Finished(
                            last.served_by, last.cost, timing, attempts, last.rate_limits
                        )
                        batch = (*batch[:-1], last)
                    yield batch
            finally:
                await batches.aclose()
        except AIError as error:
            if finished:
                return
            name_origin(error, request, context.attempts[before:])
            raise

    return operation


def name_origin(error: AIError, request: Request, attempts: Sequence[Attempt]) -> None:
    """Put provider and model on an error that came up outside of any attempt."""
    if attempts:
        error.provider = error.provider or attempts[-1].provider
        error.model = error.model or attempts[-1].model
    error.model = error.model or request.model
