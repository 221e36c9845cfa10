"""Have a provider decode an exchange from a tape, without a Kit and without a network."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from aicore.calls import Batch
from aicore.context import Context
from aicore.messages import Message
from aicore.models import ModelInfo
from aicore.plugins import load_provider
from aicore.requests import ChatRequest, CompleteRequest, EmbedRequest, Request, RerankRequest
from aicore.secrets import SecretLike, secret
from aicore.stores import Store
from aikit_wire.transport import Transport

from aikit_testing.difference import value_of
from aikit_testing.replay import Replayer
from aikit_testing.tape import Exchange, TapeError

PLAYABLE = ("chat", "complete", "embed", "rerank")
"""The abilities whose answers are events."""


class PlayHost:
    """The host of a provider that only ever sees a tape: any address and any key will do."""

    settings: Mapping[str, Any] = {"base_url": "http://tape.invalid"}

    def __init__(self, name: str, transport: Transport) -> None:
        self.name = name
        self.http_client = transport

    def secret(self, setting: str, *variables: str) -> SecretLike | None:
        return secret("no-key-is-needed")

    def model(self, id: str) -> ModelInfo | None:
        return None

    def store(self, name: str) -> Store:
        raise TapeError(f"{self.name!r} keeps state, which no tape holds, so it cannot be played")


async def play(
    exchange: Exchange, provider: str | None = None, speed: float = 1.0
) -> AsyncGenerator[Batch, None]:
    """Yield the events that a provider makes of an exchange, at the speed of a `Replayer`.

    The provider is the one that has recorded it, unless another is named.

    Raises:
        TapeError: the exchange is not one of `PLAYABLE`, or names no provider.
        UnknownProvider: the provider is not installed.
        AIError: whatever the exchange comes to.
    """
    name, ability = provider or exchange.asked.provider, exchange.asked.ability
    if not name or ability not in PLAYABLE:
        raise TapeError(
            "only an exchange of a named provider about text, embeddings or ranks is played"
        )
    transport = Replayer([exchange], speed=speed, match="order")
    opened: Any = load_provider(name)(PlayHost(name, transport))
    try:
        async with aclosing(getattr(opened, ability)(like(exchange), Context())) as batches:
            async for batch in batches:
                yield batch
    finally:
        await opened.aclose()


def like(exchange: Exchange) -> Request:
    """Make the shortest request that such an answer can belong to."""
    body = value_of(exchange.asked.body)
    asked: dict[str, Any] = body if isinstance(body, dict) else {}
    model = str(asked.get("model", "recorded"))
    if exchange.asked.ability == "embed":
        lists = [value for value in asked.values() if isinstance(value, list)]
        count = max(map(len, lists), default=1)  # the texts, whatever the dialect calls them
        return EmbedRequest(model=model, inputs=("",) * count)
    if exchange.asked.ability == "rerank":
        documents = asked.get("documents")
        count = len(documents) if isinstance(documents, list) else 1
        return RerankRequest(model=model, query="", documents=("",) * count)
    kind = exchange.answered.headers.get("content-type", "") if exchange.answered else ""
    streaming = not kind.startswith("application/json")
    if exchange.asked.ability == "complete":
        return CompleteRequest(model=model, prompt="", streaming=streaming)
    return ChatRequest(model=model, messages=(Message.user(""),), streaming=streaming)
