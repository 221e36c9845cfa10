"""What a provider can do shows in its methods; nothing is inherited and nothing registered."""

from __future__ import annotations

from aicore.calls import Batches
from aicore.context import Context
from aicore.events import Finished
from aicore.providers import (
    Host,
    Provider,
    Spec,
    SupportsChat,
    SupportsComplete,
    SupportsEmbed,
    SupportsModels,
)
from aicore.requests import ChatRequest
from aicore.stores import Store


class Acme:
    name = "acme"

    def __init__(self, host: Host) -> None:
        self.host = host

    async def aclose(self) -> None: ...

    async def chat(self, request: ChatRequest, context: Context) -> Batches:
        yield (Finished(),)


class Remembering:
    async def get(self, key: str) -> bytes | None: ...
    async def set(self, key: str, value: bytes, ttl: float | None = None) -> None: ...
    async def delete(self, key: str) -> None: ...


def test_a_class_is_an_unopened_provider() -> None:
    spec: Spec = Acme
    assert isinstance(Acme, Spec)
    assert spec.name == "acme"
    assert not isinstance(object(), Spec)


def test_abilities_are_told_apart_by_their_methods() -> None:
    host: Host = object()  # type: ignore[assignment]
    provider = Acme(host)
    assert isinstance(provider, Provider)
    assert isinstance(provider, SupportsChat)
    for ability in (SupportsComplete, SupportsEmbed, SupportsModels):
        assert not isinstance(provider, ability)


def test_a_store_is_anything_with_its_three_methods() -> None:
    store: Store = Remembering()
    assert isinstance(store, Store)
    assert not isinstance({}, Store)
