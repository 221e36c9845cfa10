"""Decode the list of models, with the limits that some vendors add to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aicore.errors import BadReply
from aicore.models import ModelInfo

from aikit_wire.counts import count, first
from aikit_wire.whole import read_json


def decode_models(body: bytes, provider: str, secrets: Iterable[str] = ()) -> list[ModelInfo]:
    """Decode `{"data": […]}`, or the bare list that Together sends; entries need an id.

    Raises:
        AIError: the answer is an error, although its status was not.
        BadReply: it is neither.
    """
    answer = read_json(body, provider, secrets)
    items = answer.get("data") if isinstance(answer, dict) else answer
    if not isinstance(items, list):
        raise BadReply("the answer holds no list of models")
    named = (
        item for item in items if isinstance(item, dict) and (item.get("id") or item.get("name"))
    )
    return [read_model(item, provider) for item in named]


def read_model(item: Mapping[str, Any], provider: str) -> ModelInfo:
    """Read an entry; the context window has a name of its own at nearly every vendor."""
    fields, aliases = dict(item), item.get("aliases")
    return ModelInfo(
        id=str(item.get("id") or item.get("name")),
        provider=provider,
        name=item["name"] if isinstance(item.get("name"), str) else None,
        aliases=tuple(map(str, aliases)) if isinstance(aliases, list) else (),
        context_window=first(
            fields,
            "context_window",  # Groq
            "context_length",  # OpenRouter, Together
            "max_context_length",  # Mistral, LM Studio
            "max_model_len",  # vLLM
        ),
        max_output_tokens=first(fields, "max_completion_tokens", "max_output_length"),
        created=count(fields, "created"),
        raw=fields,
    )
