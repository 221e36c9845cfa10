"""Azure OpenAI: the models that you have deployed in Azure."""

from __future__ import annotations

from collections.abc import Sequence

from aicore.hookspecs import hookimpl
from aicore.providers import Spec
from aikit_wire.openai.manifest import Manifest

AZURE_OPENAI = Manifest(
    name="azure-openai",
    base_url="{AZURE_OPENAI_ENDPOINT}/openai/v1",
    api_key_env=("AZURE_OPENAI_API_KEY", "AZURE_API_KEY"),
    token_env=("AZURE_OPENAI_AD_TOKEN",),
    auth="header",
    auth_header="api-key",
    abilities=frozenset({"chat", "responses", "jobs", "complete", "embed", "models"}),
    developer_role=True,
    fields={
        "max_tokens": "max_completion_tokens",
        **{name: name for name in ("service_tier", "modalities", "metadata", "prompt_cache_key")},
        "prompt_cache_ttl": "prompt_cache_retention",
    },
    files="",
)


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [AZURE_OPENAI]
