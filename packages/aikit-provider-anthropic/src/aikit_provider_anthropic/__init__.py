"""Anthropic: Claude, over the Messages API."""

from __future__ import annotations

from collections.abc import Sequence

from aicore.hookspecs import hookimpl
from aicore.providers import Spec
from aikit_wire.anthropic.vendor import MessagesVendor

ANTHROPIC = MessagesVendor(
    name="anthropic",
    base_url="https://api.anthropic.com",
    base_url_env="ANTHROPIC_BASE_URL",
    api_key_env=("ANTHROPIC_API_KEY",),
    token_env=("ANTHROPIC_AUTH_TOKEN",),
    auth="header",
    auth_header="x-api-key",
    headers={"anthropic-version": "2023-06-01"},
)
"""The version of the API is the one that all clients can speak; later ones only add to it."""


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [ANTHROPIC]
