"""The hooks that a plugin may implement, with what each returns."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from aicore.hookspecs import hookimpl
from aicore.models import ModelInfo, Price, Rates
from aicore.plugins import manager
from aicore.values import from_json, to_json


class Plugin:
    @hookimpl
    def aikit_models(self) -> Sequence[ModelInfo]:
        return [ModelInfo(id="m", provider="acme")]


class Stranger:
    """Has functions with the names of hooks, but does not offer them."""

    def aikit_models(self) -> Sequence[ModelInfo]:
        raise AssertionError("called")


def test_a_marked_function_is_called_and_an_unmarked_one_is_not() -> None:
    hooks = manager()
    hooks.register(Plugin())
    hooks.register(Stranger())
    assert hooks.hook.aikit_models() == [[ModelInfo(id="m", provider="acme")]]
    assert hooks.hook.aikit_middleware() == []


def test_providers_are_told_to_those_who_ask_later() -> None:
    hooks, names = manager(), list[str]()

    class Late:
        @hookimpl
        def aikit_providers(self) -> list[str]:
            return ["late"]

    hooks.hook.aikit_providers.call_historic(result_callback=names.extend)
    hooks.register(Late())
    assert names == ["late"]


@pytest.mark.parametrize("name", ["aikit_providers", "aikit_middleware", "aikit_models"])
def test_every_hook_says_when_it_is_called(name: str) -> None:
    hook = getattr(manager().hook, name)
    assert "Called once" in (hook.spec.function.__doc__ or "")


def test_a_catalog_entry_leaves_unknown_what_it_does_not_say() -> None:
    info = ModelInfo(
        id="m", features={"tools": True, "vision": False}, prices=(Price(tiers=(Rates(),)),)
    )
    assert info.features.get("reasoning") is None
    assert info.context_window is None
    assert from_json(ModelInfo, to_json(info)) == info
