"""The transport that replays."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import aclosing
from dataclasses import replace
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import pytest
from aicore.context import CancelToken
from aicore.errors import BadInput, Cancelled, CutOff, TimedOut, Unreachable
from aikit import AIError, Kit, Tool
from aikit_testing.record import Recorder
from aikit_testing.replay import NoMatch, Replayer
from aikit_testing.tape import Answered, Asked, Chunk, Ended, Exchange, TapeError, read_tape
from aikit_wire.transport import HTTPRequest

from ..aicore.clock import now, quick
from ..aikit.service import (
    CLOSE,
    DONE,
    END,
    RESET,
    STREAM,
    Script,
    Service,
    chunk,
    event,
    said,
    whole,
)
from ..vendor import Vendor
from ..wire.apis import api_of
from ..wire.corpus import ABSENT, FOLDER, exchanges
from ..wire.replay import ask as wire_ask
from ..wire.replay import base_url, request_of
from ..wire.scope import IN_SCOPE
from .told import KEY, PHASES, Answer, Scripted, ask, asking

SAMPLE = Path(__file__).with_name("tapes") / "sample.jsonl"
COMPLETE = Ended(0.0)


def exchange(
    body: Any = None,
    *chunks: Chunk,
    ended: Ended = COMPLETE,
    after: float = 0.0,
) -> Exchange:
    asked = Asked("POST", "/v1/ask", {}, json.dumps(body, separators=(",", ":")).encode())
    return Exchange(asked, Answered(after, 200), chunks, ended)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tape.jsonl"


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Returns a function after which no connection can be made at all."""

    def refuse(*args: object) -> None:
        raise AssertionError("a replay opened a connection")

    def cut() -> None:
        monkeypatch.setattr(socket.socket, "connect", refuse)
        monkeypatch.setattr(socket.socket, "connect_ex", refuse)
        monkeypatch.setattr(asyncio.BaseEventLoop, "create_connection", refuse)

    return cut


@pytest.fixture(scope="module")
def vendor() -> Iterator[Vendor]:
    with Vendor(values={"city": "Oslo"}) as vendor:
        yield vendor


def a_kit(url: str, transport: Any, key: str = KEY) -> Kit:
    settings = {"base_url": url, "api_key": key}
    return Kit(providers={"openai": settings, "vllm": settings}, http_client=transport)


WEATHER = Tool("weather", parameters={"type": "object", "properties": {"city": {"type": "string"}}})


async def talk(kit: Kit) -> list[Any]:
    """Use every ability once, and return all that came of it without its times."""
    async with kit.stream("Hello wörld", model="openai:m-reason", n=2) as stream:
        events = [without_times(item) async for item in stream]
    called = await kit.generate("Weather?", model="openai:m", tools=[WEATHER])
    completed = await kit.complete("Once", model="openai:m")
    embedded = await kit.embed(["a", "b"], model="openai:m", dimensions=3)
    ranked = await kit.rerank("a fox", ["a dog", "a fox"], model="vllm:m", top_n=1)
    listed = await kit.models("openai")
    return [events, *map(without_times, (called, completed, embedded, ranked)), listed]


def without_times(value: Any) -> Any:
    return replace(value, timing=None, attempts=()) if hasattr(value, "timing") else value


async def test_a_replay_gives_what_the_live_service_gave_and_opens_no_connection(
    path: Path, vendor: Vendor, offline: Callable[[], None]
) -> None:
    async with Recorder(path) as recorder:
        live = await talk(a_kit(vendor.url, recorder))
    offline()
    replayer = Replayer(path)
    replayed = await talk(a_kit("https://elsewhere.test/v1", replayer, "sk-another-key"))
    assert replayed == live
    assert not replayer.unused


FAILING: dict[str, Script] = {
    "busy": (
        whole(
            {"error": {"message": "slow down", "code": "rate_limit_exceeded"}},
            "retry-after: 7",
            "x-request-id: req_7",
            status="429 Too Many Requests",
        ),
    ),
    "empty window": (
        whole(
            {"error": {"message": "slow down"}},
            "x-ratelimit-remaining-tokens: 0",
            "x-ratelimit-reset-tokens: 6m0s",
            status="429 Too Many Requests",
        ),
    ),
    "web page": (whole(b"<html>", type="text/html"),),
    "cut": (STREAM, chunk(event(said("Hel"))), 0.01, CLOSE),
    "cut in a character": (STREAM, chunk("data: ü".encode()[:-1]), 0.01, CLOSE),
    "reset before the answer": (RESET,),
    "error in the stream": (
        STREAM,
        chunk(event(said("Hel"))),
        chunk(event({"error": {"message": "overloaded", "code": "overloaded_error"}})),
        END,
    ),
    "no end": (STREAM, chunk(event(said("Hel"))), END),
    "garbage": (STREAM, chunk(b"data: {oh\n\n" + DONE), END),
}


@pytest.mark.parametrize("name", FAILING)
async def test_a_replay_fails_as_the_live_service_did(name: str, path: Path) -> None:
    async def fail(kit: Kit) -> tuple[list[Any], AIError]:
        seen: list[Any] = []
        with pytest.raises(AIError) as caught:
            async with kit.stream("Hi", model="openai:m") as stream:
                async for item in stream:
                    seen.append(item)  # noqa: PERF401  # what came before the error counts
        return seen, caught.value

    async with Service(FAILING[name]) as service, Recorder(path) as recorder:
        live, live_error = await fail(a_kit(service.url, recorder))
    replayed, error = await fail(a_kit("https://elsewhere.test/v1", Replayer(path)))
    host = f"127.0.0.1:{service.port}"
    assert replayed == live
    assert type(error) is type(live_error)
    assert error.as_dict() == {
        **live_error.as_dict(),
        "message": live_error.message.replace(f"http://{host}", "https://elsewhere.test").replace(
            host, "the service"
        ),
    }


@pytest.mark.parametrize("error", [Unreachable("no route"), TimedOut("too slow"), CutOff("gone")])
async def test_an_error_of_the_network_comes_back_as_it_was(path: Path, error: AIError) -> None:
    steps = Answer([b"a", error]) if isinstance(error, CutOff) else Answer(before=error)
    with pytest.raises(type(error)):
        await ask(Recorder(path, http_client=Scripted(steps)), asking())
    with pytest.raises(type(error)) as caught:
        await ask(Replayer(path), asking())
    assert caught.value.message == error.message


SLOW = exchange(
    None, Chunk(0.5, b"a"), Chunk(0.0, b"b"), Chunk(1.5, b"c"), after=1.0, ended=Ended(4.0)
)


@pytest.mark.parametrize(("speed", "length"), [(1, 1.0), (2.0, 0.5), (0.25, 4.0), (0, 0.0)])
def test_time_passes_as_recorded_times_the_speed(speed: float, length: float) -> None:
    @quick
    async def run() -> None:
        started = now()
        response = await Replayer([SLOW], speed=speed).send(asking(), PHASES)
        came = [now() - started]
        async with aclosing(response.chunks()) as chunks:
            came += [now() - started async for _ in chunks]
        came.append(now() - started)
        assert came == pytest.approx([at * length for at in (1.0, 1.5, 1.5, 3.0, 7.0)])

    run()


@quick
async def test_a_reader_that_was_busy_finds_what_came_meanwhile() -> None:
    started = now()
    response = await Replayer([SLOW], speed=1).send(asking(), PHASES)
    came = []
    async with aclosing(response.chunks()) as chunks:
        async for _ in chunks:
            came.append(now() - started)
            await asyncio.sleep(1.25)
    assert came == [1.5, 2.75, 4.0]
    assert now() - started == 7.0


@quick
async def test_the_time_before_a_failure_passes_too() -> None:
    failed = Exchange(asking_of(None), None, (), Ended(10.0, "error", "timed_out", "too slow"))
    started = now()
    with pytest.raises(TimedOut, match="too slow"):
        await Replayer([failed], speed=2).send(asking(), PHASES)
    assert now() - started == 5.0


def asking_of(body: Any) -> Asked:
    return exchange(body).asked


async def test_requests_are_matched_by_what_they_ask_in_any_order() -> None:
    tape = [exchange({"n": n, "m": [n]}, Chunk(0.0, str(n).encode())) for n in range(20)]
    replayer = Replayer(tape)
    shuffled = [(n * 7) % 20 for n in range(20)]
    answers = await asyncio.gather(
        *(ask(replayer, asking(b'{ "m": [%d],  "n": %d}' % (n, n))) for n in shuffled)
    )
    assert [b"".join(chunks) for _, chunks in answers] == [str(n).encode() for n in shuffled]


async def test_equal_requests_get_their_answers_in_the_order_of_the_tape() -> None:
    replayer = Replayer([exchange(None, Chunk(0.0, text)) for text in (b"one", b"two")])
    assert [(await ask(replayer, asking()))[1] for _ in range(2)] == [[b"one"], [b"two"]]


async def test_the_order_alone_can_count() -> None:
    replayer = Replayer(
        [exchange({"n": n}, Chunk(0.0, b"%d" % n)) for n in range(2)], match="order"
    )
    assert (await ask(replayer, asking({"n": 7})))[1] == [b"0"]
    assert [item.body for item in replayer.unused] == [b"1"]
    assert (await ask(replayer, asking(b"", "http://host.test/other")))[1] == [b"1"]
    with pytest.raises(NoMatch, match=r"has 2 exchanges, and none is left for POST /v1/ask"):
        await ask(replayer, asking())


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            {"n": 1, "m": ["b"]},
            r'exchange 2, differs in `body.m\[0\]` \("a" on the tape, "b" asked\)',
        ),
        (
            {"n": 0, "m": ["a", "b"], "t": 0.5},
            r'exchange 1, differs in `body.m\[1\]` \(nothing on the tape, "b" asked\), '
            r"`body.t` \(nothing on the tape, 0.5 asked\); record it again",
        ),
        ({"n": 1}, r"exchange 2, differs in `body.m` \(\[\"a\"\] on the tape, nothing asked\)"),
        ("x" * 99, rf'`body` \({{"n": 0, "m": \["a"\]}} on the tape, "{"x" * 59}… asked\)'),
        (b"\xff", r"`body` \({.*} on the tape, b'\\xff' asked\)"),
        (dict.fromkeys("abcd"), r"`body.a` \(nothing on the tape, null asked\) and 3 more fields;"),
    ],
)
async def test_what_is_not_on_the_tape_is_compared_to_what_comes_nearest(
    body: Any, message: str
) -> None:
    replayer = Replayer([exchange({"n": n, "m": ["a"]}) for n in range(2)])
    with pytest.raises(NoMatch, match=message):
        await ask(replayer, asking(body))
    assert len(replayer.unused) == 2


async def test_method_and_path_are_compared_too() -> None:
    replayer = Replayer([exchange()])
    request = replace(asking(url="http://host.test/v2/ask"), method="PUT", body=None)
    with pytest.raises(NoMatch, match=r'`method` \("POST" on the tape, "PUT" asked\)') as caught:
        await ask(replayer, request)
    assert '`path` ("/v1/ask" on the tape, "/v2/ask" asked)' in str(caught.value)
    assert "`body` (null on the tape, nothing asked)" in str(caught.value)


async def test_what_was_used_is_not_used_again(path: Path) -> None:
    await ask(Recorder(path, http_client=Scripted(Answer([b"a"]))), asking())
    replayer = Replayer(path)
    await ask(replayer, asking())
    with pytest.raises(NoMatch, match=r"jsonl has 1 of POST /v1/ask with this body, and all were"):
        await ask(replayer, asking())
    with pytest.raises(NoMatch, match=r"the tape has 0 exchanges, and none is left"):
        await ask(Replayer([]), asking())


async def test_keys_do_not_count_and_do_not_show(path: Path) -> None:
    recorder = Recorder(path, http_client=Scripted(Answer([b"a"])), secrets=["open sesame"])
    await ask(recorder, asking({"said": f"{KEY} open sesame"}))
    other = "sk-quite-another-key"
    told = Replayer(path, secrets=["abracadabra"])
    request = asking({"said": f"{other} abracadabra"}, authorization=f"Bearer {other}")
    assert (await ask(told, request))[1] == [b"a"]
    with pytest.raises(NoMatch) as caught:
        await ask(told, asking({"say": f"{other} abracadabra"}))
    assert other not in str(caught.value)
    assert "abracadabra" not in str(caught.value)


async def test_where_the_client_left_the_body_ends() -> None:
    left = exchange(None, Chunk(0.0, event(said("Hel"))), ended=Ended(1.0, "left"))
    assert (await ask(Replayer([left]), asking()))[1] == [event(said("Hel"))]
    kit = a_kit("https://host.test/v1", Replayer([left], match="order"))
    with pytest.raises(CutOff):
        await kit.generate("Hi", model="openai:m")


async def test_where_the_client_left_before_the_answer_there_is_none() -> None:
    left = Exchange(asking_of(None), None, (), Ended(0.5, "left"))
    with pytest.raises(TapeError, match="the client left before one came"):
        await ask(Replayer([left]), asking())


@quick
async def test_a_call_can_be_cancelled_in_the_middle_of_a_replay() -> None:
    words = [Chunk(1.0, event(said(word))) for word in "abcdef"]
    replayer = Replayer([exchange(None, *words)] * 2, speed=1, match="order")
    kit, cancel = a_kit("https://host.test/v1", replayer), CancelToken()
    asyncio.get_running_loop().call_later(2.5, cancel.cancel)
    async with kit.stream("Hi", model="openai:m", cancel=cancel) as stream:
        assert [await anext(stream.text) for _ in range(2)] == ["a", "b"]
        with pytest.raises(Cancelled):
            await anext(stream.text)
    assert len(replayer.unused) == 1
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(kit.generate("Hi", model="openai:m"), 1.5)


@pytest.mark.parametrize("speed", [-1, float("nan")])
async def test_a_speed_is_no_less_than_nothing(speed: float) -> None:
    with pytest.raises(BadInput, match="`speed` must be 0 or more"):
        Replayer([], speed=speed)


async def test_there_are_two_ways_to_match() -> None:
    with pytest.raises(BadInput, match="`match` must be 'request' or 'order', not 'first'"):
        Replayer([], match="first")  # type: ignore[arg-type]


async def test_a_replayer_may_be_closed_and_used_on() -> None:
    async with Replayer([exchange(), exchange()]) as replayer:
        await ask(replayer, asking())
    assert (await ask(replayer, asking()))[0].status == 200


async def test_a_replay_that_is_recorded_makes_the_same_tape(path: Path) -> None:
    whole = [item for item in read_tape(SAMPLE) if item.ended.how == "complete"]
    async with Recorder(path, http_client=Replayer(whole, match="order")) as recorder:
        for item in whole:
            url = f"http://host.test{item.asked.path}"
            message = HTTPRequest("POST", url, item.asked.headers, item.asked.body, "openai")
            await ask(recorder, replace(message, ability=item.asked.ability))
    assert [*map(untimed, read_tape(path))] == [*map(untimed, whole)]


def untimed(item: Exchange) -> Exchange:
    assert item.answered is not None
    return replace(
        item,
        answered=replace(item.answered, after=0.0),
        chunks=tuple(replace(piece, after=0.0) for piece in item.chunks),
        ended=replace(item.ended, after=0.0),
    )


def oddly_cut(body: bytes) -> list[bytes]:
    ends = accumulate(1 + (n * n) % 97 for n in range(len(body) // 24 + 2))
    return [piece for a, b in pairwise([0, *ends, len(body)]) if (piece := body[a:b])]


SPOKEN = [item for item in (exchanges() if FOLDER.exists() else ()) if item.pair in IN_SCOPE]
CASES = sorted(SPOKEN, key=lambda item: item.sha256)[:40]


@pytest.mark.skipif(not CASES, reason=ABSENT)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_recorded_traffic_of_vendors_survives_a_tape(case: Any, path: Path) -> None:
    pieces, headers = oddly_cut(case.body), {k.lower(): v for k, v in case.headers.items()}
    service = Scripted(Answer(pieces, case.status, headers))
    settings: dict[str, Any] = {api_of(case).key_setting: KEY}
    if address := base_url(case):
        settings["base_url"] = address
    settings |= api_of(case).settings(case)

    async def outcome(transport: Any) -> Any:
        kit = Kit(providers={case.provider: settings}, http_client=transport)
        return await wire_ask(kit, request_of(case), api_of(case).streaming(case))

    live = await outcome(Recorder(path, http_client=service))
    replayed = await outcome(Replayer(path))
    (taped,) = read_tape(path)
    assert [piece.data for piece in taped.chunks] == pieces[: len(taped.chunks)] != []
    assert str(replayed.error) == str(live.error)
    assert [*map(without_times, replayed.events)] == [*map(without_times, live.events)]
    assert without_times(replayed.result) == without_times(live.result)
