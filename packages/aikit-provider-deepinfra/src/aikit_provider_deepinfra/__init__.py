"""DeepInfra: open models, and some of Google and Anthropic."""

from __future__ import annotations

from collections.abc import Sequence

from aicore.hookspecs import hookimpl
from aicore.providers import Spec
from aikit_wire.openai.manifest import Manifest

DEEPINFRA = Manifest(
    name="deepinfra",
    base_url="https://api.deepinfra.com/v1/openai",
    api_key_env=("DEEPINFRA_API_KEY",),
    files="",
    audio="",
    reasoning_fields=("reasoning_content",),
)


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [DEEPINFRA]
