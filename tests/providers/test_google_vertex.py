"""What is special about `google-vertex`: places, families of models, and who is let in."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

import httpx2
import pytest
from aicore.errors import (
    AIError,
    BadConfig,
    BadReply,
    MissingKey,
    Unauthorized,
    Unsupported,
)
from aikit import ImagePart, JSONSchema, Kit, Message, Tool, ToolResultPart
from aikit.cli.exits import explain
from aikit_models import find, listed
from aikit_provider_google_vertex.models import family
from aikit_provider_google_vertex.provider import VertexProvider

Json: TypeAlias = dict[str, Any]
Answer: TypeAlias = Callable[[httpx2.Request], Json | tuple[int, Json]]

TOKEN = "ya29.test-token-5f3a9c"
KEY = "AQ.test-key-7d21"
ROOT = "https://aiplatform.googleapis.com"
MINE = "projects/mine/locations/global"
PROJECT: Mapping[str, Any] = {"project": "mine", "location": "global", "auth_token": TOKEN}
PIXEL = b"\x89PNG\r\n\x1a\n"
VARIABLES = (
    *("GOOGLE_CLOUD_PROJECT", "GOOGLE_VERTEX_PROJECT", "ANTHROPIC_VERTEX_PROJECT_ID"),
    *("GOOGLE_CLOUD_LOCATION", "GOOGLE_VERTEX_LOCATION", "CLOUD_ML_REGION"),
    *("GOOGLE_VERTEX_API_KEY", "GOOGLE_VERTEX_AUTH_TOKEN", "GOOGLE_VERTEX_BASE_URL"),
    *("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_API_KEY"),
)


@pytest.fixture(autouse=True)
def apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep what this machine is told about Google's cloud out of the tests."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")


def said(text: str = "Hello") -> Json:
    content = {"role": "model", "parts": [{"text": text}]}
    return {"candidates": [{"content": content, "finishReason": "STOP"}], "responseId": "r1"}


def message(text: str = "Hello") -> Json:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-5",
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }


def completion() -> Json:
    choice = {"index": 0, "message": {"role": "assistant", "content": "Hello"}}
    return {"id": "c1", "model": "open-1", "choices": [{**choice, "finish_reason": "stop"}]}


@asynccontextmanager
async def kit_for(
    answer: Answer, settings: Mapping[str, Any] = PROJECT
) -> AsyncIterator[tuple[Kit, list[httpx2.Request]]]:
    asked: list[httpx2.Request] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        if request.url.path.endswith("cat.png"):
            return httpx2.Response(200, headers={"content-type": "image/png"}, content=PIXEL)
        found = answer(request)
        status, body = found if isinstance(found, tuple) else (200, found)
        return httpx2.Response(status, json=body)

    async with (
        httpx2.AsyncClient(transport=httpx2.MockTransport(handle)) as client,
        Kit(providers={"google-vertex": settings}, http_client=client) as kit,
    ):
        yield kit, asked


def read(request: httpx2.Request) -> Json:
    body: Json = json.loads(request.content)
    return body


async def test_gemini_is_asked_in_the_project_with_the_token_in_a_header() -> None:
    async with kit_for(lambda request: said()) as (kit, asked):
        response = await kit.generate("Hi", model="google-vertex:gemini-3.5-flash")
        opened = kit.provider("google-vertex")
        assert isinstance(opened, VertexProvider)
        assert (opened.key_use, opened.dialect) == ("optional", "gemini")
    (request,) = asked
    assert response.text == "Hello"
    assert response.served_by is not None
    assert response.served_by.provider == "google-vertex"
    path = "publishers/google/models/gemini-3.5-flash:generateContent"
    assert str(request.url) == f"{ROOT}/v1beta1/{MINE}/{path}"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert "x-goog-api-key" not in request.headers


@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("global", "aiplatform.googleapis.com"),
        ("us", "aiplatform.us.rep.googleapis.com"),
        ("eu", "aiplatform.eu.rep.googleapis.com"),
        ("europe-west4", "europe-west4-aiplatform.googleapis.com"),
    ],
)
async def test_a_location_has_its_host(location: str, host: str) -> None:
    settings = {**PROJECT, "location": location}
    async with kit_for(lambda request: said(), settings) as (kit, asked):
        await kit.generate("Hi", model="google-vertex:gemini-3.5-flash")
    assert asked[0].url.host == host
    assert f"/locations/{location}/" in asked[0].url.path


@pytest.mark.parametrize("ending", ["", "/", "/v1", "/v1beta1"])
async def test_another_address_and_version_may_be_given(ending: str) -> None:
    settings = {**PROJECT, "base_url": f"https://proxy.example/ai{ending}", "api_version": "v1"}
    async with kit_for(lambda request: said(), settings) as (kit, asked):
        await kit.generate("Hi", model="google-vertex:gemini-3.5-flash")
    assert str(asked[0].url).startswith(f"https://proxy.example/ai/v1/{MINE}/publishers/")


@pytest.mark.parametrize(
    ("project", "location"),
    [
        ("GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION"),
        ("GOOGLE_VERTEX_PROJECT", "GOOGLE_VERTEX_LOCATION"),
        ("ANTHROPIC_VERTEX_PROJECT_ID", "CLOUD_ML_REGION"),
    ],
)
async def test_the_environment_names_the_place(
    project: str, location: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(project, "ours")
    monkeypatch.setenv(location, "us-east5")
    monkeypatch.setenv("GOOGLE_VERTEX_AUTH_TOKEN", TOKEN)
    monkeypatch.setenv("GOOGLE_VERTEX_BASE_URL", "http://localhost:1/v1")
    async with kit_for(lambda request: said(), {}) as (kit, asked):
        await kit.generate("Hi", model="google-vertex:gemini-3.5-flash")
    assert str(asked[0].url).startswith("http://localhost:1/v1beta1/projects/ours/locations/us-")
    assert asked[0].headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    ("settings", "kind", "told"),
    [
        ({}, MissingKey, "set GOOGLE_VERTEX_API_KEY for express mode, or GOOGLE_CLOUD_PROJECT"),
        ({"auth_token": TOKEN}, BadConfig, "needs a project: set GOOGLE_CLOUD_PROJECT, or"),
        ({"project": "mine"}, BadConfig, "needs a location: set GOOGLE_CLOUD_LOCATION, or"),
        ({"project": "a/../b", "location": "global"}, BadConfig, "'a/../b' is no project"),
        ({"project": "mine", "location": "evil.example/"}, BadConfig, "is no location"),
        ({**PROJECT, "api_version": "../v1"}, BadConfig, "no version of an API"),
        ({**PROJECT, "api_key": KEY}, BadConfig, "'api_key' is for express mode"),
        ({**PROJECT, "credentials": "key.json"}, BadConfig, "either 'auth_token' or 'credentials'"),
        ({**PROJECT, "projekt": "mine"}, BadConfig, "did you mean 'project'"),
        ({**PROJECT, "auth_token": 5}, BadConfig, "must be text"),
    ],
)
async def test_settings_that_lack_or_contradict_something_say_what_to_do(
    settings: Json, kind: type[AIError], told: str
) -> None:
    async with kit_for(lambda request: said(), settings) as (kit, asked):
        with pytest.raises(kind, match=told.replace(".", r"\.")) as raised:
            await kit.generate("Hi", model="google-vertex:gemini-3.5-flash")
    assert told in explain(raised.value)
    assert not asked


async def test_express_mode_needs_a_key_and_no_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_VERTEX_API_KEY", KEY)
    async with kit_for(lambda request: said(), {}) as (kit, asked):
        await kit.generate("Hi", model="google-vertex:gemini-3.5-flash")
        assert getattr(kit.provider("google-vertex"), "key_use", None) == "required"
        with pytest.raises(Unsupported, match="needs a project"):
            await kit.generate("Hi", model="google-vertex:claude-sonnet-5")
    (request,) = asked
    path = "publishers/google/models/gemini-3.5-flash:generateContent"
    assert str(request.url) == f"{ROOT}/v1beta1/{path}"
    assert request.headers["x-goog-api-key"] == KEY
    assert "authorization" not in request.headers


@pytest.mark.parametrize(
    ("model", "kind", "name"),
    [
        ("gemini-3.5-flash", "gemini", "gemini-3.5-flash"),
        ("google/gemini-3.5-flash", "gemini", "gemini-3.5-flash"),
        ("publishers/google/models/gemma-4", "gemini", "gemma-4"),
        ("models/gemini-x", "gemini", "gemini-x"),
        ("endpoints/123", "gemini", "endpoints/123"),
        ("projects/p/locations/l/endpoints/1", "gemini", "projects/p/locations/l/endpoints/1"),
        ("claude-opus-4-5@20251101", "claude", "claude-opus-4-5@20251101"),
        ("anthropic/claude-sonnet-5", "claude", "claude-sonnet-5"),
        ("publishers/anthropic/models/claude-x", "claude", "claude-x"),
        ("openai/gpt-oss-120b-maas", "open", "openai/gpt-oss-120b-maas"),
    ],
)
def test_a_models_name_tells_its_family(model: str, kind: str, name: str) -> None:
    assert family(model) == (kind, name)


async def test_a_tuned_model_is_asked_at_its_endpoint() -> None:
    async with kit_for(lambda request: said()) as (kit, asked):
        await kit.generate("Hi", model="google-vertex:endpoints/123")
        await kit.generate("Hi", model="google-vertex:projects/p/locations/l/endpoints/4")
    assert [request.url.path for request in asked] == [
        f"/v1beta1/{MINE}/endpoints/123:generateContent",
        "/v1beta1/projects/p/locations/l/endpoints/4:generateContent",
    ]


async def test_claude_is_asked_in_anthropics_dialect_with_the_model_in_the_path() -> None:
    shape = JSONSchema({"type": "object", "properties": {}})
    async with kit_for(lambda request: message()) as (kit, asked):
        response = await kit.generate(
            "Hi", model="google-vertex:claude-opus-4-5@20251101", max_tokens=9
        )
        await kit.generate(
            "Hi", model="google-vertex:anthropic/claude-sonnet-5", response_format=shape
        )
    first, second = asked
    assert (response.text, response.warnings) == ("Hello", ())
    publisher = f"{ROOT}/v1/{MINE}/publishers/anthropic/models"
    assert str(first.url) == f"{publisher}/claude-opus-4-5@20251101:rawPredict"
    assert first.headers["authorization"] == f"Bearer {TOKEN}"
    assert "anthropic-version" not in first.headers
    assert read(first) == {
        "anthropic_version": "vertex-2023-10-16",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "Hi"}],
    }
    assert "output_config" not in read(second)  # which the catalog knows
    assert read(second)["tools"][0]["name"] == "answer_in_json"


async def test_claude_streams_from_a_path_of_its_own() -> None:
    def answer(request: httpx2.Request) -> Json:
        return message()

    async with (
        kit_for(answer) as (kit, asked),
        kit.stream("Hi", model="google-vertex:claude-sonnet-5") as stream,
    ):
        text = "".join([piece async for piece in stream.text])
    assert text == "Hello"
    assert asked[0].url.path.endswith("/claude-sonnet-5:streamRawPredict")
    assert read(asked[0])["stream"] is True


async def test_beta_features_of_claude_are_named_in_a_header() -> None:
    options: Json = {"google-vertex": {"context_management": {"edits": []}}}
    async with kit_for(lambda request: message()) as (kit, asked):
        await kit.generate("Hi", model="google-vertex:claude-sonnet-5", provider_options=options)
    assert asked[0].headers["anthropic-beta"] == "context-management-2025-06-27"
    assert "anthropic_beta" not in read(asked[0])


async def test_claude_is_given_media_as_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {**PROJECT, "allow_private_media": True}
    seen = Message.user("What is it?", ImagePart(url="http://127.0.0.1/cat.png"))
    async with kit_for(lambda request: message(), settings) as (kit, asked):
        await kit.generate([seen], model="google-vertex:claude-sonnet-5")
    assert "authorization" not in asked[0].headers
    source = read(asked[1])["messages"][0]["content"][1]["source"]
    assert (source["type"], source["media_type"]) == ("base64", "image/png")


async def test_other_publishers_are_asked_in_openais_dialect() -> None:
    async with kit_for(lambda request: completion()) as (kit, asked):
        response = await kit.generate("Hi", model="google-vertex:deepseek-ai/deepseek-v3.2-maas")
        with pytest.raises(Unsupported, match="only Gemini and Claude"):
            await kit.count_tokens("Hi", model="google-vertex:deepseek-ai/deepseek-v3.2-maas")
        with pytest.raises(Unsupported, match="embeds nothing"):
            await kit.embed("Hi", model="google-vertex:deepseek-ai/deepseek-v3.2-maas")
    (request,) = asked
    assert response.text == "Hello"
    assert str(request.url) == f"{ROOT}/v1/{MINE}/endpoints/openapi/chat/completions"
    assert read(request)["model"] == "deepseek-ai/deepseek-v3.2-maas"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"


async def test_tokens_are_counted_for_both_families() -> None:
    def answer(request: httpx2.Request) -> Json:
        return {"totalTokens": 5} if "google" in request.url.path[20:] else {"input_tokens": 7}

    tool = Tool("weather", parameters={"type": "object"})
    options: Json = {"google-vertex": {"safetySettings": []}}
    settings: Json = {"tools": [tool], "tool_choice": "required", "metadata": {"team": "a"}}
    async with kit_for(answer) as (kit, asked):
        gemini = await kit.count_tokens(
            "Hi", model="google-vertex:gemini-3.5-flash", provider_options=options, **settings
        )
        claude = await kit.count_tokens("Hi", model="google-vertex:claude-sonnet-5")
    assert (gemini.tokens, claude.tokens) == (5, 7)
    assert read(asked[0]).keys() == {"contents", "tools"}
    assert asked[1].url.path.endswith("/publishers/anthropic/models/count-tokens:rawPredict")
    assert read(asked[1]) == {
        "anthropic_version": "vertex-2023-10-16",
        "model": "claude-sonnet-5",
        "messages": [{"role": "user", "content": "Hi"}],
    }


async def test_tiers_are_asked_for_by_headers_and_metadata_are_labels() -> None:
    model = "google-vertex:gemini-3.5-flash"
    async with kit_for(lambda request: said()) as (kit, asked):
        sent = await kit.generate("Hi", model=model, service_tier="flex", metadata={"team": "a"})
        await kit.generate("Hi", model=model)
    assert sent.warnings == ()
    assert asked[0].headers["x-vertex-ai-llm-shared-request-type"] == "flex"
    assert read(asked[0])["labels"] == {"team": "a"}
    assert not [name for name in asked[1].headers if name.startswith("x-vertex")]


async def test_files_are_given_by_address_and_never_fetched_for_gemini() -> None:
    message = Message.user(
        "What?",
        ImagePart(url="gs://mine/cat.png"),
        ImagePart(url="https://pictures.example/dog.png"),
    )
    model = "google-vertex:gemini-2.0-flash"
    async with kit_for(lambda request: said()) as (kit, asked):
        await kit.generate([message], model=model)
        with pytest.raises(Unsupported, match="keeps no files: give a `gs://` address"):
            await kit.generate([Message.user(ImagePart(file_id="files/abc"))], model=model)
    (request,) = asked
    assert read(request)["contents"][0]["parts"][1:] == [
        {"fileData": {"fileUri": "gs://mine/cat.png", "mimeType": "image/png"}},
        {"fileData": {"fileUri": "https://pictures.example/dog.png", "mimeType": "image/png"}},
    ]


def predictions(request: httpx2.Request) -> Json:
    items = [
        {
            "embeddings": {
                "values": [float(item["content"]), 1],
                "statistics": {"token_count": 2, "truncated": False},
            }
        }
        for item in read(request)["instances"]
    ]
    return {"predictions": items}


async def test_texts_are_embedded_by_predict() -> None:
    options = {"google-vertex": {"title": "T", "parameters": {"autoTruncate": False}}}
    async with kit_for(predictions) as (kit, asked):
        result = await kit.embed(
            [str(number) for number in range(251)],
            model="google-vertex:text-embedding-005",
            task="RETRIEVAL_DOCUMENT",
            dimensions=2,
            user="ada",
            provider_options=options,
        )
    assert [len(read(request)["instances"]) for request in asked] == [250, 1]
    assert asked[0].url.path.endswith("/publishers/google/models/text-embedding-005:predict")
    assert read(asked[1]) == {
        "instances": [{"content": "250", "task_type": "RETRIEVAL_DOCUMENT", "title": "T"}],
        "parameters": {"outputDimensionality": 2, "autoTruncate": False},
    }
    assert [vector[0] for vector in result.vectors] == [float(number) for number in range(251)]
    assert result.usage is not None
    assert result.usage.input_tokens == 502
    assert [warning.setting for warning in result.warnings] == ["user"]


async def test_some_models_embed_one_text_at_a_time() -> None:
    def answer(request: httpx2.Request) -> Json:
        if request.url.path.endswith(":predict"):
            return predictions(request)
        usage = {"promptTokenCount": 3, "totalTokenCount": 3}
        return {"embedding": {"values": [1, 2]}, "usageMetadata": usage}

    async with kit_for(answer) as (kit, asked):
        await kit.embed(["1", "2"], model="google-vertex:gemini-embedding-001")
        result = await kit.embed(
            ["a", "b"],
            model="google-vertex:gemini-embedding-2",
            task="CLUSTERING",
            dimensions=2,
            metadata={"team": "a"},
        )
        await kit.embed("c", model="google-vertex:gemini-embedding-2")
    assert [request.url.path.rpartition(":")[2] for request in asked] == [
        *["predict"] * 2,
        *["embedContent"] * 3,
    ]
    assert read(asked[3]) == {
        "content": {"parts": [{"text": "b"}]},
        "embedContentConfig": {"taskType": "CLUSTERING", "outputDimensionality": 2},
    }
    assert "embedContentConfig" not in read(asked[4])
    assert (result.vectors, result.usage and result.usage.input_tokens) == (((1, 2), (1, 2)), 6)
    assert [warning.setting for warning in result.warnings] == ["metadata"]


BAD: list[Json] = [
    {},
    {"predictions": []},
    {"predictions": [{"embeddings": {"values": ["x"]}}]},
    {"predictions": [{"embeddings": {"values": [1], "statistics": 5}}]},
    {"embedding": {}},
    {"embedding": {"values": [1]}, "usageMetadata": 5},
]


@pytest.mark.parametrize("body", BAD)
@pytest.mark.parametrize("model", ["text-embedding-005", "gemini-embedding-2"])
async def test_vectors_that_are_none_are_a_bad_reply(model: str, body: Json) -> None:
    async with kit_for(lambda request: body) as (kit, _):
        with pytest.raises(BadReply):
            await kit.embed("1", model=f"google-vertex:{model}")


async def test_vectors_without_statistics_tell_no_usage() -> None:
    body = {"predictions": [{"embeddings": {"values": [1]}}]}
    partly = {"predictions": [{"embeddings": {"values": [1], "statistics": {"truncated": True}}}]}
    async with kit_for(lambda request: body) as (kit, _):
        assert (await kit.embed("1", model="google-vertex:text-embedding-005")).usage is None
    async with kit_for(lambda request: partly) as (kit, _):
        usage = (await kit.embed("1", model="google-vertex:text-embedding-005")).usage
        assert usage is not None
        assert (usage.input_tokens, usage.lower_bound) == (None, True)


async def test_googles_models_are_listed_page_by_page() -> None:
    def answer(request: httpx2.Request) -> Json:
        assert "pageSize=100" in str(request.url)
        if "pageToken=more" in str(request.url):
            return {"publisherModels": [{"name": "publishers/google/models/b"}]}
        entry = {"name": "publishers/google/models/gemini-3.5-flash", "launchStage": "GA"}
        return {"publisherModels": [entry], "nextPageToken": "more"}

    async with kit_for(answer) as (kit, asked):
        models = await kit.models("google-vertex")
    assert [model.id for model in models] == ["gemini-3.5-flash", "b"]
    assert models[0].features["thinking_level"] is True
    assert asked[0].url.path == "/v1beta1/publishers/google/models"


async def test_a_token_that_a_function_gives_is_asked_for_before_each_call() -> None:
    given = iter(["one", "two", "three", "four"])

    def answer(request: httpx2.Request) -> Json | tuple[int, Json]:
        if request.headers["authorization"] == "Bearer two":
            error = {"code": 401, "message": "Token two is spent.", "status": "UNAUTHENTICATED"}
            return 401, {"error": error}
        return {"publisherModels": []} if request.method == "GET" else said()

    settings = {**PROJECT, "auth_token": lambda: next(given)}
    async with kit_for(answer, settings) as (kit, asked):
        await kit.generate("Hi", model="google-vertex:gemini-3.5-flash")
        await kit.generate("Hi", model="google-vertex:gemini-3.5-flash")
        await kit.models("google-vertex")
        await kit.generate("Hi", model="google-vertex:gemini-3.5-flash", api_key="mine")
    assert [request.headers["authorization"].rpartition(" ")[2] for request in asked] == [
        *("one", "two", "three", "four", "mine")
    ]


async def test_a_refusal_shows_neither_token() -> None:
    given = iter(["first-token", "second-token"])

    def answer(request: httpx2.Request) -> tuple[int, Json]:
        told = f"No {request.headers['authorization']}."
        return 401, {"error": {"code": 401, "message": told, "status": "UNAUTHENTICATED"}}

    settings = {**PROJECT, "auth_token": lambda: next(given)}
    async with kit_for(answer, settings) as (kit, asked):
        with pytest.raises(Unauthorized) as raised:
            await kit.generate("Hi", model="google-vertex:claude-sonnet-5")
    assert len(asked) == 2
    shown = f"{raised.value} {raised.value!r} {raised.value.as_dict()}"
    assert "-token" not in shown


THOUGHT = {"type": "thinking", "thinking": "Rain?", "signature": "c2lnbmVk"}
USE = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Oslo"}}
CALL = {"functionCall": {"name": "weather", "args": {"city": "Oslo"}}, "thoughtSignature": "c2ln"}


def begun(request: httpx2.Request) -> Json:
    """Call a tool, in the dialect that is asked in."""
    if "generateContent" in request.url.path:
        answer = said()
        answer["candidates"][0]["content"]["parts"] = [CALL]
        return answer
    return {**message(), "content": [THOUGHT, USE], "stop_reason": "tool_use"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("anthropic:claude-opus-4-6", "google-vertex:claude-opus-4-6"),
        ("google:gemini-3.5-flash", "google-vertex:gemini-3.5-flash"),
    ],
)
@pytest.mark.parametrize("back", [False, True], ids=["there", "back"])
async def test_a_conversation_goes_on_at_another_host_signatures_included(
    one: str, other: str, back: bool
) -> None:
    first, second = (other, one) if back else (one, other)
    asked: list[httpx2.Request] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(200, json=begun(request))

    weather = Tool("weather", parameters={"type": "object"})
    providers: Json = {name: {"api_key": KEY} for name in ("anthropic", "google")}
    async with (
        httpx2.AsyncClient(transport=httpx2.MockTransport(handle)) as client,
        Kit(providers={**providers, "google-vertex": PROJECT}, http_client=client) as kit,
    ):
        called = await kit.generate("How is it?", model=first, tools=[weather])
        results = [ToolResultPart(call.id, "wet") for call in called.tool_calls]
        talk = [Message.user("How is it?"), called.message, Message.tool(*results)]
        answer = await kit.generate(talk, model=second, tools=[weather])
    assert not [item for item in answer.warnings if item.setting == "messages"]
    sent = read(asked[1])
    if "gemini" in one:
        assert sent["contents"][1]["parts"] == [CALL]
    else:
        assert sent["messages"][1]["content"] == [THOUGHT, USE]


def test_what_is_known_of_a_model_is_known_where_it_is_served_too() -> None:
    for id in ("gemini-3.5-flash", "gemini-2.0-flash"):
        here, there = find("google-vertex", id), find("google", id)
        assert here is not None
        assert there is not None
        assert (here.provider, here.prices) == ("google-vertex", there.prices)
        assert here.features == {**there.features, "media_urls": True}
    here, there = (
        find("google-vertex", "claude-opus-4-5@20251101"),
        find("anthropic", "claude-opus-4-5"),
    )
    assert here is not None
    assert there is not None
    assert here.features == {**there.features, "json_schema": False}
    assert here.prices == ()  # places have prices of their own, which no source tells
    assert find("google-vertex", "gpt-4o") is None
    ids = [model.id for model in listed("google-vertex")]
    assert len(ids) == len(set(ids))
    assert {"gemini-3.5-flash", "claude-sonnet-5", "gemini-embedding-001"} < set(ids)
