"""llama.cpp's own endpoints of three dialects, a service that nobody here wrote."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from aicore.errors import TooLong, Unauthorized
from aikit import Kit, Message, Response, ToolResultPart
from aikit_testing.tiny_model import GREETING, REPORT

from .llama_server import ADD, LlamaServer

BOTH = {"use": "openai-compatible", "abilities": ["chat", "responses", "models"]}
DIALECTS: Mapping[str, Mapping[str, Any]] = {
    "chat": {**BOTH, "api": "chat"},
    "responses": {**BOTH, "api": "responses"},
    "anthropic": {"use": "anthropic"},
}
CUT = {"chat": "length", "anthropic": "max_tokens"}


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def kit(server: LlamaServer, dialect: str) -> AsyncIterator[Kit]:
    place = {"base_url": server.base_url, "api_key": server.api_key}
    async with Kit(providers={"llama": {**DIALECTS[dialect], **place}}) as kit:
        yield kit


async def both(kit: Kit, prompt: Any, **settings: Any) -> Response:
    """Ask for an answer whole and streamed, and return one of the two, which say the same."""
    answer = await kit.generate(prompt, model="llama:tiny", **settings)
    async with kit.stream(prompt, model="llama:tiny", **settings) as stream:
        streamed = await stream.response()
    for one, other in zip(answer.tool_calls, streamed.tool_calls, strict=True):
        assert (one.name, one.arguments.replace(" ", "")) == (other.name, other.arguments)
    assert (answer.text.strip(), answer.finish_reason) == (streamed.text, streamed.finish_reason)
    assert answer.usage is not None
    assert streamed.usage is not None
    assert answer.usage.total_tokens == streamed.usage.total_tokens
    return streamed


async def test_a_model_answers(kit: Kit) -> None:
    answer = await both(kit, [Message.system("Be brief."), Message.user("Hi")])
    assert (answer.text, answer.finish_reason) == (GREETING, "stop")


async def test_a_conversation_with_a_tool(kit: Kit) -> None:
    asked = await both(kit, "How much?", tools=[ADD], tool_choice="required")
    [call] = asked.tool_calls
    assert (call.name, call.arguments) == ("add", '{"numbers":[1]}')
    assert asked.finish_reason == "tool-calls"
    result = Message.tool(ToolResultPart(call.id, "1"))
    answer = await both(kit, [Message.user("How much?"), asked.message, result], tools=[ADD])
    assert answer.text == REPORT


async def test_errors_are_named(kit: Kit) -> None:
    with pytest.raises(TooLong) as raised:
        await kit.generate("x" * 9000, model="llama:tiny")
    assert raised.value.status == 400
    with pytest.raises(Unauthorized):
        await kit.generate("Hi", model="llama:tiny", api_key="sk-wrong")


@pytest.mark.parametrize("dialect", ["chat", "anthropic"], indirect=True)
async def test_a_limit_is_kept(kit: Kit, dialect: str) -> None:
    answer = await both(kit, "Hi", max_tokens=3)
    assert (answer.text, answer.finish_reason) == ("Hello from a", "length")
    assert answer.raw_finish_reason == CUT[dialect]


@pytest.mark.parametrize("dialect", ["anthropic"], indirect=True)
async def test_tokens_are_counted_as_they_are_used(kit: Kit) -> None:
    for prompt in ("Hi", "How much is it, then?"):
        count = await kit.count_tokens(prompt, model="llama:tiny")
        answer = await kit.generate(prompt, model="llama:tiny")
        assert answer.usage is not None
        assert count.tokens == answer.usage.input_tokens


@pytest.mark.parametrize("dialect", ["responses"], indirect=True)
async def test_a_talk_goes_over_to_chat_completions_and_back(kit: Kit) -> None:
    chat: Any = {"llama": {"api": "chat"}}
    asked = await both(kit, "How much?", tools=[ADD], tool_choice="required")
    result = Message.tool(ToolResultPart(asked.tool_calls[0].id, "1"))
    talk = [Message.user("How much?"), asked.message, result]
    answer = await both(kit, talk, tools=[ADD], provider_options=chat)
    assert answer.text == REPORT
    assert (await both(kit, [*talk, answer.message, Message.user("Hi")])).text == GREETING
