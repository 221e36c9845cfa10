"""One thing for each event loop, closed with it."""

from __future__ import annotations

import asyncio
from typing import Any

from aikit_wire.loops import PerLoop


class Thing:
    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.closed = 0

    async def aclose(self) -> None:
        assert asyncio.get_running_loop() is self.loop
        self.closed += 1


async def use(things: PerLoop[Thing]) -> Thing:
    return things.here() or await things.made()


async def test_a_loop_has_one_until_it_is_closed() -> None:
    things = PerLoop(Thing)
    assert things.here() is None
    first = await use(things)
    assert await use(things) is first
    await things.aclose()
    await things.aclose()
    assert first.closed == 1
    second = await use(things)
    assert second is not first
    await things.aclose()


def test_it_is_closed_with_its_loop() -> None:
    things = PerLoop(Thing)
    made = [asyncio.run(use(things)) for _ in range(3)]
    assert [thing.closed for thing in made] == [1, 1, 1]
    assert len({id(thing) for thing in made}) == 3


def test_that_of_a_loop_which_ended_roughly_is_forgotten() -> None:
    things: Any = PerLoop(Thing)
    for _ in range(3):
        loop = asyncio.new_event_loop()
        loop.run_until_complete(use(things))
        loop.close()
        assert len(things._held) == 1
