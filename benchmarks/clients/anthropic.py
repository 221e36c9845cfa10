"""The SDK of Anthropic, asked in its own dialect."""

from __future__ import annotations

from typing import Any

from anthropic import AsyncAnthropic

from benchmarks.question import KEY, MAX_TOKENS, SYSTEM, USER

QUESTION: dict[str, Any] = {
    "system": SYSTEM,
    "messages": [{"role": "user", "content": USER}],
    "max_tokens": MAX_TOKENS,
}


class Anthropic:
    def __init__(self, url: str) -> None:
        self._client: Any = AsyncAnthropic(base_url=url, api_key=KEY)

    async def generate(self, model: str) -> str:
        answer = await self._client.messages.create(model=model, **QUESTION)
        text: str = answer.content[0].text
        return text

    async def stream(self, model: str) -> list[str]:
        events = await self._client.messages.create(model=model, stream=True, **QUESTION)
        return [event.delta.text async for event in events if event.type == "content_block_delta"]

    async def aclose(self) -> None:
        await self._client.close()


def open_client(url: str) -> Anthropic:
    return Anthropic(url)
