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
        **dict.fromkeys(("logit_bias", "top_logprobs", "user"), ""),
        **{name: name for name in ("top_k", "service_tier", "prompt_cache_key")},
        "seed": "random_seed",
        "dimensions": "output_dimension",
    },
    tools_beside_none=False,
    message_names=False,
    tool_result_name=True,
    files="document_url",
    audio="bare",
    reasoning_history="thinking_parts",
    stream_usage=False,
    encode=("short_tool_ids", "refusal_as_text"),
)


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [MISTRAL]
