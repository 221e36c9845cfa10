"""OpenAI: chat completions, the Responses API, text completions and embeddings."""

from __future__ import annotations

from collections.abc import Sequence

from aicore.hookspecs import hookimpl
from aicore.providers import Spec
from aikit_wire.openai.manifest import Manifest

OPENAI = Manifest(
    name="openai",
    base_url="https://api.openai.com/v1",
    base_url_env="OPENAI_BASE_URL",
    api_key_env=("OPENAI_API_KEY",),
    headers_env={"openai-organization": "OPENAI_ORG_ID", "openai-project": "OPENAI_PROJECT_ID"},
    abilities=frozenset(
        {"chat", "responses", "jobs", "count_tokens", "complete", "embed", "models"}
    ),
    developer_role=True,
    fields={
        "max_tokens": "max_completion_tokens",
        "service_tier": "service_tier",
        "modalities": "modalities",
        "metadata": "metadata",
        "prompt_cache_key": "prompt_cache_key",
        "prompt_cache_ttl": "prompt_cache_retention",
    },
)


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [OPENAI]
