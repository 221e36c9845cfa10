"""litellm as a library, asked for a model of OpenAI."""

from __future__ import annotations

from typing import Any

import litellm  # type: ignore[import-not-found]

from benchmarks.clients import Chat
from benchmarks.question import KEY


def open_client(url: str) -> Chat:
    async def create(model: str, **question: Any) -> Any:
        return await litellm.acompletion(
            model=f"openai/{model}", api_base=f"{url}/v1", api_key=KEY, **question
        )

    return Chat(create)
