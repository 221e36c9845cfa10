"""Whisper: every answer comes in a low voice."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from aicore.calls import Batch, Call, Layer, Middleware
from aicore.context import Context
from aicore.events import TextDelta
from aicore.hookspecs import hookimpl


class Whisper:
    name = "whisper"
    layer = Layer.OPERATION
    before = after = ()

    def wrap(self, call: Call) -> Call:
        async def whispered(request: Any, context: Context) -> AsyncGenerator[Batch, None]:
            async with aclosing(call(request, context)) as batches:
                async for batch in batches:
                    yield tuple(
                        replace(event, text=event.text.lower())
                        if isinstance(event, TextDelta)
                        else event
                        for event in batch
                    )

        return whispered


@hookimpl
def aikit_middleware() -> Sequence[Middleware]:
    return [Whisper()]
