"""The native routes: what they take, and that they answer what the Kit answers."""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

import pytest
from aicore.calls import Batch
from aicore.context import Context
from aicore.errors import QuotaSpent, RateLimited
from aicore.events import Event, Produced, Warned
from aicore.fold import Folder
from aicore.messages import ImagePart, Message, ToolResultPart
from aicore.requests import ChatRequest, EmbedRequest, NamedTool, Reasoning, Tool
from aicore.responses import CallWarning, Embeddings, RerankResponse, Response
from aicore.values import adapter, from_json, to_json
from aikit import Kit
from aikit_asgi import create_app
from aikit_asgi.native import read_chat, read_embed, read_rerank
from aikit_asgi.statuses import RequestError

from .asgi import CHAT, CLOSING, OPENING, ask, kit_of, said, scripted

PNG = b"\x89PNG\r\n\x1a\n\xfb\xff\xfe"
TURN = {"role": "user", "content": "Hi"}


def chat(**fields: Any) -> ChatRequest:
    return read_chat({"model": "m", **fields}, streaming=False)


def test_a_prompt_stands_for_one_message() -> None:
    assert chat(prompt="Hi") == ChatRequest(model="m", messages=(Message.user("Hi"),))
    parts = ["Look:", {"type": "image", "url": "https://example.com/cat.png"}]
    assert chat(prompt=parts).messages[0].parts[1] == ImagePart(url="https://example.com/cat.png")


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": "Hi"},
        {"role": "user", "parts": "Hi"},
        {"role": "user", "content": ["Hi"]},
        {"role": "user", "parts": [{"type": "text", "text": "Hi"}]},
        {"role": "user", "parts": [{"type": "text", "text": "Hi", "provider_data": {}}]},
    ],
)
def test_a_message_may_be_written_in_short(message: Any) -> None:
    assert chat(messages=[message]).messages == (Message.user("Hi"),)


def test_what_the_library_writes_as_json_can_be_sent() -> None:
    request = ChatRequest(
        model="m",
        messages=(
            Message.system("Be brief."),
            Message.user("Look:", ImagePart(data=PNG)),
            Message.tool(ToolResultPart("call-1", "sunny")),
        ),
        tools=(Tool("weather", "Tell it", {"type": "object"}),),
        tool_choice=NamedTool("weather"),
        reasoning=Reasoning(budget_tokens=100),
        stop=("end",),
        temperature=1,
        provider_options={"openai": {"x": [1, None]}},
    )
    document = from_json(dict[str, Any], to_json(request))
    assert read_chat(document, streaming=False) == request
    assert read_chat(document, streaming=True) == replace(request, streaming=True)


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_bytes_are_base64_of_either_alphabet(encode: Any) -> None:
    part = {"type": "image", "data": encode(PNG).decode()}
    (image,) = chat(prompt=[part]).messages[0].parts
    assert isinstance(image, ImagePart)
    assert (image.data, image.media_type) == (PNG, "image/png")


def test_some_settings_may_be_written_in_short() -> None:
    assert chat(prompt="a", stop="x").stop == ("x",)
    assert chat(prompt="a", stop=["x", "y"]).stop == ("x", "y")
    assert chat(prompt="a", reasoning="low").reasoning == Reasoning(effort="low")
    assert chat(prompt="a", reasoning=False).reasoning == Reasoning(effort="none")
    assert chat(prompt="a", reasoning={"effort": "low"}).reasoning == Reasoning(effort="low")


@pytest.mark.parametrize(
    ("fields", "message", "param"),
    [
        ({}, "messages: Field required", "messages"),
        ({"messages": []}, "there is no message to answer", None),
        ({"messages": "Hi"}, "messages: Input should be a valid array", "messages"),
        ({"messages": ["Hi"]}, "messages.0: Input should be an object", "messages.0"),
        ({"messages": [{"role": "user"}]}, "messages.0.parts: Field required", "messages.0.parts"),
        ({"messages": [{**TURN, "parts": []}]}, "messages.0.content: Unexpected", None),
        ({"messages": [{**TURN, "role": "boss"}]}, "messages.0.role", "messages.0.role"),
        ({"prompt": "a", "messages": [TURN]}, "`prompt` or `messages`, not both", "prompt"),
        ({"prompt": 7}, "messages.0.parts", "messages.0.parts"),
        ({"prompt": ["a", 7]}, "messages.0.parts.1", None),
        ({"prompt": [{"type": "image", "data": "?"}]}, "base64", None),
        ({"prompt": [{"type": "smell"}]}, "smell", None),
        ({"prompt": "a", "temprature": 1}, "temprature: Unexpected keyword", "temprature"),
        ({"prompt": "a", "temperature": "1"}, "temperature: Input should be", "temperature"),
        ({"prompt": "a", "max_tokens": 0}, "`max_tokens` must be at least 1", None),
        ({"prompt": "a", "max_tokens": 1.5}, "max_tokens", "max_tokens"),
        ({"prompt": "a", "logprobs": 1}, "logprobs", "logprobs"),
        ({"prompt": "a", "reasoning": True}, "reasoning", None),
        ({"prompt": "a", "stop": 3}, "stop", "stop"),
        ({"prompt": "a", "api_key": "x"}, "api_key: Unexpected keyword", "api_key"),
        ({"prompt": "a", "headers": {}}, "headers: Unexpected keyword", "headers"),
    ],
)
def test_what_is_wrong_in_a_request_is_named(
    fields: dict[str, Any], message: str, param: str | None
) -> None:
    with pytest.raises(RequestError) as caught:
        chat(**fields)
    assert message in caught.value.message
    assert caught.value.status == 400
    if param is not None:
        assert caught.value.param == param


def test_texts_to_embed_may_be_one_or_many_under_either_name() -> None:
    one, many = EmbedRequest(model="m", inputs=("a",)), EmbedRequest(model="m", inputs=("a", "b"))
    for name in ("input", "inputs"):
        assert read_embed({"model": "m", name: "a"}) == one
        assert read_embed({"model": "m", name: ["a", "b"]}) == many


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "inputs: Field required"),
        ({"input": []}, "there is no text to embed"),
        ({"input": [1]}, "inputs.0"),
        ({"input": 1}, "inputs"),
        ({"input": "a", "inputs": "a"}, "`input` or `inputs`, not both"),
        ({"input": "a", "dimensions": "8"}, "dimensions"),
        ({"input": "a", "size": 8}, "size: Unexpected keyword"),
    ],
)
def test_what_is_wrong_with_texts_to_embed_is_named(fields: Any, message: str) -> None:
    with pytest.raises(RequestError) as caught:
        read_embed({"model": "m", **fields})
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"documents": ["a"]}, "query: Field required"),
        ({"query": "a"}, "documents: Field required"),
        ({"query": "a", "documents": []}, "there is no document to rank"),
        ({"query": "a", "documents": "a"}, "documents"),
        ({"query": "a", "documents": [1]}, "documents.0"),
        ({"query": "a", "documents": ["a"], "top_n": 0}, "`top_n` must be at least 1, not 0"),
        ({"query": "a", "documents": ["a"], "limit": 1}, "limit: Unexpected keyword"),
    ],
)
def test_what_is_wrong_with_documents_to_rank_is_named(fields: Any, message: str) -> None:
    with pytest.raises(RequestError) as caught:
        read_rerank({"model": "m", **fields})
    assert message in caught.value.message


async def test_documents_are_ranked_as_the_kit_does() -> None:
    fields = {"query": "a fox", "documents": ["dog", "the fox", "a fox"], "top_n": 2}
    answer = await ask(create_app(), "/rerank", {"model": "fixture:echo", **fields})
    async with Kit() as kit:
        expected = await kit.rerank(**fields, model="fixture:echo")  # type: ignore[arg-type]
    given: RerankResponse = from_json(RerankResponse, answer.body)
    assert replace(given, timing=None, attempts=()) == replace(expected, timing=None, attempts=())
    assert [item.index for item in given.results] == [2, 1]


async def test_a_wrong_field_is_named_in_the_body_of_the_error() -> None:
    answer = await ask(create_app(), "/generate", {**CHAT, "top_p": []})
    assert answer.error["param"] == "top_p"
    assert answer.error["code"] == "invalid_request"


def timeless(response: Response) -> Response:
    return replace(response, timing=None, attempts=())


async def test_an_answer_is_the_one_that_the_kit_gives() -> None:
    answer = await ask(create_app(), "/generate", {**CHAT, "max_tokens": 100})
    assert answer.headers["content-type"] == "application/json"
    async with Kit() as kit:
        expected = await kit.generate("Hello there", model="fixture:echo", max_tokens=100)
    given: Response = from_json(Response, answer.body)
    assert timeless(given) == timeless(expected)
    assert given.text == "Hello there"


async def test_a_stream_is_events_and_then_the_answer() -> None:
    answer = await ask(create_app(), "/generate/stream/", CHAT)
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-accel-buffering"] == "no"
    assert "connection" not in answer.headers
    *chunks, (last, done) = answer.events
    assert {name for name, _ in chunks} == {"chunk"}
    assert last == "done"
    folder = Folder()
    for _, data in chunks:
        folder.add(adapter(Event).validate_python(data))
    assert folder.response() == adapter(Response).validate_python(done)
    assert folder.response().text == "Hello there"
    assert answer.complete


async def test_events_that_come_together_are_sent_together() -> None:
    app = create_app(kit_of(OPENING, said("a") + said("b"), 0.01, said("c"), CLOSING))
    answer = await ask(app, "/generate/stream", CHAT)
    counts = [frame.count(b"event: ") for frame in answer.frames]
    assert counts == [len(OPENING), 2, 1, len(CLOSING), 1]


async def test_texts_are_embedded_as_the_kit_does() -> None:
    answer = await ask(create_app(), "/embed", {"model": "fixture:echo", "input": ["a", "b"]})
    async with Kit() as kit:
        expected = await kit.embed(["a", "b"], model="fixture:echo")
    given: Embeddings = from_json(Embeddings, answer.body)
    assert replace(given, timing=None, attempts=()) == replace(expected, timing=None, attempts=())


WARNING = CallWarning("seed", "dropped", "it\r\nset-cookie: x=1; café", "m")


async def warn(request: Any, context: Context) -> AsyncGenerator[Batch, None]:
    if isinstance(request, EmbedRequest):
        yield Produced(Embeddings(vectors=((1.0,),))), *CLOSING[-1:]
    else:
        yield (Warned(WARNING), *OPENING)
        yield (Warned(CallWarning("top_k", "dropped", "x" * 3000)), *CLOSING)


async def test_warnings_are_in_the_body_and_in_a_header() -> None:
    answer = await ask(create_app(scripted(warn)), "/generate", CHAT)
    header = answer.headers["x-aikit-warnings"]
    assert header.startswith("m: seed dropped: it??set-cookie: x=1; caf?; top_k dropped: xxx")
    assert len(header) == 2000
    assert [item["setting"] for item in answer.json["warnings"]] == ["seed", "top_k"]
    assert answer.json["warnings"][0]["reason"] == WARNING.reason
    stream = await ask(create_app(scripted(warn)), "/generate/stream", CHAT)
    assert stream.headers["x-aikit-warnings"] == "m: seed dropped: it??set-cookie: x=1; caf?"
    assert [item["setting"] for item in stream.events[-1][1]["warnings"]] == ["seed", "top_k"]
    quiet = await ask(create_app(scripted(warn)), "/embed", {"model": "m", "input": "a"})
    assert "x-aikit-warnings" not in quiet.headers


async def test_an_error_tells_what_to_do_and_when() -> None:
    busy = RateLimited(
        "slow down",
        provider="openai",
        model="gpt-5",
        status=429,
        vendor_code="rate_limit_exceeded",
        request_id="req-1",
        retry_after=1.25,
    )
    answer = await ask(create_app(kit_of(busy)), "/generate", CHAT)
    assert answer.status == 429
    assert answer.error == {
        "code": "rate_limited",
        "message": "slow down",
        "provider": "openai",
        "model": "gpt-5",
        "status": 429,
        "vendor_code": "rate_limit_exceeded",
        "request_id": "req-1",
        "retry_after": 1.25,
    }
    assert (answer.headers["retry-after"], answer.headers["retry-after-ms"]) == ("2", "1250")
    assert "x-should-retry" not in answer.headers
    spent = await ask(create_app(kit_of(QuotaSpent("no credit"))), "/generate", CHAT)
    assert (spent.status, spent.headers["x-should-retry"]) == (429, "false")


async def test_providers_and_their_models_are_listed() -> None:
    app = create_app(models=["fixture:*"])
    answer = await ask(app, "/provider-models")
    (entry,) = answer.json["providers"]
    assert entry["name"] == "fixture"
    assert [(model["id"], model["provider"]) for model in entry["models"]] == [("echo", "fixture")]
    assert (await ask(app, "/provider-models?provider=fixture")).json == answer.json
    assert (await ask(app, "/provider-models?provider=nobody")).json == {"providers": []}
