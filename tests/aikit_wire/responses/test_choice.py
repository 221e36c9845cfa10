"""Which of OpenAI's endpoints a call goes to, and what else the Responses API is asked."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from aicore.errors import (
    BadConfig,
    BadInput,
    BadReply,
    NotFound,
    RateLimited,
    Unsupported,
)
from aicore.messages import FilePart, ImagePart, OpaquePart, ReasoningPart, ToolResultPart
from aikit import Kit, Message, ProviderTool

from ..answers import Json, whole
from . import answers
from .answers import body_of, said, stream_of

DIALECT = "openai-responses"
CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"


class Service(httpx2.AsyncBaseTransport):
    """Answers at both endpoints, streamed if that is asked for, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[httpx2.Request] = []
        self.answer: tuple[int, Json] | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        await request.aread()
        self.asked.append(request)
        if self.answer is not None:
            return httpx2.Response(self.answer[0], json=self.answer[1])
        path, answer = request.url.path, answers.whole(said("From responses."))
        if path == CHAT:
            return httpx2.Response(200, json=whole({"content": "From chat."}))
        if path == f"{RESPONSES}/input_tokens":
            return httpx2.Response(200, json={"input_tokens": 7})
        if "text/event-stream" in request.headers["accept"]:
            stream = {"content-type": "text/event-stream"}
            return httpx2.Response(200, headers=stream, content=body_of(stream_of(answer)))
        return httpx2.Response(200, json=answer)

    @property
    def body(self) -> Any:
        return json.loads(self.asked[-1].content)


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
async def kit(service: Service) -> AsyncIterator[Kit]:
    async with (
        httpx2.AsyncClient(transport=service) as client,
        Kit(providers={"openai": {"api_key": "sk-any"}}, http_client=client) as kit,
    ):
        yield kit


SEARCH = ProviderTool(DIALECT, {"type": "web_search"})
OURS: dict[str, Any] = {"provider_data": {DIALECT: {"id": "rs_1"}}}
NEEDS: dict[str, Any] = {
    "its tool": {"tools": [SEARCH]},
    "its item": {"messages": [Message.user("Hi", OpaquePart(DIALECT, {"type": "x"}))]},
    "its thought": {"messages": [Message.assistant(ReasoningPart("", **OURS)), Message.user("Hi")]},
    "a document by URL": {"messages": [Message.user(FilePart(url="https://a.example/b.pdf"))]},
    "a picture in a result": {
        "messages": [Message.tool(ToolResultPart("c", [ImagePart(url="https://a.example")]))]
    },
    "its option": {"provider_options": {"openai": {"reasoning": {"summary": "auto"}}}},
    "its model": {"model": "openai:o3-pro"},
    "an order": {"provider_options": {"openai": {"api": "responses"}}},
}
NO_NEEDS: dict[str, Any] = {
    "nothing": {},
    "another tool": {"tools": [ProviderTool("openai-chat", {"type": "x"})]},
    "another thought": {"messages": [Message.assistant(ReasoningPart("Hm")), Message.user("Hi")]},
    "a result": {"messages": [Message.tool(ToolResultPart("c", "4"))]},
    "an option of both": {"provider_options": {"openai": {"store": False}}},
    "an option of another's": {"provider_options": {"groq": {"api": "responses"}}},
    "a model that is not known": {"model": "openai:m"},
}


async def ask(kit: Kit, **call: Any) -> str:
    prompt = call.pop("messages", "Hi")
    response = await kit.generate(prompt, **{"model": "openai:gpt-5.2", **call})
    return response.text


@pytest.mark.parametrize("name", NEEDS)
async def test_what_needs_the_responses_api_goes_there(
    kit: Kit, service: Service, name: str
) -> None:
    assert await ask(kit, **NEEDS[name]) == "From responses."
    assert service.asked[-1].url.path == RESPONSES
    assert "api" not in service.body


@pytest.mark.parametrize("name", NO_NEEDS)
async def test_all_else_goes_to_chat_completions(kit: Kit, service: Service, name: str) -> None:
    assert await ask(kit, **NO_NEEDS[name]) == "From chat."
    assert service.asked[-1].url.path == CHAT


PAGE = Message.user(FilePart(url="https://a.example/b.pdf"))
ROWS: list[tuple[str, dict[str, Any], str]] = [
    ("xai:grok-4.6", {}, CHAT),
    ("xai:grok-4.6", {"tools": [ProviderTool(DIALECT, {"type": "x_search"})]}, RESPONSES),
    ("xai:grok-4.6", {"messages": [PAGE]}, RESPONSES),
    ("xai:grok-4.6", {"messages": [Message.user(FilePart(file_id="f"))]}, RESPONSES),
    ("azure-openai:d", {}, CHAT),
    (
        "azure-openai:d",
        {"messages": [Message.user(FilePart(data=b"%PDF", media_type="application/pdf"))]},
        RESPONSES,
    ),
    ("openrouter:a/b", {"provider_options": {"openrouter": {"reasoning": {}}}}, CHAT),
    ("openrouter:a/b", {"messages": [PAGE]}, CHAT),
    ("openrouter:a/b", {"provider_options": {"openrouter": {"include": []}}}, RESPONSES),
    ("bedrock-mantle:openai.gpt-oss-20b", {}, CHAT),
    ("bedrock-mantle:openai.gpt-5.5", {}, "/openai/v1/responses"),
    (
        "bedrock-mantle:openai.gpt-oss-20b",
        {"provider_options": {"bedrock-mantle": {"api": "responses"}}},
        RESPONSES,
    ),
]


@pytest.mark.parametrize(("model", "call", "path"), ROWS)
async def test_which_endpoint_is_needed_depends_on_what_the_chats_of_a_service_take(
    service: Service, model: str, call: dict[str, Any], path: str
) -> None:
    service.answer = (200, {**whole({"content": "Hi"}), **answers.whole(said("Hi"))})
    name = model.partition(":")[0]
    root = "https://llm.example" + ("" if name == "bedrock-mantle" else "/v1")
    async with (
        httpx2.AsyncClient(transport=service) as client,
        Kit(providers={name: {"api_key": "sk-any", "base_url": root}}, http_client=client) as kit,
    ):
        assert await ask(kit, model=model, **call) == "Hi"
    assert service.asked[-1].url.path == path


async def test_a_call_may_be_told_where_to_go(kit: Kit, service: Service) -> None:
    options = {"openai": {"api": "chat", "store": False}}
    assert await ask(kit, tools=[SEARCH], provider_options=options) == "From chat."
    assert service.body.keys() == {"model", "messages", "store"}


@pytest.mark.parametrize(
    ("setting", "option", "path"),
    [
        ("responses", None, RESPONSES),
        ("chat", None, CHAT),
        ("auto", None, CHAT),
        ("responses", "chat", CHAT),
        ("responses", "auto", CHAT),
        ("chat", "responses", RESPONSES),
    ],
)
async def test_the_option_goes_before_the_setting(
    service: Service, setting: str, option: str | None, path: str
) -> None:
    settings = {"openai": {"api_key": "sk-any", "api": setting}}
    options: Json = {"openai": {"api": option}} if option else {}
    async with (
        httpx2.AsyncClient(transport=service) as client,
        Kit(providers=settings, http_client=client) as kit,
    ):
        await ask(kit, provider_options=options)
    assert service.asked[-1].url.path == path


async def test_a_wrong_word_for_it_is_told() -> None:
    wrong: Any = {"openai": {"api_key": "sk-any", "api": "completions"}}
    async with Kit(providers=wrong) as kit:
        with pytest.raises(BadConfig, match="`api` is one of auto, chat, responses"):
            await ask(kit)
    async with Kit(providers={"openai": {"api_key": "sk-any"}}) as kit:
        with pytest.raises(BadInput, match="the option `api` of 'openai'"):
            await ask(kit, provider_options={"openai": {"api": ["chat"]}})


async def test_a_service_with_one_endpoint_has_no_such_setting() -> None:
    async with Kit(providers={"groq": {"api_key": "sk-any", "api": "chat"}}) as kit:
        with pytest.raises(BadConfig, match="no setting 'api'"):
            await ask(kit, model="groq:m")


async def test_an_answer_of_the_background_is_asked_for_again(kit: Kit, service: Service) -> None:
    queued = answers.whole(status="queued", usage=None)
    service.answer = (200, queued)
    options: Json = {"openai": {"background": True}}
    first = await kit.generate("Hi", model="openai:m", provider_options=options)
    assert (first.id, first.finish_reason, first.raw_finish_reason) == ("resp_1", "other", "queued")
    service.answer = None
    options = {"openai": {"retrieve": first.id, "starting_after": 3, "include_obfuscation": False}}
    again = await kit.generate("Hi", model="openai:m", provider_options=options)
    assert again.text == "From responses."
    request = service.asked[-1]
    assert (request.method, request.content) == ("GET", b"")
    assert str(request.url).endswith(
        "/v1/responses/resp_1?starting_after=3&include_obfuscation=false"
    )
    async with kit.stream("Hi", model="openai:m", provider_options=options) as stream:
        response = await stream.response()
    assert (response.text, response.id) == ("From responses.", "resp_1")
    assert str(service.asked[-1].url).endswith("&stream=true")


async def test_an_id_is_no_path(kit: Kit, service: Service) -> None:
    options = {"openai": {"retrieve": "../files?x=1#y"}}
    await ask(kit, provider_options=options)
    assert service.asked[-1].url.raw_path == b"/v1/responses/..%2Ffiles%3Fx%3D1%23y"


async def test_an_option_that_no_query_can_hold_is_told(kit: Kit) -> None:
    options = {"openai": {"retrieve": "resp_1", "include": ["a"]}}
    with pytest.raises(BadInput, match="'include' of a retrieval is text or a number"):
        await ask(kit, provider_options=options)


async def test_tokens_are_counted_by_the_service(kit: Kit, service: Service) -> None:
    count = await kit.count_tokens("Hi", model="openai:gpt-5.2", seed=3)
    assert (count.tokens, count.model) == (7, "gpt-5.2")
    assert count.warnings == ()
    assert service.asked[-1].url.path == f"{RESPONSES}/input_tokens"
    assert service.body == {"model": "gpt-5.2", "input": [{"role": "user", "content": "Hi"}]}


async def test_what_a_count_cannot_take_is_told_or_refused(kit: Kit) -> None:
    other = ProviderTool("claude", {"type": "x"})
    count = await kit.count_tokens("Hi", model="openai:m", tools=[other])
    assert [warning.setting for warning in count.warnings] == ["tools"]
    with pytest.raises(Unsupported, match="tools dropped"):
        await kit.count_tokens("Hi", model="openai:m", tools=[other], strict=True)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((200, {"error": {"code": "rate_limit_exceeded", "message": "Slow."}}), RateLimited),
        ((200, {"object": "x"}), BadReply),
        ((404, {"error": {"code": "model_not_found", "message": "None."}}), NotFound),
    ],
)
async def test_a_count_that_fails_is_named(
    kit: Kit, service: Service, answer: tuple[int, Json], kind: type[Exception]
) -> None:
    service.answer = answer
    with pytest.raises(kind):
        await kit.count_tokens("Hi", model="openai:m")


async def test_a_service_that_counts_nothing_says_so() -> None:
    async with Kit(providers={"deepseek": {"api_key": "sk-any"}}) as kit:
        with pytest.raises(Unsupported, match="no endpoint for 'count_tokens'"):
            await kit.count_tokens("Hi", model="deepseek:m")


async def test_a_manifest_of_ones_own_reaches_it_by_its_abilities(service: Service) -> None:
    own = {
        "use": "openai-compatible",
        "base_url": "https://llm.example/v2",
        "abilities": ["chat", "responses", "count_tokens"],
        "responses_path": "/respond",
        "count_path": "/count",
        "api": "responses",
    }
    service.answer = (200, {**answers.whole(said("Mine.")), "input_tokens": 7})
    async with (
        httpx2.AsyncClient(transport=service) as client,
        Kit(providers={"mine": own}, http_client=client) as kit,
    ):
        assert await ask(kit, model="mine:m") == "Mine."
        assert (await kit.count_tokens("Hi", model="mine:m")).tokens == 7
    paths = [request.url.path for request in service.asked]
    assert paths == ["/v2/respond", "/v2/count"]
