"""A transport whose answers are told step by step, and what stands around it in tests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from aikit_wire.transport import HTTPRequest, HTTPResponse, Phases, Transport

Step: TypeAlias = bytes | float | BaseException
"""Send bytes, wait seconds, or break with an error."""

KEY = "sk-live-4f1d0a7c93"
PHASES = Phases()


@dataclass
class Answer:
    """What comes to a request: `before` the status, an error or a pause."""

    steps: Sequence[Step] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    before: float | BaseException = 0.0


class Scripted:
    """Gives its answers one after another, the last one for ever."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[HTTPRequest] = []
        self.closed = 0

    async def send(self, request: HTTPRequest, phases: Phases) -> HTTPResponse:
        self.asked.append(request)
        answer = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        if isinstance(answer.before, BaseException):
            raise answer.before
        await asyncio.sleep(answer.before)
        return Told(answer)

    async def aclose(self) -> None:
        self.closed += 1


class Told:
    def __init__(self, answer: Answer) -> None:
        self.status = answer.status
        self.headers = answer.headers
        self._steps = answer.steps

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        for step in self._steps:
            if isinstance(step, bytes):
                yield step
            elif isinstance(step, float):
                await asyncio.sleep(step)
            else:
                raise step

    async def aclose(self) -> None:
        pass


def asking(body: Any = None, url: str = "http://host.test/v1/ask", **headers: str) -> HTTPRequest:
    """Make a request that brings the key; underscores in header names stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    content = body if isinstance(body, bytes) else json.dumps(body, separators=(",", ":")).encode()
    return HTTPRequest("POST", url, {"authorization": f"Bearer {KEY}", **named}, content)


async def ask(transport: Transport, request: HTTPRequest) -> tuple[HTTPResponse, list[bytes]]:
    """Send a request and read the answer to its end."""
    response = await transport.send(request, PHASES)
    try:
        return response, [chunk async for chunk in response.chunks()]
    finally:
        await response.aclose()
