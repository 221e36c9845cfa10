"""Google: Gemini models over the Gemini API, with a key of AI Studio."""

from __future__ import annotations

from collections.abc import Sequence

from aicore.hookspecs import hookimpl
from aicore.providers import Spec
from aikit_wire.gemini.surface import Surface
from aikit_wire.gemini.vendor import GeminiVendor

ADDRESS = "https://generativelanguage.googleapis.com/v1beta"

GOOGLE = GeminiVendor(
    name="google",
    base_url=ADDRESS,
    api_key_env=("GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY"),
    auth="header",
    auth_header="x-goog-api-key",
    surface=Surface(name="google", files=f"{ADDRESS}/"),
)


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [GOOGLE]
