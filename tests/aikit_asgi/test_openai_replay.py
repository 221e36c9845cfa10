"""Recorded answers of real services mean the same to the official client behind the gateway.

The client sends what the recorded client sent; what reaches the service must say the same too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2
import openai
import pytest
from aicore.errors import (
    AIError,
    BusyError,
    DeniedError,
    GarbledError,
    QuotaSpent,
    RateLimited,
    RefusedError,
)
from aicore.errors import NotFound as Missing
from aikit import Kit
from aikit_asgi import create_app

from ..wire.api import asked_in_body
from ..wire.apis import APIS, api_of
from ..wire.corpus import ABSENT, REQUIRED, Exchange, exchanges
from ..wire.differences import differences
from ..wire.openai import services, vocabulary
from ..wire.replay import KEY, Service, deliveries
from ..wire.scope import IN_SCOPE
from .server import serve

CHAT = [item for item in exchanges() if item.api == "openai-chat" and item.pair in IN_SCOPE]
STEP = 6
SAMPLE = [
    item
    for index, item in enumerate(CHAT)
    if index % STEP == 0 or (item.expected or {}).get("kind") == "error"
]
"""Every sixth exchange, and all that failed."""

STATUSES: Mapping[type[AIError], int] = {
    RateLimited: 429,
    QuotaSpent: 429,
    Missing: 404,
    RefusedError: 400,
    DeniedError: 502,
    GarbledError: 502,
    BusyError: 503,
}
WORDS = {"stop", "length", "tool_calls", "content_filter", "error"}
UNIFIED = {"tool-calls": "tool_calls", "content-filter": "content_filter", "other": "stop"}


class Replaying(httpx2.AsyncBaseTransport):
    """Gives the answer of whichever exchange is set, cut as its last delivery cuts it."""

    def __init__(self) -> None:
        self.service: Service

    def play(self, exchange: Exchange) -> None:
        self.service = Service(exchange)
        *_, (_, self.service.reads) = deliveries(exchange)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        return await self.service.handle_async_request(request)


@dataclass
class Heard:
    """What a client has heard of one answer."""

    id: str = ""
    model: str = ""
    reason: str | None = None
    usage: Any = None
    warnings: list[Any] = field(default_factory=list)
    texts: dict[int, str] = field(default_factory=dict)
    reasoning: str = ""
    refusal: str = ""
    calls: dict[int, list[str]] = field(default_factory=dict)
    error: openai.APIError | None = None

    def take(self, part: Any, choices: list[tuple[Any, Any]]) -> None:
        """Take a completion, or a chunk of one."""
        self.id, self.model = part.id, part.model
        self.usage = part.usage or self.usage
        self.warnings += (part.model_extra or {}).get("warnings", ())
        for choice, said in choices:
            self.texts[choice.index] = self.texts.get(choice.index, "") + (said.content or "")
            if choice.index:
                continue
            self.reason = choice.finish_reason or self.reason
            self.refusal += said.refusal or ""
            self.reasoning += (said.model_extra or {}).get("reasoning_content", "")
            if said.function_call:
                self.call(0, None, said.function_call)
            for index, call in enumerate(said.tool_calls or ()):
                self.call(getattr(call, "index", index), call.id, call.function)

    def call(self, index: int, id: str | None, function: Any) -> None:
        known = self.calls.setdefault(index, [id or "", function.name, ""])
        known[2] += function.arguments or ""


@pytest.fixture(scope="module")
def upstream() -> Replaying:
    return Replaying()


@pytest.fixture(scope="module")
def client(upstream: Replaying) -> Iterator[openai.OpenAI]:
    spoken = {pair[0] for pair in IN_SCOPE if pair[1] == "openai-chat"}
    providers = {name: {"api_key": KEY, **services.somewhere(name)} for name in spoken}
    kit = Kit(providers=providers, http_client=httpx2.AsyncClient(transport=upstream))
    with (
        serve(create_app(kit)) as address,
        openai.OpenAI(base_url=f"{address}/v1", api_key="any", max_retries=0) as client,
    ):
        yield client


def body_of(exchange: Exchange) -> dict[str, Any]:
    """Return the recorded body, or the shortest one where there is none."""
    asked = dict(exchange.asked or {"messages": [{"role": "user", "content": "hi"}]})
    asked.setdefault("stream", asked_in_body(exchange))
    model = asked.get("model") or (exchange.expected or {}).get("model") or "unknown"
    return {**asked, "model": f"{exchange.provider}:{model}"}


def listen(client: openai.OpenAI, body: dict[str, Any]) -> Heard:
    heard = Heard()
    named = {name: body.pop(name) for name in ("model", "messages", "stream")}
    try:
        told = client.chat.completions.create(**named, extra_body=body)
        if not named["stream"]:
            heard.take(told, [(choice, choice.message) for choice in told.choices])
        else:
            for part in told:
                heard.take(part, [(choice, choice.delta) for choice in part.choices])
    except openai.APIError as error:
        heard.error = error
    return heard


def test_the_corpus_is_there() -> None:
    if not CHAT:
        (pytest.fail if REQUIRED else pytest.skip)(ABSENT)


@pytest.mark.parametrize("exchange", SAMPLE, ids=lambda exchange: exchange.name)
def test_a_recorded_answer_means_the_same(
    client: openai.OpenAI, upstream: Replaying, exchange: Exchange
) -> None:
    upstream.play(exchange)
    heard = listen(client, body_of(exchange))
    (request,) = upstream.service.asked
    assert request.url.path.endswith(services.PATHS[exchange.api])
    header, value = api_of(exchange).authorization(KEY)
    assert request.headers[header] == value
    if exchange.asked is not None:
        asked, sent = plain(exchange.asked), plain(json.loads(request.content))
        dropped = {item["setting"] for item in heard.warnings if item["action"] == "dropped"}
        assert not list(differences(asked, sent, exchange.pair, dropped))
    expected = api_of(exchange).meaning(exchange)
    if expected is None:
        return
    failure = expected.get("stream_error")
    if expected["kind"] == "error":
        failed(expected, heard.error, asked_in_body(exchange))
        return
    compare(expected, heard)
    if failure or expected["finish_reason"] is None:
        assert heard.error is not None, "a stream that broke has ended cleanly"
        return
    assert heard.error is None
    ended(expected, heard, exchange)


def plain(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what a client repeats of an answer and no service reads in a question.

    Some clients say thoughts under both their names; which one a service reads, tests/wire proves.
    """
    copied: dict[str, Any] = json.loads(json.dumps(asked))
    for message in copied["messages"]:
        if message.get("annotations") == []:
            del message["annotations"]
        if thought := message.pop("reasoning", None):
            message.setdefault("reasoning_content", thought)
        for call in message.get("tool_calls") or ():
            call.pop("index", None)
    return copied


def failed(expected: Mapping[str, Any], error: openai.APIError | None, streaming: bool) -> None:
    """An error of the service has its family's status and keeps its words."""
    assert error is not None
    if isinstance(expected.get("error"), Mapping):
        expected = {"status": None, "type": None, **expected["error"]}
    family = APIS["openai-chat"].error(*(expected.get(name) for name in ("status", "code", "type")))
    if not expected.get("in_stream"):
        assert isinstance(error, openai.APIStatusError)
        wanted = next(code for kind, code in STATUSES.items() if issubclass(family, kind))
        assert error.status_code == wanted
    if not issubclass(family, DeniedError):
        assert expected["message"] in str(error)


def compare(expected: Mapping[str, Any], heard: Heard) -> None:
    """Text, thoughts, refusal and calls; nothing and the empty text are the same here."""
    assert heard.model == expected["model"]
    assert not expected.get("id") or heard.id == expected["id"]
    assert heard.texts.get(0, "") == (expected["text"] or "")
    assert heard.reasoning == (expected.get("reasoning") or "")
    assert heard.refusal == (expected.get("refusal") or "")
    if "choice_texts" in expected:
        assert [*heard.texts.values()] == [text or "" for text in expected["choice_texts"]]
    calls = list(expected.get("tool_calls") or ())
    if (legacy := expected.get("function_call")) and legacy["name"]:
        calls.append({"id": None, **legacy})
    assert len(heard.calls) == len(calls)
    for call, (id, name, arguments) in zip(calls, heard.calls.values(), strict=True):
        assert (call["id"] or id, call["name"]) == (id, name)
        assert json.loads(arguments or "null") == call["arguments"]


def ended(expected: Mapping[str, Any], heard: Heard, exchange: Exchange) -> None:
    """The reason in OpenAI's words, and the counts, in a stream only for who asks."""
    asked = exchange.asked or {}
    legacy, options = bool(asked.get("functions")), asked.get("stream_options") or {}
    raw = expected["finish_reason"]
    unified = vocabulary.finish_reason(raw, calls=bool(heard.calls))
    word = raw if raw in WORDS else UNIFIED.get(unified, unified)
    assert heard.reason == ("function_call" if legacy and word == "tool_calls" else word)
    counts = vocabulary.usage(expected.get("usage"))
    if counts is None or (asked_in_body(exchange) and not options.get("include_usage")):
        assert heard.usage is None
        return
    assert heard.usage.prompt_tokens == counts.input_tokens
    assert heard.usage.completion_tokens == (counts.output_tokens or 0)
    prompt, written = heard.usage.prompt_tokens_details, heard.usage.completion_tokens_details
    assert (prompt and prompt.cached_tokens) == counts.cache_read_tokens
    assert (written and written.reasoning_tokens) == counts.reasoning_tokens
