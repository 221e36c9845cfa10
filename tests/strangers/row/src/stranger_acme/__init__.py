"""Acme: large models, over chat completions."""

from __future__ import annotations

from collections.abc import Sequence

from aicore.hookspecs import hookimpl
from aicore.providers import Spec
from aikit_wire.openai.manifest import Manifest

ACME = Manifest(
    name="acme",
    base_url="https://llm.example.com/v1",
    base_url_env="ACME_BASE_URL",
    api_key_env=("ACME_API_KEY",),
    abilities=frozenset({"chat", "models"}),
    fields={"max_tokens": "max_completion_tokens", "seed": ""},
)


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [ACME]
