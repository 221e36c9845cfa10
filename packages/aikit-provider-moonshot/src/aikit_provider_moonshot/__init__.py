"""Moonshot AI: the Kimi models."""

from __future__ import annotations

from collections.abc import Sequence

from aicore.hookspecs import hookimpl
from aicore.providers import Spec
from aikit_wire.openai.manifest import Manifest

MOONSHOT = Manifest(
    name="moonshot",
    base_url="https://api.moonshot.ai/v1",
    api_key_env=("MOONSHOT_API_KEY", "MOONSHOTAI_API_KEY"),
    abilities=frozenset({"chat", "models"}),
    fields={
        "prompt_cache_key": "prompt_cache_key",
        **dict.fromkeys(("seed", "logit_bias", "logprobs", "top_logprobs", "user"), ""),
    },
    images="data",
    files="",
    audio="",
    video=True,
    required_choice="",
    json_schema="plain",
    reasoning_request="thinking",
    thinking_budget=True,
    efforts={"minimal": "low", "medium": "high", "xhigh": "max"},
    reasoning_fields=("reasoning_content",),
    reasoning_history="reasoning_content",
    encode=("plain_tool_schemas",),
)


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [MOONSHOT]
