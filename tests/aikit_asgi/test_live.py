"""A streamed answer is begun late, kept alive, and never looks whole when it is not."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from aicore.calls import Batch
from aicore.context import Context
from aicore.errors import AIError, Cancelled, Overloaded, TotalTimeout
from aikit_asgi import Limits, create_app
from aikit_asgi.attend import whole
from aikit_asgi.live import PING

from .asgi import CHAT, CLOSING, OPENING, STREAMED, Exchange, ask, exchange, kit_of, said, scripted

ROUTES = [("/generate/stream", CHAT), ("/v1/chat/completions", STREAMED)]
both = pytest.mark.parametrize(("path", "body"), ROUTES, ids=["native", "openai"])
QUICK = Limits(ping=0.05)


def pings(frames: list[bytes]) -> list[int]:
    """Return the places of pings among what was sent; each is sent alone."""
    return [place for place, frame in enumerate(frames) if frame.startswith(b": ping")]


@both
async def test_pings_keep_a_silent_stream_alive_before_and_after_the_first_event(
    path: str, body: Any
) -> None:
    kit = kit_of(0.18, OPENING + said("a"), 0.18, said("b"), CLOSING)
    answer = await ask(create_app(kit, limits=QUICK), path, body)
    assert answer.status == 200
    frames = answer.frames
    first, second = (
        next(place for place, frame in enumerate(frames) if text in frame)
        for text in (b'"a"', b'"b"')
    )
    found = pings(frames)
    assert found[0] == 0
    assert 2 <= len([place for place in found if place < first]) <= 4
    assert 2 <= len([place for place in found if first < place < second]) <= 4
    assert [data for name, data in answer.events if "b" in str(data)]


@both
async def test_a_stream_that_is_not_silent_needs_no_pings(path: str, body: Any) -> None:
    steps = [step for _ in range(8) for step in (0.1, said("a"))]
    app = create_app(kit_of(OPENING, *steps, CLOSING), limits=Limits(ping=0.6))
    answer = await ask(app, path, body)
    assert len(pings(answer.frames)) <= (1 if path == "/generate/stream" else 0)


@both
async def test_pings_can_be_turned_off(path: str, body: Any) -> None:
    app = create_app(kit_of(0.05, OPENING, 0.05, CLOSING), limits=Limits(ping=None))
    assert not pings((await ask(app, path, body)).frames)


@both
async def test_an_error_after_a_ping_is_told_in_the_stream(path: str, body: Any) -> None:
    app = create_app(kit_of(0.12, Overloaded("too much")), limits=QUICK)
    answer = await ask(app, path, body)
    assert answer.status == 200
    assert answer.events[-1][1]["error"]["code"] == "overloaded"
    assert len(answer.events) == 1


async def test_clients_that_wait_for_one_piece_get_no_pings() -> None:
    app = create_app(kit_of(0.12, OPENING + said("a") + CLOSING), limits=QUICK)
    for path, body in (
        ("/generate", CHAT),
        ("/v1/chat/completions", {**STREAMED, "stream": False}),
    ):
        answer = await ask(app, path, body)
        assert len(answer.frames) == 1
        assert answer.json


@both
async def test_nothing_is_sent_before_there_is_something_to_say(path: str, body: Any) -> None:
    async with exchange(create_app(kit_of(5.0, OPENING)), path, body) as running:
        await asyncio.sleep(0.05)
        assert not running.answer.status


class Hesitant(Exchange):
    """A client that takes pings only when it is told to."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.offered, self.takes = asyncio.Event(), asyncio.Event()

    async def _send(self, message: Any) -> None:
        if message.get("body") == PING:
            self.offered.set()
            await self.takes.wait()
        await super()._send(message)


async def test_an_event_waits_until_a_ping_has_been_taken() -> None:
    app = create_app(kit_of(OPENING, 0.1, said("first") + CLOSING), limits=QUICK)
    async with exchange(app, "/v1/chat/completions", STREAMED, client=Hesitant) as running:
        assert isinstance(running, Hesitant)
        await running.offered.wait()
        await asyncio.sleep(0.1)
        assert b"first" not in running.answer.body
        running.takes.set()
        await running.task
    frames = running.answer.frames
    assert frames.index(PING) < next(at for at, frame in enumerate(frames) if b"first" in frame)
    assert running.answer.complete


async def test_a_client_that_leaves_a_ping_untaken_leaves_no_task() -> None:
    model, before = Told(silent=True), asyncio.all_tasks()
    async with exchange(
        create_app(scripted(model), limits=QUICK), "/v1/chat/completions", STREAMED, client=Hesitant
    ) as running:
        assert isinstance(running, Hesitant)
        await running.offered.wait()
        running.leave()
        await running.task
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == before


@pytest.mark.parametrize("streamed", [False, True])
async def test_an_answer_leaves_nothing_for_the_garbage_collector(streamed: bool) -> None:
    app = create_app(kit_of(OPENING, said("a"), CLOSING))
    body = {**STREAMED, "stream": streamed}
    await ask(app, "/v1/chat/completions", body)
    gc.collect()
    gc.disable()
    try:
        for _ in range(20):
            await ask(app, "/v1/chat/completions", body)
        assert gc.collect() == 0
    finally:
        gc.enable()


class Told:
    """A model that tells how far it got and how it ended."""

    def __init__(self, *, silent: bool = False) -> None:
        self.silent = silent
        self.made = 0
        self.ended = asyncio.Event()

    async def __call__(self, request: Any, context: Context) -> AsyncGenerator[Batch, None]:
        try:
            if self.silent:
                await asyncio.Event().wait()
            yield OPENING
            while True:
                self.made += 1
                yield said("x" * 1000)
                await asyncio.sleep(0)
        finally:
            self.ended.set()


@both
@pytest.mark.parametrize("silent", [True, False])
async def test_a_client_that_leaves_ends_the_call(path: str, body: Any, silent: bool) -> None:
    model = Told(silent=silent)
    async with exchange(create_app(scripted(model)), path, body) as running:
        if silent:
            await asyncio.sleep(0.02)
        else:
            await running.until(b"xxx")
        running.leave()
        async with asyncio.timeout(0.1):
            await model.ended.wait()
            await running.task
    assert running.answer.status == (0 if silent else 200)


@both
async def test_a_client_that_leaves_after_a_ping_ends_the_call(path: str, body: Any) -> None:
    model = Told(silent=True)
    async with exchange(create_app(scripted(model), limits=QUICK), path, body) as running:
        await running.until(PING)
        running.leave()
        async with asyncio.timeout(0.1):
            await model.ended.wait()
            await running.task


class Chatty(Exchange):
    """A client whose server passes on more than there is to say."""

    async def _receive(self) -> dict[str, Any]:
        if self._body is None and not self.sent.is_set():
            self.sent.set()
            return {"type": "http.request", "body": b"", "more_body": False}
        return await super()._receive()


@both
async def test_only_leaving_is_leaving(path: str, body: Any) -> None:
    app = create_app(kit_of(0.05, OPENING, CLOSING))
    async with exchange(app, path, body, client=Chatty) as running:
        await running.task
    assert running.answer.status == 200
    assert running.answer.complete


async def test_a_call_that_somebody_else_cancels_is_an_error() -> None:
    app = create_app(kit_of(Cancelled("stopped by the operator")))
    for path, body in (*ROUTES, ("/generate", CHAT)):
        answer = await ask(app, path, body)
        assert (answer.status, answer.error["message"]) == (499, "stopped by the operator")
    app = create_app(kit_of(OPENING, Cancelled("stopped by the operator")))
    for path, body in ROUTES:
        answer = await ask(app, path, body)
        assert answer.events[-1][1]["error"]["message"] == "stopped by the operator"


class Slow(Exchange):
    """A client that takes the head of an answer and one piece of it, and no more."""

    async def _send(self, message: Any) -> None:
        await super()._send(message)
        if len(self.answer.frames) >= 2:
            await asyncio.Event().wait()


@both
async def test_a_client_that_does_not_read_stops_the_model(path: str, body: Any) -> None:
    model = Told()
    app = create_app(scripted(model), limits=QUICK)
    async with exchange(app, path, body, client=Slow) as running:
        await running.until(b"xxx")
        await asyncio.sleep(0.05)
        made = model.made
        await asyncio.sleep(0.1)
        assert model.made == made <= 4
        running.leave()
        async with asyncio.timeout(0.1):
            await model.ended.wait()


@both
async def test_a_stream_that_the_server_ends_says_so(path: str, body: Any) -> None:
    model = Told()
    async with exchange(create_app(scripted(model)), path, body) as running:
        await running.until(b"xxx")
        running.task.cancel()
        await asyncio.wait([running.task], timeout=1)
        assert running.task.cancelled()
        assert model.ended.is_set()
        answer = running.answer
    name, data = answer.events[-1]
    assert name == ("error" if path == "/generate/stream" else "message")
    assert data["error"]["code"] == "shutting_down"
    assert answer.complete
    assert b"[DONE]" not in answer.body
    assert b"event: done" not in answer.body


@both
async def test_a_client_that_does_not_take_the_last_words_does_not_hold_the_server_up(
    path: str, body: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aikit_asgi.live.FAREWELL", 0.05)
    async with exchange(create_app(scripted(Told())), path, body, client=Slow) as running:
        await running.until(b"xxx")
        running.task.cancel()
        await asyncio.wait([running.task], timeout=1)
        assert running.task.cancelled()


@both
async def test_a_client_that_does_not_read_is_cut_off_at_the_limit_of_streams(
    path: str, body: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aikit_asgi.live.FAREWELL", 0.05)
    model = Told()
    app = create_app(scripted(model), limits=Limits(stream=0.1, streams=1))
    async with exchange(app, path, body, client=Slow) as running:
        await running.until(b"xxx")
        with pytest.raises(TotalTimeout):
            await asyncio.wait_for(running.task, 1)  # a server that sees this cuts the connection
        assert model.ended.is_set()
    assert (await ask(app, path, body)).status == 200


@both
async def test_a_client_that_does_not_take_an_error_is_cut_off(
    path: str, body: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aikit_asgi.live.FAREWELL", 0.05)
    kit = kit_of(OPENING, said("xxx"), Overloaded("too much"))
    app = create_app(kit, limits=Limits(stream=0.3))
    async with exchange(app, path, body, client=Slow) as running:
        with pytest.raises(AIError):
            await asyncio.wait_for(running.task, 1)


async def test_whoever_asks_for_a_whole_answer_can_be_cancelled_too() -> None:
    async def never() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await whole(never, never(), None)
