"""The wire protocols whose traffic can be replayed, by the names that the corpus has for them."""

from __future__ import annotations

from collections.abc import Mapping

from . import anthropic, bedrock, gemini, ollama, openai, responses
from .api import Api
from .corpus import Exchange

APIS: Mapping[str, Api] = {
    **openai.APIS,
    **responses.APIS,
    **anthropic.APIS,
    **gemini.APIS,
    **ollama.APIS,
    **bedrock.APIS,
}


def api_of(exchange: Exchange) -> Api:
    return openai.AT.get(exchange.pair, APIS[exchange.api])
