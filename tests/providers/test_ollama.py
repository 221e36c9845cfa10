"""The Ollama provider against a loopback server: what it asks, and what becomes of answers."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest
from aicore.context import Context
from aicore.errors import AIError, BadConfig, BadInput, NotFound, Unreachable, Unsupported
from aicore.messages import (
    ImagePart,
    Message,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from aicore.requests import ChatRequest
from aikit import Kit
from aikit_provider_ollama import aikit_providers
from aikit_provider_ollama.encode import Defaults, encode_chat
from aikit_provider_ollama.provider import OllamaProvider
from aikit_wire.openai.encode import encode_chat as encode_openai
from aikit_wire.openai.manifest import Manifest

from tests.aikit.service import Request, Script, Service, whole
from tests.docs.pages import code, page

from .ollama_cases import CASES, DONE, HEAD, answered, lines
from .ollama_cases import whole as said

HELLO = said({"content": "Hello"})
PNG = b"\x89PNG\r\n\x1a\npixels"


def answer(value: Any = HELLO, status: str = "200 OK", type: str = "application/json") -> Script:
    return (whole(value, status=status, type=type),)


def served(service: Service, **settings: Any) -> Kit:
    address = service.url.removesuffix("/v1")
    return Kit(providers={"ollama": {"base_url": address, **settings}})


async def test_a_key_is_sent_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Service(answer()) as service:
        async with served(service) as kit:
            await kit.generate("Hi", model="ollama:m")
        monkeypatch.setenv("OLLAMA_API_KEY", "cloud-key")
        async with served(service) as kit:
            await kit.generate("Hi", model="ollama:m")
    without, with_key = service.requests
    assert (without.method, without.path) == ("POST", "/api/chat")
    assert "authorization" not in without.headers
    assert with_key.headers["authorization"] == "Bearer cloud-key"


async def test_the_variable_says_where_the_server_is(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Service(answer()) as service:
        monkeypatch.setenv("OLLAMA_HOST", f"0.0.0.0:{service.port}/")
        async with Kit() as kit:
            assert (await kit.generate("Hi", model="ollama:m")).text == "Hello"


async def test_a_variable_that_is_no_address_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "box:port")
    async with Kit() as kit:
        with pytest.raises(BadConfig, match="OLLAMA_HOST is no address"):
            await kit.generate("Hi", model="ollama:m")


async def test_settings_of_the_provider_are_in_every_request() -> None:
    async with (
        Service(answer()) as service,
        served(service, options={"num_ctx": 9}, keep_alive="10m") as kit,
    ):
        await kit.generate("Hi", model="ollama:m")
    body = service.requests[0].json
    assert (body["options"], body["keep_alive"]) == ({"num_ctx": 9}, "10m")


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"options": [1]}, "'options' must be a table"),
        ({"keep_alive": [1]}, "'keep_alive' must be seconds"),
        ({"allow_private_media": "yes"}, "'allow_private_media' must be true or false"),
        ({"option": {}}, "did you mean 'options'"),
    ],
)
async def test_a_wrong_setting_is_told(settings: Mapping[str, Any], reason: str) -> None:
    async with Kit(providers={"ollama": settings}) as kit:
        with pytest.raises(BadConfig, match=reason):
            await kit.generate("Hi", model="ollama:m")


# Answers, whatever form they come in


STREAMED, WHOLE = CASES["thoughts"]
FORMS = {
    "lines": answer(lines(*STREAMED), type="application/x-ndjson"),
    "lines declared as JSON": answer(lines(*STREAMED)),
    "lines declared as nothing": answer(lines(*STREAMED), type="text/plain"),
    "a last line without an end": answer(lines(*STREAMED)[:-1], type="application/x-ndjson"),
    "whole": answer(WHOLE),
    "whole with a line's end": answer(json.dumps(WHOLE).encode() + b"\n"),
    "whole over several lines": answer(json.dumps(WHOLE, indent=1).encode()),
    "whole declared as lines": answer(WHOLE, type="application/x-ndjson"),
    "whole and long": answer({**WHOLE, "unset": None, "padding": None, " " * 2000: None}),
}


@pytest.mark.parametrize("streaming", [False, True], ids=["whole asked", "stream asked"])
@pytest.mark.parametrize("form", FORMS)
async def test_an_answer_is_read_in_every_form(form: str, streaming: bool) -> None:
    async with Service(FORMS[form]) as service, served(service) as kit:
        if streaming:
            async with kit.stream("Hi", model="ollama:m") as stream:
                response = await stream.response()
        else:
            response = await kit.generate("Hi", model="ollama:m")
    expected = answered(WHOLE)
    assert response.parts == expected.parts
    assert (response.usage, response.finish_reason) == (expected.usage, "stop")
    (request,) = service.requests
    assert request.json["stream"] is streaming
    accepted = "application/x-ndjson" if streaming else "application/json"
    assert request.headers["accept"] == accepted


async def test_a_completion_asks_another_endpoint() -> None:
    body = {**HEAD, "response": "a fox", **DONE, "context": [1, 2]}
    async with Service(answer(body)) as service, served(service) as kit:
        response = await kit.complete("Once", model="ollama:m", suffix=".")
    (request,) = service.requests
    assert request.path == "/api/generate"
    assert request.json == {"model": "m", "prompt": "Once", "suffix": ".", "stream": False}
    assert response.text == "a fox"
    assert response.steps[0].provider_data["ollama"]["context"] == [1, 2]


async def test_embeddings_are_asked_for_at_once_and_warn_first() -> None:
    body = {"model": "m", "embeddings": [[1, 0], [0, 1]], "prompt_eval_count": 4}
    async with Service(answer(body)) as service, served(service) as kit:
        result = await kit.embed(["a", "b"], model="ollama:m", task="query")
        with pytest.raises(Unsupported, match="task dropped"):
            await kit.embed("a", model="ollama:m", task="query", strict=True)
    assert result.vectors == ((1.0, 0.0), (0.0, 1.0))
    assert [warning.setting for warning in result.warnings] == ["task"]
    (request,) = service.requests
    assert (request.path, request.json) == ("/api/embed", {"model": "m", "input": ["a", "b"]})


async def test_models_are_listed() -> None:
    listed = {"models": [{"model": "qwen3:8b"}]}
    async with Service(answer(listed)) as service, served(service) as kit:
        (model,) = await kit.models("ollama")
    assert (service.requests[0].method, service.requests[0].path) == ("GET", "/api/tags")
    assert (model.id, model.provider) == ("qwen3:8b", "ollama")


# Pictures by URL


async def test_a_picture_by_url_is_sent_as_bytes() -> None:
    def script(request: Request) -> Script:
        if request.method == "GET":
            return (whole(PNG, "connection: close", type="image/png"),)
        return answer()

    async with (
        Service(script) as service,
        served(service, allow_private_media=True, api_key="secret-key") as kit,
    ):
        url = f"http://localhost:{service.port}/cat.png"
        await kit.generate(Message.user("Look:", ImagePart(url=url)), model="ollama:m")
        with pytest.raises(BadInput, match="is not public"):
            request = ChatRequest(model="ollama:m", messages=(Message.user(ImagePart(url=url)),))
            async for _ in kit.call(request, Context(remote=True)):
                pass
    fetched, asked = service.requests
    assert "secret-key" not in str(fetched.headers)
    (message,) = asked.json["messages"]
    assert message["images"] == [base64.b64encode(PNG).decode()]


async def test_a_picture_on_a_private_network_is_not_fetched() -> None:
    async with Service(answer()) as service, served(service) as kit:
        url = f"http://localhost:{service.port}/cat.png"
        with pytest.raises(BadInput, match=r"the image of messages\[0\] .* is not public"):
            await kit.generate(Message.user(ImagePart(url=url)), model="ollama:m")
    assert service.accepted == 0


# Errors


async def test_a_model_that_is_missing_can_be_pulled() -> None:
    error = {"error": "model 'nope' not found"}
    async with Service(answer(error, status="404 Not Found")) as service, served(service) as kit:
        with pytest.raises(NotFound) as caught:
            await kit.generate("Hi", model="ollama:nope")
        with pytest.raises(NotFound) as of_list:
            await kit.models("ollama")
    assert "model 'nope' not found" in caught.value.message
    assert caught.value.message.endswith("get the model with `ollama pull nope`")
    assert str(caught.value).startswith("ollama 404: ")
    assert "pull" not in of_list.value.message


async def test_a_server_that_does_not_run_can_be_started() -> None:
    async with Service(answer()) as service:
        kit = served(service)
    for call in (kit.generate("Hi", model="ollama:m"), kit.embed("Hi", model="ollama:m")):
        with pytest.raises(Unreachable, match="start Ollama there, or set OLLAMA_HOST"):
            await call
    await kit.aclose()


async def test_an_error_in_an_answer_is_raised() -> None:
    async with Service(answer({"error": "unexpected EOF"})) as service, served(service) as kit:
        for call in (kit.generate("Hi", model="ollama:m"), kit.complete("Hi", model="ollama:m")):
            with pytest.raises(AIError, match="unexpected EOF"):
                await call


# Other dialects


ACME = Manifest(name="acme", reasoning_history="reasoning_content")


def test_a_conversation_of_ollamas_goes_on_elsewhere() -> None:
    turn = answered(CASES["calls"][1]).message
    results = [ToolResultPart(call.id, "7") for call in turn.tool_calls]
    request = ChatRequest(model="m", messages=(Message.user("Hi"), turn, Message.tool(*results)))
    encoded = encode_openai(request, ACME)
    _, assistant, *tools = encoded.body["messages"]
    ids = [call["id"] for call in assistant["tool_calls"]]
    assert [tool["tool_call_id"] for tool in tools] == ids
    assert [call["function"]["name"] for call in assistant["tool_calls"]] == ["weather", "now"]
    assert (assistant["content"], encoded.warnings) == ("Well", ())


def test_a_conversation_of_elsewhere_goes_on_at_ollama() -> None:
    call = ToolCallPart(
        "call_1", "weather", '{"city":"Oslo"}', provider_data={"openai-chat": {"sig": "x"}}
    )
    turn = Message.assistant(ReasoningPart("Hm"), TextPart("Well"), call)
    tool = Message.tool(ToolResultPart("call_1", "Rain"))
    request = ChatRequest(model="m", messages=(Message.user("Hi"), turn, tool))
    encoded = encode_chat(request, "ollama", Defaults())
    assert encoded.warnings == ()
    assert encoded.body["messages"][1:] == [
        {
            "role": "assistant",
            "content": "Well",
            "thinking": "Hm",
            "tool_calls": [{"function": {"name": "weather", "arguments": {"city": "Oslo"}}}],
        },
        {"role": "tool", "content": "Rain", "tool_name": "weather"},
    ]


def test_the_pages_list_what_the_provider_is() -> None:
    assert aikit_providers() == [OllamaProvider]
    (row,) = (row for row in page("docs/providers.md").table("Provider") if "`ollama`" in row)
    assert code(row[1]) == ["OLLAMA_API_KEY"]
    assert code(row[2]) == ["http://127.0.0.1:11434", "OLLAMA_HOST"]
    abilities = {"chat", "complete", "embed", "models", "count_tokens"}
    assert {*code(row[3])} == {name for name in abilities if hasattr(OllamaProvider, name)}
