"""aimock's side of Google's wire: chat, stream, tools, thoughts and errors.

It ends an answer that calls functions with `FUNCTION_CALL`, a reason that Google does not have
(google-genai 3.6: `types.FinishReason`), and does not serve `batchEmbedContents`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from aicore.errors import NotFound, RateLimited
from aicore.messages import ReasoningPart, TextPart
from aikit import Kit, Message, Tool, ToolResultPart

from .aimock import aimock

MODEL = "google:gemini-2.5-flash"
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
        "response": {
            "toolCalls": [
                {"name": "get_weather", "arguments": '{"city":"Oslo"}'},
                {"name": "get_weather", "arguments": '{"city":"Nîmes"}'},
            ]
        },
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
        yield f"{url}/v1beta"


@pytest.fixture
async def kit(url: str) -> AsyncIterator[Kit]:
    async with Kit(providers={"google": {"base_url": url, "api_key": "sk-any"}}) as kit:
        yield kit


async def ask(kit: Kit, prompt: Any, streaming: bool, **settings: Any) -> Any:
    if not streaming:
        return await kit.generate(prompt, model=MODEL, **settings)
    async with kit.stream(prompt, model=MODEL, **settings) as stream:
        return await stream.response()


both = pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])


@both
async def test_it_answers(kit: Kit, streaming: bool) -> None:
    response = await ask(kit, "hello", streaming, temperature=0.5)
    assert (response.text, response.finish_reason) == (GREETING, "stop")
    assert response.usage is not None
    assert not response.warnings


@both
async def test_it_calls_tools_and_takes_the_results(kit: Kit, streaming: bool) -> None:
    asked = await ask(kit, "How is the weather?", streaming, tools=[WEATHER])
    calls = [(call.name, call.arguments) for call in asked.tool_calls]
    assert calls == [("get_weather", '{"city": "Oslo"}'), ("get_weather", '{"city": "Nîmes"}')]
    assert asked.raw_finish_reason == "FUNCTION_CALL"
    results = [ToolResultPart(call.id, "Snow.") for call in asked.tool_calls]
    talk = [Message.user("How is the weather?"), asked.message, Message.tool(*results)]
    assert (await ask(kit, talk, streaming, tools=[WEATHER])).text == "It snows."


@both
async def test_it_thinks(kit: Kit, streaming: bool) -> None:
    response = await ask(kit, "think", streaming, reasoning="low")
    assert [type(part) for part in response.parts] == [ReasoningPart, TextPart]
    assert (response.reasoning, response.text) == ("Let me see.", "So it is.")


@both
async def test_it_says_when_it_is_asked_too_often(kit: Kit, streaming: bool) -> None:
    with pytest.raises(RateLimited, match="Slow down"):
        await ask(kit, "too often", streaming)


async def test_it_knows_no_fixture_for_everything(kit: Kit) -> None:
    with pytest.raises(NotFound):
        await ask(kit, "something else", False)
