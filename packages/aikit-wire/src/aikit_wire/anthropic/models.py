"""Decode the service's list of models, page by page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aicore.errors import BadReply
from aicore.models import ModelInfo
from aicore.responses import TokenCount

from aikit_wire.anthropic.usage import count
from aikit_wire.whole import read_object

CAPABILITIES: Mapping[str, str] = {
    "citations": "citations",
    "code_execution": "code_execution",
    "context_management": "context_management",
    "effort": "effort",
    "image_input": "vision",
    "pdf_input": "pdf",
    "server_tools": "server_tools",
    "structured_outputs": "json_schema",
    "thinking": "reasoning",
}
"""The service's names for what a model can do, and ours."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the models; `after` is the id that the next page comes after, if there is one."""

    models: tuple[ModelInfo, ...]
    after: str | None


def decode_models(body: bytes, provider: str, secrets: Iterable[str] = ()) -> Page:
    """Decode one page of the list of models.

    Raises:
        AIError: the answer is an error, although its status was not.
        BadReply: it holds no list of models.
    """
    answer = read_object(body, "list of models", provider, secrets)
    items = answer.get("data")
    if not isinstance(items, list):
        raise BadReply("the answer holds no list of models")
    named = (item for item in items if isinstance(item, dict) and item.get("id"))
    last = answer.get("last_id") if answer.get("has_more") else None
    models = tuple(read_model(item, provider) for item in named)
    return Page(models, last if isinstance(last, str) and last else None)


def read_model(item: Mapping[str, Any], provider: str) -> ModelInfo:
    capabilities = item.get("capabilities")
    capabilities = capabilities if isinstance(capabilities, Mapping) else {}
    name, line = item.get("display_name"), item.get("line")
    told = {ours: supported(capabilities.get(theirs)) for theirs, ours in CAPABILITIES.items()}
    ended, created = day(item.get("deprecated_at")), day(item.get("created_at"))
    return ModelInfo(
        id=str(item["id"]),
        provider=provider,
        name=name if isinstance(name, str) else None,
        family=line if isinstance(line, str) else None,
        features={feature: value for feature, value in told.items() if value is not None},
        context_window=count(item, "max_input_tokens"),
        max_output_tokens=count(item, "max_tokens"),
        created=int(created.timestamp()) if created else None,
        deprecated=ended.date() if ended else None,
        raw=dict(item),
    )


def supported(capability: Any) -> bool | None:
    value = capability.get("supported") if isinstance(capability, Mapping) else None
    return value if isinstance(value, bool) else None


def day(value: Any) -> datetime | None:
    """Read a time as RFC 3339 writes it; the beginning of 1970 stands for an unknown one."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found if found.year > 1970 else None


def decode_count(body: bytes, provider: str, model: str, secrets: Iterable[str] = ()) -> TokenCount:
    """Decode how many tokens a conversation is.

    Raises:
        AIError: the answer is an error, although its status was not.
        BadReply: it holds no count.
    """
    answer = read_object(body, "count of tokens", provider, secrets, model)
    tokens = count(answer, "input_tokens")
    if tokens is None:
        raise BadReply("the answer holds no count of tokens")
    return TokenCount(model=model, tokens=tokens, raw=answer)
