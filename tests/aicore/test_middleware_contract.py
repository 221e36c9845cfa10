"""Every middleware passes answers, errors and closings on; and the contract notices when not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing

import pytest
from aicore.calls import Batches, Call, Wrap, each, singly
from aicore.context import Context
from aicore.errors import AIError
from aicore.guard import bounded, paced
from aicore.pump import Pump

from . import contract
from .clock import quickly
from .contract import Case, contract_cases


def plain(call: Call) -> Call:
    return call


def single_events(call: Call) -> Call:
    return singly(lambda request, context: each(call(request, context)))


def pumped(call: Call) -> Call:
    async def through_a_pump(request: object, context: Context) -> Batches:
        pump = Pump(call(request, context))
        try:
            async for batch in pump:
                yield batch
        finally:
            await pump.aclose()

    return through_a_pump


def stacked(call: Call) -> Call:
    return bounded(single_events(paced(pumped(call))))


MIDDLEWARE: dict[str, Callable[[], Wrap]] = {
    "plain": lambda: plain,
    "bounded": lambda: bounded,
    "paced": lambda: paced,
    "single_events": lambda: single_events,
    "pumped": lambda: pumped,
    "stacked": lambda: stacked,
}


@pytest.mark.parametrize(("make", "case"), contract_cases(MIDDLEWARE))
def test_middleware_keeps_the_contract(make: Callable[[], Wrap], case: Case) -> None:
    quickly(case(make()))  # type: ignore[arg-type]


# Middleware with one fault each, and a case that notices it.


def leaky(call: Call) -> Call:
    async def middleware(request: object, context: Context) -> Batches:
        async for batch in call(request, context):  # not inside `aclosing`
            yield batch

    return middleware


def detached(call: Call) -> Call:
    async def middleware(request: object, context: Context) -> Batches:
        pump = Pump(call(request, context))  # never closed
        async for batch in pump:
            yield batch

    return middleware


def eager(call: Call) -> Call:
    def middleware(request: object, context: Context) -> Batches:
        pump = Pump(call(request, context))

        async def batches() -> Batches:
            async for batch in pump:
                yield batch

        return batches()

    return middleware


def greedy(call: Call) -> Call:
    async def middleware(request: object, context: Context) -> Batches:
        async with aclosing(call(request, context)) as batches:
            everything = [batch async for batch in batches]
        for batch in everything:
            yield batch

    return middleware


def forgetful(call: Call) -> Call:
    async def middleware(request: object, context: Context) -> Batches:
        async with aclosing(call(request, context)) as batches:
            async for batch in batches:
                yield batch[:-1]

    return middleware


def repeating(call: Call) -> Call:
    async def middleware(request: object, context: Context) -> Batches:
        for _ in range(2):
            try:
                async with aclosing(call(request, context)) as batches:
                    async for batch in batches:
                        yield batch
                return
            except AIError as error:
                last = error
        raise last

    return middleware


def renaming(call: Call) -> Call:
    async def middleware(request: object, context: Context) -> Batches:
        async with aclosing(call(request, context)) as batches:
            try:
                async for batch in batches:
                    yield batch
            except AIError as error:
                raise RuntimeError("something went wrong") from error

    return middleware


def swallowing(call: Call) -> Call:
    async def middleware(request: object, context: Context) -> Batches:
        async with aclosing(call(request, context)) as batches:
            try:
                async for batch in batches:
                    yield batch
            except asyncio.CancelledError:
                return

    return middleware


@pytest.mark.parametrize(
    ("wrap", "case"),
    [
        (leaky, contract.early_close),
        (detached, contract.early_close),
        (eager, contract.never_read),
        (greedy, contract.error_after_content),
        (greedy, contract.early_close),
        (forgetful, contract.normal_end),
        (repeating, contract.error_after_content),
        (renaming, contract.error_at_once),
        (swallowing, contract.cancelled_before_content),
        (swallowing, contract.cancelled_after_content),
    ],
    ids=lambda value: value.__name__,
)
def test_the_contract_notices_a_fault(wrap: Wrap, case: Case) -> None:
    async def run() -> None:
        async with asyncio.timeout(1000):
            await case(wrap)

    with pytest.raises((AssertionError, RuntimeError, TimeoutError, pytest.fail.Exception)):
        quickly(run())
