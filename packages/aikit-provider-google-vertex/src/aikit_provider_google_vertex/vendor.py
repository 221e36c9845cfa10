"""The vendor: what is known of Vertex AI before it is opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aikit_wire.vendor import Vendor

if TYPE_CHECKING:
    from aicore.providers import Host

    from aikit_provider_google_vertex.provider import VertexProvider


@dataclass(frozen=True, slots=True, kw_only=True)
class VertexVendor(Vendor):
    """Vertex AI, as data; calling it with a host opens it."""

    def __call__(self, host: Host) -> VertexProvider:
        from aikit_provider_google_vertex.provider import VertexProvider

        return VertexProvider(host)
