"""Decode the list of models, with the limits that some vendors add to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aicore.errors import BadReply
from aicore.models import ModelInfo
from pydantic_core import from_json

from aikit_wire.openai.usage import count


def decode_models(body: bytes, provider: str) -> list[ModelInfo]:
    """Decode `{"data": […]}`, or the bare list that Together sends.

    Raises:
        BadReply: it is neither.
    """
    try:
        answer = from_json(body)
    except ValueError:
        answer = None
    items = answer.get("data") if isinstance(answer, dict) else answer
    if not isinstance(items, list):
        raise BadReply("the answer holds no list of models")
    return [read_model(item, provider) for item in items if isinstance(item, dict)]


def read_model(item: Mapping[str, Any], provider: str) -> ModelInfo:
    """Read an entry; the context window has a name of its own at nearly every vendor."""
    fields = dict(item)
    return ModelInfo(
        id=str(item.get("id") or item.get("name")),
        provider=provider,
        name=item["name"] if isinstance(item.get("name"), str) else None,
        aliases=tuple(str(alias) for alias in item.get("aliases") or ()),
        context_window=count(
            fields,
            "context_window",  # Groq
            "context_length",  # OpenRouter, Together
            "max_context_length",  # Mistral, LM Studio
            "max_model_len",  # vLLM
        ),
        max_output_tokens=count(fields, "max_completion_tokens", "max_output_length"),
        created=count(fields, "created"),
        raw=fields,
    )
