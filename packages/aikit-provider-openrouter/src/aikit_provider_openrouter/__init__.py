"""OpenRouter: the models of many vendors behind one key."""

from __future__ import annotations

from collections.abc import Sequence

from aicore.hookspecs import hookimpl
from aicore.providers import Spec
from aikit_wire.openai.manifest import ABILITIES, Manifest

OPENROUTER = Manifest(
    name="openrouter",
    base_url="https://openrouter.ai/api/v1",
    api_key_env=("OPENROUTER_API_KEY",),
    abilities=ABILITIES | {"rerank", "responses"},
    fields={
        "max_tokens": "max_completion_tokens",
        **{name: name for name in ("top_k", "service_tier", "modalities")},
    },
    responses_fields={
        name: name
        for name in ("top_k", "stop", "presence_penalty", "frequency_penalty", "modalities")
    },
    developer_role=True,
    files="file_or_url",
    video=True,
    tool_media=True,
    reasoning_request="reasoning",
    reasoning_fields=("reasoning",),
    reasoning_history="reasoning_details",
    cost="cost",
)


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [OPENROUTER]
