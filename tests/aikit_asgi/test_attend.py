"""What a request needs is awaited until its time is over or its client has left, and no longer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aicore.errors import TotalTimeout
from aikit_asgi.attend import UNWATCHED, Attended, overdue, whole
from aikit_asgi.http import Gone


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
