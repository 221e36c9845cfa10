"""Cohere, asked over HTTP: addresses, keys, pages, errors, and what the pages say of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from aicore.errors import (
    AIError,
    BadConfig,
    BadReply,
    Forbidden,
    InvalidRequest,
    NotFound,
    Overloaded,
    RateLimited,
    Unauthorized,
    Unsupported,
)
from aicore.rate_limits import RateLimit
from aicore.requests import CompleteRequest
from aikit import FilePart, Kit, Message
from aikit_provider_cohere import aikit_providers
from aikit_provider_cohere.provider import PAGES, CohereProvider

from ..docs.pages import code, page
from .cohere_cases import CASES, Json, sse, whole

KEY = "co-4f1d0a7c93"
MODEL = "cohere:command-a-03-2025"


class Cohere:
    """A service that gives its answers in their order, the last one again and again."""

    def __init__(self, *answers: Any, status: int = 200) -> None:
        self.answers = list(answers)
        self.status = status
        self.asked: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, bytes):
            headers = {"content-type": "text/event-stream"}
            return httpx2.Response(self.status, headers=headers, content=answer)
        limits = {"x-ratelimit-limit-requests": "10"}
        return httpx2.Response(self.status, json=answer, headers=limits)

    @property
    def body(self) -> Json:
        body: Json = json.loads(self.asked[-1].content)
        return body

    @asynccontextmanager
    async def kit(self, **settings: Any) -> AsyncIterator[Kit]:
        given = {"cohere": {"api_key": KEY, **settings}}
        transport = httpx2.MockTransport(self)
        async with (
            httpx2.AsyncClient(transport=transport) as client,
            Kit(providers=given, http_client=client) as kit,
        ):
            yield kit


async def test_a_chat_goes_to_v2_with_the_key() -> None:
    service = Cohere(whole({"content": "Hi"}))
    async with service.kit() as kit:
        response = await kit.generate("Hi", model=MODEL)
    (asked,) = service.asked
    assert (asked.method, str(asked.url)) == ("POST", "https://api.cohere.com/v2/chat")
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert service.body["model"] == "command-a-03-2025"
    assert response.served_by
    assert response.cost
    assert str(response.cost.usd) == "0.0001000"  # of 12 and 7 tokens that are billed


async def test_a_stream_is_read_as_it_comes() -> None:
    service = Cohere(sse(*CASES["text"][0]))
    async with service.kit() as kit, kit.stream("Hi", model=MODEL) as stream:
        assert [text async for text in stream.text] == ["Hi", " there", " 🌍", "!"]
    assert service.body["stream"] is True


@pytest.mark.parametrize("variable", ["COHERE_API_KEY", "CO_API_KEY"])
async def test_key_and_address_may_be_in_variables(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, KEY)
    monkeypatch.setenv("CO_API_URL", "https://co.example")
    service = Cohere(whole({"content": "Hi"}))
    async with service.kit(api_key=None) as kit:
        await kit.generate("Hi", model=MODEL)
    assert str(service.asked[0].url) == "https://co.example/v2/chat"
    assert service.asked[0].headers["authorization"] == f"Bearer {KEY}"


async def test_a_document_behind_a_url_is_fetched() -> None:
    service = Cohere("The text.", whole({"content": "Hi"}))
    async with service.kit(allow_private_media=True) as kit:
        document = FilePart(url="http://127.0.0.1/facts.txt", media_type="text/plain")
        await kit.generate(Message.user("Hi", document), model=MODEL)
    (sent,) = service.body["documents"]
    assert sent == {"id": "doc:0", "data": {"text": '"The text."'}}


async def test_v1_is_spoken_where_the_settings_say_so() -> None:
    old = {"generation_id": "g", "text": "Hi", "finish_reason": "COMPLETE"}
    service = Cohere(old)
    async with service.kit(api="v1") as kit:
        assert (await kit.generate("Hi", model=MODEL)).text == "Hi"
        assert service.asked[0].url.path == "/v1/chat"
        with pytest.raises(Unsupported, match="leave out `api`"):
            await kit.generate([Message.assistant("Hi")], model=MODEL)
    lines = [
        {"event_type": "text-generation", "text": "Hi", "is_finished": False},
        {"event_type": "stream-end", "is_finished": True, "response": old},
    ]
    streaming = Cohere("".join(json.dumps(line) + "\n" for line in lines).encode())
    async with streaming.kit(api="v1") as kit, kit.stream("Hi", model=MODEL) as stream:
        assert (await stream.response()).text == "Hi"
    assert streaming.asked[0].headers["accept"] == "application/stream+json"
    for wrong in ("v3", 1):
        with pytest.raises(BadConfig, match="'api' is one of v2, v1"):
            Kit(providers={"cohere": {"api": wrong}}).provider("cohere")


async def test_completions_go_to_v1() -> None:
    texts = [{"id": "g", "text": " a time", "finish_reason": "COMPLETE"}]
    service = Cohere({"id": "x", "generations": texts})
    async with service.kit() as kit:
        response = await kit.complete("Once upon", model="cohere:command")
        assert (response.text, response.usage) == (" a time", None)
        request = CompleteRequest(model="cohere:command", prompt="Once upon")
        async with kit.stream(request) as stream:
            assert (await stream.response()).text == " a time"
    assert {asked.url.path for asked in service.asked} == {"/v1/generate"}


async def test_inputs_are_embedded_96_at_a_time() -> None:
    def answer(count: int) -> Json:
        rows = [[1.0, 2.0]] * count
        billed = {"billed_units": {"input_tokens": count}}
        return {"id": "e", "embeddings": {"float": rows, "int8": rows}, "meta": billed}

    service = Cohere(answer(96), answer(4))
    async with service.kit() as kit:
        texts = [f"text {number}" for number in range(100)]
        result = await kit.embed(texts, model="cohere:embed-v4.0", user="anna")
        assert [warning.setting for warning in result.warnings] == ["user"]
        with pytest.raises(Unsupported, match="user dropped"):
            await kit.embed(texts, model="cohere:embed-v4.0", user="anna", strict=True)
    assert [len(json.loads(asked.content)["texts"]) for asked in service.asked] == [96, 4]
    assert len(result.vectors) == 100
    assert result.raw
    assert len(result.raw["embeddings"]["int8"]) == 100
    assert result.usage
    assert result.usage.input_tokens == 100
    assert result.cost
    assert str(result.cost.usd) == "0.00001200"
    assert result.rate_limits
    assert result.rate_limits.limits == (RateLimit(unit="requests", limit=10),)


async def test_documents_are_ranked() -> None:
    results = [{"index": 1, "relevance_score": 0.75}, {"index": 0, "relevance_score": 0.25}]
    meta = {"api_version": {"version": "2"}, "billed_units": {"search_units": 1}}
    service = Cohere({"id": "r", "results": results, "meta": meta})
    async with service.kit() as kit:
        asked = {"model": "cohere:rerank-v4.0-pro", "top_n": 2}
        answer = await kit.rerank("which?", ["a", "b"], **asked)  # type: ignore[arg-type]
    assert service.asked[0].url.path == "/v2/rerank"
    assert service.body == {
        "model": "rerank-v4.0-pro",
        "query": "which?",
        "documents": ["a", "b"],
        "top_n": 2,
    }
    assert [(item.index, item.score) for item in answer.results] == [(1, 0.75), (0, 0.25)]
    assert answer.id == "r"
    assert answer.usage
    assert answer.usage.search_units == 1


async def test_models_are_listed_page_by_page() -> None:
    pages = ({"models": [{"name": "a"}], "next_page_token": "p 2"}, {"models": [{"name": "b"}]})
    service = Cohere(*pages)
    async with service.kit() as kit:
        assert [model.id for model in await kit.models("cohere")] == ["a", "b"]
    first, second = service.asked
    assert first.url.params["page_size"] == "1000"
    assert (second.url.path, second.url.params["page_token"]) == ("/v1/models", "p 2")
    endless = Cohere(pages[0])
    async with endless.kit() as kit:
        with pytest.raises(BadReply, match=f"more than {PAGES} pages"):
            await kit.models("cohere")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidRequest),
        (401, Unauthorized),
        (403, Forbidden),
        (404, NotFound),
        (422, InvalidRequest),
        (429, RateLimited),
        (500, Overloaded),
        (503, Overloaded),
    ],
)
async def test_errors_are_named_by_status(status: int, kind: type[AIError]) -> None:
    service = Cohere({"id": "x", "message": f"no, {KEY}"}, status=status)
    async with service.kit() as kit:
        with pytest.raises(kind, match="no, ") as caught:
            await kit.generate("Hi", model=MODEL)
    assert caught.value.status == status
    assert KEY not in f"{caught.value} {caught.value!r} {caught.value.details}"


def test_the_pages_list_what_the_provider_is() -> None:
    assert aikit_providers() == [CohereProvider]
    chats, _, shown = page("docs/providers.md").tables("Provider")
    (row,) = (row for row in chats if "`cohere`" in row)
    assert code(row[1]) == ["COHERE_API_KEY", "CO_API_KEY"]
    assert code(row[2]) == ["https://api.cohere.com", "CO_API_URL"]
    abilities = {"chat", "complete", "embed", "models", "count_tokens", "rerank"}
    assert {*code(row[3])} == {name for name in abilities if hasattr(CohereProvider, name)}
    (media,) = (row for row in shown if "`cohere`" in row)
    assert media[1:] == ["yes", "no", "yes", "no", "enforced"]
