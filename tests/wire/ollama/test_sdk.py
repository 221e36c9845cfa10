"""The official SDK reads the same bytes and finds the same in them, and sends the same bodies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from aicore.requests import ChatRequest
from aicore.responses import Response
from aikit import Kit

from ...aikit.service import Service, whole
from ..corpus import Exchange, exchanges
from ..differences import differences
from ..replay import replay, request_of
from ..sdk import name_of, streams, transport
from . import PATHS, invented

ollama = pytest.importorskip("ollama", reason="install the dev dependency `ollama`")
pytestmark = pytest.mark.long

ALL = [*invented.ALL, *(item for item in exchanges() if item.api in PATHS)]
ANSWERED = [item for item in ALL if item.expected and item.expected.get("finish_reason")]


def by_sdk(exchange: Exchange) -> list[Any]:
    """Have the SDK read the recorded answer; return its pieces."""
    with ollama.Client(host="http://box", transport=transport(exchange, httpx)) as client:
        streaming = streams(exchange)
        if exchange.api == "ollama-generate":
            found = client.generate(model="m", prompt="hi", stream=streaming)
        else:
            hi = [{"role": "user", "content": "hi"}]
            found = client.chat(model="m", messages=hi, stream=streaming)
        return list(found) if streaming else [found]


def facts_of_sdk(pieces: list[Any]) -> Iterator[tuple[str, Any]]:
    chat = hasattr(pieces[0], "message")
    said = [piece.message if chat else piece for piece in pieces]
    texts = [item.content if chat else item.response for item in said]
    calls = [call.function for item in said for call in (chat and item.tool_calls) or ()]
    last = pieces[-1]
    yield "model", last.model
    yield "text", "".join(text or "" for text in texts)
    yield "thoughts", "".join(item.thinking or "" for item in said)
    yield "calls", [(call.name, call.arguments) for call in calls]
    yield "reason", last.done_reason
    yield "counts", (last.prompt_eval_count, last.eval_count)
    yield "duration", last.total_duration


def facts_of_ours(response: Response) -> Iterator[tuple[str, Any]]:
    usage = response.usage
    assert usage is not None
    yield "model", response.model
    yield "text", response.text
    yield "thoughts", response.reasoning
    yield "calls", [(call.name, json.loads(call.arguments)) for call in response.tool_calls]
    yield "reason", response.raw_finish_reason
    yield "counts", (usage.input_tokens, usage.output_tokens)
    yield "duration", response.steps[0].provider_data["ollama"]["total_duration"]


@pytest.mark.parametrize("exchange", ANSWERED, ids=name_of)
async def test_the_sdk_finds_the_same_in_an_answer(exchange: Exchange) -> None:
    outcomes, _ = await replay(exchange)
    result = outcomes["whole"].result
    assert isinstance(result, Response)
    assert dict(facts_of_ours(result)) == dict(facts_of_sdk(by_sdk(exchange)))


@pytest.mark.parametrize("exchange", [invented.BROKEN_OFF, invented.REFUSED], ids=name_of)
async def test_the_sdk_finds_the_same_fault(exchange: Exchange) -> None:
    outcomes, _ = await replay(exchange)
    error = outcomes["whole"].error
    assert error is not None
    with pytest.raises(ollama.ResponseError) as caught:
        by_sdk(exchange)
    assert caught.value.error in error.message


ALIKE = [item for item in ALL if item.api == "ollama-chat" and item is not invented.WHOLE]
"""All but the one with ids of calls, which the SDK does not know."""


@pytest.mark.parametrize("exchange", ALIKE, ids=name_of)
async def test_ours_and_the_sdk_ask_a_server_alike(exchange: Exchange) -> None:
    answer = {"model": "m", "message": {"role": "assistant", "content": "Hi"}, "done": True}
    request = request_of(exchange)
    assert isinstance(request, ChatRequest)
    async with Service((whole(answer),)) as service:
        address = f"http://127.0.0.1:{service.port}"
        async with Kit(providers={"ollama": {"base_url": address}}) as kit:
            await kit.generate(request)
        asked = dict(exchange.asked or {}, stream=False)
        async with ollama.AsyncClient(host=address) as client:
            await client.chat(**asked)
    ours, theirs = service.requests
    assert (ours.method, ours.path) == (theirs.method, theirs.path)
    assert not list(differences(theirs.json, ours.json, exchange.pair))
