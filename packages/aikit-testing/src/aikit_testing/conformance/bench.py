"""What the author of a provider tells the suite, and the bench on which each test puts it."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, NoReturn, ParamSpec, TypeAlias, TypeVar

import pytest
from aicore.calls import Batch
from aicore.context import Context
from aicore.errors import AIError, Unsupported
from aicore.events import TextDelta
from aicore.requests import ChatRequest, CompleteRequest
from aicore.responses import Embeddings, Response
from aicore.usage import Usage
from aikit import Kit

from aikit_testing.conformance.openai import openai_reply
from aikit_testing.conformance.scenario import Ability, Reply, Scenario
from aikit_testing.conformance.service import Delivery, Received, Service

KEY = "ZqTheKeyOfTheSuite"
"""Looks like no vendor's key, so that only what knows the key can hide it."""
LIMIT = 20.0
"""Seconds that one test may take."""
TEXT = ("Grüße ", "aus ", "Zürich: ", "π ≈ 3.14 ", "und 🌍", "!")
EMBEDDED = {"alpha-4711": (1.0, 0.5), "bravo-4711": (2.0, 0.25), "charlie-4711": (3.0, 0.125)}
MODELS = ("model-1", "model-2")
PRIVATE = re.compile("KEY|TOKEN|SECRET|PROXY|BASE|^AIKIT_", re.IGNORECASE)
"""Variables that a provider may read; the suite works without those of the machine."""

A = TypeVar("A", bound="Author")
P = ParamSpec("P")

Said: TypeAlias = Scenario | Callable[[Received], Scenario]


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


def plain(ability: Ability) -> Said:
    """Return the answer that a service gives when nothing is special."""
    match ability:
        case "embed":
            return lambda received: Scenario(ability="embed", vectors=vectors_for(received))
        case "models":
            return Scenario(ability="models", models=MODELS)
        case _:
            return Scenario(ability=ability, text=TEXT)


def vectors_for(received: Received) -> tuple[tuple[float, ...], ...]:
    return tuple(vector for text, vector in EMBEDDED.items() if text in received.everything)


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
        self, ability: Ability, said: Said | None, key: str | None, given: Mapping[str, Any]
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
            bench.kit = Kit(providers={self.provider: settings})
            yield bench

    @asynccontextmanager
    async def _opened(
        self, ability: Ability, said: Said | None = None, *, key: str | None = KEY, **settings: Any
    ) -> AsyncGenerator[Bench, None]:
        """Open a bench, with more settings of the provider if need be."""
        with self._set_up(ability, said, key, settings) as bench:
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
        known: list[Ability] | None = vars(type(self)).get("_known")
        if known is None:
            names: tuple[Ability, ...] = ("chat", "complete", "embed", "models")
            known = [name for name in names if await self._can(name)]
            type(self)._known = known  # type: ignore[attr-defined]
        return known

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

    async def _main(self) -> Ability:
        """Return the ability that stands for all where they work alike."""
        for ability in await self._abilities():
            if ability != "models":
                return ability
        not_applicable("the provider has nothing to ask")


class Bench:
    """A Kit with the provider under test, and the service that it asks."""

    kit: Kit
    service: Service | None = None

    def __init__(self, author: Author, ability: Ability, said: Said) -> None:
        self.author = author
        self.ability = ability
        self.said = said
        self.streaming = False
        self.deliver: Callable[[Reply], Delivery] = Delivery

    def answer(self, received: Received) -> Delivery:
        scenario = self.said(received) if callable(self.said) else self.said
        reply = self.author.replies(replace(scenario, sent=received.body), self.streaming)
        if reply.status == 429:
            reply = replace(reply, headers={**reply.headers, "retry-after": "7"})
        return self.deliver(reply)

    @property
    def received(self) -> Sequence[Received]:
        return self.service.received if self.service else ()

    @property
    def sent(self) -> str:
        """What the last request said."""
        return self.received[-1].everything

    @property
    def model(self) -> str:
        return f"{self.author.provider}:{self.author.model}"

    async def ask(
        self, question: Any = "question-4711", *, streaming: bool = False, **settings: Any
    ) -> Any:
        """Use the ability once, and return what comes of it."""
        self.streaming = streaming
        match self.ability:
            case "models":
                return await self.kit.models(self.author.provider)
            case "embed":
                texts = list(EMBEDDED) if question == "question-4711" else question
                return await self.kit.embed(texts, model=self.model, **settings)
            case "complete" if not streaming:
                return await self.kit.complete(question, model=self.model, **settings)
            case "chat" if not streaming:
                return await self.kit.generate(question, model=self.model, **settings)
            case _:
                async with self.stream(question, **settings) as stream:
                    return await stream.response()

    def stream(self, question: Any = "question-4711", **settings: Any) -> Any:
        self.streaming = True
        if self.ability == "complete":
            request = CompleteRequest(model=self.model, prompt=question)
            return self.kit.stream(request, **settings)
        return self.kit.stream(question, model=self.model, **settings)

    async def batches(self, streaming: bool, question: Any = "question-4711") -> list[Batch]:
        """Return the batches of a call as the Kit passes them on."""
        self.streaming = streaming
        request: ChatRequest | CompleteRequest
        if self.ability == "complete":
            request = CompleteRequest(model=self.model, prompt=question, streaming=streaming)
        else:
            request = ChatRequest(model=self.model, messages=question, streaming=streaming)
        return [batch async for batch in self.kit.call(request, Context())]

    async def read(self, arrived: asyncio.Event, **settings: Any) -> None:
        """Read a stream to its end, and tell when the first text has arrived."""
        async with self.stream(**settings) as stream:
            async for event in stream:
                if isinstance(event, TextDelta):
                    arrived.set()

    async def until(self, happened: Callable[[], bool], failure: str) -> None:
        """Wait for something that another thread brings about.

        Raises:
            AssertionError: it did not happen in time.
        """
        end = asyncio.get_running_loop().time() + self.author.patience
        while not happened():
            assert asyncio.get_running_loop().time() < end, failure
            await asyncio.sleep(0.002)

    async def until_text(self, reader: asyncio.Task[None], arrived: asyncio.Event) -> None:
        """Wait for the first text of a `read`, or for the error that came instead."""
        await self.until(
            lambda: arrived.is_set() or reader.done(),
            "half of the answer was sent, but no text came out",
        )
        if reader.done():
            reader.result()

    async def until_asked(self) -> None:
        await self.until(lambda: bool(self.received), "no request arrived at the service")

    async def until_left(self, after: str) -> None:
        service = self.service
        if service is not None:
            await self.until(
                lambda: not service.connected, f"the connection is still open after {after}"
            )


def half(reply: Reply) -> int:
    """Return how many chunks are the first half of a stream."""
    return max(1, len(reply.chunks) // 2)


def bytewise(reply: Reply) -> Reply:
    """Cut a reply into chunks of one byte."""
    whole = b"".join(reply.chunks)
    return replace(reply, chunks=[whole[at : at + 1] for at in range(len(whole))])


def facts(answer: Response | Embeddings) -> dict[str, Any]:
    """Return what must be the same however an answer was sent."""
    usage = answer.usage or Usage()
    said: dict[str, Any] = {
        "model": answer.model,
        "usage": (usage.input_tokens, usage.output_tokens, usage.reasoning_tokens),
        "warnings": answer.warnings,
    }
    if isinstance(answer, Response):
        said["candidates"] = [
            (
                [replace(part, provider_data={}) for part in candidate.parts],
                candidate.finish_reason,
                candidate.raw_finish_reason,
            )
            for step in answer.steps
            for candidate in step.candidates
        ]
    return said
