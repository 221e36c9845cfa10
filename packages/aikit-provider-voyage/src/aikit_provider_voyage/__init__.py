"""Voyage AI: embeddings and rerank."""

from __future__ import annotations

from collections.abc import Sequence

from aicore.hookspecs import hookimpl
from aicore.providers import Spec
from aikit_wire.openai.manifest import Manifest

VOYAGE = Manifest(
    name="voyage",
    base_url="https://api.voyageai.com/v1",
    api_key_env=("VOYAGE_API_KEY",),
    abilities=frozenset({"embed", "rerank"}),
    embed_limit=128,
    fields={"dimensions": "output_dimension", "task": "input_type", "top_n": "top_k", "user": ""},
)


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [VOYAGE]
