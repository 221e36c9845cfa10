"""aimock's side of Cohere's wire: chat, stream, tools, errors, embeddings, rerank."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from aicore.errors import RateLimited
from aikit import Kit, Message, Tool, ToolResultPart

from .aimock import aimock

MODEL = "cohere:command-a-03-2025"
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = Tool("get_weather", "The weather in a city.", CITY)
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
    async with Kit(providers={"cohere": {"base_url": url, "api_key": "co-1"}}) as kit:
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
    assert response.raw_finish_reason == "COMPLETE"


@both
async def test_it_calls_a_tool_and_takes_the_result(kit: Kit, streaming: bool) -> None:
    asked = await ask(kit, "How is the weather?", streaming, tools=[WEATHER])
    [call] = asked.tool_calls
    assert (call.name, call.arguments) == ("get_weather", '{"city":"Oslo"}')
    assert asked.finish_reason == "tool-calls"
    result = Message.tool(ToolResultPart(call.id, "Snow."))
    talk = [Message.user("How is the weather?"), asked.message, result]
    assert (await ask(kit, talk, streaming, tools=[WEATHER])).text == "It snows."


@both
async def test_its_errors_are_named(kit: Kit, streaming: bool) -> None:
    with pytest.raises(RateLimited, match="Slow down"):
        await ask(kit, "too often", streaming)


async def test_it_embeds(kit: Kit) -> None:
    result = await kit.embed(["one", "two"], model="cohere:embed-v4.0")
    assert len(result.vectors) == 2
    assert len(result.vectors[0]) > 1


async def test_it_ranks(kit: Kit) -> None:
    documents = ["a", "b", "c"]
    answer = await kit.rerank("which?", documents, model="cohere:rerank-v3.5", top_n=2)
    scores = [item.score for item in answer.results]
    assert scores == sorted(scores, reverse=True)
    assert {item.index for item in answer.results} <= {0, 1, 2}
