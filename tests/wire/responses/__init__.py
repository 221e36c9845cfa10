"""OpenAI's Responses wire, as each vendor speaks it: answers, and how many tokens a question is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from ..api import Api
from ..corpus import Exchange, Pair
from ..openai import services
from . import differences, meaning, reader, vocabulary

PATHS = {
    "openai-responses": "/responses",
    "openai-responses-input-tokens": "/responses/input_tokens",
}


def path(exchange: Exchange) -> str:
    """Return the path; that of an answer asked for again ends in its id.

    `stream=false` is the default, so that a request may leave it out. Azure names a version in the
    query.
    """
    id, query = reader.retrieved(exchange), urlencode(reader.query(exchange))
    where = PATHS[exchange.api] if id is None else f"/responses/{id}"
    if exchange.provider == "bedrock-mantle":
        where = f"{mantle(str((exchange.asked or {}).get('model')))}{where}"
    return f"{where}?{query}" if query else where


def mantle(model: str) -> str:
    """Return which of Bedrock Mantle's two addresses a model's responses come from."""
    return "/v1" if model.startswith("openai.gpt-oss") else "/openai/v1"


def spoken(exchange: Exchange) -> Mapping[str, Any]:
    """Return what a provider that speaks both wires must be told, and where it is."""
    said = services.somewhere(exchange.provider)
    if exchange.request is not None:
        said.pop("base_url", None)
    if reader.retrieved(exchange) is None and (query := reader.query(exchange)):
        said["query"] = query
    return {**said, "api": "responses"}


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
AT: Mapping[Pair, Api] = {
    ("bedrock-mantle", "openai-responses"): replace(
        APIS["openai-responses"], meaning=meaning.of_counted_calls
    ),
    **{
        ("azure", name): replace(api, authorization=services.authorization)
        for name, api in APIS.items()
    },
}
"""Where a provider speaks a protocol in a way of its own."""
