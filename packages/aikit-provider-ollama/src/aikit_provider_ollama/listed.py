"""Decode what Ollama answers in one piece: embeddings, and the models that it has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aicore.errors import BadReply
from aicore.models import ModelInfo
from aicore.responses import Embeddings
from aikit_wire.whole import read_object

from aikit_provider_ollama.decode import unix_time
from aikit_provider_ollama.usage import COUNTS, read_usage

VECTORS = frozenset({"model", "embeddings", *COUNTS})


def decode_embeddings(
    body: bytes, count: int, provider: str, secrets: Iterable[str] = ()
) -> Embeddings:
    """Decode the vectors of `count` texts.

    Raises:
        AIError: the answer is an error, although its status was not.
        BadReply: it does not hold `count` vectors of one length.
    """
    answer = read_object(body, "embeddings", provider, secrets)
    try:
        vectors = tuple(tuple(map(float, row)) for row in answer["embeddings"])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise BadReply(f"the answer holds no embeddings ({type(error).__name__})") from None
    if len(vectors) != count or len({len(row) for row in vectors}) > 1:
        raise BadReply(f"asked for {count} vectors of one length, got {len(vectors)}")
    model = answer.get("model")
    return Embeddings(
        model=model if isinstance(model, str) else None,
        vectors=vectors,
        usage=read_usage(answer),
        raw={name: value for name, value in answer.items() if name not in VECTORS} or None,
    )


def decode_models(body: bytes, provider: str, secrets: Iterable[str] = ()) -> list[ModelInfo]:
    """Decode the answer of `/api/tags`.

    Raises:
        AIError: the answer is an error, although its status was not.
        BadReply: it holds no list of models.
    """
    items = read_object(body, "list of models", provider, secrets).get("models")
    if not isinstance(items, list):
        raise BadReply("the answer holds no list of models")
    named = (item for item in items if isinstance(item, dict) and name_of(item))
    return [read_model(item, provider) for item in named]


def name_of(item: Mapping[str, Any]) -> str:
    return str(item.get("model") or item.get("name") or "")


def read_model(item: Mapping[str, Any], provider: str) -> ModelInfo:
    details = item.get("details")
    family = details.get("family") if isinstance(details, dict) else None
    return ModelInfo(
        id=name_of(item),
        provider=provider,
        family=family if isinstance(family, str) and family else None,
        created=unix_time(item.get("modified_at")),
        raw=dict(item),
    )
