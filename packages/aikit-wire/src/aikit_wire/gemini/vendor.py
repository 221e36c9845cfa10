"""A vendor that serves the Gemini dialect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aikit_wire.gemini.surface import Surface
from aikit_wire.vendor import Vendor

if TYPE_CHECKING:
    from aicore.providers import Host

    from aikit_wire.gemini.provider import GeminiProvider


@dataclass(frozen=True, slots=True, kw_only=True)
class GeminiVendor(Vendor):
    """A vendor of the dialect, as data; calling it with a host opens it."""

    surface: Surface
    """What it does differently from other places that serve the dialect."""

    def __call__(self, host: Host) -> GeminiProvider:
        from aikit_wire.gemini.provider import GeminiProvider

        return GeminiProvider(self, host)
