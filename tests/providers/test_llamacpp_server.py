"""llama.cpp over HTTP and llama.cpp in this process answer alike."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import xllamacpp
from aicore.errors import TooLong, Unauthorized
from aikit import JSONSchema, Kit, Message, Response, ToolResultPart
from aikit_testing.tiny_model import GREETING, REPORT

from .llama_server import ADD, LlamaServer, tiny

SCHEMA = JSONSchema({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]})


@pytest.fixture
async def kit(server: LlamaServer) -> AsyncIterator[Kit]:
    """Offer one model as `http:tiny` and as `llamacpp:tiny`."""
    http = {
        "use": "openai-compatible",
        "base_url": server.base_url,
        "api_key": server.api_key,
        "fields": {"top_k": "top_k"},
    }
    inside = {"models": {"tiny": tiny("tool")}, "n_threads": 1}
    async with Kit(providers={"http": http, "llamacpp": inside}) as kit:
        yield kit


def essence(response: Response) -> Any:
    """Return what must be the same: all but ids, times and who answered."""
    usage = response.usage
    assert usage is not None
    calls = tuple(replace(call, id="call") for call in response.tool_calls)
    counts = usage.input_tokens, usage.output_tokens
    return response.text, calls, response.finish_reason, counts, response.logprobs


async def both(kit: Kit, prompt: Any, **settings: Any) -> Response:
    """Ask both, streamed and not, and return one of the four answers, which are the same."""
    answers: list[Response] = []
    for provider in ("http", "llamacpp"):
        model = f"{provider}:tiny"
        answers.append(await kit.generate(prompt, model=model, **settings))
        async with kit.stream(prompt, model=model, **settings) as stream:
            answers.append(await stream.response())
        assert {answer.served_by.provider for answer in answers[-2:] if answer.served_by} == {
            provider
        }
    first, *others = map(essence, answers)
    for other in others:
        assert other == first
    return answers[-1]


async def test_text_and_usage_are_the_same(kit: Kit) -> None:
    assert (await both(kit, "Hi")).text == GREETING
    cut = await both(kit, "Hi", max_tokens=3, top_k=1, logprobs=True, top_logprobs=2)
    assert (cut.text, cut.finish_reason, len(cut.logprobs)) == ("Hello from a", "length", 3)


async def test_a_conversation_with_a_tool_is_the_same(kit: Kit) -> None:
    asked = await both(kit, "How much?", tools=[ADD])
    [call] = asked.tool_calls
    assert (call.name, call.arguments) == ("add", '{"numbers":[1]}')
    conversation = [
        Message.user("How much?"),
        asked.message,
        Message(role="tool", parts=(ToolResultPart(call.id, "1"),)),
    ]
    assert (await both(kit, conversation, tools=[ADD])).text == REPORT


async def test_json_by_schema_is_the_same(kit: Kit) -> None:
    assert (await both(kit, "Hi", response_format=SCHEMA)).text == '{"a":"Paris"}'


async def test_completions_are_the_same(kit: Kit) -> None:
    answers = [
        await kit.complete(
            'I said "', model=f"{name}:tiny", max_tokens=1, logprobs=True, top_logprobs=2
        )
        for name in ("http", "llamacpp")
    ]
    assert essence(answers[0]) == essence(answers[1])
    assert answers[0].text == "Paris"
    assert len(answers[0].logprobs) == 1


async def test_errors_are_the_same(kit: Kit, server: LlamaServer) -> None:
    with pytest.raises(TooLong) as over_http:
        await kit.generate("x" * 9000, model="http:tiny")
    with pytest.raises(TooLong) as inside:
        await kit.generate("x" * 9000, model="llamacpp:tiny")
    assert over_http.value.status == inside.value.status == 400
    with pytest.raises(Unauthorized):
        await kit.generate("Hi", model="http:tiny", api_key="sk-wrong")


async def test_the_listener_of_a_model_in_process_serves_nobody(
    kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It cannot be turned off, so its key is one that nobody has."""
    addresses: list[str] = []
    start = xllamacpp.Server

    def watched(params: Any) -> Any:
        server = start(params)
        addresses.append(server.listening_address)
        return server

    monkeypatch.setattr(xllamacpp, "Server", watched)
    await kit.generate("Hi", model="llamacpp:tiny")
    [address] = addresses
    assert address.startswith("http://127.0.0.1:")
    outside = {"use": "openai-compatible", "base_url": f"{address}/v1"}
    async with Kit(providers={"outside": outside}) as stranger:
        with pytest.raises(Unauthorized):
            await stranger.generate("Hi", model="outside:tiny")
        with pytest.raises(Unauthorized):
            await stranger.generate("Hi", model="outside:tiny", api_key="sk-guess")
