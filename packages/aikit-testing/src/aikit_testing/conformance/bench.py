"""The bench on which a test puts a provider: a Kit, the service it asks, and what both said."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from aicore.calls import Batch
from aicore.context import Context
from aicore.events import TextDelta
from aicore.messages import Part, ToolCallPart
from aicore.requests import ChatRequest, CompleteRequest
from aicore.responses import Embeddings, RerankResponse, Response
from aicore.usage import Usage
from aikit import Kit

from aikit_testing.conformance.scenario import Ability, Reply, Scenario
from aikit_testing.conformance.service import Delivery, Received, Service

if TYPE_CHECKING:
    from aikit_testing.conformance.author import Author

KEY = "ZqTheKeyOfTheSuite"
"""Looks like no vendor's key, so that only what knows the key can hide it."""
TEXT = ("Grüße ", "aus ", "Zürich: ", "π ≈ 3.14 ", "und 🌍", "!")
CALL_IDS = ("call-1", "call-2")
EMBEDDED = {"alpha-4711": (1.0, 0.5), "bravo-4711": (2.0, 0.25), "charlie-4711": (3.0, 0.125)}
SCORES = {"alpha-4711": 0.25, "bravo-4711": 0.875, "charlie-4711": 0.5}
MODELS = ("model-1", "model-2")

Said: TypeAlias = Scenario | Callable[[Received], Scenario]


def plain(ability: Ability) -> Said:
    """Return the answer that a service gives when nothing is special."""
    match ability:
        case "embed":
            return lambda received: Scenario(ability="embed", vectors=vectors_for(received))
        case "rerank":
            return lambda received: Scenario(ability="rerank", scores=scores_for(received))
        case "models":
            return Scenario(ability="models", models=MODELS)
        case _:
            return Scenario(ability=ability, text=TEXT)


def vectors_for(received: Received) -> tuple[tuple[float, ...], ...]:
    return tuple(vector for text, vector in EMBEDDED.items() if text in received.everything)


def scores_for(received: Received) -> tuple[float, ...]:
    return tuple(score for text, score in SCORES.items() if text in received.everything)


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
            case "rerank":
                documents = settings.pop("documents", list(SCORES))
                return await self.kit.rerank(question, documents, model=self.model, **settings)
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


def facts(answer: Response | Embeddings | RerankResponse) -> dict[str, Any]:
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
                [bare(part) for part in candidate.parts],
                candidate.finish_reason,
                candidate.raw_finish_reason,
            )
            for step in answer.steps
            for candidate in step.candidates
        ]
    return said


def bare(part: Part) -> Part:
    """Leave out what may differ from answer to answer.

    Services without ids for tool calls exist, so a provider may invent ids, new ones each time.
    """
    part = replace(part, provider_data={})
    if isinstance(part, ToolCallPart) and part.id not in CALL_IDS:
        part = replace(part, id="")
    return part
