"""Vercel v0: models that write web pages."""

from __future__ import annotations

from collections.abc import Sequence

from aicore.hookspecs import hookimpl
from aicore.providers import Spec
from aikit_wire.openai.manifest import Manifest

VERCEL = Manifest(
    name="vercel",
    base_url="https://api.v0.dev/v1",
    api_key_env=("VERCEL_API_KEY",),
    abilities=frozenset({"chat"}),
    fields={"max_tokens": "max_completion_tokens"},
    images="data",
    files="",
    audio="",
)


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [VERCEL]
