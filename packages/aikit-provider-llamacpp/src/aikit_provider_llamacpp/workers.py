"""A few threads that are there only while there is work."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable


class Workers:
    """Runs jobs in at most `limit` threads, first come, first served.

    An idle thread ends, so none is ever left over. They are no daemons: the interpreter waits
    for them before it goes, because a daemon that comes back from C++ after that aborts the
    process.
    """

    def __init__(self, limit: int, name: str) -> None:
        self._limit = limit
        self._name = name
        self._lock = threading.Lock()
        self._jobs: deque[Callable[[], None]] = deque()
        self._threads: list[threading.Thread] = []
        self._busy = 0

    def submit(self, job: Callable[[], None]) -> None:
        """Run a job, which must not raise, as soon as a thread is free."""
        with self._lock:
            self._jobs.append(job)
            if self._busy < self._limit:
                thread = threading.Thread(target=self._work, name=self._name)
                thread.start()
                self._busy += 1
                self._threads = [item for item in self._threads if item.is_alive()] + [thread]

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._jobs:
                    self._busy -= 1
                    return
                job = self._jobs.popleft()
            job()

    def join(self) -> None:
        """Wait until every job is done and every thread is gone."""
        for thread in self._threads:
            thread.join()
