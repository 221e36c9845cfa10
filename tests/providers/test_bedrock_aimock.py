"""aimock's side of Bedrock's wire: Converse whole and streamed, tools, InvokeModel and errors.

A known fault of aimock 1.43: what it streams for InvokeModel stands bare in its frames, while
Bedrock puts it into `bytes`, as base64 (and boto3 reads nothing else).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from aicore.errors import BadReply, RateLimited
from aikit import Kit, Message, Tool, ToolResultPart

from .aimock import aimock

MODEL = "bedrock:anthropic.claude-sonnet-4-6"
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
    {"match": {"userMessage": "hello"}, "response": {"content": GREETING}},
]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with aimock(FIXTURES) as url:
        yield url


@pytest.fixture
async def kit(url: str) -> AsyncIterator[Kit]:
    settings = {"base_url": url, "api_key": "sk-any", "region": "us-east-1"}
    async with Kit(providers={"bedrock": settings}) as kit:
        yield kit


async def ask(kit: Kit, prompt: Any, way: str, **settings: Any) -> Any:
    api, _, streaming = way.partition(" ")
    settings["provider_options"] = {"bedrock": {"api": api}}
    if not streaming:
        return await kit.generate(prompt, model=MODEL, **settings)
    async with kit.stream(prompt, model=MODEL, **settings) as stream:
        return await stream.response()


each_way = pytest.mark.parametrize("way", ["converse", "converse streamed", "invoke"])


@each_way
async def test_it_answers(kit: Kit, way: str) -> None:
    response = await ask(kit, "hello", way)
    assert (response.text, response.finish_reason) == (GREETING, "stop")


@each_way
async def test_it_calls_a_tool_and_takes_the_result(kit: Kit, way: str) -> None:
    asked = await ask(kit, "How is the weather?", way, tools=[WEATHER])
    [call] = asked.tool_calls
    assert (call.name, call.arguments.replace(" ", "")) == ("get_weather", '{"city":"Oslo"}')
    assert asked.finish_reason == "tool-calls"
    result = Message.tool(ToolResultPart(call.id, "Snow."))
    talk = [Message.user("How is the weather?"), asked.message, result]
    assert (await ask(kit, talk, way, tools=[WEATHER])).text == "It snows."


@each_way
async def test_its_errors_are_named(kit: Kit, way: str) -> None:
    with pytest.raises(RateLimited, match="Slow down"):
        await ask(kit, "too often", way)


async def test_it_is_signed_to_as_well(url: str) -> None:
    settings = {
        "base_url": url,
        "region": "us-east-1",
        "access_key_id": "AKIDEXAMPLE",
        "secret_access_key": "none",
    }
    async with Kit(providers={"bedrock": settings}) as kit:
        assert (await ask(kit, "hello", "converse")).text == GREETING


async def test_its_frames_of_invoke_are_not_bedrocks(kit: Kit) -> None:
    with pytest.raises(BadReply, match="bytes"):
        await ask(kit, "hello", "invoke streamed")
