"""LM Studio: models on your own desktop."""

from __future__ import annotations

from collections.abc import Sequence

from aicore.hookspecs import hookimpl
from aicore.providers import Spec
from aikit_wire.openai.manifest import Manifest

LMSTUDIO = Manifest(
    name="lmstudio",
    base_url="http://localhost:1234/v1",
    base_url_env="LM_STUDIO_BASE_URL",
    api_key_env=("LM_STUDIO_API_KEY",),
    key_required=False,
    abilities=frozenset({"chat", "responses", "complete", "embed", "models"}),
    fields={"top_k": "top_k", "n": "", "parallel_tool_calls": ""},
    images="data",
    files="",
    responses_files="",
    audio="",
)


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [LMSTUDIO]
