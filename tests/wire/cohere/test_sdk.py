"""The official SDK reads the same bytes and finds the same in them, and sends the same bodies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from aicore.messages import ReasoningPart, SourcePart
from aicore.requests import ChatRequest
from aicore.responses import Embeddings, RerankResponse, Response
from aikit import Kit

from ...aikit.service import Service, whole
from ..corpus import Exchange, exchanges
from ..differences import differences
from ..replay import replay, request_of
from ..sdk import http, name_of, streams
from . import PATHS, invented
from .meaning import is_plan

cohere = pytest.importorskip("cohere", reason="install the dev dependency `cohere`")
pytestmark = pytest.mark.long

ALL = [item for item in (*invented.ALL, *exchanges()) if item.api in PATHS]
CHATS = [
    item
    for item in ALL
    if item.api == "cohere-chat-v2" and item.expected and item.expected["kind"] == "chat"
]
OLD = [item for item in ALL if item.api == "cohere-chat-v1"]
HI = [{"role": "user", "content": "hi"}]


def sdk(exchange: Exchange) -> Any:
    """Return the SDK's client of a service that gives the recorded answer."""
    made = cohere.Client if exchange.api == "cohere-chat-v1" else cohere.ClientV2
    return made(api_key="k", httpx_client=http(exchange, httpx))


def said(exchange: Exchange) -> dict[str, Any]:
    """Have the SDK read a chat, and put together what it finds."""
    found: dict[str, Any] = {"text": "", "thinking": "", "plan": "", "calls": {}, "cited": 0}
    if not streams(exchange):
        answer = sdk(exchange).chat(model="m", messages=HI)
        for item in answer.message.content or ():
            found[item.type] += getattr(item, item.type)
        found["plan"] = answer.message.tool_plan or ""
        found["calls"] = dict(enumerate(map(called, answer.message.tool_calls or ())))
        found["cited"] = len(answer.message.citations or ())
        found |= {"id": answer.id, "reason": answer.finish_reason, "usage": answer.usage}
        return found
    for event in sdk(exchange).chat_stream(model="m", messages=HI):
        match event.type:
            case "message-start":
                found["id"] = event.id
            case "content-delta":
                content = event.delta.message.content
                found["text"] += content.text or ""
                found["thinking"] += content.thinking or ""
            case "tool-plan-delta":
                found["plan"] += event.delta.message.tool_plan
            case "tool-call-start":
                found["calls"][event.index] = called(event.delta.message.tool_calls)
            case "tool-call-delta":
                piece = event.delta.message.tool_calls.function.arguments
                found["calls"][event.index][2] += piece
            case "citation-start":
                found["cited"] += 1
            case "message-end":
                found |= {"reason": event.delta.finish_reason, "usage": event.delta.usage}
    return found


def called(call: Any) -> list[str]:
    return [call.id, call.function.name, call.function.arguments]


def ours(response: Response) -> Iterator[tuple[str, Any]]:
    thoughts = [part for part in response.parts if isinstance(part, ReasoningPart)]
    sources = [part for part in response.parts if isinstance(part, SourcePart)]
    citations = {json.dumps(part.provider_data["cohere"]["citation"]) for part in sources}
    yield "id", response.id
    yield "text", response.text
    yield "thinking", "".join(part.text for part in thoughts if not is_plan(part))
    yield "plan", "".join(part.text for part in thoughts if is_plan(part))
    yield "calls", [[call.id, call.name, call.arguments] for call in response.tool_calls]
    yield "cited", len(citations)
    yield "reason", response.raw_finish_reason


@pytest.mark.parametrize("exchange", CHATS, ids=name_of)
async def test_the_sdk_finds_the_same_in_a_chat(exchange: Exchange) -> None:
    outcomes, _ = await replay(exchange)
    result = outcomes["whole"].result
    assert isinstance(result, Response)
    found = said(exchange)
    usage = found.pop("usage")
    found["calls"] = [
        [id, name, "{}" if text in ("", "null") else text]
        for id, name, text in found["calls"].values()
    ]
    assert dict(ours(result)) == found
    if usage is None or usage.tokens is None:
        assert result.usage is None
        return
    assert result.usage
    images = getattr(usage.tokens, "image_tokens", None) or 0
    assert result.usage.input_tokens == usage.tokens.input_tokens + images
    assert result.usage.output_tokens == usage.tokens.output_tokens
    assert result.usage.billed_input_tokens == usage.billed_units.input_tokens
    assert result.usage.cache_read_tokens == usage.cached_tokens


@pytest.mark.parametrize("exchange", OLD, ids=name_of)
async def test_the_sdk_finds_the_same_in_a_chat_of_v1(exchange: Exchange) -> None:
    outcomes, _ = await replay(exchange)
    result = outcomes["whole"].result
    assert isinstance(result, Response)
    if streams(exchange):
        *pieces, last = sdk(exchange).chat_stream(message="hi")
        text = "".join(getattr(piece, "text", "") for piece in pieces)
        answer = last.response
        assert text == result.text
    else:
        answer = sdk(exchange).chat(message="hi")
    assert (answer.text, answer.generation_id) == (result.text, result.id)
    assert answer.finish_reason == result.raw_finish_reason
    assert result.usage
    assert answer.meta.billed_units.input_tokens == result.usage.billed_input_tokens


VECTORS = [item for item in ALL if item.api == "cohere-embed-v2" and item.status == 200]
RANKS = [item for item in ALL if item.api == "cohere-rerank-v2"]


@pytest.mark.parametrize("exchange", VECTORS, ids=name_of)
async def test_the_sdk_finds_the_same_vectors(exchange: Exchange) -> None:
    outcomes, _ = await replay(exchange)
    result = outcomes["whole"].result
    assert isinstance(result, Embeddings)
    answer = sdk(exchange).embed(model="m", input_type="search_query", texts=["hi"])
    assert [*map(tuple, answer.embeddings.float_)] == [*result.vectors]


@pytest.mark.parametrize("exchange", RANKS, ids=name_of)
async def test_the_sdk_finds_the_same_ranks(exchange: Exchange) -> None:
    outcomes, _ = await replay(exchange)
    result = outcomes["whole"].result
    assert isinstance(result, RerankResponse)
    answer = sdk(exchange).rerank(model="m", query="hi", documents=["hi"])
    found = [(item.index, item.relevance_score) for item in answer.results]
    assert found == [(item.index, item.score) for item in result.results]
    assert (answer.id, answer.meta.billed_units.search_units) == (
        result.id,
        result.usage and result.usage.search_units,
    )


async def test_the_sdk_finds_the_same_fault() -> None:
    outcomes, _ = await replay(invented.REFUSED)
    error = outcomes["whole"].error
    assert error is not None
    with pytest.raises(cohere.NotFoundError) as caught:
        sdk(invented.REFUSED).chat(model="m", messages=HI)
    assert caught.value.body["message"] in error.message


ASKED = [item for item in CHATS if item.asked is not None]


@pytest.mark.parametrize("exchange", ASKED, ids=name_of)
async def test_ours_and_the_sdk_ask_a_server_alike(exchange: Exchange) -> None:
    message = {"role": "assistant", "content": [{"type": "text", "text": "Hi"}]}
    answer = {"id": "a", "message": message, "finish_reason": "COMPLETE", "usage": {}}
    request = request_of(exchange)
    assert isinstance(request, ChatRequest)
    async with Service((whole(answer),)) as service:
        address = f"http://127.0.0.1:{service.port}"
        async with Kit(providers={"cohere": {"base_url": address, "api_key": "k"}}) as kit:
            await kit.generate(request)
        given = {name: value for name, value in (exchange.asked or {}).items() if value is not None}
        given.pop("stream", None)
        client = cohere.AsyncClientV2(api_key="k", base_url=address)
        await client.chat(**given)
        await client._client_wrapper.httpx_client.httpx_client.aclose()
    mine, theirs = service.requests
    assert (mine.method, mine.path) == (theirs.method, theirs.path)
    assert not list(differences(theirs.json, mine.json, exchange.pair))
