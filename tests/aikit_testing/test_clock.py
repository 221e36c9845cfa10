"""On a model clock waiting takes no time, and tells how long it would have taken."""

from __future__ import annotations

import asyncio
import time

import pytest
from aikit_testing.clock import on_model_clock, run


def test_an_hour_of_waiting_takes_no_time() -> None:
    async def wait() -> float:
        await asyncio.sleep(3600)
        return asyncio.get_running_loop().time()

    began = time.monotonic()
    assert run(wait()) == 3600
    assert time.monotonic() - began < 5


@on_model_clock
async def test_waits_end_in_the_order_of_their_length() -> None:
    order = []

    async def wait(seconds: float) -> None:
        await asyncio.sleep(seconds)
        order.append((seconds, asyncio.get_running_loop().time()))

    await asyncio.gather(wait(30), wait(10), wait(20))
    assert order == [(10, 10), (20, 20), (30, 30)]


@on_model_clock
async def test_a_timeout_goes_by_the_clock() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(5):
            await asyncio.Event().wait()
    assert asyncio.get_running_loop().time() == 5


@on_model_clock
async def test_work_takes_no_time_at_all() -> None:
    loop = asyncio.get_running_loop()
    for _ in range(10):
        time.sleep(0.001)
        await asyncio.sleep(0)
    assert loop.time() == 0


@on_model_clock
async def test_what_other_threads_do_arrives() -> None:
    assert await asyncio.to_thread(lambda: "done") == "done"
    assert asyncio.get_running_loop().time() == 0


@on_model_clock
async def test_a_socket_is_read_before_time_passes() -> None:
    loop = asyncio.get_running_loop()
    reader, writer = await asyncio.open_connection(*await listening())
    late = loop.call_later(60, pytest.fail, "time passed although there was something to read")
    assert await reader.readline() == b"hello\n"
    late.cancel()
    writer.close()
    await writer.wait_closed()


async def listening() -> tuple[str, int]:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello\n")
        writer.close()
        server.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    return host, port


def test_a_task_left_behind_is_an_error() -> None:
    async def forgetful() -> None:
        left.append(asyncio.create_task(asyncio.sleep(60)))

    left: list[asyncio.Task[None]] = []
    with pytest.raises(AssertionError, match="tasks are left behind"):
        run(forgetful())


def test_arguments_and_results_pass_through() -> None:
    @on_model_clock
    async def add(a: int, *, b: int) -> int:
        await asyncio.sleep(1)
        return a + b

    assert add(1, b=2) == 3
    assert add.__name__ == "add"
