"""The contestants of the benchmark of calls, one module each with a function `open_client`."""

from __future__ import annotations

from typing import Any, Protocol

from benchmarks.question import MESSAGES, OPTIONS, STREAMED


class Client(Protocol):
    """A client library, asked the same question as all the others.

    What it returns is what the library gives its user at the least effort: the text of an answer,
    and a list with the text of each streamed event that has one.
    """

    async def generate(self, model: str) -> str: ...

    async def stream(self, model: str) -> list[str]: ...

    async def aclose(self) -> None: ...


class Chat:
    """A library that takes and gives what the openai SDK does.

    `create` asks; `close` ends the library's client.
    """

    def __init__(self, create: Any, close: Any = None) -> None:
        self._create = create
        self._close = close

    async def generate(self, model: str) -> str:
        answer = await self._create(model=model, messages=MESSAGES, **OPTIONS)
        text: str = answer.choices[0].message.content
        return text

    async def stream(self, model: str) -> list[str]:
        chunks = await self._create(model=model, messages=MESSAGES, **OPTIONS, **STREAMED)
        return [
            text
            async for chunk in chunks
            if chunk.choices and (text := chunk.choices[0].delta.content)
        ]

    async def aclose(self) -> None:
        if self._close is not None:
            await self._close()
