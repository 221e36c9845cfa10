"""What a script says is answered, call by call, as slowly and as badly as it says."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from aicore.context import Deadlines
from aicore.errors import BadConfig, CutOff, FirstTokenTimeout, GapTimeout, RateLimited
from aicore.events import Event, TextDelta
from aicore.fold import unfold
from aicore.messages import ToolCallPart
from aicore.requests import ChatRequest
from aicore.responses import (
    Candidate,
    Embeddings,
    RankedDocument,
    RerankResponse,
    Response,
    Step,
)
from aikit import Kit
from aikit_testing.clock import on_model_clock
from aikit_testing.fixture import echoed
from aikit_testing.scripted import Scene, Script

MODEL = "scripted:any"


def playing(*lines: Any, **pace: float) -> tuple[Kit, Script]:
    script = Script(*lines, **pace)
    return Kit(providers={"scripted": {"script": script}}, model=MODEL), script


def now() -> float:
    return asyncio.get_running_loop().time()


async def timed(kit: Kit, **settings: Any) -> list[tuple[float, str]]:
    """Return when each text arrived."""
    async with kit.stream("?", **settings) as stream:
        return [(now(), event.text) async for event in stream if isinstance(event, TextDelta)]


@on_model_clock
async def test_lines_are_said_one_after_another() -> None:
    call = ToolCallPart("call_1", "get_parcel", '{"number": 7}')
    whole = Response(steps=(Step((Candidate((call,), "tool-calls"),)),))
    kit, script = playing("One.", whole, tuple(unfold(echoed("Three.", 0))))
    assert (await kit.generate("a")).text == "One."
    assert (await kit.generate("b")).tool_calls == (call,)
    assert (await kit.complete("c")).text == "Three."
    assert [type(request).__name__ for request in script.requests] == [
        "ChatRequest",
        "ChatRequest",
        "CompleteRequest",
    ]


@on_model_clock
async def test_a_ranking_is_said() -> None:
    kit, _ = playing(RerankResponse(results=(RankedDocument(1, 0.5),)))
    assert (await kit.rerank("a", ["b", "c"])).results[0].index == 1


async def test_embeddings_are_said() -> None:
    kit, _ = playing(Embeddings(vectors=((1.0, 2.0),)))
    assert (await kit.embed("a")).vectors == ((1.0, 2.0),)


@on_model_clock
async def test_a_function_answers_what_is_asked() -> None:
    def answer(request: Any) -> str:
        assert isinstance(request, ChatRequest)
        return request.messages[-1].text.upper()

    kit, _ = playing(answer)
    assert [(await kit.generate(text)).text for text in ("a", "b", "c")] == ["A", "B", "C"]


@on_model_clock
async def test_the_end_of_a_script_is_an_error() -> None:
    kit, _ = playing("One.", "Two.")
    await kit.generate("a")
    await kit.generate("b")
    with pytest.raises(BadConfig, match="has 2 lines, but this is call 3"):
        await kit.generate("c")


@on_model_clock
async def test_latency_and_pace_go_by_the_clock() -> None:
    kit, _ = playing("one two three", latency=2, pace=0.5)
    arrivals = await timed(kit)
    assert [text for _, text in arrivals] == ["one ", "two ", "three"]
    times = [time for time, _ in arrivals]
    assert times[0] >= 2
    assert [later - sooner for sooner, later in pairwise(times)] == [0.5, 0.5]


@on_model_clock
async def test_a_scene_has_a_course_of_its_own() -> None:
    kit, _ = playing(Scene(says="one two", latency=7, pace=0), latency=1, pace=1)
    assert await timed(kit) == [(7, "one "), (7, "two")]


@on_model_clock
async def test_a_whole_answer_comes_at_once() -> None:
    kit, _ = playing("one two three", latency=2, pace=50)
    await kit.generate("?")
    assert now() == 2


@on_model_clock
async def test_an_error_comes_before_everything() -> None:
    kit, _ = playing(RateLimited("wait", retry_after=7), "Hello.")
    with pytest.raises(RateLimited) as raised:
        await kit.generate("?")
    assert raised.value.retry_after == 7
    assert raised.value.provider == "scripted"
    assert (await kit.generate("?")).text == "Hello."


async def broken(scene: Scene, **settings: Any) -> list[Event]:
    """Return the events before the error that is expected."""
    kit, script = playing(scene)
    seen: list[Event] = []

    async def read() -> None:
        async for event in stream:
            seen.append(event)  # noqa: PERF401 - what came before the error is kept

    async with kit.stream("?", **settings) as stream:
        with pytest.raises((CutOff, RateLimited, GapTimeout, FirstTokenTimeout)):
            await read()
    assert script.open == 0
    return seen


@pytest.mark.parametrize("fault", ["cut", RateLimited("wait")], ids=["cut", "error"])
@pytest.mark.parametrize("after", [0, 1, 4])
@on_model_clock
async def test_a_fault_comes_after_as_many_events_as_it_says(fault: Any, after: int) -> None:
    seen = await broken(Scene(says="one two three", fault=fault, after=after))
    assert len(seen) == after


@pytest.mark.parametrize("after", [0, 3])
@on_model_clock
async def test_a_fault_cuts_a_whole_answer_too(after: int) -> None:
    kit, _ = playing(Scene(says="one two three", fault="cut", after=after))
    with pytest.raises(CutOff):
        await kit.generate("?")


@on_model_clock
async def test_a_fault_after_the_end_comes_too_late() -> None:
    kit, _ = playing(Scene(says="one", fault=RateLimited("wait"), after=99))
    assert (await kit.generate("?")).text == "one"


@on_model_clock
async def test_a_stall_lasts_until_the_caller_has_enough() -> None:
    seen = await broken(
        Scene(says="one two", fault="stall", after=4), timeout=Deadlines(gap=30, first_token=90)
    )
    assert len(seen) == 4
    assert now() == 30
    await broken(Scene(fault="stall"), timeout=Deadlines(first_token=90))
    assert now() == 120


@on_model_clock
async def test_a_stream_that_is_left_is_over() -> None:
    kit, script = playing(Scene(says="one two three", pace=1))
    async with kit.stream("?") as stream:
        await anext(stream)
        assert script.open == 1
    assert script.open == 0


def test_a_kit_without_a_script_says_how_to_give_one() -> None:
    for settings, message in (
        ({}, "needs a script: Kit"),
        ({"script": ["Hello."]}, "needs a script"),
        ({"script": Script(), "scrypt": 1}, "no setting 'scrypt'"),
    ):
        with pytest.raises(BadConfig, match=message):
            Kit(providers={"scripted": settings}).provider("scripted")
