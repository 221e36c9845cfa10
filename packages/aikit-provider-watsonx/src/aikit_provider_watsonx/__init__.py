"""IBM watsonx.ai: chat, and text generation with base models."""

from __future__ import annotations

from collections.abc import Sequence

from aicore.hookspecs import hookimpl
from aicore.providers import Spec

from aikit_provider_watsonx.provider import WatsonxProvider


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [WatsonxProvider]
