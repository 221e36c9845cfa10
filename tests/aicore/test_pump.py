"""A pump drives a call in one task of its own, for readers and closers in any task."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from contextlib import suppress

import pytest
from aicore.calls import Batch, Batches
from aicore.errors import CutOff, Unreachable
from aicore.events import TextDelta
from aicore.pump import Pump

from .clock import quick


def text(number: int) -> Batch:
    return (TextDelta(0, 0, str(number)),)


class Service:
    """A call of a few batches that notes how far it is and which tasks it saw."""

    def __init__(self, batches: int = 3, *, error: BaseException | None = None) -> None:
        self.batches, self.error = batches, error
        self.made = self.closed = 0
        self.tasks: set[asyncio.Task[object] | None] = set()
        self.hold: Callable[[], object] = lambda: None

    async def run(self) -> Batches:
        try:
            for number in range(self.batches):
                self.tasks.add(asyncio.current_task())
                await asyncio.sleep(0)
                self.made += 1
                yield text(number)
            if self.error:
                raise self.error
        finally:
            self.tasks.add(asyncio.current_task())
            await asyncio.sleep(1)
            self.tasks.add(asyncio.current_task())
            self.closed += 1


async def hanging() -> Batches:
    await asyncio.Event().wait()
    yield text(0)


@quick
async def test_batches_arrive_in_order_and_the_end_is_told_again_and_again() -> None:
    service = Service(10)
    pump = Pump(service.run())
    assert [batch async for batch in pump] == [text(number) for number in range(10)]
    for _ in range(2):
        with pytest.raises(StopAsyncIteration):
            await anext(pump)
    await pump.aclose()
    assert service.closed == 1


@pytest.mark.parametrize("batches", [0, 2, 6])
@quick
async def test_an_error_arrives_after_the_batches_before_it(batches: int) -> None:
    service = Service(batches, error=Unreachable("gone"))
    pump, seen = Pump(service.run()), list[Batch]()
    with pytest.raises(Unreachable, match="gone"):
        async for batch in pump:
            seen.append(batch)
    assert seen == [text(number) for number in range(batches)]
    with pytest.raises(StopAsyncIteration):
        await anext(pump)
    assert service.closed == 1


@quick
async def test_a_call_runs_and_closes_in_one_task_that_is_not_the_readers() -> None:
    service = Service(20)
    pump = Pump(service.run())
    await anext(pump)
    await asyncio.create_task(pump.aclose())
    assert len(service.tasks) == 1
    assert asyncio.current_task() not in service.tasks


@pytest.mark.parametrize("ahead", [1, 2, 4])
@quick
async def test_a_call_is_never_more_than_a_few_batches_in_front_of_its_reader(ahead: int) -> None:
    service = Service(20)
    pump, read = Pump(service.run(), ahead=ahead), 0
    await asyncio.sleep(1)
    assert service.made == ahead
    async for _ in pump:
        read += 1
        assert service.made <= read + ahead
        await asyncio.sleep(1)
        assert service.made == min(read + ahead, 20)
    assert read == 20


@pytest.mark.parametrize("read", [0, 1, 3])
@quick
async def test_closing_early_closes_the_call_however_much_is_waiting(read: int) -> None:
    service = Service(20)
    pump = Pump(service.run())
    for _ in range(read):
        await anext(pump)
    await asyncio.sleep(1)
    await pump.aclose()
    assert service.closed == 1
    with pytest.raises(StopAsyncIteration):
        await anext(pump)


@quick
async def test_closing_at_once_closes_a_call_that_has_not_begun() -> None:
    started = Service()
    batches = started.run()
    await anext(batches)
    await Pump(batches).aclose()
    assert started.closed == 1

    untouched = Service()
    await Pump(untouched.run()).aclose()
    assert untouched.made == 0


@quick
async def test_a_reader_that_waits_is_let_go_when_another_task_closes() -> None:
    pump = Pump(hanging())
    reader = asyncio.create_task(anext(pump))
    await asyncio.sleep(1)
    await pump.aclose()
    with pytest.raises(StopAsyncIteration):
        await reader


@quick
async def test_a_reader_gets_nothing_more_after_the_close_even_if_it_was_about_to() -> None:
    service = Service(3)
    pump = Pump(service.run())
    reader = asyncio.create_task(anext(pump))
    while service.made == 0:
        await asyncio.sleep(0)
    pump.stop()
    with pytest.raises(StopAsyncIteration):
        await reader
    await pump.aclose()


@quick
async def test_a_reader_may_give_up_waiting_and_lose_nothing() -> None:
    async def slow() -> Batches:
        await asyncio.sleep(5)
        yield text(0)

    pump = Pump(slow())
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await anext(pump)
    assert [batch async for batch in pump] == [text(0)]


@quick
async def test_closing_twice_lets_the_call_close_in_peace() -> None:
    service = Service(20)
    pump = Pump(service.run())
    await anext(pump)
    closers = [asyncio.create_task(pump.aclose()) for _ in range(3)]
    await asyncio.sleep(0.5)
    pump.stop()
    assert service.closed == 0
    await asyncio.gather(*closers)
    await pump.aclose()
    assert service.closed == 1


@quick
async def test_stopping_does_not_wait_and_closing_does() -> None:
    service = Service(20)
    pump = Pump(service.run())
    await anext(pump)
    pump.stop()
    with pytest.raises(StopAsyncIteration):
        await anext(pump)
    assert service.closed == 0
    await pump.aclose()
    assert service.closed == 1


@quick
async def test_stopping_lets_a_waiting_reader_go_before_the_call_is_closed() -> None:
    closed: list[bool] = []

    async def slow_to_close() -> Batches:
        try:
            await asyncio.Event().wait()
            yield text(0)
        finally:
            await asyncio.sleep(60)
            closed.append(True)

    pump = Pump(slow_to_close())
    reader = asyncio.create_task(anext(pump))
    await asyncio.sleep(1)
    pump.stop()
    with pytest.raises(StopAsyncIteration):
        await reader
    assert closed == []
    await pump.aclose()
    assert closed == [True]


async def failing_to_close() -> Batches:
    try:
        while True:
            yield text(0)
    finally:
        raise Unreachable("gone while closing")


async def deaf() -> Batches:
    while True:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(1)
        yield text(0)


@pytest.mark.parametrize("call", [failing_to_close, deaf])
@quick
async def test_a_call_that_does_not_take_the_cancellation_is_still_closed(
    call: Callable[[], Batches],
) -> None:
    errors = list[object]()
    asyncio.get_running_loop().set_exception_handler(lambda loop, error: errors.append(error))
    pump = Pump(call())
    await asyncio.sleep(10)
    await pump.aclose()
    with pytest.raises(StopAsyncIteration):
        await anext(pump)
    del pump
    gc.collect()
    assert errors == []


@quick
async def test_a_cancellation_inside_the_call_reaches_the_reader_as_it_is() -> None:
    async def cancelled() -> Batches:
        yield text(0)
        future = asyncio.get_running_loop().create_future()
        future.cancel()
        await future

    pump = Pump(cancelled())
    assert await anext(pump) == text(0)
    with pytest.raises(asyncio.CancelledError):
        await anext(pump)
    await pump.aclose()


@quick
async def test_whichever_of_several_pumps_is_ready_first_can_be_waited_for() -> None:
    async def after(seconds: float) -> Batches:
        await asyncio.sleep(seconds)
        yield text(int(seconds))
        raise CutOff("half an ans")

    slow, fast = Pump(after(60)), Pump(after(2))
    waits = {slow.ready(): slow, fast.ready(): fast}
    done, _ = await asyncio.wait(waits, timeout=1, return_when=asyncio.FIRST_COMPLETED)
    assert not done
    done, _ = await asyncio.wait(waits, timeout=9, return_when=asyncio.FIRST_COMPLETED)
    assert [waits[future] for future in done] == [fast]
    assert await anext(fast) == text(2)
    await fast.ready()
    with pytest.raises(CutOff):
        await anext(fast)
    await fast.ready()
    await asyncio.gather(fast.aclose(), slow.aclose())
    await slow.ready()
