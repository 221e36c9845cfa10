"""A vendor that serves the Messages dialect, at Anthropic's own paths or others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    stream_path: str = ""
    """Where streams are asked for, if that is elsewhere."""
    model_in_body: bool = True
    """Whether a message names its model; otherwise the path does (`{model}`)."""
    body: Mapping[str, object] = field(default_factory=dict)
    """Fields that every body holds, such as the version of the API."""

    def path(self, streaming: bool) -> str:
        """Return the path of messages."""
        return (streaming and self.stream_path) or self.messages_path

    def __call__(self, host: Host) -> MessagesProvider:
        from aikit_wire.anthropic.provider import MessagesProvider

        return MessagesProvider(self, host)
