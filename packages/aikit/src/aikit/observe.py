"""Keep the books of a call: who served it, how long it took, and every attempt."""

from __future__ import annotations

import time
from asyncio import CancelledError
from collections.abc import Sequence
from dataclasses import replace
from inspect import iscoroutine
from typing import Any, TypeAlias, cast

from aicore.calls import Batch, Batches, Call
from aicore.context import Context
from aicore.errors import AIError, BadReply, Cancelled, CutOff, PluginError, Unsupported
from aicore.events import Finished, Produced, Started, Warned, has_content
from aicore.requests import Request
from aicore.responses import Attempt, ServedBy, Timing

from aikit.costs import Costs, Told

Code: TypeAlias = str | None
"""What kind of error ended an attempt, if any did."""


def generating(call: Call, provider: str, ability: str) -> Call:
    """Tell the author of a provider whose method is no async generator.

    Raises:
        PluginError: when it is called.
    """

    def checked(request: Request, context: Context) -> Batches:
        batches: Any = call(request, context)
        if hasattr(batches, "aclose"):
            return cast("Batches", batches)
        if iscoroutine(batches):
            batches.close()  # it will never be awaited, which Python would warn of
        raise PluginError(
            f"`{ability}` of provider {provider!r} must be an async generator that yields batches"
        )

    return checked


def observed(call: Call, provider: str, costs: Costs, *, alone: bool = False) -> Call:
    """Put a provider's name on its answers and errors, its cost, and each attempt on the record.

    An exception that is no `AIError` comes from an answer that the provider could not read: it
    becomes `BadReply`, with the exception as its cause; its text, which may repeat a key that the
    answer holds, is not repeated. Once the last event is out, the answer is
    whole: what goes wrong while the connection is put away is no error any more.

    An attempt that is `alone`, with nothing around it, is the whole operation: then it tells the
    times and itself as the only attempt, as `accounted` would around it.
    """

    def note(
        context: Context, model: str, began: float, first: float | None, code: Code
    ) -> Attempt:
        attempt = Attempt(provider, model, time.monotonic() - began, first, code)
        context.attempts.append(attempt)
        return attempt

    async def attempt(request: Request, context: Context) -> Batches:
        began, first, finished = time.monotonic(), None, False
        asked = model = request.model
        told = Told()
        try:
            batches = call(request, context)
            try:
                async for batch in batches:
                    if type(batch) is not tuple or not batch:
                        raise no_batch(provider, batch)
                    if first is None:
                        if context.strict:
                            refuse(batch)
                        if has_content(batch):
                            first = time.monotonic() - began
                        model = answered_model(batch) or model
                    told.read(batch)
                    last = batch[-1]
                    if isinstance(last, Finished):
                        finished = True
                        timing, attempts = last.timing, last.attempts
                        noted = note(context, asked, began, first, None)
                        if alone:
                            timing, attempts = Timing(noted.seconds, first), (noted,)
                        served_by = last.served_by or ServedBy(provider, model)
                        cost = last.cost or costs.of(told, request, served_by)
                        last = Finished(served_by, cost, timing, attempts, last.rate_limits)
                        batch = (*batch[:-1], last)
                    yield batch
            finally:
                await batches.aclose()
            if not finished:
                raise CutOff("the provider's events ended before the answer was finished")
        except AIError as error:
            if finished:
                return
            error.provider, error.model = error.provider or provider, error.model or asked
            note(context, asked, began, first, error.code)
            raise
        except (GeneratorExit, CancelledError):
            if not finished:
                note(context, asked, began, first, Cancelled.code)
            raise
        except Exception as error:
            if finished:
                return
            message = f"cannot read the answer ({type(error).__name__})"
            note(context, asked, began, first, BadReply.code)
            raise BadReply(message, provider=provider, model=asked) from error

    return attempt


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
