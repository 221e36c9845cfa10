"""Jobs: handed to a service, asked for, followed, waited for and ended."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from aicore.errors import (
    BadInput,
    BadReply,
    Cancelled,
    NotFound,
    Overloaded,
    RateLimited,
    TotalTimeout,
    Unsupported,
)
from aicore.events import Finished, JobReported, Started, TextDelta
from aicore.job_requests import SubmitRequest
from aicore.jobs import Job
from aicore.values import from_json
from aikit import Deadlines, Kit
from aikit_testing.clock import on_model_clock

from ..aikit_wire.answers import Json
from ..aikit_wire.responses.answers import body_of, said, stream_of, whole
from .plugins import Installer, provider

JOB = Job(provider="openai", model="gpt-5.2", id="resp_1")
QUEUED = whole(status="queued", usage=None)
RUNNING = whole(status="in_progress", usage=None)
DONE = whole(said("Hello there."))
FAILED = whole(
    status="failed", usage=None, error={"code": "rate_limit_exceeded", "message": "Slow down."}
)
CANCELLED = whole(status="cancelled", usage=None)


class Service(httpx2.AsyncBaseTransport):
    """Gives its answers one after another, the last one again and again."""

    def __init__(self, answers: Sequence[Json | bytes]) -> None:
        self.answers = list(answers)
        self.asked: list[httpx2.Request] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        await request.aread()
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, bytes):
            headers = {"content-type": "text/event-stream"}
            return httpx2.Response(200, headers=headers, content=answer)
        return httpx2.Response(answer.pop("http", 200), json=answer)

    @property
    def said(self) -> list[str]:
        return [f"{item.method} {item.url.raw_path.decode()}" for item in self.asked]


@asynccontextmanager
async def answering(*answers: Json | bytes) -> AsyncIterator[tuple[Kit, Service]]:
    service = Service(answers)
    async with (
        httpx2.AsyncClient(transport=service) as client,
        Kit(providers={"openai": {"api_key": "sk-any"}}, http_client=client) as kit,
    ):
        yield kit, service


@on_model_clock
async def test_a_job_is_submitted_asked_for_and_done() -> None:
    async with answering(QUEUED, QUEUED, RUNNING, DONE) as (kit, service):
        job = await kit.jobs.submit("Hi", model="openai:gpt-5.2", top_k=3, idempotency_key="k1")
        assert (job.provider, job.model, job.id) == ("openai", "gpt-5.2", "resp_1")
        assert [warning.setting for warning in job.warnings] == ["top_k"]
        state = await kit.jobs.poll(job)
        assert (state.status, state.raw_status, state.ended) == ("pending", "queued", False)
        assert state.response is None
        state = await kit.jobs.poll(job)
        assert (state.status, state.ended) == ("running", False)
        response = await kit.jobs.wait(job)
    assert (response.text, response.finish_reason) == ("Hello there.", "stop")
    assert response.usage is not None
    assert response.cost is not None
    assert json.loads(service.asked[0].content) == {
        "model": "gpt-5.2",
        "input": [{"role": "user", "content": "Hi"}],
        "include": ["reasoning.encrypted_content"],
        "background": True,
    }
    assert service.asked[0].headers["idempotency-key"] == "k1"
    assert service.said == ["POST /v1/responses", *["GET /v1/responses/resp_1"] * 3]
    assert {item.content for item in service.asked[1:]} == {b""}


def test_a_job_is_a_value_that_holds_no_key() -> None:
    assert from_json(Job, JOB.to_json()) == JOB
    assert JOB.to_json() == (b'{"provider":"openai","model":"gpt-5.2","id":"resp_1","warnings":[]}')


@on_model_clock
async def test_waiting_asks_now_and_then_until_the_job_has_ended() -> None:
    async with answering(QUEUED, RUNNING, RUNNING, DONE) as (kit, service):
        assert (await kit.jobs.wait(JOB, interval=30)).text == "Hello there."
    assert len(service.asked) == 4


@on_model_clock
async def test_who_waits_too_long_is_told_and_the_job_goes_on() -> None:
    for limit in (90, Deadlines(total=90)):
        async with answering(RUNNING) as (kit, service):
            with pytest.raises(TotalTimeout, match="90 s"):
                await kit.jobs.wait(JOB, interval=60, timeout=limit)
        assert service.said == ["GET /v1/responses/resp_1"] * 2  # at 0 and 60; nothing ended it


@on_model_clock
async def test_a_job_that_has_failed_is_the_error_it_failed_with() -> None:
    for ask in ("poll", "wait"):
        async with answering(dict(FAILED)) as (kit, _):
            with pytest.raises(RateLimited, match="Slow down") as caught:
                await getattr(kit.jobs, ask)(JOB)
        assert caught.value.details["job_status"] == "failed"
        assert caught.value.provider == "openai"


async def test_a_job_that_cannot_be_asked_for_says_nothing_of_the_job() -> None:
    lost = {"http": 404, "error": {"message": "No such response.", "code": None}}
    async with answering(lost) as (kit, _):
        with pytest.raises(NotFound) as caught:
            await kit.jobs.poll(JOB)
    assert "job_status" not in caught.value.details


@on_model_clock
async def test_a_job_can_be_ended() -> None:
    async with answering(dict(CANCELLED)) as (kit, service):
        state = await kit.jobs.cancel(JOB)
        assert (state.status, state.ended) == ("cancelled", True)
        with pytest.raises(Cancelled, match="'resp_1' was cancelled"):
            await kit.jobs.wait(JOB)
    assert service.said[0] == "POST /v1/responses/resp_1/cancel"
    assert service.asked[0].content == b""


def numbered(answer: Json, after: int = -1) -> list[Json]:
    return [event for event in stream_of(answer) if event["sequence_number"] > after]


async def test_a_stream_of_a_job_is_taken_up_where_it_was_left() -> None:
    events = numbered(DONE)
    for stop in range(1, len(events)):
        broken = body_of(events[:stop])
        text = ""
        async with answering(broken, body_of(numbered(DONE, stop - 1))) as (kit, service):
            stream = kit.jobs.follow(JOB)
            with pytest.raises(Exception, match="before the service said"):
                async for piece in stream.text:
                    text += piece
            assert stream.cursor == str(stop - 1)
            async with kit.jobs.follow(JOB, after=stream.cursor) as rest:
                async for piece in rest.text:
                    text += piece
                assert (await rest.response()).raw_finish_reason == "completed"
        assert text == "Hello there.", stop
        assert service.said == [
            "GET /v1/responses/resp_1?stream=true",
            f"GET /v1/responses/resp_1?starting_after={stop - 1}&stream=true",
        ]


async def test_the_cursor_stands_behind_what_was_handed_out() -> None:
    async with answering(body_of(numbered(DONE))) as (kit, _):
        stream = kit.jobs.follow(JOB)
        assert [stream.cursor] == [None]
        async for event in stream:
            if isinstance(event, TextDelta):
                break
        first = next(item for item in numbered(DONE) if "output_text.delta" in item["type"])
        assert stream.cursor == str(first["sequence_number"])
        await stream.aclose()
        assert stream.cursor == str(first["sequence_number"])
        stream = kit.jobs.follow(JOB)
        await stream.response()
        assert stream.cursor == str(numbered(DONE)[-1]["sequence_number"])
        assert stream.partial().text == "Hello there."


async def test_a_job_that_fails_while_it_is_followed_is_an_error() -> None:
    events = [*numbered(RUNNING)[:1], {"type": "response.failed", "response": dict(FAILED)}]
    status = ""
    async with answering(body_of(events)) as (kit, _), kit.jobs.follow(JOB) as stream:
        with pytest.raises(RateLimited) as caught:
            async for event in stream:
                status = event.status if isinstance(event, JobReported) else status
    assert caught.value.details["job_status"] == status == "failed"


async def test_what_ends_a_stream_by_itself_ends_it_for_a_job() -> None:
    events = [{"type": "error", "code": "server_error", "message": "Oops."}]
    async with answering(body_of(events)) as (kit, _):
        with pytest.raises(Overloaded):
            await kit.jobs.follow(JOB).response()


@pytest.mark.parametrize("model", ["groq:m", "xai:m", "fixture:echo"])
async def test_a_provider_without_jobs_says_so(model: str) -> None:
    name = model.partition(":")[0]
    settings: Any = {} if name == "fixture" else {name: {"api_key": "sk-any"}}
    async with Kit(providers=settings) as kit:
        with pytest.raises(Unsupported, match=r"jobs"):
            await kit.jobs.submit("Hi", model=model)
        job = Job(provider=name, model="m", id="x")
        for ask in (kit.jobs.poll, kit.jobs.cancel, kit.jobs.wait):
            with pytest.raises(Unsupported):
                await ask(job)
        with pytest.raises(Unsupported):
            await kit.jobs.follow(job).response()


async def test_a_service_that_tells_no_job_is_not_understood(install: Installer) -> None:
    async def submit(request: SubmitRequest, context: Any) -> Any:
        yield Started(), Finished()

    install(providers=[provider("echo", submit=submit, poll=submit)])
    async with Kit() as kit:
        with pytest.raises(BadReply, match="told no id"):
            await kit.jobs.submit("Hi", model="echo:m")
        with pytest.raises(BadReply, match="what has become of the job"):
            await kit.jobs.poll(Job(provider="echo", model="m", id="1"))


async def test_what_is_no_job_is_refused() -> None:
    other: Any = "resp_1"
    setting: Any = {"temperature": 1}
    async with Kit() as kit:
        with pytest.raises(BadInput, match="a job is what `submit` returned, not str"):
            await kit.jobs.poll(other)
        with pytest.raises(BadInput, match="no setting `temperature` here"):
            await kit.jobs.poll(JOB, **setting)
        with pytest.raises(BadInput, match="`interval` must be more than 0"):
            await kit.jobs.wait(JOB, interval=0)
        with pytest.raises(BadInput, match="the conversation comes first: submit"):
            await kit.jobs.submit(model="openai:m")


async def test_an_id_is_no_path() -> None:
    async with answering(DONE) as (kit, service):
        await kit.jobs.poll(Job(provider="openai", model="m", id="../files?x"))
    assert service.said == ["GET /v1/responses/..%2Ffiles%3Fx"]
