"""Vertex AI: Gemini, Claude and open models, as Google Cloud serves them."""

from __future__ import annotations

from collections.abc import Sequence

from aicore.hookspecs import hookimpl
from aicore.providers import Spec

from aikit_provider_google_vertex.vendor import VertexVendor

VERTEX = VertexVendor(
    name="google-vertex",
    base_url="https://aiplatform.googleapis.com",
    base_url_env="GOOGLE_VERTEX_BASE_URL",
    api_key_env=("GOOGLE_VERTEX_API_KEY",),
    key_required=False,
    auth="header",
    auth_header="x-goog-api-key",
)
"""The address is that of express mode and of the location `global`; a region has its own."""


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [VERTEX]
