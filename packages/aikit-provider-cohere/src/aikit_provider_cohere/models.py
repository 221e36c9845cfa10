"""Decode the list of models, which comes in pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

from aicore.errors import BadReply
from aicore.models import ModelInfo

from aikit_provider_cohere.whole import read_answer

FEATURES = ("tools", "json_schema", "vision", "reasoning", "logprobs")
"""Features that have the same name here and there."""


def decode_models(
    body: bytes, provider: str, secrets: Iterable[str] = ()
) -> tuple[list[ModelInfo], str | None]:
    """Decode a page of `/v1/models`, and the token of the next one if there is one.

    Raises:
        AIError: the answer is an error, although its status was not.
        BadReply: it holds no list of models.
    """
    answer = read_answer(body, "list of models", provider, secrets)
    items = answer.get("models")
    if not isinstance(items, list):
        raise BadReply("the answer holds no list of models")
    named = (item for item in items if isinstance(item, dict) and isinstance(item.get("name"), str))
    token = answer.get("next_page_token")
    return [read_model(item, provider) for item in named], token if token else None


def is_count(value: Any) -> bool:
    return isinstance(value, int | float) and isfinite(value) and value > 0


def read_model(item: Mapping[str, Any], provider: str) -> ModelInfo:
    window: Any = item.get("context_length")
    told = item.get("features")
    told = told if isinstance(told, list) else []
    return ModelInfo(
        id=item["name"],
        provider=provider,
        features={name: True for name in FEATURES if name in told},
        context_window=int(window) if is_count(window) else None,
        raw=dict(item),
    )
