"""What the author of a provider tells the suite."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, NoReturn, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

import pytest
from aicore.errors import AIError, Unsupported
from aikit import Kit

from aikit_testing.conformance.bench import KEY, Bench, Said, plain
from aikit_testing.conformance.openai import openai_reply
from aikit_testing.conformance.scenario import Ability, Reply, Scenario
from aikit_testing.conformance.service import Service

LIMIT = 20.0
"""Seconds that one test may take."""
PRIVATE = re.compile("KEY|TOKEN|SECRET|PROXY|BASE|^AIKIT_", re.IGNORECASE)
"""Variables that a provider may read; the suite works without those of the machine."""

KNOWN: WeakKeyDictionary[type[Author], list[Ability]] = WeakKeyDictionary()
"""What the provider of a class can do, once a test has found out."""

A = TypeVar("A", bound="Author")
P = ParamSpec("P")


def on_a_loop(
    test: Callable[Concatenate[A, P], Awaitable[None]],
) -> Callable[Concatenate[A, P], None]:
    """Make a plain test of a coroutine, so that no pytest plugin is needed to run it."""

    @wraps(test)
    def run(self: A, /, *args: P.args, **kwargs: P.kwargs) -> None:
        async def limited() -> None:
            async with asyncio.timeout(LIMIT):
                await test(self, *args, **kwargs)

        asyncio.run(limited())

    return run


def not_applicable(reason: str) -> NoReturn:
    """Skip a test that has nothing to say about a provider; reports count it apart."""
    pytest.skip(f"not applicable: {reason}")


class Author:
    """What an author says about a provider; only `provider` has no default."""

    provider: str = ""
    """The name of the entry point."""
    model: str = "model-1"
    """A model to ask, without the provider's name."""
    over_http: bool = True
    """Whether the provider asks a service over HTTP; otherwise what needs one does not apply."""
    streams: bool = True
    """Whether its answers can arrive piece by piece."""
    tools: bool = True
    """Whether its models can call tools."""
    reasons: bool = True
    """Whether its models can show what they think."""
    texts_at_once: int | None = None
    """How many texts one request for embeddings may hold, where the service sets a limit."""
    key_setting: str = "api_key"
    """The setting that holds the key; empty when the service knows none."""

    expected_failures: Mapping[str, str] = {}
    """Tests that the provider cannot pass, each with the reason; they run, and reports say so."""
    patience: float = 3.0
    """Seconds to wait for what follows at once, such as a connection that is closed."""

    def settings(self, url: str) -> Mapping[str, Any]:
        """Return the settings that lead the provider to the service at `url`, without its key."""
        return {"base_url": url}

    def replies(self, scenario: Scenario, streaming: bool) -> Reply:
        """Say a scenario in the service's dialect; by default as the OpenAI dialect has it."""
        return openai_reply(scenario, streaming)

    @pytest.fixture(autouse=True)
    def _apart(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """Keep the keys and the `aikit.toml` of this machine out of the tests."""
        for name in [name for name in os.environ if PRIVATE.search(name)]:
            monkeypatch.delenv(name)
        monkeypatch.chdir(tmp_path)

    @contextmanager
    def _set_up(
        self,
        ability: Ability,
        said: Said | None,
        key: str | None,
        given: Mapping[str, Any],
        http_client: Any = None,
    ) -> Iterator[Bench]:
        """Run the service, if there is one, and make a Kit that leads to it."""
        bench = Bench(self, ability, said or plain(ability))
        if not self.over_http:
            bench.kit = Kit(providers={self.provider: {**self.settings(""), **given}})
            yield bench
            return
        with Service(bench.answer) as bench.service:
            keys = {self.key_setting: key} if key and self.key_setting else {}
            settings = {**self.settings(bench.service.url), **keys, **given}
            bench.kit = Kit(providers={self.provider: settings}, http_client=http_client)
            yield bench

    @asynccontextmanager
    async def _opened(
        self,
        ability: Ability,
        said: Said | None = None,
        *,
        key: str | None = KEY,
        http_client: Any = None,
        **settings: Any,
    ) -> AsyncGenerator[Bench, None]:
        """Open a bench, with more settings of the provider if need be."""
        with self._set_up(ability, said, key, settings, http_client) as bench:
            async with bench.kit:
                yield bench

    @asynccontextmanager
    async def _served(
        self, ability: Ability, said: Said | None = None, *, key: str | None = KEY, **settings: Any
    ) -> AsyncGenerator[Bench, None]:
        """Open a bench for what only a service can show."""
        if not self.over_http:
            not_applicable("the provider asks no service over HTTP")
        await self._need(ability)
        async with self._opened(ability, said, key=key, **settings) as bench:
            yield bench

    async def _abilities(self) -> list[Ability]:
        """Return what the provider can do: what it refuses as unsupported, it cannot."""
        if type(self) not in KNOWN:
            names: Sequence[Ability] = ("chat", "complete", "embed", "rerank", "models")
            KNOWN[type(self)] = [name for name in names if await self._can(name)]
        return KNOWN[type(self)]

    async def _can(self, ability: Ability) -> bool:
        async with self._opened(ability) as bench:
            if not hasattr(bench.kit.provider(self.provider), ability):
                return False
            try:
                await bench.ask()
            except Unsupported:
                return bool(bench.received)
            except AIError:
                return True  # it tries, and the tests will tell what is wrong
            return True

    async def _need(self, ability: Ability, streaming: bool = False) -> None:
        if ability not in await self._abilities():
            not_applicable(f"the provider has no {ability!r}")
        if streaming and not self.streams:
            not_applicable("the provider does not stream")

    def _streams(self, ability: Ability) -> bool:
        return self.streams and ability in ("chat", "complete")

    async def _streaming(self, ability: Ability, streaming: bool) -> None:
        """Go on where the ability streams, if that is asked for."""
        if streaming and ability not in ("chat", "complete"):
            not_applicable(f"{ability!r} does not stream")
        await self._need(ability, streaming)

    async def _main(self) -> Ability:
        """Return the ability that stands for all where they work alike."""
        for ability in await self._abilities():
            if ability != "models":
                return ability
        not_applicable("the provider has nothing to ask")
