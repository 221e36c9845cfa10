"""Mistral: La Plateforme."""

from __future__ import annotations

from collections.abc import Sequence

from aicore.hookspecs import hookimpl
from aicore.providers import Spec
from aikit_wire.openai.manifest import Manifest

MISTRAL = Manifest(
    name="mistral",
    base_url="https://api.mistral.ai/v1",
    api_key_env=("MISTRAL_API_KEY",),
    abilities=frozenset({"chat", "embed", "models"}),
    embed_limit=32,
    fields={
        "seed": "random_seed",
        "logit_bias": "",
        "top_logprobs": "",
        "service_tier": "service_tier",
        "user": "",
        "prompt_cache_key": "prompt_cache_key",
        "dimensions": "output_dimension",
    },
    files="document_url",
    audio="bare",
    required_choice="any",
    reasoning_history="thinking_parts",
    stream_usage=False,
    encode=("short_tool_ids",),
)


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [MISTRAL]
