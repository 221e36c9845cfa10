"""Google: Gemini models over the Gemini API, with a key of AI Studio."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aicore.hookspecs import hookimpl
from aicore.providers import Spec
from aikit_wire.gemini.surface import Surface
from aikit_wire.vendor import Vendor

if TYPE_CHECKING:
    from aicore.providers import Host
    from aikit_wire.gemini.provider import GeminiProvider

VENDOR = Vendor(
    name="google",
    base_url="https://generativelanguage.googleapis.com/v1beta",
    api_key_env=("GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY"),
    auth="header",
    auth_header="x-goog-api-key",
)
SURFACE = Surface(name="google", files="https://generativelanguage.googleapis.com/v1beta/")


class Google:
    """The Gemini API, not opened yet."""

    name = "google"

    def __call__(self, host: Host) -> GeminiProvider:
        from aikit_wire.gemini.provider import GeminiProvider

        return GeminiProvider(VENDOR, SURFACE, host)


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [Google()]
