"""The transport that records."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import httpx2
import pytest
from aicore.errors import BadConfig, CutOff, TimedOut, Unreachable
from aikit import AIError, Kit, SyncKit
from aikit_testing.record import Recorder
from aikit_testing.replay import Replayer
from aikit_testing.tape import Answered, Asked, Chunk, Ended, Exchange, TapeError, read_tape
from aikit_wire.stock import StockTransport
from aikit_wire.transport import HTTPRequest, HTTPResponse, Phases

from ..aicore.clock import now, quick
from ..aikit.service import CLOSE, DONE, END, STREAM, Service, chunk, either, event, in_thread, said
from .told import KEY, PHASES, Answer, Scripted, ask, asking


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tapes" / "tape.jsonl"


class Spy:
    """Passes everything on, and notes the chunks that came."""

    def __init__(self) -> None:
        self.inner = StockTransport()
        self.seen: list[bytes] = []

    async def send(self, request: HTTPRequest, phases: Phases) -> HTTPResponse:
        return Spied(await self.inner.send(request, phases), self.seen)

    async def aclose(self) -> None:
        await self.inner.aclose()


class Spied:
    def __init__(self, response: HTTPResponse, seen: list[bytes]) -> None:
        self.status, self.headers = response.status, response.headers
        self._response, self._seen = response, seen

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        async with aclosing(self._response.chunks()) as chunks:
            async for piece in chunks:
                self._seen.append(piece)
                yield piece

    async def aclose(self) -> None:
        await self._response.aclose()


async def test_chunks_are_kept_byte_for_byte_with_the_borders_of_the_network(path: Path) -> None:
    body = event(said("Grüße, 世界 \u2028")) + event(said("!", "stop")) + DONE
    body = body.replace(b"\\u00fc", "ü".encode()).replace(b"\\u00df", "ß".encode())
    cuts = [0, 1, 2, 91, body.index("ü".encode()) + 1, body.index("ß".encode()) + 1, 140, 141]
    pieces = [body[a:b] for a, b in zip(sorted(cuts), [*sorted(cuts)[1:], len(body)], strict=True)]
    script = [STREAM, *(step for piece in pieces for step in (0.003, chunk(piece))), 0.003, END]
    spy = Spy()
    async with Service(script) as service:
        settings = {"openai": {"api_key": KEY, "base_url": service.url}}
        async with Recorder(path, http_client=spy) as recorder:
            kit = Kit(providers=settings, http_client=recorder)
            async with kit.stream("Hi", model="openai:m") as stream:
                response = await stream.response()
        await spy.aclose()
    (exchange,) = read_tape(path)
    assert response.text.startswith("Grüße")
    assert [piece.data for piece in exchange.chunks] == spy.seen
    assert len(exchange.chunks) >= len(pieces) - 1, "the service's pauses made borders"
    assert exchange.body == body
    assert exchange.asked.body == service.requests[0].body
    assert exchange.ended.how == "complete"
    assert service.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in path.read_text()


@quick
async def test_times_are_those_between_arrivals(tmp_path: Path) -> None:
    inner = Scripted(Answer([0.25, b"a", b"b", 1.5, b"c", 0.00004, b"d", 2.0], before=0.5))
    path = tmp_path / "tape.jsonl"
    await ask(Recorder(path, http_client=inner), asking())
    (exchange,) = read_tape(path)
    assert exchange.answered is not None
    assert exchange.answered.after == 0.5
    assert [chunk.after for chunk in exchange.chunks] == [0.25, 0.0, 1.5, 0.0]
    assert exchange.ended == Ended(2.0, "complete")


@quick
async def test_an_answer_passes_through_while_it_comes(tmp_path: Path) -> None:
    inner = Scripted(Answer([b"a", 5.0, b"b", 5.0], before=1.0))
    started = now()
    response = await Recorder(tmp_path / "t", http_client=inner).send(asking(), PHASES)
    assert now() - started == 1.0
    assert [now() - started async for _ in response.chunks()] == [1.0, 6.0]


async def test_the_request_is_kept_with_who_asked_and_for_what(path: Path) -> None:
    async with Service(either) as service:
        settings = {"acme": {"use": "openai-compatible", "base_url": service.url, "api_key": KEY}}
        async with Recorder(path) as recorder:
            kit = Kit(providers=settings, http_client=recorder)
            await kit.generate("Hi", model="acme:m", temperature=0)
    (exchange,) = read_tape(path)
    assert exchange.asked == Asked(
        method="POST",
        path="/v1/chat/completions",
        headers={"accept": "application/json", "content-type": "application/json"},
        body=service.requests[0].body,
        provider="acme",
        ability="chat",
    )


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            Unreachable("cannot reach host.test: ConnectError"),
            "cannot reach the service: ConnectError",
        ),
        (TimedOut("timed out connecting (host.test)"), "timed out connecting (the service)"),
    ],
)
async def test_a_failure_before_the_answer_is_kept(
    path: Path, error: AIError, message: str
) -> None:
    recorder = Recorder(path, http_client=Scripted(Answer(before=error)))
    with pytest.raises(type(error)) as caught:
        await recorder.send(asking(), PHASES)
    assert caught.value is error
    (exchange,) = read_tape(path)
    assert exchange.answered is None
    assert (exchange.ended.how, exchange.ended.code) == ("error", error.code)
    assert exchange.ended.message == message


class Reset(CutOff):
    """An error of somebody's own transport."""

    code = "reset"


async def test_a_cut_is_kept_with_what_came_before_it(path: Path) -> None:
    inner = Scripted(Answer([b"a", Reset("the peer has reset it")], headers={"Content-Type": "x"}))
    with pytest.raises(Reset):
        await ask(Recorder(path, http_client=inner), asking())
    (exchange,) = read_tape(path)
    assert exchange.chunks == (Chunk(exchange.chunks[0].after, b"a"),)
    assert exchange.answered == Answered(exchange.answered.after, 200, {"content-type": "x"})  # type: ignore[union-attr]
    assert (exchange.ended.code, exchange.ended.message) == ("cut_off", "the peer has reset it")


async def test_a_cut_of_a_real_connection_is_kept(path: Path) -> None:
    async with Service([STREAM, chunk(event(said("Hel"))), 0.01, CLOSE]) as service:
        settings = {"openai": {"api_key": KEY, "base_url": service.url}}
        async with Recorder(path) as recorder:
            kit = Kit(providers=settings, http_client=recorder)
            async with kit.stream("Hi", model="openai:m") as stream:
                with pytest.raises(CutOff):
                    await stream.response()
    (exchange,) = read_tape(path)
    assert exchange.body == event(said("Hel"))
    assert exchange.ended.code == "cut_off"
    assert str(service.port) not in path.read_text()


@quick
async def test_leaving_early_is_kept_as_such(tmp_path: Path) -> None:
    inner = Scripted(Answer([b"a", b"b", 1.0, b"c"]))
    path = tmp_path / "tape.jsonl"
    response = await Recorder(path, http_client=inner).send(asking(), PHASES)
    async with aclosing(response.chunks()) as chunks:
        assert await anext(chunks) == b"a"
        await asyncio.sleep(0.25)
    await response.aclose()
    (exchange,) = read_tape(path)
    assert exchange.chunks == (Chunk(0.0, b"a"),)
    assert exchange.ended == Ended(0.25, "left")


@quick
async def test_an_answer_that_nobody_reads_is_left(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    response = await Recorder(path, http_client=Scripted(Answer([b"a"]))).send(asking(), PHASES)
    await response.aclose()
    (exchange,) = read_tape(path)
    assert (exchange.answered, exchange.chunks) == (Answered(0.0, 200), ())
    assert exchange.ended.how == "left"


@quick
async def test_leaving_before_the_answer_is_kept_as_such(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    recorder = Recorder(path, http_client=Scripted(Answer(before=60.0)))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(recorder.send(asking(), PHASES), 2.5)
    (exchange,) = read_tape(path)
    assert (exchange.answered, exchange.ended) == (None, Ended(2.5, "left"))


async def test_what_the_network_has_no_part_in_leaves_nothing(path: Path) -> None:
    recorder = Recorder(path, http_client=Scripted(Answer(before=BadConfig("no URL"))))
    with pytest.raises(BadConfig, match="no URL"):
        await recorder.send(asking(), PHASES)
    inner = Scripted(Answer([b"a", RuntimeError("a bug")]))
    with pytest.raises(RuntimeError, match="a bug"):
        await ask(Recorder(path, http_client=inner), asking())
    await recorder.aclose()
    assert not path.exists()


@quick
async def test_concurrent_exchanges_are_kept_in_the_order_of_their_requests(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    answers = [Answer([b"slow", 3.0]), Answer([b"quick"]), Answer(before=BadConfig("no"))]
    recorder = Recorder(path, http_client=Scripted(*answers, Answer([b"last", 2.0])))
    calls = [asyncio.create_task(ask(recorder, asking({"n": n}))) for n in range(4)]
    await asyncio.sleep(1.0)
    assert not path.exists(), "the first has not ended"
    await asyncio.gather(*calls, return_exceptions=True)
    assert [exchange.body for exchange in read_tape(path)] == [b"slow", b"quick", b"last"]


@quick
async def test_closing_writes_what_waits_for_one_that_does_not_end(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    answers = [Answer([b"slow", 3.0]), Answer([b"quick"])]
    recorder = Recorder(path, http_client=Scripted(*answers))
    slow = asyncio.create_task(ask(recorder, asking()))
    await asyncio.sleep(0)
    await ask(recorder, asking())
    await recorder.aclose()
    assert [exchange.body for exchange in read_tape(path)] == [b"quick"]
    await slow
    assert [exchange.body for exchange in read_tape(path)] == [b"quick", b"slow"]


async def test_a_recording_replaces_the_tape_that_was_there(path: Path) -> None:
    for text in (b"old", b"new"):
        recorder = Recorder(path, http_client=Scripted(Answer([text])))
        await ask(recorder, asking())
        await ask(recorder, asking())
    assert [exchange.body for exchange in read_tape(path)] == [b"new", b"new"]


async def test_a_tape_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    recorder = Recorder(tmp_path / "file" / "tape.jsonl", http_client=Scripted(Answer([b"a"])))
    with pytest.raises(TapeError, match="cannot write the tape"):
        await ask(recorder, asking())


async def test_a_secret_that_cannot_be_masked_keeps_its_exchange_from_the_tape(path: Path) -> None:
    told = KEY.replace("-", r"\u002d").encode()
    inner = Scripted(Answer([b"fine"]), Answer([told]), Answer([b"fine too"]))
    recorder = Recorder(path, http_client=inner)
    await ask(recorder, asking())
    with pytest.raises(TapeError, match="holds a secret"):
        await ask(recorder, asking())
    await ask(recorder, asking())
    assert [exchange.body for exchange in read_tape(path)] == [b"fine", b"fine too"]


async def test_a_key_in_a_request_before_it_is_known_to_be_one_is_masked_and_reported(
    path: Path,
) -> None:
    recorder = Recorder(path, http_client=Scripted(Answer([b"a"])))
    await ask(recorder, asking({"prompt": "My other key is another-key-1."}))
    with pytest.raises(TapeError, match=r"was not known before; .* secrets=\[…\]"):
        await ask(recorder, asking(x_api_key="another-key-1"))
    assert "another-key-1" not in path.read_text()
    assert [exchange.body for exchange in read_tape(path)] == [b"a"]
    told = Recorder(path, http_client=Scripted(Answer([b"a"])), secrets=["another-key-1"])
    await ask(told, asking({"prompt": "My other key is another-key-1."}))
    await ask(told, asking(x_api_key="another-key-1"))
    assert "another-key-1" not in path.read_text()


@pytest.mark.parametrize("keys", [(1, 2), (2, 1)])
async def test_a_key_that_an_answer_brought_is_masked_once_it_is_used(
    keys: tuple[int, int], path: Path
) -> None:
    recorder = Recorder(path, http_client=Scripted(Answer([b"another-", b"key-1"])))
    for key in keys:
        await ask(recorder, asking(x_api_key=f"another-key-{key}"))
    pieces = [[chunk.data for chunk in exchange.chunks] for exchange in read_tape(path)]
    assert pieces == [[b"*" * 8, b"*" * 5]] * 2
    replayer = Replayer(path)
    for key in keys:
        await ask(replayer, asking(x_api_key=f"another-key-{key}"))


async def test_an_answer_whose_key_cannot_be_masked_is_taken_off_the_tape(path: Path) -> None:
    told = Answer([b'{"token": "another\\u002dkey-1"}'])
    recorder = Recorder(path, http_client=Scripted(told, Answer([b"fine"])))
    await ask(recorder, asking())
    with pytest.raises(TapeError, match="could not be masked"):
        await ask(recorder, asking(x_api_key="another-key-1"))
    assert not read_tape(path)
    await ask(recorder, asking(x_api_key="another-key-1"))
    assert [exchange.body for exchange in read_tape(path)] == [b"fine"]


async def test_a_client_of_the_user_is_used_and_stays_open(path: Path) -> None:
    def service(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json={"data": [{"id": "m"}], "echo": request.headers["x-me"]})

    transport = httpx2.MockTransport(service)
    async with httpx2.AsyncClient(transport=transport, headers={"x-me": "told"}) as client:
        async with Recorder(path, http_client=client) as recorder:
            async with Kit(providers={"openai": {"api_key": KEY}}, http_client=recorder) as kit:
                await kit.models("openai")
            await kit.models("openai")
        assert not client.is_closed
    first, second = read_tape(path)
    assert json.loads(first.body)["echo"] == "told"
    assert first.body == second.body


async def test_a_kit_leaves_a_transport_that_it_was_handed_open(path: Path) -> None:
    inner = Scripted(Answer([b'{"data":[]}']))
    async with Kit(providers={"openai": {"api_key": KEY}}, http_client=inner) as kit:
        await kit.models("openai")
    assert inner.closed == 0
    async with Recorder(path, http_client=inner):
        pass
    assert inner.closed == 0


async def test_headers_are_checked_before_any_transport_gets_them() -> None:
    inner = Scripted(Answer([b'{"data":[]}']))
    kit = Kit(providers={"openai": {"api_key": KEY}}, http_client=inner)
    with pytest.raises(AIError, match="no name for a header"):
        await kit.generate("Hi", model="openai:m", headers={"a b": "c"})
    assert not inner.asked


def test_one_recorder_serves_several_event_loops_and_kits_without_await(path: Path) -> None:
    recorder = Recorder(path)
    with in_thread(either) as service:
        settings = {"openai": {"api_key": KEY, "base_url": service.url}}
        with SyncKit(providers=settings, http_client=recorder) as sync_kit:
            sync_kit.generate("one", model="openai:m")
        for prompt in ("two", "three"):
            kit = Kit(providers=settings, http_client=recorder)
            asyncio.run(kit.generate(prompt, model="openai:m"))
        prompts = [prompt_of(exchange) for exchange in read_tape(path)]
    assert prompts == ["one", "two", "three"]


def prompt_of(exchange: Exchange) -> str:
    return str(json.loads(exchange.asked.body or b"")["messages"][0]["content"])
