"""Chats over InvokeModel: Claude in Anthropic's dialect, Nova in its own form of Converse."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aicore.messages import OpaquePart
from aicore.models import ModelInfo
from aicore.requests import ChatRequest, ProviderTool
from aikit_wire.anthropic.decode import MessagesDecoder
from aikit_wire.anthropic.dialect import DIALECT as MESSAGES
from aikit_wire.anthropic.encode import encode_chat as encode_messages
from aikit_wire.encoded import Encoded
from aikit_wire.frames import Frame

from aikit_provider_bedrock.converse.decode import ConverseDecoder
from aikit_provider_bedrock.converse.dialect import Target
from aikit_provider_bedrock.converse.encode import EXTRA
from aikit_provider_bedrock.converse.encode import encode_chat as encode_converse
from aikit_provider_bedrock.framing import refusal, unwrapped

VERSION = "bedrock-2023-05-31"
"""The version of Anthropic's dialect that Bedrock speaks; it stands in the body."""


def needs_messages(request: ChatRequest) -> bool:
    """Tell whether a chat holds what only Anthropic's own dialect can say."""
    parts = (part for message in request.messages for part in message.parts)
    items = (
        item for item in (*request.tools, *parts) if isinstance(item, ProviderTool | OpaquePart)
    )
    return any(item.dialect == MESSAGES for item in items)


def encode_claude(request: ChatRequest, provider: str, info: ModelInfo | None) -> Encoded:
    """Encode a chat with Claude: the model is in the address, and how it is asked as well.

    Raises:
        Unsupported: a message holds something that the service cannot be shown.
    """
    encoded = encode_messages(replace(request, streaming=False), provider, info)
    body = {name: value for name, value in encoded.body.items() if name not in ("model", "api")}
    return replace(encoded, body={"anthropic_version": VERSION, **body})


def encode_nova(request: ChatRequest, target: Target) -> Encoded:
    """Encode a chat with Nova, which takes all that is its own in `inferenceConfig`.

    Raises:
        Unsupported: a message holds something that the service cannot be shown.
    """
    encoded = encode_converse(request, target)
    body = dict(encoded.body)
    own: dict[str, Any] = dict(body.pop(EXTRA, {}))
    inference = {**body.pop("inferenceConfig", {}), **own.pop("inferenceConfig", {})}
    body |= {**own, **({"inferenceConfig": inference} if inference else {})}
    return replace(encoded, body={"schemaVersion": "messages-v1", **body})


def to_count(encoded: Encoded) -> Encoded:
    """Ask how many tokens a body is, which goes as the bytes that it would be sent as."""
    body = base64.b64encode(encoded.content()).decode()
    return replace(encoded, body={"input": {"invokeModel": {"body": body}}})


class ClaudeDecoder(MessagesDecoder):
    """Decodes Anthropic's events, each of them in a frame of AWS's."""

    def _frame(self, frame: Frame) -> None:
        if error := refusal(frame, self._provider, self._model, self.secrets):
            raise error
        super()._frame(Frame(unwrapped(frame)))

    def _learn(self, frame: Frame, delta: Mapping[str, Any]) -> None:
        """Learn nothing: what differs from frame to frame here is in base64."""


class NovaDecoder(ConverseDecoder):
    """Decodes events of Converse that are named within, each of them in a frame of AWS's."""

    def _frame(self, frame: Frame) -> None:
        if error := refusal(frame, self._provider, self._model, self.secrets):
            raise error
        for name, event in self._json(unwrapped(frame), "a piece of the stream").items():
            if isinstance(event, Mapping):
                self._event(name, event)
