"""xAI: the Grok models, over chat completions and the Responses API."""

from __future__ import annotations

from collections.abc import Sequence

from aicore.hookspecs import hookimpl
from aicore.providers import Spec
from aikit_wire.openai.manifest import Manifest

UNSENT = dict.fromkeys(("service_tier", "metadata", "prompt_cache_key", "prompt_cache_ttl"), "")

XAI = Manifest(
    name="xai",
    base_url="https://api.x.ai/v1",
    api_key_env=("XAI_API_KEY",),
    abilities=frozenset({"chat", "responses", "models"}),
    fields={
        "max_tokens": "max_completion_tokens",
        "parallel_tool_calls": "parallel_function_calling",
        "service_tier": "service_tier",
        **dict.fromkeys(("stop", "presence_penalty", "frequency_penalty", "logit_bias"), ""),
    },
    responses_fields={"user": "user", "logprobs": "logprobs", "seed": "seed", **UNSENT},
    responses_files="referred",
    files="",
    audio="",
    reasoning_fields=("reasoning_content",),
    reasoning_beside_output=True,
    cost="cost_in_usd_ticks",
    encode=("open_tool_schemas",),
)


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [XAI]
