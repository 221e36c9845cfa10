"""llama.cpp's own endpoint of Anthropic's dialect, a service that nobody here wrote."""

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
    settings = {"use": "anthropic", "base_url": server.base_url, "api_key": server.api_key}
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


async def test_a_limit_is_kept(kit: Kit) -> None:
    answer = await both(kit, "Hi", max_tokens=3)
    assert (answer.text, answer.finish_reason) == ("Hello from a", "length")
    assert answer.raw_finish_reason == "max_tokens"


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


async def test_tokens_are_counted_as_they_are_used(kit: Kit) -> None:
    for prompt in ("Hi", "How much is it, then?"):
        count = await kit.count_tokens(prompt, model="llama:tiny")
        answer = await kit.generate(prompt, model="llama:tiny")
        assert answer.usage is not None
        assert count.tokens == answer.usage.input_tokens


async def test_errors_are_named(kit: Kit) -> None:
    with pytest.raises(TooLong) as raised:
        await kit.generate("x" * 9000, model="llama:tiny")
    assert raised.value.status == 400
    with pytest.raises(Unauthorized):
        await kit.generate("Hi", model="llama:tiny", api_key="sk-wrong")
