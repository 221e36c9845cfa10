"""What is known of Bedrock before it is opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aikit_wire.vendor import Vendor

if TYPE_CHECKING:
    from aicore.providers import Host

    from aikit_provider_bedrock.provider import Bedrock


@dataclass(frozen=True, slots=True, kw_only=True)
class BedrockVendor(Vendor):
    """Bedrock, as data; calling it with a host opens it in a region of AWS."""

    def __call__(self, host: Host) -> Bedrock:
        from aikit_provider_bedrock.provider import Bedrock

        return Bedrock(self, host)
