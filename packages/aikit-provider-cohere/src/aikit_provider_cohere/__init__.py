"""Cohere: chat with documents and citations, embeddings, and rerank."""

from __future__ import annotations

from collections.abc import Sequence

from aicore.hookspecs import hookimpl
from aicore.providers import Spec

from aikit_provider_cohere.provider import CohereProvider


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [CohereProvider]
