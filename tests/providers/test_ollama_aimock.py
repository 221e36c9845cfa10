"""aimock's side of Ollama's wire: chat, stream, tools, errors, completions, models.

Its thoughts (`reasoning_content`) and embeddings (`embedding`, a single one) are not in the form
that Ollama gives them (ollama 0.6.3), so they prove nothing here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from aicore.errors import RateLimited
from aicore.requests import CompleteRequest
from aikit import Kit, Message, Tool, ToolResultPart

from .aimock import aimock

MODEL = "ollama:llama3"
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
    async with Kit(providers={"ollama": {"base_url": url}}) as kit:
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
    assert response.model == "llama3"


@both
async def test_it_calls_a_tool_and_takes_the_result(kit: Kit, streaming: bool) -> None:
    asked = await ask(kit, "How is the weather?", streaming, tools=[WEATHER])
    [call] = asked.tool_calls
    assert (call.name, call.arguments) == ("get_weather", '{"city": "Oslo"}')
    assert asked.finish_reason == "tool-calls"
    result = Message.tool(ToolResultPart(call.id, "Snow."))
    talk = [Message.user("How is the weather?"), asked.message, result]
    assert (await ask(kit, talk, streaming, tools=[WEATHER])).text == "It snows."


@both
async def test_its_errors_are_named(kit: Kit, streaming: bool) -> None:
    with pytest.raises(RateLimited, match="Slow down"):
        await ask(kit, "too often", streaming)


async def test_it_completes(kit: Kit) -> None:
    assert (await kit.complete("hello", model=MODEL)).text == GREETING
    async with kit.stream(CompleteRequest(model=MODEL, prompt="hello")) as stream:
        assert (await stream.response()).text == GREETING


async def test_it_lists_models(kit: Kit) -> None:
    models = await kit.models("ollama")
    assert models
    assert all(model.id and model.provider == "ollama" for model in models)
