"""aimock's side of the Responses API: chat, stream, tools, thoughts and errors."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from aicore.errors import RateLimited
from aikit import Kit, Message, Tool, ToolResultPart

from .aimock import aimock

MODEL = "openai:gpt-5.2"
WEATHER = Tool(
    "get_weather",
    "The weather in a city.",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)
GREETING = "Hi there, 🌍!"
FIXTURES = [
    {
        "match": {"userMessage": "too often"},
        "response": {"error": {"message": "Slow down.", "type": "rate_limit_error"}, "status": 429},
    },
    {
        "match": {"userMessage": "weather", "hasToolResult": False},
        "response": {"toolCalls": [{"name": "get_weather", "arguments": '{"city":"Oslo"}'}]},
    },
    {"match": {"hasToolResult": True}, "response": {"content": "It snows."}},
    {
        "match": {"userMessage": "think"},
        "response": {"content": "So it is.", "reasoning": "Let me see."},
    },
    {"match": {"userMessage": "hello"}, "response": {"content": GREETING}},
]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with aimock(FIXTURES) as url:
        yield url


@pytest.fixture
async def kit(url: str) -> AsyncIterator[Kit]:
    settings = {"base_url": f"{url}/v1", "api_key": "sk-any", "api": "responses"}
    async with Kit(providers={"openai": settings}) as kit:
        yield kit


async def ask(kit: Kit, prompt: Any, streaming: bool, **settings: Any) -> Any:
    if not streaming:
        return await kit.generate(prompt, model=MODEL, **settings)
    async with kit.stream(prompt, model=MODEL, **settings) as stream:
        return await stream.response()


both = pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])


@both
async def test_it_answers(kit: Kit, streaming: bool) -> None:
    response = await ask(kit, "hello", streaming)
    assert (response.text, response.finish_reason) == (GREETING, "stop")
    assert response.raw_finish_reason == "completed"
    assert response.usage is not None


@both
async def test_it_calls_a_tool_and_takes_the_result(kit: Kit, streaming: bool) -> None:
    asked = await ask(kit, "How is the weather?", streaming, tools=[WEATHER])
    [call] = asked.tool_calls
    assert (call.name, call.arguments.replace(" ", "")) == ("get_weather", '{"city":"Oslo"}')
    assert asked.finish_reason == "tool-calls"
    result = Message.tool(ToolResultPart(call.id, "Snow."))
    talk = [Message.user("How is the weather?"), asked.message, result]
    assert (await ask(kit, talk, streaming, tools=[WEATHER])).text == "It snows."


@both
async def test_it_thinks(kit: Kit, streaming: bool) -> None:
    response = await ask(kit, "think", streaming, reasoning="low")
    assert (response.reasoning, response.text) == ("Let me see.", "So it is.")
    talk = [Message.user("think"), response.message, Message.user("hello")]
    assert (await ask(kit, talk, streaming)).text == GREETING


@both
async def test_its_errors_are_named(kit: Kit, streaming: bool) -> None:
    with pytest.raises(RateLimited, match="Slow down"):
        await ask(kit, "too often", streaming)


async def test_a_talk_goes_over_to_chat_completions(kit: Kit) -> None:
    asked = await ask(kit, "How is the weather?", False, tools=[WEATHER])
    result = Message.tool(ToolResultPart(asked.tool_calls[0].id, "Snow."))
    talk = [Message.user("How is the weather?"), asked.message, result]
    chat: Any = {"openai": {"api": "chat"}}
    answer = await kit.generate(talk, model=MODEL, tools=[WEATHER], provider_options=chat)
    assert (answer.text, answer.raw_finish_reason) == ("It snows.", "stop")
