"""What every middleware keeps, told as cases that a test runs through one middleware each.

    @pytest.mark.parametrize(("wrap", "case"), contract_cases({"costs": lambda: Costs().wrap}))
    def test_middleware_keeps_the_contract(wrap, case):
        quickly(case(wrap()))

A case calls `wrap` around a scripted call, reads it in one of the ways in which people read, and
checks that the answer arrives, that errors stay what they are, and that every call that was
opened is closed, in the task that opened it, before the reader goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any, TypeAlias

import pytest
from aicore.calls import Batch, Batches, Wrap
from aicore.context import CancelToken, Context, Deadlines
from aicore.errors import Unreachable
from aicore.events import Finished, Started, Warned
from aicore.fold import fold
from aicore.messages import Message
from aicore.pump import Pump
from aicore.requests import ChatRequest
from aicore.responses import CallWarning
from aicore.turn import Turn
from aicore.usage import Usage

Case: TypeAlias = Callable[[Wrap], Awaitable[None]]

QUESTION = Message.user("Why is the sky blue?")
ANSWER = "It is blue."
HANG = object()
ERROR = Unreachable("the connection is gone")


def answer() -> tuple[Batch, Batch, Batch]:
    """A short answer in three reads: its start, its text, its end."""
    turn = Turn()
    turn.start("r1", "m")
    start = (*turn.take(), Warned(CallWarning("seed", "dropped", "not taken", "acme")))
    turn.text(ANSWER)
    text = turn.take()
    turn.usage(Usage(input_tokens=5, output_tokens=3))
    turn.reason("stop")
    turn.finish()
    return start, text, turn.take()


class Scripted:
    """A call that yields, raises or hangs as its script says, and knows what is still open."""

    def __init__(self, *script: Batch | Exception | object) -> None:
        self.script = script
        self.opened = 0
        self.open: set[int] = set()
        self.strayed = False

    async def __call__(self, request: object, context: Context) -> Batches:
        number, task = self.opened, asyncio.current_task()
        self.opened += 1
        self.open.add(number)
        try:
            for item in self.script:
                await asyncio.sleep(0.01)
                if isinstance(item, Exception):
                    raise item
                if item is HANG:
                    await asyncio.Event().wait()
                assert isinstance(item, tuple)
                yield item
        finally:
            self.strayed = self.strayed or asyncio.current_task() is not task
            await asyncio.sleep(0.01)
            self.open.discard(number)

    def check(self, *, opened: bool = True) -> None:
        assert bool(self.opened) is opened, f"the call was opened {self.opened} times"
        assert not self.open, "a call was left open"
        assert not self.strayed, "a call was closed in another task than it ran in"


def running(wrap: Wrap, call: Scripted) -> Batches:
    request = ChatRequest(model="acme:m", messages=(QUESTION,), streaming=True)
    limits = Deadlines(first_token=1e6, gap=1e6, total=1e6)
    return wrap(call)(request, Context(deadlines=limits, cancel=CancelToken()))


async def normal_end(wrap: Wrap) -> None:
    call = Scripted(*answer())
    batches = [batch async for batch in running(wrap, call)]
    call.check()
    assert all(batches), "a batch was empty"
    events = [event for batch in batches for event in batch]
    assert [type(event) for event in events].count(Started) == 1
    assert [type(event) for event in events].count(Finished) == 1
    assert isinstance(events[-1], Finished)
    response = fold(events)
    assert response.text == ANSWER
    assert response.finish_reason == "stop"
    assert CallWarning("seed", "dropped", "not taken", "acme") in response.warnings
    assert response.usage is not None
    assert response.usage.total_tokens == 8


async def _fails(wrap: Wrap, call: Scripted) -> int:
    seen = 0
    with pytest.raises(Unreachable, match="the connection is gone"):
        async for batch in running(wrap, call):
            seen += len(batch)
    call.check()
    return seen


async def error_at_once(wrap: Wrap) -> None:
    await _fails(wrap, Scripted(ERROR))


async def error_before_content(wrap: Wrap) -> None:
    await _fails(wrap, Scripted(answer()[0], ERROR))


async def error_after_content(wrap: Wrap) -> None:
    call = Scripted(*answer()[:2], ERROR)
    assert await _fails(wrap, call), "what had arrived before the error was not passed on"
    assert call.opened == 1, "a call was repeated although content had been passed on"


async def never_read(wrap: Wrap) -> None:
    call = Scripted(*answer())
    await running(wrap, call).aclose()
    call.check(opened=False)


async def early_close(wrap: Wrap) -> None:
    call = Scripted(*answer()[:2], HANG)
    batches = running(wrap, call)
    await anext(batches)
    await batches.aclose()
    call.check()
    with pytest.raises(StopAsyncIteration):
        await anext(batches)


async def close_from_another_task(wrap: Wrap) -> None:
    call = Scripted(*answer()[:2], HANG)
    pump = Pump(running(wrap, call))
    reader = asyncio.create_task(_read(pump))
    await asyncio.sleep(1)
    await pump.aclose()
    call.check()
    await reader


async def _read(batches: Any) -> None:
    async for _ in batches:
        pass


async def _cancelled(wrap: Wrap, call: Scripted) -> None:
    async def read() -> None:
        async with aclosing(running(wrap, call)) as batches:
            await _read(batches)

    task = asyncio.create_task(read())
    await asyncio.sleep(1)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled(), "a cancellation did not pass through"
    call.check()


async def cancelled_before_content(wrap: Wrap) -> None:
    await _cancelled(wrap, Scripted(answer()[0], HANG))


async def cancelled_after_content(wrap: Wrap) -> None:
    await _cancelled(wrap, Scripted(*answer()[:2], HANG))


async def two_at_once(wrap: Wrap) -> None:
    call = Scripted(*answer())
    wrapped = wrap(call)
    requests = [
        ChatRequest(model="acme:m", messages=(QUESTION,), seed=number) for number in range(2)
    ]

    async def read(request: ChatRequest) -> str:
        batches = [batch async for batch in wrapped(request, Context())]
        return fold(event for batch in batches for event in batch).text

    assert await asyncio.gather(*map(read, requests)) == [ANSWER, ANSWER]
    call.check()


CASES: tuple[Case, ...] = (
    normal_end,
    error_at_once,
    error_before_content,
    error_after_content,
    never_read,
    early_close,
    close_from_another_task,
    cancelled_before_content,
    cancelled_after_content,
    two_at_once,
)


def contract_cases(middleware: Mapping[str, Callable[[], Wrap]]) -> list[Any]:
    """Return a test parameter `(make, case)` for every middleware and every case.

    `middleware` names functions that make a fresh wrap; run a case with `quickly(case(make()))`.
    """
    return [
        pytest.param(make, case, id=f"{name}-{getattr(case, '__name__', case)}")
        for name, make in middleware.items()
        for case in CASES
    ]
