"""Fireworks AI: open models, fast."""

from __future__ import annotations

from collections.abc import Sequence

from aicore.hookspecs import hookimpl
from aicore.providers import Spec
from aikit_wire.openai.manifest import ABILITIES, Manifest

FIREWORKS = Manifest(
    name="fireworks",
    base_url="https://api.fireworks.ai/inference/v1",
    api_key_env=("FIREWORKS_API_KEY",),
    abilities=ABILITIES | {"rerank"},
    fields={name: name for name in ("top_k", "service_tier", "prompt_cache_key")},
    files="",
    audio="",
    efforts={"minimal": "low", "xhigh": "high", "max": "high"},
    reasoning_fields=("reasoning_content",),
    reasoning_history="reasoning_content",
)


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [FIREWORKS]
