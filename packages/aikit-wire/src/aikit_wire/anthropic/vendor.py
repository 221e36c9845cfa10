"""A vendor that serves the Messages dialect at Anthropic's own paths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aikit_wire.vendor import Vendor

if TYPE_CHECKING:
    from aicore.providers import Host

    from aikit_wire.anthropic.provider import MessagesProvider


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagesVendor(Vendor):
    """A vendor of the dialect, as data; calling it with a host opens it.

    Its address may be given with or without the `/v1` of its paths.
    """

    messages_path: str = "/v1/messages"
    count_path: str = "/v1/messages/count_tokens"
    models_path: str = "/v1/models"

    def __call__(self, host: Host) -> MessagesProvider:
        from aikit_wire.anthropic.provider import MessagesProvider

        return MessagesProvider(self, host)
