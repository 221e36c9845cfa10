"""any-llm with a provider object that is kept, which is its cheaper way."""

from __future__ import annotations

from any_llm import AnyLLM  # type: ignore[import-not-found]

from benchmarks.clients import Chat
from benchmarks.question import KEY


def open_client(url: str) -> Chat:
    provider = AnyLLM.create("openai", api_key=KEY, api_base=f"{url}/v1")
    return Chat(provider.acompletion, provider.client.close)
