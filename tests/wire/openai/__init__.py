"""OpenAI's wire: chats, text completions, embeddings and models, as each vendor speaks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from ..api import Api, as_told
from ..corpus import Pair
from . import differences, meaning, reader, services, vocabulary

APIS: Mapping[str, Api] = {
    name: Api(
        path=services.path,
        settings=services.settings,
        method="GET" if name == "openai-models" else "POST",
        read=reader.read,
        minimal=reader.minimal,
        differences=partial(differences.allowed, name),
        ignored=differences.ignored,
        meaning=meaning.of_chat if name == "openai-chat" else as_told,
        finish_reason=vocabulary.finish_reason,
        usage=vocabulary.usage,
        vectors=vocabulary.vectors,
        codes=vocabulary.CODES,
    )
    for name in services.PATHS
}
AT: Mapping[Pair, Api] = {
    **{
        ("azure", name): replace(APIS[name], authorization=services.authorization)
        for name in ("openai-chat", "openai-embeddings")
    },
    ("writer", "openai-completions"): replace(
        APIS["openai-completions"], meaning=meaning.of_values
    ),
    ("perplexity", "openai-embeddings"): replace(
        APIS["openai-embeddings"],
        vectors=vocabulary.vectors_of_bytes,
        meaning=meaning.of_bytes,
    ),
}
"""Where a provider speaks a protocol in a way of its own."""
