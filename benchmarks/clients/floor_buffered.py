"""The floor, reading into a buffer of its own."""

from __future__ import annotations

from benchmarks.clients.floor import Bare
from benchmarks.floor import BufferedConnection


def open_client(url: str) -> Bare:
    return Bare(url, BufferedConnection)
