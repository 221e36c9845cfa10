"""Set a process up that does nothing but serve."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

THRESHOLDS = 10_000, 50, 100
"""How many new objects begin a collection of garbage, and how many such an older one and the
oldest. At Python's 700 the requests under way are gone through again and again: an eighth of the
time of all of them. The older ones go through all open streams, which with 500 of them stops the
rest for 10 to 100 ms, and find nothing (docs/gateway.md)."""
BLOCK = 8 << 20


def tune_process() -> None:
    """Have the process collect garbage less often, and keep memory for what comes next.

    Call it once, behind `create_app`, where a process does nothing but serve the app: what is
    there by then is never looked at again for garbage. `aikit serve` does so by itself.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    keep_memory()


def keep_memory() -> None:
    """Have glibc keep memory that is free, up to twice a `BLOCK`, instead of giving it back.

    The events of one network read are gone through in a few blocks of 100 kB. At first glibc gives
    as much back to the system each time, and every page of it comes anew with the next read: a
    quarter of the time of streams. Once a block that had its own mapping was freed, it takes blocks
    up to its size for what comes and goes (mallopt(3), on M_MMAP_THRESHOLD). Elsewhere this does
    nothing.
    """
    bytes(BLOCK)  # its pages are never touched


@contextmanager
def tuned() -> Iterator[None]:
    """Tune the process inside of the block; glibc stays as it is then."""
    before = gc.get_threshold()
    tune_process()
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
