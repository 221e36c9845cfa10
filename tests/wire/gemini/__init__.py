"""Google's wire: `generateContent`, streamed or not, counts of tokens and embeddings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from ..api import Api, bearer
from ..corpus import Exchange, Pair
from . import differences, meaning, reader, vertex, vocabulary

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


GEMINI: Mapping[str, Api] = {
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

APIS: Mapping[str, Api] = {
    **GEMINI,
    "vertex-predict": replace(
        GEMINI["gemini-batchEmbedContents"],
        path=partial(vertex.path, "predict"),
        read=vertex.read_texts,
        minimal=vertex.minimal,
        differences=partial(differences.allowed, "vertex-predict"),
        key_setting="auth_token",
        authorization=bearer,
        settings=vertex.settings,
        meaning=vertex.meaning,
        usage=vertex.usage,
        vectors=vertex.vectors,
    ),
}

AT: Mapping[Pair, Api] = {
    ("google-vertex", name): replace(
        api,
        path=partial(vertex.path, VERBS[name]),
        read=vertex.read,
        key_setting="auth_token",
        authorization=bearer,
        settings=vertex.settings,
    )
    for name, api in GEMINI.items()
}
"""How the wire differs on Vertex AI."""
