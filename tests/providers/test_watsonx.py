"""watsonx.ai: keys become tokens, and requests what IBM's API reference wants."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from aicore.errors import (
    AIError,
    BadConfig,
    BadInput,
    BadReply,
    CutOff,
    MissingKey,
    RateLimited,
    Unauthorized,
    Unsupported,
)
from aicore.requests import Tool
from aikit import Kit
from aikit_provider_watsonx.decode import GenerationDecoder
from aikit_testing.conformance.scenario import Ability, Scenario
from aikit_wire.frames import Frame

from .watsonx_reply import watsonx_reply

KEY = "ibm-key-1f2e3d"
IAM = "iam.cloud.ibm.com"
SETTINGS: dict[str, Any] = {
    "api_key": KEY,
    "base_url": "https://us-south.ml.cloud.ibm.com",
    "project_id": "p1",
}


class Cloud(httpx2.AsyncBaseTransport):
    """IBM Cloud: gives a token for a key, and an answer for a token."""

    def __init__(self) -> None:
        self.asked: list[httpx2.Request] = []
        self.tokens: list[str] = []
        self.iam: tuple[int, Any] | None = None
        self.refuses = ""
        self.answer: tuple[int, Any] | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        await request.aread()
        if request.url.host == IAM:
            assert (
                request.content
                == (
                    f"grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey&apikey={KEY}"
                ).encode()
            )
            if self.iam is not None:
                return httpx2.Response(self.iam[0], json=self.iam[1])
            self.tokens.append(f"token-{len(self.tokens) + 1}")
            token = {"access_token": self.tokens[-1], "expires_in": 3600, "token_type": "Bearer"}
            return httpx2.Response(200, json=token)
        self.asked.append(request)
        if request.headers["authorization"] == f"Bearer {self.refuses}":
            error = {"code": "authentication_token_expired", "message": "Expired."}
            return httpx2.Response(401, json={"errors": [error]})
        if self.answer is not None:
            return httpx2.Response(self.answer[0], json=self.answer[1])
        ability: Ability = "complete" if "generation" in request.url.path else "chat"
        scenario = Scenario(ability=ability, text=("Hel", "lo"))
        reply = watsonx_reply(scenario, request.url.path.endswith("_stream"))
        content = b"".join(reply.chunks)
        return httpx2.Response(reply.status, headers=dict(reply.headers), content=content)

    @property
    def body(self) -> Any:
        return json.loads(self.asked[-1].content)

    @property
    def used(self) -> list[str]:
        return [request.headers["authorization"] for request in self.asked]


@asynccontextmanager
async def opened(cloud: Cloud, **settings: Any) -> AsyncIterator[Kit]:
    given = {name: value for name, value in {**SETTINGS, **settings}.items() if value is not None}
    async with (
        httpx2.AsyncClient(transport=cloud) as client,
        Kit(providers={"watsonx": given}, http_client=client) as kit,
    ):
        yield kit


async def test_a_chat_is_sent_under_the_services_own_names() -> None:
    cloud = Cloud()
    async with opened(cloud) as kit:
        response = await kit.generate(
            "Hi", model="watsonx:ibm/granite", max_tokens=9, tools=[Tool("f")], tool_choice="auto"
        )
        assert (response.text, response.finish_reason) == ("Hello", "stop")
        assert str(cloud.asked[-1].url) == (
            "https://us-south.ml.cloud.ibm.com/ml/v1/text/chat?version=2025-10-01"
        )
        assert cloud.body == {
            "model_id": "ibm/granite",
            "project_id": "p1",
            "messages": [{"role": "user", "content": "Hi"}],
            "max_tokens": 9,
            "tools": [
                {
                    "type": "function",
                    "function": {"name": "f", "parameters": Tool("f").parameters},
                }
            ],
            "tool_choice_option": "auto",
        }
        async with kit.stream("Hi", model="watsonx:ibm/granite") as stream:
            assert [text async for text in stream.text] == ["Hel", "lo"]
    assert cloud.asked[-1].url.path == "/ml/v1/text/chat_stream"
    assert "stream" not in cloud.body


async def test_a_text_is_generated() -> None:
    cloud = Cloud()
    options = {"watsonx": {"space_id": "s1", "parameters": {"repetition_penalty": 1.1}}}
    async with opened(cloud) as kit:
        response = await kit.complete(
            "Once",
            model="watsonx:m",
            max_tokens=9,
            temperature=0.5,
            stop=".",
            user="u",
            n=2,
            provider_options=options,
        )
    assert (response.text, response.raw_finish_reason) == ("Hello", "eos_token")
    assert response.usage is not None
    assert (response.usage.input_tokens, response.usage.output_tokens) == (11, 7)
    assert response.created == 1795860000
    assert cloud.body == {
        "model_id": "m",
        "input": "Once",
        "space_id": "s1",
        "parameters": {
            "max_new_tokens": 9,
            "temperature": 0.5,
            "stop_sequences": ["."],
            "decoding_method": "sample",
            "repetition_penalty": 1.1,
        },
    }
    assert [warning.setting for warning in response.warnings] == ["user", "n"]


async def test_no_temperature_at_all_is_greedy() -> None:
    cloud = Cloud()
    async with opened(cloud) as kit:
        await kit.complete("Once", model="watsonx:m", temperature=0)
    assert cloud.body["parameters"] == {"decoding_method": "greedy"}


async def test_one_token_serves_many_calls_until_it_is_refused() -> None:
    cloud = Cloud()
    async with opened(cloud) as kit:
        for _ in range(3):
            await kit.generate("Hi", model="watsonx:m")
        assert cloud.used == ["Bearer token-1"] * 3
        cloud.refuses = "token-1"
        assert (await kit.generate("Hi", model="watsonx:m")).text == "Hello"
    assert cloud.used[3:] == ["Bearer token-1", "Bearer token-2"]
    assert all(KEY not in str(dict(request.headers)) for request in cloud.asked)


async def test_a_token_is_renewed_before_it_ends() -> None:
    cloud, now = Cloud(), 0.0
    async with opened(cloud) as kit:
        provider: Any = kit.provider("watsonx")
        provider.service.clock = lambda: now
        await kit.generate("Hi", model="watsonx:m")
        now = 0.8 * 3600 - 1
        await kit.generate("Hi", model="watsonx:m")
        now += 2
        await kit.generate("Hi", model="watsonx:m")
    assert cloud.used == ["Bearer token-1", "Bearer token-1", "Bearer token-2"]


async def test_calls_at_once_share_one_exchange_of_the_key() -> None:
    cloud = Cloud()
    async with opened(cloud) as kit:
        await asyncio.gather(*[kit.generate("Hi", model="watsonx:m") for _ in range(5)])
    assert cloud.used == ["Bearer token-1"] * 5


async def test_a_key_that_is_refused_is_told_without_it() -> None:
    cloud = Cloud()
    wrong = {"errorCode": "BXNIM0415E", "errorMessage": f"Provided API key {KEY} not found."}
    cloud.iam = (400, wrong)
    async with opened(cloud) as kit:
        with pytest.raises(Unauthorized, match="does not know the API key") as caught:
            await kit.generate("Hi", model="watsonx:m")
    error = caught.value
    assert KEY not in f"{error} {error!r} {error.details} {error.__cause__}"
    assert (error.provider, cloud.asked) == ("watsonx", [])


@pytest.mark.parametrize("answer", [{}, {"access_token": "", "expires_in": 5}, [], "x"])
async def test_an_answer_without_a_token_is_no_answer(answer: Any) -> None:
    cloud = Cloud()
    cloud.iam = (200, answer)
    async with opened(cloud) as kit:
        with pytest.raises(BadReply, match="holds no token"):
            await kit.generate("Hi", model="watsonx:m")


async def test_a_token_of_ones_own_is_sent_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = Cloud()
    async with opened(cloud, api_key=None, auth_token="mine") as kit:
        await kit.generate("Hi", model="watsonx:m")
        await kit.generate("Hi", model="watsonx:m", api_key=KEY)
    monkeypatch.setenv("WATSONX_TOKEN", "theirs")
    async with opened(cloud, api_key=None) as kit:
        await kit.generate("Hi", model="watsonx:m")
    assert cloud.used == ["Bearer mine", "Bearer token-1", "Bearer theirs"]


async def test_what_is_missing_is_told_with_where_to_put_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cloud = Cloud()
    async with opened(cloud, project_id=None) as kit:
        with pytest.raises(BadInput, match="set WATSONX_PROJECT_ID, or `project_id`"):
            await kit.generate("Hi", model="watsonx:m")
        monkeypatch.setenv("WATSONX_SPACE_ID", "s9")
    async with opened(cloud, project_id=None) as kit:
        await kit.generate("Hi", model="watsonx:m")
    assert cloud.body["space_id"] == "s9"
    async with opened(cloud, api_key=None) as kit:
        with pytest.raises(MissingKey, match="WATSONX_API_KEY"):
            await kit.generate("Hi", model="watsonx:m")
    async with opened(cloud, base_url=None) as kit:
        with pytest.raises(BadConfig, match="WATSONX_URL"):
            await kit.generate("Hi", model="watsonx:m")
    async with opened(cloud, version=5) as kit:
        with pytest.raises(BadConfig, match="'version' must be text"):
            await kit.generate("Hi", model="watsonx:m")
    async with opened(cloud) as kit:
        with pytest.raises(Unsupported):
            await kit.embed("Hi", model="watsonx:m")


RESULT = {"generated_text": "a", "generated_token_count": 1, "input_token_count": 1}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (
            (429, {"errors": [{"code": "rate_limit_reached", "message": "No."}]}),
            RateLimited,
        ),
        ((200, {"results": [{**RESULT, "stop_reason": "not_finished"}]}), CutOff),
        ((200, {"results": []}), BadReply),
        ((200, {"results": [{"generated_text": 5}]}), BadReply),
        ((200, []), BadReply),
    ],
)
async def test_an_answer_that_is_none_is_an_error(answer: Any, kind: type[Exception]) -> None:
    cloud = Cloud()
    cloud.answer = answer
    async with opened(cloud) as kit:
        with pytest.raises(kind):
            await kit.complete("Once", model="watsonx:m")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("MAX_TOKENS", "length"),
        ("time_limit", "length"),
        ("cancelled", "other"),
    ],
)
async def test_the_services_reasons_are_unified(raw: str, reason: str) -> None:
    cloud = Cloud()
    cloud.answer = (200, {"results": [{**RESULT, "stop_reason": raw}], "system": {"warnings": []}})
    async with opened(cloud) as kit:
        response = await kit.complete("Once", model="watsonx:m")
    assert (response.finish_reason, response.raw_finish_reason) == (reason, raw)
    assert response.steps[0].provider_data == {"watsonx-generation": {"system": {"warnings": []}}}


def test_a_stream_that_says_error_is_one() -> None:
    decoder = GenerationDecoder("watsonx", "m")
    error = {"errors": [{"code": "rate_limit_reached", "message": "Slow."}], "status_code": 429}
    with pytest.raises(AIError, match="Slow"):
        decoder.frames([Frame(json.dumps(error).encode(), "error")])
    with pytest.raises(CutOff):
        GenerationDecoder("watsonx", "m").close()
