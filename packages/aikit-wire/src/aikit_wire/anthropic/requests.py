"""Encode plain chats of the Messages dialect, which are most requests, the short way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from aicore.models import ModelInfo
from aicore.requests import ChatRequest
from aicore.responses import CallWarning
from aicore.values import changed

from aikit_wire.anthropic.encode import encode_chat
from aikit_wire.anthropic.sampling import unlimited
from aikit_wire.anthropic.vendor import MessagesVendor
from aikit_wire.encoded import Encoded
from aikit_wire.ledger import Ledger
from aikit_wire.plain import KEPT, NUMBERS, PlainChats

NAMES: Mapping[str, str] = {name: name for name in (*NUMBERS, "service_tier")}


class PlainMessages(PlainChats):
    """Encodes a conversation in which the user and the model take turns, in one text each."""

    def __init__(
        self, vendor: MessagesVendor, provider: str, find: Callable[[str], ModelInfo | None]
    ) -> None:
        super().__init__({"stream": True})
        self._vendor = vendor
        self._provider = provider
        self._find = find
        self._limit = lru_cache(KEPT)(self._find_limit)

    def encode(self, request: ChatRequest) -> Encoded | None:
        """Encode a request; None if it is more than plain.

        The only warning may be which limit stands for the one that is not given.
        """
        if "max_tokens" in vars(request):
            return super().encode(request)
        limit, warnings = self._limit(request.model)
        encoded = super().encode(changed(request, max_tokens=limit))
        return None if encoded is None else Encoded(encoded.body, warnings, simple=True)

    def _find_limit(self, model: str) -> tuple[int, tuple[CallWarning, ...]]:
        ledger = Ledger(self._provider)
        return unlimited(self._find(model), ledger), ledger.warnings

    def _wire_names(self) -> Mapping[str, str]:
        return NAMES

    def _sent(self, request: ChatRequest) -> Encoded | None:
        if request.temperature is not None:
            request = changed(request, temperature=1)  # what is above it is changed
        return encode_chat(request, self._provider, self._find(request.model))

    def _body(self, request: ChatRequest) -> dict[str, Any] | None:
        if (request.temperature or 0) > 1:
            return None
        body, before = {**self._vendor.body}, ""
        turns: list[dict[str, str]] = []
        if self._vendor.model_in_body:
            body["model"] = request.model
        body["max_tokens"] = request.max_tokens
        for message in request.messages:
            role, text = message.role, message.only_text
            if not text or role == "tool" or role == before:
                return None
            if role != "system":
                turns.append({"role": role, "content": text})
            elif before:
                return None
            else:
                body["system"] = text
            before = role
        if before != "user":
            return None
        body["messages"] = turns
        return body
