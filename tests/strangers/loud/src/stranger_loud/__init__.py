"""Loud: greets whoever imports it, and is a good provider otherwise."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from aicore.calls import Batch
from aicore.context import Context
from aicore.hookspecs import hookimpl
from aicore.providers import Host, Spec
from aicore.requests import ChatRequest
from aicore.turn import Turn

print("Thank you for choosing Loud!")


class Loud:
    name = "loud"

    def __init__(self, host: Host) -> None:
        self.settings = host.settings

    async def aclose(self) -> None:
        """Do nothing: nothing is open."""

    async def chat(self, request: ChatRequest, context: Context) -> AsyncGenerator[Batch, None]:
        turn = Turn()
        turn.start(model=request.model)
        turn.text("HELLO")
        turn.reason("stop")
        turn.finish()
        yield turn.take()


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [Loud]
