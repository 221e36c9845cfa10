"""Cerebras: open models on wafers, very fast."""

from __future__ import annotations

from collections.abc import Sequence

from aicore.hookspecs import hookimpl
from aicore.providers import Spec
from aikit_wire.openai.manifest import Manifest

CEREBRAS = Manifest(
    name="cerebras",
    base_url="https://api.cerebras.ai/v1",
    api_key_env=("CEREBRAS_API_KEY",),
    abilities=frozenset({"chat", "complete", "models"}),
    fields={
        "max_tokens": "max_completion_tokens",
        **{name: name for name in ("service_tier", "prompt_cache_key")},
        **dict.fromkeys(("presence_penalty", "frequency_penalty"), ""),
    },
    files="",
    audio="",
    efforts={"minimal": "low", "xhigh": "high", "max": "high"},
    reasoning_fields=("reasoning",),
    reasoning_history="reasoning",
)


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [CEREBRAS]
