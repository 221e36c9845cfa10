"""Hugging Face: Inference Providers behind one router."""

from __future__ import annotations

from collections.abc import Sequence

from aicore.hookspecs import hookimpl
from aicore.providers import Spec
from aikit_wire.openai.manifest import Manifest

HUGGINGFACE = Manifest(
    name="huggingface",
    base_url="https://router.huggingface.co/v1",
    api_key_env=("HF_TOKEN", "HUGGINGFACE_API_KEY"),
    abilities=frozenset({"chat", "models"}),
    files="",
    audio="",
    think_tags={"*DeepSeek-R1*": "outside"},
)


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [HUGGINGFACE]
