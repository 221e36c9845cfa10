"""Qwen: the models of Alibaba Cloud Model Studio (DashScope)."""

from __future__ import annotations

from collections.abc import Sequence

from aicore.hookspecs import hookimpl
from aicore.providers import Spec
from aikit_wire.openai.manifest import Manifest

QWEN = Manifest(
    name="qwen",
    base_url="https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
    api_key_env=("DASHSCOPE_API_KEY", "ALIBABA_API_KEY"),
    abilities=frozenset({"chat", "embed", "models"}),
    embed_limit=10,
    fields={
        **{name: name for name in ("top_k", "modalities")},
        **dict.fromkeys(("frequency_penalty", "logit_bias"), ""),
    },
    files="",
    audio="data_url",
    video=True,
    reasoning_request="enable_thinking",
    reasoning_fields=("reasoning_content",),
)


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [QWEN]
