"""DeepSeek: reasoning models that show what they think."""

from __future__ import annotations

from collections.abc import Sequence

from aicore.hookspecs import hookimpl
from aicore.providers import Spec
from aikit_wire.openai.manifest import Manifest

DEEPSEEK = Manifest(
    name="deepseek",
    base_url="https://api.deepseek.com",
    api_key_env=("DEEPSEEK_API_KEY",),
    abilities=frozenset({"chat", "responses", "models"}),
    fields=dict.fromkeys(("seed", "n", "logit_bias", "parallel_tool_calls", "user"), ""),
    text_parts=False,
    files="",
    responses_files="",
    audio="",
    json_schema="",
    strict_tools=False,
    reasoning_request="thinking",
    reasoning_fields=("reasoning_content",),
    reasoning_history="reasoning_content",
    encode=("keep_reasoning_field",),
)


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [DEEPSEEK]
