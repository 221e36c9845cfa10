"""What a request needs is awaited until its time is over or its client has left, and no longer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from aicore.errors import TotalTimeout
from aikit_asgi.attend import UNWATCHED, Attended, overdue, whole
from aikit_asgi.body import Punctual
from aikit_asgi.http import Gone
from aikit_asgi.statuses import RequestError


class Client:
    """A client that leaves after so many seconds, or breaks the server's end."""

    def __init__(self, leaves: float = 0.0, error: Exception | None = None) -> None:
        self.asked = 0
        self._leaves = leaves
        self._error = error

    async def __call__(self) -> dict[str, Any]:
        self.asked += 1
        await asyncio.sleep(self._leaves)
        if self._error is not None:
            raise self._error
        return {"type": "http.disconnect"}


async def forever() -> None:
    await asyncio.Event().wait()


async def stubborn() -> str:
    """Keep a cancellation to itself."""
    try:
        await forever()
    except asyncio.CancelledError:
        return "late"
    raise AssertionError


async def test_an_answer_that_is_there_soon_costs_no_watch() -> None:
    client = Client()
    assert await whole(client, asyncio.sleep(UNWATCHED / 10, "answer"), 1.0) == "answer"
    await asyncio.sleep(UNWATCHED * 1.5)
    assert client.asked == 0


async def test_who_leaves_before_the_watch_begins_is_missed_when_it_does() -> None:
    with pytest.raises(Gone):
        async with asyncio.timeout(1):
            await whole(Client(), forever(), None)


async def test_a_limit_counts_from_the_beginning_also_once_the_client_is_watched() -> None:
    began = asyncio.get_running_loop().time()
    with pytest.raises(TotalTimeout, match=r"not whole within 0\.1 s"):
        await whole(Client(leaves=60), forever(), 0.1)
    assert 0.1 <= asyncio.get_running_loop().time() - began < 1


async def test_a_receive_that_fails_is_no_client_that_has_left() -> None:
    broken = Client(error=RuntimeError("the server's own"))
    attended = Attended(None, overdue(None), broken)
    assert await attended.run(asyncio.sleep(0.02, "answer")) == "answer"
    assert broken.asked == 1


class Watched:
    """A connection that a server tells of."""

    def __init__(self) -> None:
        self.left: Callable[[], object] | None = None

    def watch(self, left: Callable[[], object] | None) -> None:
        self.left = left


async def test_a_connection_that_the_server_tells_of_needs_no_task_that_waits() -> None:
    client, connection = Client(), Watched()
    attended = Attended(None, overdue(None), client, connection)
    running = asyncio.create_task(attended.run(forever()))
    await asyncio.sleep(0)
    left = connection.left
    assert left is not None
    left()
    with pytest.raises(Gone):
        await running
    assert (connection.left, client.asked) == (None, 0)


async def test_a_result_that_comes_in_spite_of_the_limit_counts_and_leaves_no_cancellation() -> (
    None
):
    assert await Attended(0.01, overdue(0.01)).run(stubborn()) == "late"
    task = asyncio.current_task()
    assert task is not None
    assert not task.cancelling()
    await asyncio.sleep(0.01)


async def test_a_cancellation_from_elsewhere_passes_through() -> None:
    running = asyncio.create_task(Attended(60, overdue(60), Client(leaves=60)).run(forever()))
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_an_error_of_the_answer_itself_is_told() -> None:
    async def fail() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await Attended(1, overdue(1), Client(leaves=60)).run(fail())


async def test_requests_that_follow_each_other_need_no_timer_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop, timers = asyncio.get_running_loop(), 0
    call_later = loop.call_later

    def counted(*arguments: Any) -> asyncio.TimerHandle:
        nonlocal timers
        timers += 1
        return call_later(*arguments)

    monkeypatch.setattr(loop, "call_later", counted)
    for _ in range(100):
        assert await whole(Client(leaves=60), answered(), 600) == "answer"
    assert timers <= 1


async def answered() -> str:
    return "answer"


async def test_each_is_watched_when_it_is_time_for_it() -> None:
    loop, asked = asyncio.get_running_loop(), list[float]()

    async def client() -> dict[str, Any]:
        asked.append(loop.time())
        return await Client(leaves=60)()

    began, waiting = loop.time(), list[asyncio.Task[None]]()
    for _ in range(2):
        waiting.append(asyncio.create_task(whole(client, forever(), None)))
        await asyncio.sleep(UNWATCHED / 2)
    await asyncio.sleep(UNWATCHED * 2)
    for task in waiting:
        task.cancel()
    await asyncio.wait(waiting)
    first, second = (at - began for at in asked)
    assert first >= UNWATCHED * 0.95
    assert second >= UNWATCHED * 1.45


def test_another_loop_in_the_same_thread_has_its_own_timer() -> None:
    for _ in range(2):
        with pytest.raises(Gone):
            asyncio.run(whole_of_a_client_that_leaves())


async def whole_of_a_client_that_leaves() -> None:
    async with asyncio.timeout(1):
        await whole(Client(), forever(), None)


@pytest.mark.parametrize("limit", [UNWATCHED / 5, UNWATCHED * 2])
async def test_a_body_that_never_comes_is_given_up(limit: float) -> None:
    began = asyncio.get_running_loop().time()
    with pytest.raises(RequestError, match="to arrive"):
        await Punctual(never, limit)()
    assert limit * 0.95 <= asyncio.get_running_loop().time() - began < 1


async def never() -> dict[str, Any]:
    try:
        await forever()
    finally:
        await asyncio.sleep(0)
    raise AssertionError


async def test_a_body_that_is_waited_for_arrives() -> None:
    async def receive() -> dict[str, Any]:
        for _ in range(3):
            await asyncio.sleep(0.001)
        return BODY

    assert await Punctual(receive, 1)() is BODY


async def test_a_server_may_receive_with_any_awaitable() -> None:
    arrived = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.01, arrived.set_result, BODY)
    receive: Any = lambda: arrived  # noqa: E731
    assert await Punctual(receive, 1)() is BODY


async def test_an_error_of_receiving_is_told() -> None:
    for seconds in (0, 0.01):
        with pytest.raises(ValueError, match="broken"):
            await Punctual(Client(seconds, ValueError("broken")), 1)()
        with pytest.raises(ValueError, match="at once"):
            await Punctual(at_once, 1)()


async def at_once() -> dict[str, Any]:
    raise ValueError("at once")


async def test_a_request_that_is_cancelled_while_its_body_arrives_stays_so() -> None:
    running = asyncio.create_task(Punctual(never, 60)())
    await asyncio.sleep(0.001)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


BODY = {"type": "http.request", "body": b"{}"}
