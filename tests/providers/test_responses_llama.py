"""llama.cpp's own endpoint of the Responses dialect, a service that nobody here wrote."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from aicore.errors import TooLong, Unauthorized
from aikit import Kit, Message, Response, Tool, ToolResultPart
from aikit_testing.tiny_model import GREETING, REPORT

from .llama_server import LlamaServer, llama_server, tiny

ADD = Tool(
    "add",
    "Adds numbers",
    {
        "type": "object",
        "properties": {"numbers": {"type": "array", "items": {"type": "integer"}, "minItems": 1}},
        "required": ["numbers"],
    },
)


@pytest.fixture(scope="module")
def server() -> Iterator[LlamaServer]:
    with llama_server(tiny("tool")) as server:
        yield server


@pytest.fixture
async def kit(server: LlamaServer) -> AsyncIterator[Kit]:
    settings = {
        "use": "openai-compatible",
        "base_url": server.base_url,
        "api_key": server.api_key,
        "abilities": ["chat", "responses", "models"],
        "api": "responses",
    }
    async with Kit(providers={"llama": settings}) as kit:
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
    assert (call.name, call.arguments, asked.finish_reason) == (
        "add",
        '{"numbers":[1]}',
        "tool-calls",
    )
    result = Message.tool(ToolResultPart(call.id, "1"))
    answer = await both(kit, [Message.user("How much?"), asked.message, result], tools=[ADD])
    assert answer.text == REPORT


async def test_a_talk_goes_over_to_chat_completions_and_back(kit: Kit) -> None:
    chat: Any = {"llama": {"api": "chat"}}
    asked = await both(kit, "How much?", tools=[ADD], tool_choice="required")
    result = Message.tool(ToolResultPart(asked.tool_calls[0].id, "1"))
    talk = [Message.user("How much?"), asked.message, result]
    answer = await both(kit, talk, tools=[ADD], provider_options=chat)
    assert answer.text == REPORT
    assert (await both(kit, [*talk, answer.message, Message.user("Hi")])).text == GREETING


async def test_errors_are_named(kit: Kit) -> None:
    with pytest.raises(TooLong) as raised:
        await kit.generate("x" * 9000, model="llama:tiny")
    assert raised.value.status == 400
    with pytest.raises(Unauthorized):
        await kit.generate("Hi", model="llama:tiny", api_key="sk-wrong")
