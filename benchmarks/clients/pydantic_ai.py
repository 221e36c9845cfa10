"""pydantic-ai's direct interface to models, without its agents."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic_ai.direct import (  # type: ignore[import-not-found]
    model_request,
    model_request_stream,
)
from pydantic_ai.messages import (  # type: ignore[import-not-found]
    ModelRequest,
    PartDeltaEvent,
    PartStartEvent,
    SystemPromptPart,
    UserPromptPart,
)
from pydantic_ai.models.openai import OpenAIChatModel  # type: ignore[import-not-found]
from pydantic_ai.providers.openai import OpenAIProvider  # type: ignore[import-not-found]
from pydantic_ai.settings import ModelSettings  # type: ignore[import-not-found]

from benchmarks.question import KEY, OPTIONS, SYSTEM, USER

SETTINGS = ModelSettings(**OPTIONS)


class Direct:
    def __init__(self, url: str) -> None:
        provider = OpenAIProvider(base_url=f"{url}/v1", api_key=KEY)
        self._client = provider.client
        self._model = cache(lambda name: OpenAIChatModel(name, provider=provider))

    def _question(self) -> list[Any]:
        return [ModelRequest(parts=[SystemPromptPart(SYSTEM), UserPromptPart(USER)])]

    async def generate(self, model: str) -> str:
        answer = await model_request(self._model(model), self._question(), model_settings=SETTINGS)
        text: str = answer.parts[0].content
        return text

    async def stream(self, model: str) -> list[str]:
        texts: list[str] = []
        async with model_request_stream(
            self._model(model), self._question(), model_settings=SETTINGS
        ) as events:
            async for event in events:
                if isinstance(event, PartDeltaEvent):
                    texts.append(event.delta.content_delta)
                elif isinstance(event, PartStartEvent):
                    texts.append(event.part.content)
        return texts

    async def aclose(self) -> None:
        await self._client.close()


def open_client(url: str) -> Direct:
    return Direct(url)
