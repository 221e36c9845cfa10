"""What holds of everything that reads answers, whatever they hold, and how it is checked.

Nothing but an error of ours comes out, what is read does not depend on where the network cuts a
body, and time and memory are bound by the body's size.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import pairwise
from time import process_time
from typing import Any, Protocol

from aicore.errors import AIError
from aicore.events import Event
from aicore.fold import fold, unfold
from aicore.responses import Response
from aicore.values import from_json, to_json
from aikit_wire.answer import AnswerDecoder, decoded
from aikit_wire.frames import Frame, FrameDecoder, FrameError
from aikit_wire.framing import Framing, sse_or_whole
from aikit_wire.transport import HTTPRequest

from ..wire import invented
from ..wire.anthropic import invented as of_anthropic
from ..wire.bedrock import invented as of_bedrock
from ..wire.cohere import invented as of_cohere
from ..wire.corpus import Exchange, exchanges
from ..wire.gemini import invented as of_gemini
from ..wire.ollama import invented as of_ollama
from ..wire.responses import invented as of_responses
from .answers import Json, sse

INVENTED = (invented, of_anthropic, of_bedrock, of_cohere, of_gemini, of_ollama, of_responses)
ASKED = HTTPRequest("POST", "https://acme.example/v1/chat")
LONGEST, MOST = 12_000, 24
"""Which recorded bodies are damaged: not the longest ones, and so many of each protocol."""


@cache
def recorded(*apis: str) -> Sequence[Exchange]:
    """Return some exchanges of a protocol, and all that the wire suite has invented of it."""
    made = [item for module in INVENTED for item in getattr(module, "ALL", ())]
    short = [item for item in traffic() if item.api in apis and len(item.body) <= LONGEST]
    return [*short[:: len(short) // MOST + 1], *(item for item in made if item.api in apis)]


@cache
def traffic() -> Sequence[Exchange]:
    return tuple(exchanges())


SECONDS, SECONDS_PER_BYTE = 5.0, 2e-5
"""Most of the first are for the garbage of a whole run of tests, collected at any moment."""


@contextmanager
def in_time(body: bytes) -> Iterator[None]:
    """Tell that the processor works no longer on a body than its size allows, ten times over."""
    began = process_time()
    yield
    assert process_time() - began < SECONDS + SECONDS_PER_BYTE * len(body)


class Target(Protocol):
    """Something that reads bodies."""

    @property
    def seeds(self) -> Sequence[bytes]:
        """Right bodies."""
        ...

    def check(self, body: bytes, cuts: Iterable[int] = (), content_type: str = "") -> None:
        """Read a body, in one network read and cut into several; raises `AssertionError`."""
        ...


class Reads:
    """A response whose body comes in some network reads."""

    status = 200

    def __init__(self, body: bytes, cuts: Iterable[int], content_type: str) -> None:
        self.headers: Mapping[str, str] = {"content-type": content_type}
        self._reads = pieces(body, cuts)

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        for read in self._reads:
            yield read

    async def aclose(self) -> None:
        """Have nothing to let go of."""


def pieces(body: bytes, cuts: Iterable[int]) -> list[bytes]:
    places = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    return [body[start:end] for start, end in pairwise(places) if start < end]


@dataclass(frozen=True)
class Fuzzed:
    """A dialect's decoder, right answers to damage, and how their pieces become a body."""

    decoder: Callable[[], AnswerDecoder]
    answers: Sequence[tuple[Sequence[Json | str], Json]]
    """The pieces of a stream, and the whole answer; a piece that is text is none to damage."""
    stream: Callable[..., bytes] = sse
    framing: Framing = sse_or_whole
    apis: tuple[str, ...] = ()
    """The protocols, by the recordings' names for them, whose answers it decodes."""
    piece: Callable[[Frame], Any] = lambda frame: value(frame.data)
    """Reads the piece that a frame of a stream holds; `stream` writes it again."""

    @cached_property
    def seeds(self) -> Sequence[bytes]:
        made = [self.stream(*stream) for stream, _ in self.answers]
        return [*made, *(item.body for item in recorded(*self.apis))]

    @cached_property
    def streams(self) -> Sequence[Sequence[Json | str]]:
        """The pieces of streams, made and recorded."""
        bodies = (item.body for item in recorded(*self.apis))
        return [*(stream for stream, _ in self.answers), *filter(None, map(self.cut, bodies))]

    def cut(self, body: bytes) -> Sequence[Json | str]:
        """Cut a recorded stream into its pieces; a whole answer has none."""
        frames = self.framing(body[:1024], "")
        read = [*frames.feed(body), *frames.close()] if frames else []
        return [told for frame in read if isinstance(told := self.piece(frame), dict)]

    @cached_property
    def wholes(self) -> Sequence[Any]:
        """Whole answers, made and recorded."""
        answers = [whole for _, whole in self.answers]
        return [*answers, *(item.answer for item in recorded(*self.apis) if item.answer)]

    def read(
        self, body: bytes, cuts: Iterable[int] = (), content_type: str = ""
    ) -> tuple[list[Event], dict[str, Any] | None]:
        """Decode a body; return the events, and the error that they ended in, if any."""
        events: list[Event] = []

        async def run() -> dict[str, Any] | None:
            response = Reads(body, cuts, content_type)
            try:
                there = nullcontext(response)
                async for batch in decoded(there, self.decoder(), ASKED, self.framing):
                    events.extend(batch)
            except AIError as error:
                return error.as_dict()
            return None

        with in_time(body):
            return events, asyncio.run(run())

    def check(self, body: bytes, cuts: Iterable[int] = (), content_type: str = "") -> None:
        """Decode; what comes of it must be an error of ours, or a response that is sound."""
        events, error = self.read(body, content_type=content_type)
        assert self.read(body, cuts, content_type) == (events, error)
        assert json.dumps(error)
        if error is None:
            response = fold(events)
            assert fold(unfold(response)) == response
            assert from_json(Response, to_json(response)) == response


@dataclass(frozen=True)
class Read:
    """What reads a body that comes whole: embeddings, lists of models, counts, errors."""

    of: Callable[..., object]
    answers: Sequence[Any]
    given: Mapping[str, Any] = field(default_factory=dict)
    counted: bytes = b""
    """What stands before each item of a body, where the reader wants to know how many there are."""
    apis: tuple[str, ...] = ()

    @cached_property
    def seeds(self) -> Sequence[bytes]:
        return [json.dumps(answer).encode() for answer in self.wholes]

    @cached_property
    def wholes(self) -> Sequence[Any]:
        return [*self.answers, *(item.answer for item in recorded(*self.apis) if item.answer)]

    def check(self, body: bytes, cuts: Iterable[int] = (), content_type: str = "") -> None:
        counts = [body.count(self.counted)] if self.counted else []
        with in_time(body), suppress(AIError):
            self.of(body, *counts, **self.given)


@dataclass(frozen=True)
class Frames:
    """A decoder of frames, and bodies in its format."""

    decoder: Callable[..., FrameDecoder]
    bodies: Sequence[bytes]
    format: str
    """The recordings' name for it."""

    @cached_property
    def seeds(self) -> Sequence[bytes]:
        streams = [item for item in traffic() if item.recorded["response"]["stream"]]
        own = [
            item for item in streams if item.recorded["response"]["stream_format"] == self.format
        ]
        short = [item.body for item in own if len(item.body) <= LONGEST]
        return [*self.bodies, *short[:: len(short) // MOST + 1]]

    def check(self, body: bytes, cuts: Iterable[int] = (), content_type: str = "") -> None:
        """Cut into frames; they hold no more than the body, and no faults but those of theirs."""
        cuts = list(cuts)
        for limit in ({}, {"max_bytes": 64}):
            with in_time(body):
                frames, fault = self.read(body, (), limit)
            assert self.read(body, cuts, limit) == (frames, fault)
            assert sum(len(frame.data) for frame in frames) <= len(body)

    def read(
        self, body: bytes, cuts: Iterable[int], limit: Mapping[str, int]
    ) -> tuple[list[Frame], str]:
        decoder, frames = self.decoder(**limit), list[Frame]()
        try:
            for read in pieces(body, cuts):
                frames += decoder.feed(read)
            frames += decoder.close()
        except FrameError as fault:
            return frames, str(fault)
        return frames, ""


def value(data: bytes) -> Any:
    with suppress(ValueError):
        return json.loads(data)
    return None
