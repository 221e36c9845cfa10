"""All streams of an event loop are looked at by one timer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aikit_asgi.watch import Watch, watch_of

SOON = 0.001


class Seen:
    """Counts how often it was looked at, and tells when that is often enough."""

    def __init__(self) -> None:
        self.looks = 0
        self.enough = asyncio.Event()

    def look(self, now: float) -> None:
        self.looks += 1
        if self.looks == 3:
            self.enough.set()


async def test_one_timer_has_all_looked_at_until_nobody_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop, timers = asyncio.get_running_loop(), list[asyncio.TimerHandle]()
    call_later = loop.call_later

    def noted(*arguments: Any) -> asyncio.TimerHandle:
        timers.append(call_later(*arguments))
        return timers[-1]

    monkeypatch.setattr(loop, "call_later", noted)
    watch, many = watch_of(loop, SOON), [Seen() for _ in range(50)]
    for seen in many:
        watch.add(seen)
    assert len(timers) == 1
    for seen in many:
        await seen.enough.wait()
    rounds = len(timers)
    assert rounds <= max(seen.looks for seen in many) + 1
    for seen in many:
        watch.discard(seen)
    await asyncio.sleep(20 * SOON)
    assert len(timers) == rounds + 1  # that of the sleep


async def test_who_comes_after_all_had_left_is_looked_at_too() -> None:
    watch = watch_of(asyncio.get_running_loop(), SOON)
    for seen in (Seen(), Seen()):
        watch.add(seen)
        await seen.enough.wait()
        watch.discard(seen)
        await asyncio.sleep(5 * SOON)


def test_another_loop_has_a_watch_of_its_own() -> None:
    async def here() -> Watch:
        loop, seen = asyncio.get_running_loop(), Seen()
        watch = watch_of(loop, SOON)
        assert watch_of(loop, SOON) is watch
        assert watch_of(loop, 2 * SOON) is not watch
        watch.add(seen)
        await seen.enough.wait()
        return watch

    assert asyncio.run(here()) is not asyncio.run(here())
