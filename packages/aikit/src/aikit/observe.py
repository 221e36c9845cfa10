"""Keep the books of a call: who served it, how long it took, and every attempt."""

from __future__ import annotations

import time
from asyncio import CancelledError
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from inspect import iscoroutine
from typing import Any, cast

from aicore.calls import Batch, Batches, Call
from aicore.context import Context
from aicore.errors import AIError, BadReply, Cancelled, CutOff, PluginError, Unsupported
from aicore.events import Finished, Produced, Started, Warned, has_content
from aicore.requests import Request
from aicore.responses import Attempt, ServedBy, Timing
from aicore.values import changed

from aikit.costs import Costs, Told


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


def observed(call: Call, provider: str, costs: Costs) -> Call:
    """Put a provider's name on its answers and errors, its cost, and each attempt on the record.

    An exception that is no `AIError` comes from an answer that the provider could not read: it
    becomes `BadReply`, with the exception as its cause; its text, which may repeat a key that the
    answer holds, is not repeated. Once the last event is out, the answer is
    whole: what goes wrong while the connection is put away is no error any more.
    """

    async def attempt(request: Request, context: Context) -> Batches:
        began, first, model, told = time.monotonic(), None, request.model, Told()

        def record(error: AIError | None) -> None:
            seconds, code = time.monotonic() - began, error.code if error else None
            context.attempts.append(Attempt(provider, request.model, seconds, first, code))

        finished = False
        try:
            async with aclosing(call(request, context)) as batches:
                async for batch in batches:
                    if type(batch) is not tuple or not batch:
                        raise PluginError(
                            f"provider {provider!r} must yield batches, tuples of at least one "
                            f"event, not {'()' if batch == () else type(batch).__name__}"
                        )
                    if first is None:
                        if context.strict:
                            refuse(batch)
                        if has_content(batch):
                            first = time.monotonic() - began
                        model = answered_model(batch) or model
                    told.read(batch)
                    if isinstance(last := batch[-1], Finished):
                        finished = True
                        record(None)
                        served_by = last.served_by or ServedBy(provider, model)
                        cost = last.cost or costs.of(told, request, served_by)
                        batch = (*batch[:-1], changed(last, served_by=served_by, cost=cost))
                    yield batch
            if not finished:
                raise CutOff("the provider's events ended before the answer was finished")
        except AIError as error:
            if finished:
                return
            error.provider, error.model = error.provider or provider, error.model or request.model
            record(error)
            raise
        except (GeneratorExit, CancelledError):
            if not finished:
                record(Cancelled("left early"))
            raise
        except Exception as error:
            if finished:
                return
            message = f"cannot read the answer ({type(error).__name__})"
            reply = BadReply(message, provider=provider, model=request.model)
            record(reply)
            raise reply from error

    return attempt


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
            async with aclosing(call(request, context)) as batches:
                async for batch in batches:
                    if first is None and has_content(batch):
                        first = time.monotonic() - began
                    last = batch[-1]
                    if isinstance(last, Finished):
                        finished = True
                        timing = Timing(time.monotonic() - began, first)
                        attempts = tuple(context.attempts[before:])
                        last = changed(last, timing=timing, attempts=attempts)
                        batch = (*batch[:-1], last)
                    yield batch
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
