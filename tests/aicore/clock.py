"""The model clock of aikit-testing, under the names that these tests use."""

from __future__ import annotations

import asyncio

from aikit_testing.clock import on_model_clock as quick
from aikit_testing.clock import run as quickly

__all__ = ["now", "quick", "quickly"]


def now() -> float:
    return asyncio.get_running_loop().time()
