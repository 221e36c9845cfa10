"""Vercel AI Gateway: the models of many vendors behind one key."""

from __future__ import annotations

from collections.abc import Sequence

from aicore.hookspecs import hookimpl
from aicore.providers import Spec
from aikit_wire.openai.manifest import Manifest

GATEWAY = Manifest(
    name="gateway",
    base_url="https://ai-gateway.vercel.sh/v1",
    api_key_env=("AI_GATEWAY_API_KEY", "VERCEL_AI_GATEWAY_API_KEY", "VERCEL_OIDC_TOKEN"),
    abilities=frozenset({"chat", "embed", "models"}),
    audio="",
)


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [GATEWAY]
