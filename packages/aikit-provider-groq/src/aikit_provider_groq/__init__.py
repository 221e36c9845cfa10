"""Groq: open models at speed, over chat completions."""

from __future__ import annotations

from collections.abc import Sequence

from aicore.hookspecs import hookimpl
from aicore.providers import Spec
from aikit_wire.openai.manifest import Manifest

GROQ = Manifest(
    name="groq",
    base_url="https://api.groq.com/openai/v1",
    api_key_env=("GROQ_API_KEY",),
    abilities=frozenset({"chat", "embed", "models"}),
    fields={
        "max_tokens": "max_completion_tokens",
        "service_tier": "service_tier",
        **dict.fromkeys(("presence_penalty", "frequency_penalty", "logit_bias", "n"), ""),
        **dict.fromkeys(("logprobs", "top_logprobs"), ""),
    },
    text_parts=False,
    files="",
    audio="",
    reasoning_fields=("reasoning",),
    reasoning_history="reasoning",
)


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [GROQ]
