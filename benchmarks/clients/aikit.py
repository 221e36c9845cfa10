"""aikit, through its openai provider."""

from __future__ import annotations

from aicore.messages import Message
from aikit import Kit

from benchmarks.question import KEY, MAX_TOKENS, SYSTEM, TEMPERATURE, USER

MESSAGES = (Message.system(SYSTEM), Message.user(USER))


class Aikit:
    def __init__(self, url: str) -> None:
        self.kit = Kit(providers={"openai": {"api_key": KEY, "base_url": f"{url}/v1"}})

    async def generate(self, model: str) -> str:
        response = await self.kit.generate(
            MESSAGES, model=f"openai:{model}", temperature=TEMPERATURE, max_tokens=MAX_TOKENS
        )
        return response.text

    async def stream(self, model: str) -> list[str]:
        async with self.kit.stream(
            MESSAGES, model=f"openai:{model}", temperature=TEMPERATURE, max_tokens=MAX_TOKENS
        ) as stream:
            return [text async for text in stream.text]

    async def aclose(self) -> None:
        await self.kit.aclose()


def open_client(url: str) -> Aikit:
    return Aikit(url)
