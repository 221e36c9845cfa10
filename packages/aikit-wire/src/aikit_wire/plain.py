"""Plain chats, which are nothing but texts and simple settings, are encoded a short way.

Whatever is more than that goes the long way, which comes to the same for these (tests compare
both) at several times the cost.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from aicore.messages import Message
from aicore.requests import ChatRequest
from aicore.values import changed

from aikit_wire.encoded import Encoded

NUMBERS = frozenset({"max_tokens", "temperature", "top_p", "top_k"})
"""Simple settings of every dialect: the value of each is one number."""
ALWAYS = frozenset({"model", "messages", "provider_options", "streaming"})

Names: TypeAlias = tuple[tuple[str, str], ...]
"""Settings with their wire names."""

KEPT: Final = 1000


class PlainChats(ABC):
    """Encodes plain chats, of which a dialect says how they are laid out.

    The long way is gone once for each model and set of settings, and if it sends all of them, with
    no warning, their wire names are kept for the requests that follow.

    Settings stand in the field `within` of the body, or at its top; `streamed` are the fields that
    ask for a stream.
    """

    def __init__(self, streamed: Mapping[str, Any], within: str = "") -> None:
        self._streamed = streamed
        self._within = within
        self._names: dict[tuple[str, ...], Names | None] = {}

    @abstractmethod
    def _wire_names(self) -> Mapping[str, str]:
        """Return the wire names of the simple settings: one number, text or truth value each."""

    @abstractmethod
    def _sent(self, request: ChatRequest) -> Encoded | None:
        """Encode a request the long way; None if models like its own take no plain ones."""

    @abstractmethod
    def _body(self, request: ChatRequest) -> dict[str, Any] | None:
        """Return the body but for the settings; None if the conversation is not plain."""

    def encode(self, request: ChatRequest) -> Encoded | None:
        """Encode a request; None if it is more than plain."""
        fields = vars(request)
        if request.provider_options or None in fields.values():
            return None
        kind = (request.model, *fields)
        try:
            names = self._names[kind]
        except KeyError:
            names = self._learn(kind, request)
        if names is None or (body := self._body(request)) is None:
            return None
        settings = body
        if self._within and names:
            settings = body[self._within] = {}
        for setting, name in names:
            settings[name] = fields[setting]
        if request.streaming:
            body.update(self._streamed)
        return Encoded(body, simple=True)

    def _learn(self, kind: tuple[str, ...], request: ChatRequest) -> Names | None:
        names, wire = None, self._wire_names()
        settings = vars(request).keys() - ALWAYS
        if settings <= wire.keys():
            words = changed(request, messages=(Message.user("."),), provider_options={})
            encoded = self._sent(words)
            if encoded is not None and not encoded.warnings:
                body = encoded.body
                sent = [*(body.get(self._within, ()) if self._within else body)]
                told = [(setting, wire[setting]) for setting in settings]
                if all(name in sent for _, name in told):
                    names = tuple(sorted(told, key=lambda item: sent.index(item[1])))
        if len(self._names) >= KEPT:
            self._names.clear()
        self._names[kind] = names
        return names
