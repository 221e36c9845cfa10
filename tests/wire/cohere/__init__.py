"""Cohere's wire: chat in two versions, completions, embeddings and rerank; and Voyage's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..api import Api
from ..corpus import Exchange
from . import differences, meaning, reader, vocabulary, voyage

PATHS = {
    "cohere-chat-v1": "/v1/chat",
    "cohere-chat-v2": "/v2/chat",
    "cohere-embed-v2": "/v2/embed",
    "cohere-generate": "/v1/generate",
    "cohere-rerank-v2": "/v2/rerank",
}


USAGE = {"cohere-embed-v2": vocabulary.charged, "cohere-rerank-v2": vocabulary.searched}


def path(exchange: Exchange) -> str:
    return PATHS[exchange.api]


def settings(exchange: Exchange) -> Mapping[str, Any]:
    """The older version of chat has to be asked for."""
    return {"api": "v1"} if exchange.api == "cohere-chat-v1" else {}


APIS: Mapping[str, Api] = {
    **{
        name: Api(
            path=path,
            read=reader.read,
            minimal=reader.minimal,
            differences=differences.allowed,
            finish_reason=vocabulary.finish_reason,
            usage=USAGE.get(name, vocabulary.usage),
            settings=settings,
            meaning=meaning.meant,
            vectors=vocabulary.vectors,
            more=meaning.more,
            thoughts=meaning.thoughts,
            codes={},
        )
        for name in PATHS
    },
    **voyage.APIS,
}
