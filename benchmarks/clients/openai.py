"""The SDK of OpenAI."""

from __future__ import annotations

from openai import AsyncOpenAI

from benchmarks.clients import Chat
from benchmarks.question import KEY


def open_client(url: str) -> Chat:
    client = AsyncOpenAI(base_url=f"{url}/v1", api_key=KEY)
    return Chat(client.chat.completions.create, client.close)
