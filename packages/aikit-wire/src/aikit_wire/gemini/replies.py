"""Decode the answers that come in one piece: vectors, counts of tokens, lists of models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aicore.errors import BadReply
from aicore.models import ModelInfo
from aicore.responses import Embeddings, TokenCount

from aikit_wire.gemini.usage import count, read_usage
from aikit_wire.whole import read_object


def decode_embeddings(
    body: bytes, wanted: int, provider: str, secrets: Iterable[str] = ()
) -> Embeddings:
    """Decode the answer to `wanted` texts.

    Raises:
        AIError: the answer is an error, although its status was not.
        BadReply: it does not hold `wanted` vectors of one length.
    """
    answer = read_object(body, "embeddings", provider, secrets)
    try:
        vectors = tuple(tuple(map(float, item["values"])) for item in answer["embeddings"])
        usage = answer.get("usageMetadata")
        told = read_usage(usage) if usage else None
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise BadReply(f"the answer holds no embeddings ({type(error).__name__})") from None
    if len(vectors) != wanted or len({len(item) for item in vectors}) > 1:
        raise BadReply(f"asked for {wanted} vectors of one length, got {len(vectors)}")
    return Embeddings(vectors=vectors, usage=told)


def decode_count(body: bytes, provider: str, secrets: Iterable[str] = ()) -> TokenCount:
    """Decode a count of tokens.

    Raises:
        AIError: the answer is an error, although its status was not.
        BadReply: it holds no count.
    """
    answer = read_object(body, "count of tokens", provider, secrets)
    tokens = count(answer, "totalTokens")
    if tokens is None:
        raise BadReply("the answer holds no count of tokens")
    return TokenCount(tokens=tokens, raw=answer)


def decode_models(
    body: bytes, provider: str, secrets: Iterable[str] = (), collection: str = "models"
) -> tuple[list[ModelInfo], str | None]:
    """Decode a page of the list of models, and the token of the next page if there is one.

    Raises:
        AIError: the answer is an error, although its status was not.
        BadReply: it is no list of models.
    """
    answer = read_object(body, "list of models", provider, secrets)
    field = "publisherModels" if "publisherModels" in answer else "models"
    items, following = answer.get(field, []), answer.get("nextPageToken")
    if not isinstance(items, list) or not (items or answer.keys() & {field, "nextPageToken"}):
        raise BadReply("the answer holds no list of models")
    named = (item for item in items if isinstance(item, dict) and item.get("name"))
    models = [read_model(item, provider, collection) for item in named]
    return models, following if isinstance(following, str) and following else None


def read_model(item: Mapping[str, Any], provider: str, collection: str = "models") -> ModelInfo:
    """Read an entry; its name is that of the collection, a slash, and the id."""
    name, thinks = item.get("displayName"), item.get("thinking")
    return ModelInfo(
        id=str(item["name"]).removeprefix(f"{collection}/"),
        provider=provider,
        name=name if isinstance(name, str) else None,
        features={"reasoning": thinks} if isinstance(thinks, bool) else {},
        context_window=count(item, "inputTokenLimit"),
        max_output_tokens=count(item, "outputTokenLimit"),
        raw=dict(item),
    )
