"""The provider of Anthropic: where requests go, with which key, and what comes back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from aicore.errors import BadConfig, BadReply, MissingKey, Overloaded, Unsupported
from aicore.requests import ChatRequest, ProviderTool
from aikit import JSONSchema, Kit, Message, TokenCount

KEY = "sk-ant-0123456789abcdef"
TOKEN = "token-0123456789abcdef"
MODEL = "anthropic:claude-sonnet-5"
COMPUTER = ProviderTool("anthropic-messages", {"type": "computer_20251124", "name": "computer"})
ANSWER = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-5",
    "content": [{"type": "text", "text": "Hi"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 1000, "output_tokens": 100, "service_tier": "standard"},
}


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@asynccontextmanager
async def kit_with(
    answer: Callable[[httpx2.Request], Any] = lambda request: ANSWER, **settings: Any
) -> AsyncIterator[tuple[Kit, list[httpx2.Request]]]:
    asked: list[httpx2.Request] = []

    def respond(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        found = answer(request)
        return found if isinstance(found, httpx2.Response) else httpx2.Response(200, json=found)

    async with (
        httpx2.AsyncClient(transport=httpx2.MockTransport(respond)) as client,
        Kit(providers={"anthropic": settings}, http_client=client) as kit,
    ):
        yield kit, asked


async def asked_with(**settings: Any) -> httpx2.Request:
    async with kit_with(**settings) as (kit, asked):
        await kit.generate("Hi", model=MODEL)
    return asked[0]


async def test_a_request_carries_key_and_version() -> None:
    request = await asked_with(api_key=KEY)
    assert str(request.url) == "https://api.anthropic.com/v1/messages"
    assert request.headers["x-api-key"] == KEY
    assert request.headers["anthropic-version"] == "2023-06-01"
    assert "authorization" not in request.headers
    assert "anthropic-beta" not in request.headers


@pytest.mark.parametrize(
    "address", ["https://a.example", "https://a.example/v1", "https://a.example/v1/"]
)
async def test_an_address_may_end_with_the_version(address: str) -> None:
    request = await asked_with(api_key=KEY, base_url=address)
    assert str(request.url) == "https://a.example/v1/messages"


async def test_the_address_may_be_in_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "https://b.example")
    assert (await asked_with(api_key=KEY)).url.host == "b.example"


async def test_a_bearer_token_is_sent_where_there_is_no_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", TOKEN)
    request = await asked_with()
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert "x-api-key" not in request.headers
    request = await asked_with(api_key=KEY)
    assert (request.headers["x-api-key"], "authorization" in request.headers) == (KEY, False)


async def test_a_token_in_the_settings_goes_before_a_key_in_a_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    request = await asked_with(auth_token=TOKEN)
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert "x-api-key" not in request.headers


async def test_with_a_token_a_key_is_no_longer_needed() -> None:
    cases: Any = (({"auth_token": TOKEN}, "optional"), ({"api_key": KEY}, "required"))
    for settings, use in cases:
        async with kit_with(**settings) as (kit, _):
            assert getattr(kit.provider("anthropic"), "key_use", None) == use


async def test_a_key_of_one_call_goes_before_the_token() -> None:
    async with kit_with(auth_token=TOKEN) as (kit, asked):
        await kit.generate("Hi", model=MODEL, api_key=KEY)
    assert (asked[0].headers["x-api-key"], "authorization" in asked[0].headers) == (KEY, False)


async def test_without_key_and_token_nothing_is_sent() -> None:
    async with kit_with() as (kit, asked):
        with pytest.raises(MissingKey, match="ANTHROPIC_API_KEY"):
            await kit.generate("Hi", model=MODEL)
    assert not asked


async def test_a_token_shows_in_no_error() -> None:
    error = {"type": "error", "error": {"type": "api_error", "message": f"{TOKEN} is odd"}}
    async with kit_with(lambda request: httpx2.Response(500, json=error), auth_token=TOKEN) as (
        kit,
        _,
    ):
        with pytest.raises(Overloaded) as raised:
            await kit.generate("Hi", model=MODEL)
        assert TOKEN not in f"{raised.value} {raised.value.details} {kit.provider('anthropic')}"


async def test_only_vendors_with_tokens_have_the_setting() -> None:
    async with Kit(providers={"openai": {"auth_token": TOKEN}}) as kit:
        with pytest.raises(BadConfig, match="auth_token"):
            await kit.generate("Hi", model="openai:gpt-5.2")


async def test_beta_features_are_named_in_a_header_and_not_in_the_body() -> None:
    async with kit_with(api_key=KEY, headers={"Anthropic-Beta": "of-settings"}) as (kit, asked):
        await kit.generate("Hi", model=MODEL)
        await kit.generate("Hi", model=MODEL, tools=[COMPUTER])
        await kit.generate(
            "Hi",
            model=MODEL,
            tools=[COMPUTER],
            headers={"Anthropic-Beta": "a, b"},
            provider_options={"anthropic": {"anthropic_beta": ["mine"]}},
        )
    told = [request.headers["anthropic-beta"] for request in asked]
    computer = "computer-use-2025-11-24"
    assert told == ["of-settings", f"of-settings,{computer}", f"a,b,mine,{computer}"]
    assert not any("anthropic_beta" in json.loads(request.content) for request in asked)


async def test_what_is_known_of_a_model_decides_what_it_is_sent() -> None:
    async with kit_with(api_key=KEY) as (kit, asked):
        response = await kit.generate("Hi", model=MODEL, temperature=0.5, reasoning="high")
    body = json.loads(asked[0].content)
    assert (body["max_tokens"], "temperature" in body) == (128_000, False)
    assert [warning.setting for warning in response.warnings] == ["max_tokens", "temperature"]
    assert response.cost is not None
    assert str(response.cost.usd) == "0.003000"


async def test_strictness_forgives_a_limit_that_had_to_be_chosen() -> None:
    async with kit_with(api_key=KEY) as (kit, asked):
        await kit.generate("Hi", model=MODEL, strict=True)
        with pytest.raises(Unsupported, match="seed"):
            await kit.generate("Hi", model=MODEL, strict=True, seed=3)
    assert len(asked) == 1


async def test_an_old_model_answers_a_schema_by_a_tool() -> None:
    call = {"type": "tool_use", "id": "t1", "name": "answer_in_json", "input": {"a": "b"}}
    answer = {**ANSWER, "content": [call], "stop_reason": "tool_use"}
    async with kit_with(lambda request: answer, api_key=KEY) as (kit, asked):
        response = await kit.generate(
            "Hi",
            model="anthropic:claude-3-haiku-20240307",
            response_format=JSONSchema({"type": "object", "properties": {"a": {}}}),
        )
    assert (response.text, response.finish_reason) == ('{"a": "b"}', "stop")
    assert json.loads(asked[0].content)["tool_choice"] == {"type": "any"}


async def test_an_answer_is_continued_after_a_pause() -> None:
    search = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"q": "x"}}
    paused = {**ANSWER, "content": [search], "stop_reason": "pause_turn"}
    async with kit_with(lambda request: paused, api_key=KEY) as (kit, asked):
        response = await kit.generate("Hi", model=MODEL)
        assert response.raw_finish_reason == "pause_turn"
        await kit.generate([Message.user("Hi"), response.message], model=MODEL)
    assert json.loads(asked[1].content)["messages"][-1] == {
        "role": "assistant",
        "content": [search],
    }


async def test_tokens_are_counted_by_the_service() -> None:
    async with kit_with(lambda request: {"input_tokens": 12}, api_key=KEY) as (kit, asked):
        count = await kit.count_tokens(
            [Message.system("Be brief."), Message.user("Hi")],
            model=MODEL,
            tools=[COMPUTER],
            temperature=0.5,
        )
    assert isinstance(count, TokenCount)
    assert (count.tokens, count.model) == (12, "claude-sonnet-5")
    assert [(item.setting, item.action) for item in count.warnings] == [("temperature", "noted")]
    assert asked[0].url.path == "/v1/messages/count_tokens"
    assert asked[0].headers["anthropic-beta"] == "computer-use-2025-11-24"
    assert json.loads(asked[0].content) == {
        "model": "claude-sonnet-5",
        "system": "Be brief.",
        "messages": [{"role": "user", "content": "Hi"}],
        "tools": [COMPUTER.data],
    }


async def test_a_strict_count_loses_nothing() -> None:
    other = ProviderTool("openai-chat", {})
    async with kit_with(lambda request: {"input_tokens": 1}, api_key=KEY) as (kit, asked):
        with pytest.raises(Unsupported, match="openai-chat"):
            await kit.count_tokens("Hi", model=MODEL, tools=[other], strict=True)
        whole = ChatRequest(model=MODEL, messages=(Message.user("Hi"),))
        assert (await kit.count_tokens(whole, strict=True)).tokens == 1
    assert len(asked) == 1


def paged(request: httpx2.Request) -> Any:
    after = request.url.params.get("after_id")
    number = int(after[1:]) + 1 if after else 0
    ids = [{"type": "model", "id": f"m{number}"}]
    return {"data": ids, "has_more": number < 2, "last_id": f"m{number}"}


async def test_models_are_listed_page_by_page() -> None:
    async with kit_with(paged, api_key=KEY) as (kit, asked):
        models = await kit.models("anthropic")
    assert [model.id for model in models] == ["m0", "m1", "m2"]
    assert [dict(request.url.params) for request in asked] == [
        {"limit": "1000"},
        {"limit": "1000", "after_id": "m0"},
        {"limit": "1000", "after_id": "m1"},
    ]


async def test_pages_that_go_nowhere_have_an_end() -> None:
    same = {"data": [{"id": "m"}], "has_more": True, "last_id": "m"}
    async with kit_with(lambda request: same, api_key=KEY) as (kit, asked):
        await kit.models("anthropic")
    assert len(asked) == 2

    def endless(request: httpx2.Request) -> Any:
        return {"data": [], "has_more": True, "last_id": f"m{len(asked)}"}

    async with kit_with(endless, api_key=KEY) as (kit, asked):
        with pytest.raises(BadReply, match="pages"):
            await kit.models("anthropic")
    assert len(asked) == 100


async def test_a_price_by_the_hour_of_the_cache_is_charged() -> None:
    usage = {
        "input_tokens": 0,
        "output_tokens": 0,
        "cache_creation_input_tokens": 1_000_000,
        "cache_creation": {"ephemeral_1h_input_tokens": 1_000_000},
    }
    async with kit_with(lambda request: {**ANSWER, "usage": usage}, api_key=KEY) as (kit, _):
        response = await kit.generate("Hi", model=MODEL)
    assert response.cost is not None
    assert response.cost.usd == 4


@pytest.mark.parametrize("more", [{"speed": "fast"}, {"inference_geo": "us"}])
async def test_a_price_that_is_not_the_standard_one_is_unknown(more: Any) -> None:
    usage = {"input_tokens": 1, "output_tokens": 1, "service_tier": "standard", **more}
    async with kit_with(lambda request: {**ANSWER, "usage": usage}, api_key=KEY) as (kit, _):
        response = await kit.generate("Hi", model=MODEL)
    assert response.cost is not None
    assert response.cost.usd is None
