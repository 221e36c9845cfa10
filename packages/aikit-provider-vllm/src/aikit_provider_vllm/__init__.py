"""vLLM: the inference server that you run yourself."""

from __future__ import annotations

from collections.abc import Sequence

from aicore.hookspecs import hookimpl
from aicore.providers import Spec
from aikit_wire.openai.manifest import ABILITIES, Manifest

VLLM = Manifest(
    name="vllm",
    base_url="http://localhost:8000/v1",
    base_url_env="VLLM_API_BASE",
    api_key_env=("VLLM_API_KEY",),
    key_required=False,
    abilities=ABILITIES | {"rerank"},
    fields={"top_k": "top_k"},
    files="",
    video=True,
    merge_system=True,
    reasoning_request="chat_template_kwargs",
    reasoning_fields=("reasoning", "reasoning_content"),
    reasoning_history="reasoning",
)


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [VLLM]
