"""Ollama: open models on your own machine or in its cloud, in its native dialect."""

from __future__ import annotations

from collections.abc import Sequence

from aicore.hookspecs import hookimpl
from aicore.providers import Spec

from aikit_provider_ollama.provider import OllamaProvider


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [OllamaProvider]
