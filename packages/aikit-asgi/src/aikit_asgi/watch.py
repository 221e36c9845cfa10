"""Look at all open streams of an event loop with one timer."""

from __future__ import annotations

from asyncio import AbstractEventLoop, TimerHandle
from threading import local
from typing import Protocol


class Watched(Protocol):
    """What is to be looked at again and again."""

    def look(self, now: float) -> None:
        """Do what it is time for, by the clock of the event loop."""


class Watch(set[Watched]):
    """Those that are looked at every so many `seconds`; a timer for each takes half a kilobyte."""

    def __init__(self, loop: AbstractEventLoop, seconds: float) -> None:
        self.loop = loop
        self._seconds = seconds
        self._timer: TimerHandle | None = None

    def add(self, watched: Watched) -> None:
        super().add(watched)
        if self._timer is None:
            self._timer = self.loop.call_later(self._seconds, self._round)

    def _round(self) -> None:
        self._timer = self.loop.call_later(self._seconds, self._round) if self else None
        now = self.loop.time()
        for watched in tuple(self):
            watched.look(now)


class Here(local):
    """The watches of the event loop that runs in a thread, by their seconds."""

    loop: AbstractEventLoop | None = None
    watches: dict[float, Watch]


HERE = Here()


def watch_of(loop: AbstractEventLoop, seconds: float) -> Watch:
    """Return the watch of the running loop that looks as often."""
    if HERE.loop is not loop:
        HERE.loop, HERE.watches = loop, {}
    if (watch := HERE.watches.get(seconds)) is None:
        watch = HERE.watches[seconds] = Watch(loop, seconds)
    return watch
