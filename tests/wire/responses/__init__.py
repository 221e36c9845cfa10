"""OpenAI's Responses wire, as each vendor speaks it: answers, and how many tokens a question is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..api import Api
from ..corpus import Exchange
from . import differences, meaning, reader, vocabulary

PATHS = {
    "openai-responses": "/responses",
    "openai-responses-input-tokens": "/responses/input_tokens",
}


def path(exchange: Exchange) -> str:
    """Return the path; that of an answer asked for again ends in its id.

    `stream=false` is the default, so that a request may leave it out.
    """
    if (id := reader.retrieved(exchange)) is None:
        return PATHS[exchange.api]
    query = "&".join(f"{name}={value}" for name, value in reader.query(exchange).items())
    return f"/responses/{id}" + (f"?{query}" if query else "")


def spoken(exchange: Exchange) -> Mapping[str, Any]:
    """Return what a provider that speaks both wires must be told."""
    return {"api": "responses"}


APIS: Mapping[str, Api] = {
    name: Api(
        path=path,
        read=reader.read,
        minimal=reader.minimal,
        differences=differences.allowed,
        finish_reason=vocabulary.finish_reason,
        raw_reason=vocabulary.raw_reason,
        usage=vocabulary.usage,
        thoughts=meaning.thoughts,
        calls=meaning.calls,
        more=meaning.more,
        codes=vocabulary.CODES,
        settings=spoken,
    )
    for name in PATHS
}
