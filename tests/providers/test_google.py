"""Google: where its calls go, with which key, and what its lists, counts and vectors come to."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import httpx2
import pytest
from aicore.errors import (
    AIError,
    BadInput,
    BadReply,
    Forbidden,
    InvalidRequest,
    MissingKey,
    NotFound,
    Overloaded,
    QuotaSpent,
    RateLimited,
    TimedOut,
    Unauthorized,
    Unsupported,
)
from aicore.messages import ImagePart, Message, ToolCallPart, ToolResultPart
from aicore.requests import NamedTool, Tool
from aikit import Kit
from aikit_wire.gemini.provider import GeminiProvider

Json: TypeAlias = dict[str, Any]
Answer: TypeAlias = Callable[[httpx2.Request], Json | tuple[int, Json]]

KEY = "AIza-test-5f3a9c"
BASE = "https://generativelanguage.googleapis.com/v1beta"


def said(text: str = "Hello") -> Json:
    content = {"role": "model", "parts": [{"text": text}]}
    return {"candidates": [{"content": content, "finishReason": "STOP"}], "responseId": "r1"}


@asynccontextmanager
async def kit_for(
    answer: Answer, key: str | None = KEY, **settings: Any
) -> AsyncIterator[tuple[Kit, list[httpx2.Request]]]:
    asked: list[httpx2.Request] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        if (picture := shown(request)) is not None:
            return picture
        found = answer(request)
        status, body = found if isinstance(found, tuple) else (200, found)
        return httpx2.Response(status, json=body)

    providers = {"google": settings | ({"api_key": key} if key else {})}
    async with (
        httpx2.AsyncClient(transport=httpx2.MockTransport(handle)) as client,
        Kit(providers=providers, http_client=client) as kit,
    ):
        yield kit, asked


def read(request: httpx2.Request) -> Json:
    body: Json = json.loads(request.content)
    return body


async def test_the_model_stands_in_the_path_and_the_key_in_a_header() -> None:
    async with kit_for(lambda request: said()) as (kit, asked):
        response = await kit.generate("Hi", model="google:gemini-3.5-flash")
        opened = kit.provider("google")
        assert isinstance(opened, GeminiProvider)
        assert opened.key_use == "required"
    (request,) = asked
    assert (response.text, response.finish_reason) == ("Hello", "stop")
    assert str(request.url) == f"{BASE}/models/gemini-3.5-flash:generateContent"
    assert request.headers["x-goog-api-key"] == KEY
    assert "authorization" not in request.headers
    assert "model" not in read(request)


async def test_a_stream_is_asked_for_as_events() -> None:
    async with (
        kit_for(lambda request: said(), query={"trace": "1"}) as (kit, asked),
        kit.stream("Hi", model="google:tunedModels/mine") as stream,
    ):
        text = "".join([piece async for piece in stream.text])
    (request,) = asked
    assert text == "Hello"
    assert str(request.url) == f"{BASE}/tunedModels/mine:streamGenerateContent?trace=1&alt=sse"
    assert request.headers["accept"] == "text/event-stream"


@pytest.mark.parametrize(
    "variable", ["GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY"]
)
async def test_the_key_is_found_in_the_vendors_variables(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    async with kit_for(lambda request: said(), key=None) as (kit, _):
        with pytest.raises(MissingKey, match="set GEMINI_API_KEY or GOOGLE_API_KEY"):
            await kit.generate("Hi", model="google:m")
    monkeypatch.setenv(variable, KEY)
    async with kit_for(lambda request: said(), key=None) as (kit, asked):
        await kit.generate("Hi", model="google:m")
    assert asked[0].headers["x-goog-api-key"] == KEY


async def test_what_a_model_takes_is_known_from_the_catalog() -> None:
    async with kit_for(lambda request: said()) as (kit, asked):
        new = await kit.generate("Hi", model="google:gemini-3.5-flash", reasoning="low")
        old = await kit.generate("Hi", model="google:gemini-2.5-flash", reasoning="low")
        strange = await kit.generate("Hi", model="google:gemini-99", reasoning="low")
    configs = [read(request)["generationConfig"]["thinkingConfig"] for request in asked]
    level = {"includeThoughts": True, "thinkingLevel": "low"}
    assert configs == [level, {"includeThoughts": True, "thinkingBudget": 1024}, level]
    assert [len(answer.warnings) for answer in (new, old, strange)] == [0, 1, 0]


async def test_a_tool_loop_keeps_ids_and_signatures() -> None:
    call = {
        "functionCall": {"name": "weather", "args": {"city": "Oslo"}, "id": "x1"},
        "thoughtSignature": "c2ln",
    }
    answers = [said(), said("Rain.")]
    answers[0]["candidates"][0]["content"]["parts"] = [call]
    weather = Tool("weather", parameters={"type": "object"})
    async with kit_for(lambda request: answers.pop(0)) as (kit, asked):
        first = await kit.generate(
            "How is it?", model="google:m", tools=[weather], tool_choice=NamedTool("weather")
        )
        results = [
            Message.user("How is it?"),
            first.message,
            Message.tool(ToolResultPart(first.tool_calls[0].id, "wet")),
        ]
        second = await kit.generate(results, model="google:m", tools=[weather])
    assert second.text == "Rain."
    model, user = read(asked[1])["contents"][1:]
    assert model["parts"] == [call]
    answer = {"id": "x1", "name": "weather", "response": {"output": "wet"}}
    assert user["parts"] == [{"functionResponse": answer}]


async def test_strict_calls_lose_nothing() -> None:
    async with kit_for(lambda request: said()) as (kit, asked):
        with pytest.raises(Unsupported, match="logit_bias dropped"):
            await kit.generate("Hi", model="google:m", logit_bias={"1": 1}, strict=True)
        with pytest.raises(Unsupported, match="user dropped"):
            await kit.embed("Hi", model="google:m", user="ada", strict=True)
        with pytest.raises(Unsupported, match="user dropped"):
            await kit.count_tokens("Hi", model="google:m", user="ada", strict=True)
    assert not asked


async def test_tokens_are_counted() -> None:
    told = {"totalTokens": 5, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 5}]}
    async with kit_for(lambda request: told) as (kit, asked):
        plain = await kit.count_tokens("Hi", model="google:m")
        whole = await kit.count_tokens(
            [Message.system("Be."), Message.user("Hi")], model="google:m", user="ada"
        )
    assert (plain.tokens, plain.raw, plain.warnings) == (5, told, ())
    assert [str(request.url) for request in asked] == [f"{BASE}/models/m:countTokens"] * 2
    assert read(asked[0]).keys() == {"contents"}
    assert read(asked[1])["generateContentRequest"]["model"] == "models/m"
    assert [warning.setting for warning in whole.warnings] == ["user"]


@pytest.mark.parametrize("body", [{}, {"totalTokens": "five"}])
async def test_a_count_that_is_none_is_a_bad_reply(body: Json) -> None:
    async with kit_for(lambda request: body) as (kit, _):
        with pytest.raises(BadReply, match="count of tokens"):
            await kit.count_tokens("Hi", model="google:m")


def embedded(request: httpx2.Request) -> Json:
    texts = [item["content"]["parts"][0]["text"] for item in read(request)["requests"]]
    usage = {"promptTokenCount": len(texts)}
    return {"embeddings": [{"values": [float(text), 1]} for text in texts], "usageMetadata": usage}


async def test_texts_are_embedded_a_hundred_at_a_time_in_their_order() -> None:
    async with kit_for(embedded) as (kit, asked):
        result = await kit.embed(
            [str(number) for number in range(201)], model="google:gemini-embedding-001", user="ada"
        )
    assert [len(read(request)["requests"]) for request in asked] == [100, 100, 1]
    assert {str(request.url) for request in asked} == {
        f"{BASE}/models/gemini-embedding-001:batchEmbedContents"
    }
    assert [vector[0] for vector in result.vectors] == [float(number) for number in range(201)]
    assert result.usage is not None
    assert result.usage.input_tokens == 201
    assert [warning.setting for warning in result.warnings] == ["user"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"embeddings": []},
        {"embeddings": [{"values": [1]}, {"values": [2]}]},
        {"embeddings": [{"values": ["x"]}]},
        {"embeddings": [{}]},
        {"embeddings": [{"values": [1]}], "usageMetadata": 5},
    ],
)
async def test_vectors_that_are_none_are_a_bad_reply(body: Json) -> None:
    async with kit_for(lambda request: body) as (kit, _):
        with pytest.raises(BadReply):
            await kit.embed("1", model="google:m")


async def test_the_list_of_models_is_read_to_its_last_page() -> None:
    def page(request: httpx2.Request) -> Json:
        number = int(request.url.params.get("pageToken", "0"))
        entry = {
            "name": f"models/gemini-{number}",
            "displayName": f"Gemini {number}",
            "inputTokenLimit": 1000,
            "outputTokenLimit": 100,
            "thinking": True,
        }
        more = {"nextPageToken": str(number + 1)} if number < 2 else {}
        return {"models": [entry, {"name": "tunedModels/x"}, 5], **more}

    async with kit_for(page) as (kit, asked):
        models = await kit.models("google")
    assert [request.url.params.get("pageSize") for request in asked] == ["1000"] * 3
    assert [model.id for model in models][::2] == ["gemini-0", "gemini-1", "gemini-2"]
    first, tuned = models[0], models[1]
    assert (first.name, first.context_window, first.max_output_tokens) == ("Gemini 0", 1000, 100)
    assert (first.features["reasoning"], first.provider, tuned.name) == (True, "google", None)


async def test_a_list_of_models_without_end_is_a_bad_reply() -> None:
    endless = {"models": [], "nextPageToken": "again"}
    async with kit_for(lambda request: endless) as (kit, _):
        with pytest.raises(BadReply, match="does not end"):
            await kit.models("google")


@pytest.mark.parametrize("body", [{}, {"models": 5}, {"data": []}])
async def test_a_list_that_is_none_is_a_bad_reply(body: Json) -> None:
    async with kit_for(lambda request: body) as (kit, _):
        with pytest.raises(BadReply, match="list of models"):
            await kit.models("google")


async def test_a_page_that_is_no_json_is_a_bad_reply() -> None:
    def handle(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, content=b"oops")

    providers = {"google": {"api_key": KEY}}
    async with (
        httpx2.AsyncClient(transport=httpx2.MockTransport(handle)) as client,
        Kit(providers=providers, http_client=client) as kit,
    ):
        with pytest.raises(BadReply, match="list of models"):
            await kit.models("google")


async def test_no_models_are_a_list_too() -> None:
    async with kit_for(lambda request: {"models": []}) as (kit, _):
        assert await kit.models("google") == []


INFO = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
BILLING = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "BILLING_DISABLED"}
RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"}


@pytest.mark.parametrize(
    ("status", "word", "details", "kind", "code"),
    [
        (400, "INVALID_ARGUMENT", [], InvalidRequest, "INVALID_ARGUMENT"),
        (400, "INVALID_ARGUMENT", [INFO], Unauthorized, "API_KEY_INVALID"),
        (401, "UNAUTHENTICATED", [], Unauthorized, "UNAUTHENTICATED"),
        (403, "PERMISSION_DENIED", [], Forbidden, "PERMISSION_DENIED"),
        (403, "PERMISSION_DENIED", [BILLING], QuotaSpent, "BILLING_DISABLED"),
        (404, "NOT_FOUND", [], NotFound, "NOT_FOUND"),
        (429, "RESOURCE_EXHAUSTED", [5, RETRY], RateLimited, "RESOURCE_EXHAUSTED"),
        (500, "INTERNAL", None, Overloaded, "INTERNAL"),
        (503, "UNAVAILABLE", [], Overloaded, "UNAVAILABLE"),
        (504, "DEADLINE_EXCEEDED", [], TimedOut, "DEADLINE_EXCEEDED"),
    ],
)
async def test_errors_are_named_by_what_google_calls_them(
    status: int, word: str, details: Any, kind: type[AIError], code: str
) -> None:
    error = {"code": status, "message": f"No {KEY}.", "status": word, "details": details}
    for body in ({"error": error}, [{"error": error}]):
        async with kit_for(lambda request, body=body: (status, body)) as (kit, _):  # type: ignore[misc]
            with pytest.raises(kind) as raised:
                await kit.generate("Hi", model="google:m")
        found = raised.value
        assert (found.status, found.vendor_code) == (status, code)
        assert found.retry_after == (34 if word == "RESOURCE_EXHAUSTED" else None)
        assert KEY not in f"{found} {found!r} {found.details}"


@pytest.mark.parametrize("ask", ["embed", "count_tokens", "models"])
async def test_an_error_under_a_good_status_is_raised(ask: str) -> None:
    error = {"error": {"code": 503, "message": "Later.", "status": "UNAVAILABLE"}}
    async with kit_for(lambda request: error) as (kit, _):
        with pytest.raises(Overloaded, match="Later"):
            match ask:
                case "embed":
                    await kit.embed("Hi", model="google:m")
                case "count_tokens":
                    await kit.count_tokens("Hi", model="google:m")
                case _:
                    await kit.models("google")


PNG = b"\x89PNG\r\n\x1a\npixels"
PICTURE = "http://10.0.0.7/cat.png"
SECURE = "https://10.0.0.7/cat.png"
FILM = "https://www.youtube.com/watch?v=1"
UPLOADED = f"{BASE}/files/abc"


def shown(request: httpx2.Request) -> httpx2.Response | None:
    """Answer as a host of pictures, unless it is the service that is asked."""
    if request.headers["host"].startswith("10.0.0.7"):
        return httpx2.Response(200, content=PNG, headers={"content-type": "image/png"})
    return None


@pytest.mark.parametrize(
    ("model", "url", "inline"),
    [
        ("gemini-3.5-flash", SECURE, False),
        ("gemini-99", SECURE, False),
        ("gemini-3.5-flash", PICTURE, True),
        ("gemini-2.0-flash", SECURE, True),
        ("gemini-2.0-flash", FILM, False),
        ("gemini-2.0-flash", UPLOADED, False),
        ("gemini-2.0-flash", "gs://bucket/cat.png", False),
    ],
)
async def test_media_are_fetched_only_where_the_service_does_not(
    model: str, url: str, inline: bool
) -> None:
    message, told = Message.user(ImagePart(url=url)), {**said(), "totalTokens": 5}
    async with kit_for(lambda request: told, allow_private_media=True) as (kit, asked):
        await kit.generate([message], model=f"google:{model}")
        await kit.count_tokens([message], model=f"google:{model}")
    ours = [request for request in asked if request.url.host != "10.0.0.7"]
    generated, counted = (read(request)["contents"][0]["parts"] for request in ours)
    assert generated == counted
    assert ("inlineData" in generated[0]) is inline
    assert len(asked) - len(ours) == (2 if inline else 0)
    assert all("x-goog-api-key" not in request.headers for request in asked if request not in ours)


async def test_media_of_a_function_are_bytes() -> None:
    result = ToolResultPart("c", [ImagePart(url=SECURE)], "look")
    turns = [Message.user("Hi"), Message.assistant(ToolCallPart("c", "look")), Message.tool(result)]
    async with kit_for(lambda request: said(), allow_private_media=True) as (kit, asked):
        await kit.generate(turns, model="google:gemini-3.5-flash")
        await kit.generate(turns, model="google:gemini-2.5-flash")
    first, second = (read(request)["contents"][2]["parts"] for request in asked[1:])
    assert "inlineData" in first[0]["functionResponse"]["parts"][0]
    assert second[2] == {"fileData": {"fileUri": SECURE, "mimeType": "image/png"}}


async def test_media_of_a_private_network_are_not_fetched() -> None:
    async with kit_for(lambda request: said()) as (kit, asked):
        with pytest.raises(BadInput, match="not public"):
            await kit.generate([Message.user(ImagePart(url=PICTURE))], model="google:m")
    assert not asked
