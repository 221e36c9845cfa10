"""Recorded work in the background, submitted, asked for and followed as a job."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest
from aicore.jobs import Job
from aicore.requests import ChatRequest
from aikit import Kit

from ..corpus import ABSENT, Exchange, exchanges
from ..replay import KEY, Service, request_of

BACKGROUND = [
    exchange
    for exchange in exchanges()
    if exchange.api == "openai-responses" and "background" in exchange.name
]
SUBMITTED = [item for item in BACKGROUND if item.asked and not item.asked.get("stream")]
POLLED = [
    item
    for item in BACKGROUND
    if item.asked is None and not item.recorded["response"]["stream"] and item.request
]
FOLLOWED = [
    item
    for item in BACKGROUND
    if item.asked is None and item.recorded["response"]["stream"] and item.request
]

needs_corpus = pytest.mark.skipif(not BACKGROUND, reason=ABSENT)


@asynccontextmanager
async def answering(exchange: Exchange) -> AsyncIterator[tuple[Kit, Service]]:
    service = Service(exchange)
    service.reads = [exchange.body]
    async with (
        httpx2.AsyncClient(transport=service) as client,
        Kit(providers={"openai": {"api_key": KEY}}, http_client=client) as kit,
    ):
        yield kit, service


def job_of(exchange: Exchange) -> Job:
    assert exchange.request is not None
    model = (exchange.expected or {}).get("model") or "m"
    return Job(provider="openai", model=model, id=exchange.request["path"].rpartition("/")[2])


@needs_corpus
def test_there_is_something_of_each_kind() -> None:
    assert SUBMITTED
    assert POLLED
    assert FOLLOWED


@needs_corpus
@pytest.mark.parametrize("exchange", SUBMITTED, ids=lambda exchange: exchange.name)
async def test_what_was_submitted_is_a_job(exchange: Exchange) -> None:
    assert exchange.asked is not None
    assert exchange.expected is not None
    request = request_of(exchange)
    assert isinstance(request, ChatRequest)
    async with answering(exchange) as (kit, service):
        job = await kit.jobs.submit(request)
    assert (job.provider, job.model, job.id) == (
        "openai",
        exchange.asked["model"],
        exchange.expected["id"],
    )
    (asked,) = service.asked
    assert (asked.method, asked.url.path) == ("POST", "/v1/responses")
    assert b'"background":true' in asked.content.replace(b" ", b"")


@needs_corpus
@pytest.mark.parametrize("exchange", POLLED, ids=lambda exchange: exchange.name)
async def test_what_was_asked_for_tells_its_state(exchange: Exchange) -> None:
    expected = exchange.expected
    assert expected is not None
    assert exchange.request is not None
    async with answering(exchange) as (kit, service):
        state = await kit.jobs.poll(job_of(exchange))
    assert state.raw_status == expected["status"]
    assert state.ended == (expected["status"] not in ("queued", "in_progress"))
    if state.ended:
        assert state.response is not None
        assert state.response.text == (expected["text"] or "")
        assert state.response.usage is not None
        assert [call.name for call in state.response.tool_calls] == [
            call["name"] for call in expected["tool_calls"]
        ]
    else:
        assert state.response is None
    (asked,) = service.asked
    assert (asked.method, asked.url.path) == ("GET", exchange.request["path"])
    assert asked.content == b""


@needs_corpus
@pytest.mark.parametrize("exchange", FOLLOWED, ids=lambda exchange: exchange.name)
async def test_what_was_followed_is_a_stream(exchange: Exchange) -> None:
    expected = exchange.expected
    assert expected is not None
    assert exchange.request is not None
    query = dict(exchange.request["query"])
    async with answering(exchange) as (kit, service):
        async with kit.jobs.follow(job_of(exchange), after=query.get("starting_after")) as stream:
            text = [piece async for piece in stream.text]
            response = await stream.response()
        assert "".join(text) == response.text == (expected["text"] or "")
        assert stream.cursor is not None
    (asked,) = service.asked
    assert dict(asked.url.params) == query
    assert int(stream.cursor) == exchange.body.count(b"sequence_number") + int(
        query.get("starting_after", -1)
    )
