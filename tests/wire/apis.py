"""The wire protocols whose traffic can be replayed, by the names that the corpus has for them."""

from __future__ import annotations

from collections.abc import Mapping

from . import anthropic, bedrock, cohere, gemini, ollama, openai, responses, watsonx
from .api import Api
from .corpus import Exchange, Pair

APIS: Mapping[str, Api] = {
    **openai.APIS,
    **responses.APIS,
    **anthropic.APIS,
    **gemini.APIS,
    **ollama.APIS,
    **cohere.APIS,
    **bedrock.APIS,
    **watsonx.APIS,
}
AT: Mapping[Pair, Api] = {**openai.AT, **responses.AT, **gemini.AT}


def api_of(exchange: Exchange) -> Api:
    return AT.get(exchange.pair, APIS[exchange.api])
