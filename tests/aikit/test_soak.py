"""A Kit that is used for long, left at any moment and answered badly, leaks nothing."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from aicore.errors import AIError, CutOff
from aikit import CancelToken, Deadlines, Kit

from .dialects import FIRST, KEY
from .service import (
    CLOSE,
    HELLO,
    RESET,
    STALL,
    STREAM,
    Request,
    Script,
    Service,
    answer,
    chunk,
    either,
    event,
    head,
    in_thread,
    said,
    whole,
)

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

FIRST_PIECE = FIRST["openai-chat"]
SCRIPTS: dict[str, Script] = {
    "answer": HELLO,
    "silent": (STALL,),
    "stalled": (FIRST_PIECE, STALL),
    "slow": (FIRST_PIECE, 0.02, chunk(event(said("lo", "stop"))), STALL),
    "closed": (FIRST_PIECE, CLOSE),
    "reset": (FIRST_PIECE, RESET),
    "closed at once": (CLOSE,),
    "garbage": (STREAM + chunk(b"data: {]\n\n"), STALL),
    "busy": (whole({"error": {"message": "busy"}}, status="503 Busy"),),
    "busy for ever": (head(status="503 Busy") + chunk(b'{"error":'), STALL),
    "another form": (whole(answer()),),
}
CALLS, AT_ONCE = 6000, 32


def picked(request: Request) -> Script:
    return SCRIPTS[request.headers["x-script"]]


async def call(kit: Kit, dice: random.Random) -> None:
    """Make a call in some way, and leave it in some way, if it does not end before."""
    settings: dict[str, Any] = {"headers": {"x-script": dice.choice(list(SCRIPTS))}}
    settings["timeout"] = Deadlines(first_token=0.05, gap=0.05, total=dice.choice([0.03, 0.2]))
    if dice.random() < 0.3:
        settings["cancel"] = token = CancelToken()
        asyncio.get_running_loop().call_later(dice.random() / 20, token.cancel)
    try:
        if dice.random() < 0.3:
            await kit.generate("Hi", model="openai:m", **settings)
            return
        async with kit.stream("Hi", model="openai:m", **settings) as stream:
            left = dice.randrange(12)
            async for _ in stream:
                if not (left := left - 1):
                    break
    except AIError:
        pass


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files cannot be counted")
async def test_thousands_of_calls_leave_no_task_no_connection_and_no_memory_behind() -> None:
    dice = random.Random(7)
    async with Service(picked) as service:
        kit = Kit(providers={"openai": {"base_url": service.url, "api_key": KEY}})

        async def work(count: int) -> None:
            for _ in range(count):
                task = asyncio.create_task(call(kit, dice))
                if dice.random() < 0.2:
                    await asyncio.sleep(dice.random() / 30)
                    task.cancel()
                await asyncio.wait([task])
                assert task.cancelled() or task.exception() is None

        async def round_of(calls: int) -> tuple[int, int]:
            await asyncio.gather(*(work(calls // AT_ONCE) for _ in range(AT_ONCE)))
            await kit.aclose()
            await asyncio.gather(*(peer.gone for peer in service.peers))
            for kept in (service.peers, service.requests):
                kept.clear()
            service.raw = b""
            await asyncio.sleep(0.1)  # for the timers of tokens that came too late
            gc.collect()
            return len(gc.get_objects()), tracemalloc.get_traced_memory()[0]

        await round_of(CALLS // 6)  # what is kept for good is there after that
        tracemalloc.start()
        try:
            files, (objects, memory) = open_files(), await round_of(CALLS // 6)
            more_objects, more_memory = await round_of(CALLS * 4 // 6)
        finally:
            tracemalloc.stop()
        assert open_files() <= files
        assert more_objects - objects < 200  # of thousands of calls
        assert more_memory - memory < 1_000_000  # asyncio's own sets grow in steps


READER = """
import asyncio, sys
from aikit import Kit

async def main():
    kit = Kit(providers={"openai": {"base_url": sys.argv[1], "api_key": "test-key-5f3a9c"}})
    async for _ in kit.stream("Hi", model="openai:m", headers={"x-script": "stalled"}).text:
        print("reading", flush=True)

asyncio.run(main())
"""
SERVER = """
import time
from tests.vendor import Vendor

with Vendor(pace=0.2) as vendor:
    print(vendor.url, flush=True)
    time.sleep(60)
"""
ROOT = Path(__file__).parents[2]


def test_a_caller_that_is_killed_leaves_the_service() -> None:
    with in_thread(picked) as service:
        command = [sys.executable, "-c", READER, service.url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as caller:
            assert caller.stdout
            assert caller.stdout.readline() == "reading\n"
            caller.kill()
    # leaving the block checks that the connection is closed


async def test_a_service_that_is_killed_is_a_cut_off_and_another_one_answers() -> None:
    command = [sys.executable, "-c", SERVER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        assert server.stdout
        url = server.stdout.readline().strip()
        async with Service(either) as other:
            providers = {
                "openai": {"base_url": url, "api_key": KEY},
                "groq": {"base_url": other.url, "api_key": KEY},
            }
            async with Kit(providers=providers) as kit:
                stream = kit.stream("Count slowly to a hundred", model="openai:m")
                with pytest.raises(CutOff):
                    async for _ in stream.text:
                        server.kill()
                assert stream.partial().text
                assert (await kit.generate("Hi", model="groq:m")).text == "Hello"
