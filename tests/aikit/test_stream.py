"""A stream is read as events, text, batches or a whole, and can be left at any time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from aicore.calls import Batch, Batches
from aicore.errors import Cancelled, CutOff, Overloaded
from aicore.events import Event, Finished, TextDelta
from aicore.fold import fold
from aikit import Stream

from .plugins import spoken

WORDS = spoken("one ", "two ", "three")


class Call:
    """A running call that notes whether it was closed."""

    def __init__(self, *batches: Batch, error: BaseException | None = None) -> None:
        self.batches = batches or tuple(WORDS)
        self.error = error
        self.started = self.closed = 0

    def __call__(self) -> Batches:
        self.started += 1
        return self.run()

    async def run(self) -> Batches:
        try:
            for batch in self.batches:
                await asyncio.sleep(0)
                yield batch
            if self.error:
                raise self.error
        finally:
            await asyncio.sleep(0)
            self.closed += 1


class Hanging(Call):
    """A call that waits for ever after its batches; it may refuse to stop as it should."""

    then: BaseException | Batch | None = None

    async def run(self) -> Batches:
        try:
            for batch in self.batches:
                yield batch
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if self.then is None:
                    raise
                if isinstance(self.then, BaseException):
                    raise self.then from None
            yield self.then  # type: ignore[misc]
        finally:
            self.closed += 1


async def test_nothing_is_asked_for_before_it_is_read() -> None:
    call = Call()
    async with Stream(call) as stream:
        assert stream.usage is None
    assert call.started == 0
    assert [event async for event in stream] == []


async def test_events_come_in_order_and_fold_to_the_answer() -> None:
    call = Call()
    stream = Stream(call)
    events: list[Event] = [event async for event in stream]
    assert events == [event for batch in WORDS for event in batch]
    assert await stream.response() == fold(events)
    assert (call.started, call.closed) == (1, 1)


async def test_text_comes_in_pieces() -> None:
    stream = Stream(Call())
    assert [piece async for piece in stream.text] == ["one ", "two ", "three"]
    assert (await stream.response()).text == "one two three"


async def test_batches_come_as_they_arrived() -> None:
    assert [batch async for batch in Stream(Call()).batches()] == WORDS


async def test_the_ways_of_reading_may_be_mixed() -> None:
    stream = Stream(Call())
    seen = [await anext(stream), await anext(stream)]
    assert tuple(seen) == WORDS[0][:2]
    rest = [batch async for batch in stream.batches()]
    assert rest == [WORDS[0][2:], *WORDS[1:]]
    assert (await stream.response()).text == "one two three"


async def test_the_answer_can_be_had_at_once_and_again() -> None:
    stream = Stream(Call())
    assert (await stream.response()).text == "one two three"
    assert await stream.response() == await stream.response()


async def test_what_has_arrived_can_be_looked_at() -> None:
    stream = Stream(Call(*WORDS[:2]))
    with suppress(StopAsyncIteration):
        while not isinstance(await anext(stream), TextDelta):
            pass
    assert stream.partial().text == "one "
    assert stream.usage is None
    with pytest.raises(CutOff):
        await stream.response()
    assert stream.partial().text == "one two "


async def test_leaving_early_closes_the_call_and_keeps_what_came() -> None:
    call = Call()
    async with Stream(call) as stream:
        async for event in stream:
            if isinstance(event, TextDelta):
                break
    assert call.closed == 1
    assert stream.partial().text == "one "
    with pytest.raises(StopAsyncIteration):
        await anext(stream)
    for _ in range(2):
        with pytest.raises(Cancelled, match=r"left before its end; `partial\(\)` has what arrived"):
            await stream.response()
        await stream.aclose()
    assert call.closed == 1


async def test_leaving_after_the_end_or_after_an_error_is_not_leaving_early() -> None:
    async with Stream(Call()) as stream:
        await stream.response()
    assert (await stream.response()).text == "one two three"
    with pytest.raises(Overloaded):
        async with Stream(Call(*WORDS[:1], error=Overloaded("busy"))) as stream:
            await stream.response()
    with pytest.raises(Overloaded):
        await stream.response()


async def test_an_error_ends_the_stream_and_stays_the_reason_why_there_is_no_answer() -> None:
    error = Overloaded("busy", retry_after=7)
    call = Call(*WORDS[:1], error=error)
    stream = Stream(call)
    with pytest.raises(Overloaded):
        async for _ in stream:
            pass
    assert [event async for event in stream] == []
    assert stream.partial().text == "one "
    assert call.closed == 1
    for _ in range(2):
        with pytest.raises(Overloaded) as caught:
            await stream.response()
        assert caught.value is error


async def test_an_error_at_the_start_comes_when_the_stream_is_read() -> None:
    def start() -> Batches:
        raise Overloaded("busy")

    stream = Stream(start)
    for _ in range(2):
        with pytest.raises(Overloaded):
            await anext(stream)


async def test_two_tasks_cannot_read_one_stream() -> None:
    stream = Stream(Hanging(WORDS[0]))
    await anext(stream.batches())
    reader = asyncio.create_task(anext(stream))
    await asyncio.sleep(0)
    with pytest.raises(RuntimeError, match="another task is waiting for this stream already"):
        await stream.response()
    await stream.aclose()
    with pytest.raises(StopAsyncIteration):
        await reader


# Closing from another task


@pytest.mark.parametrize("then", [None, Overloaded("late"), RuntimeError("late"), WORDS[1]])
async def test_a_reader_sees_the_end_when_another_task_closes(then: Any) -> None:
    call = Hanging(WORDS[0])
    call.then = then
    stream = Stream(call)
    seen = list[Event]()

    async def read() -> str:
        async for event in stream:
            seen.append(event)
        task = asyncio.current_task()
        assert task
        await asyncio.sleep(0)  # where a cancellation that was left over would strike
        return f"at the end, {task.cancelling()} to come"

    reader = asyncio.create_task(read())
    await asyncio.sleep(0.01)
    await stream.aclose()
    assert call.closed == 1
    assert await reader == "at the end, 0 to come"
    assert tuple(seen) == WORDS[0]


async def test_a_reader_that_is_cancelled_too_is_cancelled() -> None:
    stream = Stream(Hanging(WORDS[0]))
    reader = asyncio.create_task(stream.response())
    await asyncio.sleep(0.01)
    closer = asyncio.create_task(stream.aclose())
    await asyncio.sleep(0)
    reader.cancel()
    await asyncio.wait([reader, closer])
    assert reader.cancelled()
    assert closer.exception() is None


async def test_a_cancelled_reader_leaves_a_closed_stream() -> None:
    call = Hanging(WORDS[0])
    stream = Stream(call)
    reader = asyncio.create_task(stream.response())
    await asyncio.sleep(0.01)
    reader.cancel()
    await asyncio.wait([reader])
    assert reader.cancelled()
    assert call.closed == 1
    assert stream.partial().text == "one "
    await stream.aclose()
    with pytest.raises(Cancelled, match="the stream was left before its end"):
        await stream.response()


async def test_a_stream_can_be_read_and_closed_in_a_task_that_was_cancelled_before() -> None:
    async def clean_up() -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            stream = Stream(Hanging(WORDS[0]))
            closer = asyncio.create_task(later(stream))
            text = "".join([piece async for piece in stream.text])
            await closer
            return text
        return "never"

    async def later(stream: Stream) -> None:
        await asyncio.sleep(0.01)
        await stream.aclose()

    task = asyncio.create_task(clean_up())
    await asyncio.sleep(0)
    task.cancel()
    assert await task == "one "
    assert task.cancelling() == 1


async def test_dropping_a_stream_closes_its_call() -> None:
    call = Call()

    async def peek(stream: AsyncIterator[Event]) -> Event:
        return await anext(stream)

    await peek(Stream(call))
    async with asyncio.timeout(1):
        while not call.closed:
            await asyncio.sleep(0)


async def test_an_answer_without_events_is_cut_off() -> None:
    stream = Stream(Call((Finished(),)))
    assert (await stream.response()).text == ""
    with pytest.raises(CutOff):
        await Stream(Call(WORDS[0])).response()
