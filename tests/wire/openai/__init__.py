"""OpenAI's wire: chats, text completions, embeddings and models, as each vendor speaks it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from ..api import Api
from ..corpus import Exchange
from . import differences, reader, vocabulary

PATHS = {
    "openai-chat": "/chat/completions",
    "openai-completions": "/completions",
    "openai-embeddings": "/embeddings",
    "openai-models": "/models",
}


def path(exchange: Exchange) -> str:
    return PATHS[exchange.api]


APIS: Mapping[str, Api] = {
    name: Api(
        path=path,
        read=reader.read,
        minimal=reader.minimal,
        differences=partial(differences.allowed, name),
        ignored=differences.ignored,
        finish_reason=vocabulary.finish_reason,
        usage=vocabulary.usage,
        vectors=vocabulary.vectors,
        codes=vocabulary.CODES,
    )
    for name in PATHS
}
