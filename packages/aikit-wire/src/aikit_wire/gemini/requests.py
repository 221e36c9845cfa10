"""Encode plain chats of the Gemini dialect, which are most requests, the short way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aicore.messages import Role
from aicore.requests import ChatRequest

from aikit_wire.encoded import Encoded
from aikit_wire.gemini.encode import GENERATION, encode_chat
from aikit_wire.gemini.surface import Surface
from aikit_wire.plain import NUMBERS, PlainChats

SIMPLE = (*NUMBERS, "seed", "presence_penalty", "frequency_penalty", "n")
ROLES: Mapping[Role, str] = {"user": "user", "assistant": "model", "tool": ""}
"""The wire names of roles; what a tool says is more than plain."""


class PlainContents(PlainChats):
    """Encodes instructions and a conversation that follows them, of one text in each message."""

    def __init__(self, surface: Surface, features: Callable[[str], Mapping[str, bool]]) -> None:
        super().__init__({}, within="generationConfig")
        self._surface = surface
        self._features = features

    def _wire_names(self) -> Mapping[str, str]:
        return {setting: GENERATION[setting] for setting in SIMPLE}

    def _sent(self, request: ChatRequest) -> Encoded | None:
        features = self._features(request.model)
        if features.get("system_message") is False:
            return None
        return encode_chat(request, self._surface, features)

    def _body(self, request: ChatRequest) -> dict[str, Any] | None:
        system: list[dict[str, str]] = []
        contents: list[dict[str, Any]] = []
        for message in request.messages:
            if (text := message.only_text) is None:
                return None
            if message.role != "system":
                role = ROLES[message.role]
                if not role:
                    return None
                contents.append({"role": role, "parts": [{"text": text}]})
            elif contents:
                return None
            else:
                system.append({"text": text})
        if not contents:
            return None
        if system:
            return {"systemInstruction": {"parts": system}, "contents": contents}
        return {"contents": contents}
