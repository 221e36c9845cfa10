"""Parrot: says again what it hears, up to nine times."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from aicore.calls import Batch
from aicore.context import Context
from aicore.errors import BadConfig
from aicore.hookspecs import hookimpl
from aicore.providers import Host, Spec
from aicore.requests import ChatRequest
from aicore.turn import Turn
from aicore.usage import Usage


class Parrot:
    name = "parrot"

    def __init__(self, host: Host) -> None:
        if unknown := sorted(host.settings.keys() - {"times"}):
            raise BadConfig(f"provider 'parrot' has no setting {unknown[0]!r}; known: times")
        self._times = min(int(host.settings.get("times", 1)), 9)

    async def aclose(self) -> None:
        """Do nothing: nothing is open."""

    async def chat(self, request: ChatRequest, context: Context) -> AsyncGenerator[Batch, None]:
        words = [*request.messages[-1].text.split()] * self._times
        turn = Turn()
        turn.start(model=request.model)
        for number, word in enumerate(words):
            turn.text(f" {word}" if number else word)
            yield turn.take()
        turn.usage(Usage(input_tokens=len(words), output_tokens=len(words), estimated=True))
        turn.reason("stop")
        turn.finish()
        yield turn.take()


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [Parrot]
