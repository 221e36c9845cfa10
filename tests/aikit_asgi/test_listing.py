"""Which models may be asked for, and how the lists of providers are remembered."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from aicore.errors import AIError, MissingKey, NotFound, RateLimited, UnknownProvider, Unsupported
from aicore.models import ModelInfo
from aikit import Kit
from aikit_asgi import create_app, listing
from aikit_asgi.listing import Listing

from .asgi import CHAT, ask


class Lists(Kit):
    """A Kit of three providers; their lists are given, and asking for them is counted."""

    def __init__(self, **lists: Any) -> None:
        super().__init__(providers={name: {} for name in lists})
        self.lists = lists
        self.asked = list[str]()

    def providers(self) -> list[str]:
        return sorted(self.lists)

    async def models(self, provider: str, **settings: Any) -> Sequence[ModelInfo]:
        self.asked.append(provider)
        match self.lists[provider]:
            case AIError() as error:
                raise error
            case float() as seconds:
                await asyncio.sleep(seconds)
                return ()
            case ids:
                return [ModelInfo(id=id, provider=provider, created=7) for id in ids]


def ids(found: Sequence[listing.Listed]) -> dict[str, list[str]]:
    return {entry.name: [info.id for info in entry.models] for entry in found}


async def test_without_a_restriction_every_model_may_be_asked_for() -> None:
    kit = Lists(one=["a", "b"], two=["c"])
    found = Listing(kit)
    assert found.resolve("one:anything") == "one:anything"
    assert ids(await found.providers()) == {"one": ["a", "b"], "two": ["c"]}
    assert await found.ids() == [("one:a", 7), ("one:b", 7), ("two:c", 7)]
    assert ids(await found.providers("two")) == {"two": ["c"]}


async def test_patterns_restrict_what_may_be_asked_for_and_is_listed() -> None:
    kit = Lists(one=["a-mini", "b"], two=["c"], three=["d"])
    found = Listing(kit, ["one:*-mini", "two:c", "two:hidden"])
    assert found.resolve("one:a-mini") == "one:a-mini"
    assert found.resolve("two:hidden") == "two:hidden"
    for model in ("one:b", "three:d", "ONE:a-mini", "one:a-mini:x", "one", "two:c "):
        with pytest.raises(NotFound, match="does not exist here"):
            found.resolve(model)
    assert ids(await found.providers()) == {"one": ["a-mini"], "two": ["c"]}
    assert await found.ids() == [("one:a-mini", 7), ("two:c", 7)]
    assert "three" not in kit.asked


async def test_a_pattern_may_name_its_provider_by_an_alias() -> None:
    kit = Lists(google=["gemini-3.5-flash"])
    found = Listing(kit, ["gemini:*"])
    assert found.resolve("gemini:new") == "gemini:new"
    assert found.resolve("google:new") == "google:new"
    assert await found.ids() == [("google:gemini-3.5-flash", 7)]


@pytest.mark.parametrize("pattern", ["coher:*", "coher/*", "coher:command-?"])
def test_a_pattern_that_nothing_can_fit_is_refused(pattern: str) -> None:
    with pytest.raises(UnknownProvider, match="did you mean 'cohere'"):
        create_app(Kit(), models=[pattern])


async def test_ids_that_were_named_are_listed_without_asking_anybody() -> None:
    kit = Lists(one=["a"])
    assert await Listing(kit, ["one:a", "one:new"]).ids() == [("one:a", 0), ("one:new", 0)]
    assert await Listing(kit, "one:a").ids() == [("one:a", 0)]
    assert not kit.asked


async def test_aliases_hide_what_stands_behind_them() -> None:
    kit = Lists(one=["a", "b"], two=["c"])
    found = Listing(kit, {"fast": "one:a", "good": "one/b", "gone": "one:z"})
    assert found.resolve("fast") == "one:a"
    for model in ("one:a", "one:b", "*", ""):
        with pytest.raises(NotFound):
            found.resolve(model)
    assert await found.ids() == [("fast", 0), ("good", 0), ("gone", 0)]
    assert ids(await found.providers()) == {"one": ["fast", "good"]}
    assert kit.asked == ["one"]


@pytest.mark.parametrize("models", [[], {}])
async def test_naming_no_model_allows_none(models: Any) -> None:
    found = Listing(Lists(one=["a"]), models)
    with pytest.raises(NotFound):
        found.resolve("one:a")
    assert await found.ids() == []
    assert await found.providers() == []


async def test_a_list_is_remembered_for_half_an_hour_and_a_failure_for_seconds() -> None:
    now = [0.0]
    kit = Lists(good=["a"], bad=RateLimited("slow down"))
    found = Listing(kit, clock=lambda: now[0])
    for moment, asked in ((0, 2), (9, 2), (11, 3), (22, 4), (1799, 5), (1801, 6), (1812, 7)):
        now[0] = moment
        entries = {entry.name: entry for entry in await found.providers()}
        assert len(kit.asked) == asked, moment
        assert entries["bad"].error == "rate_limited"
        assert entries["good"].error is None
    assert kit.asked.count("good") == 2


async def test_a_provider_that_cannot_be_asked_is_left_out() -> None:
    kit = Lists(keyless=MissingKey("set KEY"), mute=Unsupported("no list"), one=["a"])
    assert ids(await Listing(kit).providers()) == {"one": ["a"]}


async def test_a_slow_provider_keeps_no_other_from_being_listed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listing, "PATIENCE", 0.02)
    kit = Lists(slow=5.0, one=["a"])
    found = {entry.name: entry for entry in await Listing(kit).providers()}
    assert found["slow"].error == "timed_out"
    assert ids([found["one"]]) == {"one": ["a"]}


async def test_a_model_that_may_not_be_used_is_unknown_to_clients() -> None:
    app = create_app(models=["openai:*"])
    for path in ("/generate", "/generate/stream", "/embed"):
        body = {"model": "fixture:echo", "input": "a"} if path == "/embed" else CHAT
        answer = await ask(app, path, body)
        assert (answer.status, answer.error["code"]) == (404, "not_found")


async def test_an_alias_is_asked_for_by_its_name() -> None:
    app = create_app(models={"parrot": "fixture:echo"})
    assert (await ask(app, "/generate", {**CHAT, "model": "parrot"})).status == 200
    assert (await ask(app, "/generate", CHAT)).status == 404
