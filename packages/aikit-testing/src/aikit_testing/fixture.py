"""The provider `fixture:` answers from files, by a key that depends on the request alone."""

from __future__ import annotations

import hashlib
import math
import os
import re
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from aicore.calls import Batch
from aicore.context import Context
from aicore.errors import BadConfig, BadInput, NotFound
from aicore.events import (
    ArgumentsDelta,
    Event,
    Finished,
    Produced,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    Warned,
)
from aicore.fold import unfold
from aicore.hookspecs import hookimpl
from aicore.messages import TextPart
from aicore.models import ModelInfo
from aicore.providers import Host, Spec
from aicore.requests import (
    ChatRequest,
    CompleteRequest,
    EmbedRequest,
    Request,
    RerankRequest,
)
from aicore.responses import (
    CallWarning,
    Candidate,
    Embeddings,
    RankedDocument,
    RerankResponse,
    Response,
    Step,
)
from aicore.usage import Usage
from aicore.values import from_json, to_json

FOLDER = "AIKIT_FIXTURES"
ECHO = "echo"
DIMENSIONS = 8
Answer: TypeAlias = str | Response | Embeddings | RerankResponse
PIECES = re.compile(r"\s*\S+\s*")


def fixture_key(request: Request) -> str:
    """Return the key of a request: 16 hex digits, the same in every process and version 1.x.

    It is the SHA-256 of the request's JSON without `streaming`, so that an answer serves both
    ways of asking. The model's name counts without its provider.
    """
    kind = type(request).__name__
    canonical = to_json(replace(request, streaming=False))
    return hashlib.sha256(kind.encode() + b"\0" + canonical).hexdigest()[:16]


class Fixture:
    """Answers deterministically, without a network.

    `fixture:echo` repeats the last text it was given, and embeds texts as unit vectors made from
    their hash; a document's score is the share of the query's words that it holds. Any other model
    answers from `<folder>/<key>.json`, the JSON of a `Response`, of `Embeddings` or of a
    `RerankResponse`; the folder is the setting `folder` or the variable `AIKIT_FIXTURES`.
    """

    name = "fixture"

    def __init__(self, host: Host) -> None:
        unknown = sorted(host.settings.keys() - {"folder"})
        if unknown:
            raise BadConfig(f"provider 'fixture' has no setting {unknown[0]!r}; known: folder")
        folder = host.settings.get("folder") or os.environ.get(FOLDER)
        self._folder = Path(folder) if folder else None

    async def aclose(self) -> None:
        """Do nothing: nothing is open."""

    async def models(self, context: Context) -> Sequence[ModelInfo]:
        return [ModelInfo(id=ECHO, provider=self.name)]

    async def chat(self, request: ChatRequest, context: Context) -> AsyncGenerator[Batch, None]:
        if request.model == ECHO:
            heard = request.messages[-1].text
            said = sum(len(message.text.split()) for message in request.messages)
            response = replace(echoed(heard, said), warnings=ignored(request))
        else:
            response = self._stored(request, Response)
        for batch in told(response, request.streaming):
            yield batch

    async def complete(
        self, request: CompleteRequest, context: Context
    ) -> AsyncGenerator[Batch, None]:
        if request.model == ECHO:
            response = echoed(request.prompt, len(request.prompt.split()))
            response = replace(response, warnings=ignored(request))
        else:
            response = self._stored(request, Response)
        for batch in told(response, request.streaming):
            yield batch

    async def embed(self, request: EmbedRequest, context: Context) -> AsyncGenerator[Batch, None]:
        if request.model == ECHO:
            size = request.dimensions or DIMENSIONS
            result = Embeddings(
                model=ECHO,
                vectors=tuple(unit_vector(text, size) for text in request.inputs),
                usage=words(sum(len(text.split()) for text in request.inputs), 0),
            )
            warnings = tuple(map(Warned, ignored(request)))
        else:
            result, warnings = self._stored(request, Embeddings), ()
        yield (*warnings, Produced(result), Finished())

    async def rerank(self, request: RerankRequest, context: Context) -> AsyncGenerator[Batch, None]:
        if request.model == ECHO:
            read = sum(len(text.split()) for text in (request.query, *request.documents))
            results = ranked(request.query, request.documents)[: request.top_n]
            result = RerankResponse(model=ECHO, results=results, usage=words(read, 0))
            warnings = tuple(map(Warned, ignored(request)))
        else:
            result, warnings = self._stored(request, RerankResponse), ()
        yield (*warnings, Produced(result), Finished())

    def _stored(self, request: Request, kind: Any) -> Any:
        if self._folder is None:
            raise BadConfig(
                f"where are the answers of 'fixture:{request.model}'? Set {FOLDER}, or the "
                f"setting `folder`, to the folder that holds them"
            )
        path = self._folder / f"{fixture_key(request)}.json"
        try:
            text = path.read_bytes()
        except FileNotFoundError:
            raise NotFound(
                f"no answer for this request: {path} does not exist; write the JSON of a "
                f"{kind.__name__} there (aikit_testing.fixture.store does it)"
            ) from None
        try:
            return from_json(kind, text)
        except BadInput as error:
            raise BadConfig(f"{path} is no {kind.__name__}: {error.message}") from None


def store(folder: str | Path, request: Request, answer: Answer) -> Path:
    """Write the answer that `fixture:` shall give to a request, and return the file.

    The request's model is the one after `fixture:`. A string stands for a response of that text.
    """
    if isinstance(answer, str):
        answer = echoed(answer, 0)
    path = Path(folder) / f"{fixture_key(request)}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(to_json(answer) + b"\n")
    return path


def echoed(text: str, words_read: int) -> Response:
    candidate = Candidate(
        parts=(TextPart(text),) if text else (), finish_reason="stop", raw_finish_reason="stop"
    )
    usage = words(words_read, len(text.split()))
    return Response(model=ECHO, steps=(Step(candidates=(candidate,), usage=usage),))


def ignored(request: Request) -> tuple[CallWarning, ...]:
    """Say of each setting that an echo takes none."""
    spoken = {"model", "messages", "prompt", "inputs", "dimensions", "query", "documents", "top_n"}
    spoken |= {"user", "metadata", "provider_options", "streaming"}
    given = [name for name in request.__dataclass_fields__ if name not in spoken]
    return tuple(
        CallWarning(name, "dropped", "an echo takes no settings", "fixture")
        for name in given
        if getattr(request, name) not in (None, ())
    )


def ranked(query: str, documents: Sequence[str]) -> tuple[RankedDocument, ...]:
    """Rank documents by the share of the query's words that each holds."""
    wanted = set(query.lower().split())
    scored = [
        RankedDocument(index, len(wanted & set(text.lower().split())) / max(len(wanted), 1))
        for index, text in enumerate(documents)
    ]
    return tuple(sorted(scored, key=lambda item: -item.score))


def words(read: int, written: int) -> Usage:
    """Count words as tokens, and say that this is an estimate."""
    return Usage(input_tokens=read, output_tokens=written, estimated=True)


def told(response: Response, streaming: bool) -> Iterator[Batch]:
    """Tell a response at once, or word by word as a model would."""
    events = list(unfold(response))
    if not streaming:
        yield tuple(events)
        return
    for event in events:
        yield from ((piece,) for piece in pieces(event))


def pieces(event: Event) -> Iterator[Event]:
    match event:
        case TextDelta() | ReasoningDelta() | RefusalDelta() | ArgumentsDelta():
            for piece in PIECES.findall(event.text) or [event.text]:
                yield replace(event, text=piece)
        case _:
            yield event


def unit_vector(text: str, size: int) -> tuple[float, ...]:
    """Make a vector of length 1 that depends on the text alone."""
    numbers = hashlib.shake_256(text.encode()).digest(size)
    vector = [number - 127.5 for number in numbers]
    length = math.sqrt(sum(value * value for value in vector))
    return tuple(value / length for value in vector)


@hookimpl
def aikit_providers() -> Sequence[Spec]:
    return [Fixture]
