"""langchain-openai's chat model."""

from __future__ import annotations

from functools import cache

from langchain_openai import ChatOpenAI  # type: ignore[import-not-found]

from benchmarks.question import KEY, MAX_TOKENS, SYSTEM, TEMPERATURE, USER

MESSAGES = [("system", SYSTEM), ("user", USER)]


class LangChain:
    def __init__(self, url: str) -> None:
        self._model = cache(
            lambda name: ChatOpenAI(
                model=name,
                base_url=f"{url}/v1",
                api_key=KEY,
                stream_usage=True,
                temperature=TEMPERATURE,
                max_tokens=MAX_TOKENS,
            )
        )

    async def generate(self, model: str) -> str:
        text: str = (await self._model(model).ainvoke(MESSAGES)).content
        return text

    async def stream(self, model: str) -> list[str]:
        return [
            chunk.content async for chunk in self._model(model).astream(MESSAGES) if chunk.content
        ]

    async def aclose(self) -> None:
        """Leave it open: langchain shares one HTTP client between all its models."""


def open_client(url: str) -> LangChain:
    return LangChain(url)
