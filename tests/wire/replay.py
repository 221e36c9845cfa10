"""Has a Kit ask for a recorded answer, cut into network reads of our choosing."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

import httpx2
from aicore.errors import AIError
from aicore.events import Event
from aicore.fold import Folder
from aicore.models import ModelInfo
from aicore.requests import CompleteRequest, CountTokensRequest, EmbedRequest, RerankRequest
from aicore.responses import Produce, Response
from aikit import Kit

from .api import AnyRequest, ListModels
from .apis import api_of
from .corpus import Exchange, Json

KEY = "sk-wire-4f1d0a7c93"
STREAM_CUTS = 7
BODY_CUTS = 3


class Reads(httpx2.AsyncByteStream):
    """A body that arrives in exactly these network reads."""

    def __init__(self, reads: Sequence[bytes]) -> None:
        self.reads = reads

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.reads:
            yield piece


class Service(httpx2.AsyncBaseTransport):
    """A vendor that gives one recorded answer to everything, and keeps what it was asked."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.reads: Sequence[bytes] = ()
        self.asked: list[httpx2.Request] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        await request.aread()
        self.asked.append(request)
        status, headers = self.exchange.status, self.exchange.headers
        return httpx2.Response(status, headers=headers, stream=Reads(self.reads))


@dataclass
class Outcome:
    """What came of one call: an answer or an error, and the events up to it."""

    result: Response | Produce | tuple[ModelInfo, ...] | None = None
    error: AIError | None = None
    events: list[Event] = field(default_factory=list)

    @property
    def partial(self) -> Response:
        """What the events amount to so far."""
        folder = Folder()
        for event in self.events:
            folder.add(event)
        return folder.partial()


@dataclass
class Sent:
    """A request as it went out."""

    method: str
    url: str
    headers: dict[str, str]
    body: Json


def request_of(exchange: Exchange) -> AnyRequest:
    """Return the recorded request as one of ours, or the shortest one where there is none."""
    api = api_of(exchange)
    if exchange.asked is None:
        return api.minimal(exchange)
    return api.read(copy.deepcopy(exchange.asked), exchange)


def deliveries(exchange: Exchange) -> Iterator[tuple[str, list[bytes]]]:
    """Yield the ways to cut an answer into reads: whole, at random places, each byte alone."""
    body = exchange.body
    yield "whole", [body]
    dice = random.Random(exchange.name)
    wanted = STREAM_CUTS if exchange.recorded["response"]["stream"] else BODY_CUTS
    inside = range(1, len(body))
    cuts = sorted(dice.sample(inside, min(wanted, len(inside))))
    bounds = [0, *cuts, len(body)]
    pieces = [body[start:end] for start, end in pairwise(bounds)]
    yield f"cut at {cuts}", pieces
    if exchange.recorded["response"]["stream"]:
        yield "byte by byte", [body[index : index + 1] for index in range(len(body))]


def base_url(exchange: Exchange) -> str | None:
    """Return the address that the recorded client was set to, or None when it is not known."""
    request = exchange.request
    if request is None:
        return None
    path = api_of(exchange).path(exchange).partition("?")[0]
    return f"https://{request['host']}{unquote(request['path']).removesuffix(unquote(path))}"


async def replay(exchange: Exchange) -> tuple[dict[str, Outcome], list[Sent]]:
    """Ask once per delivery; return the outcomes by delivery and all requests that went out."""
    service = Service(exchange)
    request = request_of(exchange)
    settings: dict[str, Any] = {api_of(exchange).key_setting: KEY}
    if address := base_url(exchange):
        settings["base_url"] = address
    settings |= api_of(exchange).settings(exchange)
    outcomes = {}
    async with (
        httpx2.AsyncClient(transport=service) as client,
        Kit(providers={exchange.provider: settings}, http_client=client) as kit,
    ):
        for name, service.reads in deliveries(exchange):
            outcomes[name] = await ask(kit, request, api_of(exchange).streaming(exchange))
    return outcomes, [sent(item) for item in service.asked]


async def ask(kit: Kit, request: AnyRequest, streaming: bool) -> Outcome:
    """Make one call, and turn whatever comes of it into an outcome."""
    outcome = Outcome()
    try:
        if isinstance(request, ListModels):
            outcome.result = tuple(await kit.models(request.provider))
        elif isinstance(request, EmbedRequest):
            outcome.result = await kit.embed(request)
        elif isinstance(request, RerankRequest):
            outcome.result = await kit.rerank(request)
        elif isinstance(request, CountTokensRequest):
            outcome.result = await kit.count_tokens(request)
        elif streaming:
            async with kit.stream(request) as stream:
                async for event in stream:
                    outcome.events.append(event)
                outcome.result = await stream.response()
        elif isinstance(request, CompleteRequest):
            outcome.result = await kit.complete(request)
        else:
            outcome.result = await kit.generate(request)
    except AIError as error:
        outcome.error = error
    return outcome


def sent(request: httpx2.Request) -> Sent:
    body = json.loads(request.content) if request.content else {}
    return Sent(request.method, str(request.url), dict(request.headers), body)
