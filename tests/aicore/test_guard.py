"""Deadlines and cancel tokens end a wait with their own errors, and nothing else does."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import Awaitable, Callable

import pytest
from aicore.calls import Batch, Batches, Call
from aicore.context import CancelToken, Context, Deadlines
from aicore.errors import (
    AIError,
    Cancelled,
    FirstTokenTimeout,
    GapTimeout,
    TotalTimeout,
    Unreachable,
)
from aicore.events import Finished, Started, TextDelta
from aicore.guard import bounded, interruptible, paced

from .clock import now, quick

START: Batch = (Started(),)
TEXT: Batch = (TextDelta(0, 0, "x"),)
END: Batch = (Finished(),)


def guarded(call: Call) -> Call:
    return bounded(paced(call))


class Service:
    """A call that waits the given seconds before each batch, and notes that it was closed."""

    def __init__(self, *script: tuple[float, Batch]) -> None:
        self.script = script
        self.opened = self.closed = 0

    async def __call__(self, request: object, context: Context) -> Batches:
        self.opened += 1
        try:
            for seconds, batch in self.script:
                await asyncio.sleep(seconds)
                yield batch
        finally:
            self.closed += 1


async def read(call: Call, context: Context) -> list[Batch]:
    return [batch async for batch in guarded(call)(None, context)]


def within(
    *, first_token: float | None = None, gap: float | None = None, total: float | None = None
) -> Context:
    return Context(deadlines=Deadlines(first_token, gap, total))


def test_a_call_without_limits_is_left_alone() -> None:
    batches: list[Batches] = []

    def call(request: object, context: Context) -> Batches:
        batches.append(Service()(request, context))
        return batches[-1]

    assert guarded(call)(None, Context()) is batches[-1]
    assert guarded(call)(None, within(total=1)) is not batches[-1]


@quick
async def test_a_call_within_its_limits_passes_unchanged() -> None:
    service = Service((4, START), (5, TEXT), (9, TEXT), (9, END))
    context = within(first_token=10, gap=10, total=30)
    assert await read(service, context) == [START, TEXT, TEXT, END]
    assert service.closed == 1


@pytest.mark.parametrize(
    ("limits", "script", "error", "at", "says"),
    [
        ({"first_token": 10}, [(60, TEXT)], FirstTokenTimeout, 10, "no content within 10 s"),
        # a start is no content, and gives no more time
        (
            {"first_token": 10},
            [(9, START), (9, TEXT)],
            FirstTokenTimeout,
            10,
            "(deadline first_token)",
        ),
        ({"gap": 10}, [(60, TEXT), (9, TEXT), (60, END)], GapTimeout, 79, "nothing came for 10 s"),
        ({"first_token": 10, "gap": 2}, [(9, TEXT), (3, END)], GapTimeout, 11, "(deadline gap)"),
        ({"total": 10}, [(6, TEXT), (6, END)], TotalTimeout, 10, "longer than 10 s"),
        ({"total": 10, "gap": 5}, [(6, TEXT), (60, END)], TotalTimeout, 10, "(deadline total)"),
        ({"total": 10, "gap": 3}, [(6, TEXT), (60, END)], GapTimeout, 9, "3 s"),
        ({"total": 10, "first_token": 5}, [(60, TEXT)], FirstTokenTimeout, 5, "5 s"),
        ({"total": 5, "first_token": 10}, [(60, TEXT)], TotalTimeout, 5, "5 s"),
        ({"total": 5, "first_token": 5}, [(60, TEXT)], TotalTimeout, 5, "5 s"),
        ({"total": 0.5}, [(60, TEXT)], TotalTimeout, 0.5, "0.5 s"),
    ],
)
@quick
async def test_every_deadline_has_its_own_error(
    limits: dict[str, float],
    script: list[tuple[float, Batch]],
    error: type[AIError],
    at: float,
    says: str,
) -> None:
    service, start = Service(*script), now()
    with pytest.raises(error) as caught:
        await read(service, within(**limits))
    assert type(caught.value) is error
    assert says in str(caught.value)
    assert now() - start == pytest.approx(at)
    assert service.closed == 1
    assert asyncio.current_task().cancelling() == 0  # type: ignore[union-attr]


@quick
async def test_a_slow_reader_is_no_gap_of_the_service() -> None:
    service = Service((0, TEXT), (1, TEXT), (1, END))
    seen: list[Batch] = []
    async for batch in guarded(service)(None, within(gap=2)):
        await asyncio.sleep(60)
        seen.append(batch)
    assert seen == [TEXT, TEXT, END]


@quick
async def test_a_slow_reader_spends_the_total() -> None:
    service = Service((0, TEXT), (1, END))
    batches = guarded(service)(None, within(total=10))
    await anext(batches)
    await asyncio.sleep(60)
    with pytest.raises(TotalTimeout):
        await anext(batches)


@quick
async def test_leaving_a_guarded_call_closes_it() -> None:
    service = Service((0, TEXT), (60, END))
    batches = guarded(service)(None, within(total=600))
    await anext(batches)
    await batches.aclose()
    assert service.closed == 1


@quick
async def test_an_error_of_the_call_passes_untouched() -> None:
    async def call(request: object, context: Context) -> Batches:
        yield TEXT
        raise Unreachable("gone")

    with pytest.raises(Unreachable, match="gone"):
        await read(call, within(first_token=9, gap=9, total=9))


# Cancel tokens


@quick
async def test_a_token_used_before_the_start_keeps_the_call_from_starting() -> None:
    token, service = CancelToken(), Service((0, TEXT))
    token.cancel()
    with pytest.raises(Cancelled):
        await read(service, Context(cancel=token))
    assert service.opened == 0


@quick
async def test_a_token_used_while_waiting_ends_the_wait() -> None:
    token, service, start = CancelToken(), Service((1, TEXT), (60, END)), now()
    asyncio.get_running_loop().call_later(5, token.cancel)
    with pytest.raises(Cancelled) as caught:
        await read(service, Context(cancel=token, deadlines=Deadlines(total=10)))
    assert caught.value.code == "cancelled"
    assert now() - start == pytest.approx(5)
    assert service.closed == 1


@quick
async def test_a_token_used_while_the_reader_works_ends_the_next_wait_at_once() -> None:
    token, service = CancelToken(), Service((0, TEXT), (0, END))
    batches = guarded(service)(None, Context(cancel=token))
    await anext(batches)
    token.cancel()
    await asyncio.sleep(1)
    with pytest.raises(Cancelled):
        await anext(batches)
    assert service.closed == 1


@quick
async def test_a_token_may_be_used_from_another_thread() -> None:
    token, waiting = CancelToken(), threading.Event()

    async def call(request: object, context: Context) -> Batches:
        waiting.set()
        await asyncio.Event().wait()
        yield END

    def use() -> None:
        waiting.wait()
        token.cancel()

    thread = threading.Thread(target=use)
    thread.start()
    with pytest.raises(Cancelled):
        await read(call, Context(cancel=token))
    thread.join()


@quick
async def test_one_token_ends_many_calls() -> None:
    token = CancelToken()
    services = [Service((60, END)) for _ in range(5)]
    asyncio.get_running_loop().call_later(1, token.cancel)
    results = await asyncio.gather(
        *(read(service, Context(cancel=token)) for service in services), return_exceptions=True
    )
    assert [type(result) for result in results] == [Cancelled] * 5
    assert [service.closed for service in services] == [1] * 5


@quick
async def test_a_token_used_as_the_answer_arrives_does_not_hit_what_comes_after() -> None:
    token = CancelToken()

    async def answer() -> str:
        token.cancel()
        return "answer"

    assert await interruptible(answer(), cancel=token) == "answer"
    await asyncio.sleep(1)
    assert asyncio.current_task().cancelling() == 0  # type: ignore[union-attr]


@quick
async def test_a_wait_that_is_over_leaves_nothing_behind_in_the_token_or_the_loop() -> None:
    class Counting(CancelToken):
        subscribed = 0

        def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
            forget = super().subscribe(callback)
            self.subscribed += 1

            def forgotten() -> None:
                self.subscribed -= 1
                forget()

            return forgotten

    token, error = Counting(), TotalTimeout("slow")
    kept = weakref.ref(error)
    await interruptible(asyncio.sleep(1), (now() + 3600, error), token)
    del error
    gc.collect()
    assert kept() is None
    assert token.subscribed == 0


def test_a_token_may_be_used_when_the_loop_is_gone() -> None:
    token, loop = CancelToken(), asyncio.new_event_loop()
    loop.set_exception_handler(lambda loop, context: None)

    async def leave_waiting() -> None:
        loop.create_task(interruptible(forever(), cancel=token))
        await asyncio.sleep(0)

    loop.run_until_complete(leave_waiting())
    loop.close()
    token.cancel()
    assert token.cancelled
    gc.collect()


# Cancellations from elsewhere


async def forever() -> None:
    await asyncio.Event().wait()


@quick
async def test_a_cancelled_task_ends_as_cancelled() -> None:
    service = Service((60, END))
    context = Context(cancel=CancelToken(), deadlines=Deadlines(total=100))
    task = asyncio.create_task(read(service, context))
    await asyncio.sleep(1)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert service.closed == 1


@quick
async def test_a_task_cancelled_in_the_moment_of_the_deadline_ends_as_cancelled() -> None:
    service = Service((60, END))
    task = asyncio.create_task(read(service, within(total=10)))
    asyncio.get_running_loop().call_later(10, task.cancel)
    await asyncio.wait([task])
    assert task.cancelled()


@quick
async def test_a_timeout_around_the_call_stays_a_timeout() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(5):
            await read(Service((60, END)), within(total=10))
    with pytest.raises(TotalTimeout):
        async with asyncio.timeout(10):
            await read(Service((60, END)), within(total=5))


@quick
async def test_a_wait_inside_a_task_that_was_cancelled_before_keeps_its_deadline() -> None:
    async def clean_up() -> str:
        try:
            await forever()
        except asyncio.CancelledError:
            try:
                await interruptible(forever(), (now() + 5, TotalTimeout("slow")))
            except TotalTimeout:
                return "cleaned"
        return "never"

    task = asyncio.create_task(clean_up())
    await asyncio.sleep(1)
    task.cancel()
    assert await task == "cleaned"
    assert task.cancelling() == 1


# Calls that do not take a cancellation as they should


def stubborn(then: Callable[[], str]) -> Awaitable[str]:
    async def wait() -> str:
        try:
            await forever()
        except asyncio.CancelledError:
            return then()
        return "never"

    return wait()


def fail() -> str:
    raise Unreachable("gone while closing")


@quick
async def test_an_error_while_stopping_does_not_hide_the_deadline() -> None:
    with pytest.raises(TotalTimeout, match="slow"):
        await interruptible(stubborn(fail), (now() + 5, TotalTimeout("slow")))
    assert asyncio.current_task().cancelling() == 0  # type: ignore[union-attr]


@quick
async def test_a_result_in_spite_of_the_deadline_leaves_no_cancellation_behind() -> None:
    late = await interruptible(stubborn(lambda: "late"), (now() + 5, TotalTimeout("slow")))
    assert late == "late"
    assert asyncio.current_task().cancelling() == 0  # type: ignore[union-attr]
    await asyncio.sleep(1)


@quick
async def test_only_the_first_reason_counts() -> None:
    token = CancelToken()

    async def slow_to_stop() -> None:
        try:
            await forever()
        finally:
            token.cancel()
            await asyncio.sleep(1)

    with pytest.raises(TotalTimeout):
        await interruptible(slow_to_stop(), (now() + 5, TotalTimeout("slow")), token)
    assert asyncio.current_task().cancelling() == 0  # type: ignore[union-attr]
