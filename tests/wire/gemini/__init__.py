"""Google's wire: `generateContent`, streamed or not, counts of tokens and embeddings."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from ..api import Api
from ..corpus import Exchange
from . import differences, meaning, reader, vocabulary

VERBS = {
    "gemini-generateContent": "generateContent",
    "gemini-streamGenerateContent": "streamGenerateContent",
    "gemini-countTokens": "countTokens",
    "gemini-batchEmbedContents": "batchEmbedContents",
}


def path(exchange: Exchange) -> str:
    """Return the address behind the base URL; server-sent events are asked for by a parameter."""
    model = reader.model(exchange)
    address = f"/{model if '/' in model else f'models/{model}'}:{VERBS[exchange.api]}"
    return f"{address}?alt=sse" if streaming(exchange) else address


def streaming(exchange: Exchange) -> bool:
    return exchange.api == "gemini-streamGenerateContent"


def authorization(key: str) -> tuple[str, str]:
    return "x-goog-api-key", key


APIS: Mapping[str, Api] = {
    name: Api(
        path=path,
        read=reader.read,
        minimal=reader.minimal,
        differences=partial(differences.allowed, name),
        finish_reason=vocabulary.finish_reason,
        usage=vocabulary.usage,
        authorization=authorization,
        streaming=streaming,
        vectors=vocabulary.vectors,
        codes=vocabulary.CODES,
        more=meaning.more,
        reason=vocabulary.reason,
    )
    for name in VERBS
}
