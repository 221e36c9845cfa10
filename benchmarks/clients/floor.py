"""The floor: bytes in, bytes out. Events are split but nothing is decoded."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from benchmarks import floor
from benchmarks.question import MESSAGES, OPTIONS, STREAMED

BESIDE = 4
"""Events that carry no text: the role, the finish reason, the usage and `[DONE]`."""


class Bare:
    def __init__(
        self, url: str, connected: Callable[[], floor.Connection] = floor.Connection
    ) -> None:
        self._http = floor.Client(f"{url}/v1/chat/completions", connected)

    async def generate(self, model: str) -> str:
        body = {"model": model, "messages": MESSAGES, **OPTIONS}
        return (await self._http.whole(json.dumps(body).encode())).decode()

    async def stream(self, model: str) -> list[Any]:
        body = {"model": model, "messages": MESSAGES, **OPTIONS, **STREAMED}
        connection = await self._http.post(json.dumps(body).encode())
        events, rest = list[bytes](), b""
        try:
            while data := await connection.read():
                found, rest = floor.split(rest, data)
                events += found
        finally:
            self._http.give_back(connection)
        return events[1 : 1 - BESIDE]

    async def aclose(self) -> None:
        await self._http.aclose()


def open_client(url: str) -> Bare:
    return Bare(url)
