"""The provider `fixture:`."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from aicore.errors import BadConfig, NotFound, Unsupported
from aicore.events import TextDelta
from aicore.messages import ReasoningPart, TextPart, ToolCallPart
from aicore.requests import ChatRequest, EmbedRequest, RerankRequest
from aicore.responses import (
    Candidate,
    Embeddings,
    RankedDocument,
    RerankResponse,
    Response,
    Step,
)
from aicore.usage import Usage
from aikit import Kit, Message, Tool
from aikit_testing.fixture import fixture_key, store

WEATHER = ChatRequest(
    model="weather",
    messages="How is the weather?",  # type: ignore[arg-type]  # a string is lifted
    tools=(Tool("weather", "Tells the weather."),),
    temperature=0.5,
)
ANSWER = Response(
    model="weather-1",
    steps=(
        Step(
            candidates=(
                Candidate(
                    parts=(
                        ReasoningPart("I must look."),
                        TextPart("Let me look at the sky."),
                        ToolCallPart("call_1", "weather", '{"place": "here"}'),
                    ),
                    finish_reason="tool-calls",
                    raw_finish_reason="tool_calls",
                ),
            ),
            usage=Usage(input_tokens=12, output_tokens=7),
        ),
    ),
)


async def test_echo_repeats_the_last_message() -> None:
    async with Kit() as kit:
        response = await kit.generate(
            [Message.system("s"), Message.user("a b")], model="fixture:echo"
        )
    assert response.text == "a b"
    assert response.finish_reason == "stop"
    assert response.usage == Usage(input_tokens=3, output_tokens=2, estimated=True)


async def test_echo_streams_word_by_word() -> None:
    async with Kit() as kit, kit.stream("one  two\nthree", model="fixture:echo") as stream:
        pieces = [event.text async for event in stream if isinstance(event, TextDelta)]
        response = await stream.response()
    assert pieces == ["one  ", "two\n", "three"]
    assert response.text == "one  two\nthree"


async def test_echo_ranks_documents_by_the_words_of_the_query(tmp_path: Path) -> None:
    documents = ["dog", "the fox", "A FOX"]
    async with Kit(providers={"fixture": {"folder": tmp_path}}) as kit:
        result = await kit.rerank("a fox", documents, model="fixture:echo")
        ranked = [(item.index, item.score) for item in result.results]
        assert ranked == [(2, 1.0), (1, 0.5), (0, 0.0)]
        assert result.usage == Usage(input_tokens=7, output_tokens=0, estimated=True)
        request = RerankRequest(model="ranks", query="a", documents=("b",))
        store(tmp_path, request, RerankResponse(results=(RankedDocument(0, 0.25),)))
        stored = await kit.rerank("a", ["b"], model="fixture:ranks")
        assert stored.results == (RankedDocument(0, 0.25),)


async def test_echo_continues_and_embeds() -> None:
    async with Kit() as kit:
        assert (await kit.complete("once", model="fixture:echo")).text == "once"
        result = await kit.embed(["a", "b", "a"], model="fixture:echo", dimensions=5)
        assert [info.id for info in await kit.models("fixture")] == ["echo"]
    first, second, third = result.vectors
    assert first == third != second
    assert len(first) == 5
    assert sum(value * value for value in first) == pytest.approx(1)


async def test_an_echo_of_vectors_says_what_it_ignores() -> None:
    async with Kit() as kit:
        result = await kit.embed("a", model="fixture:echo", dimensions=5, task="query")
        assert [warning.setting for warning in result.warnings] == ["task"]
        with pytest.raises(Unsupported, match="task"):
            await kit.embed("a", model="fixture:echo", task="query", strict=True)


async def test_a_stored_answer_is_given_both_ways(tmp_path: Path) -> None:
    store(tmp_path, WEATHER, ANSWER)
    settings = {"fixture": {"folder": str(tmp_path)}}
    async with Kit(providers=settings) as kit:
        whole = await kit.generate(WEATHER, model="fixture:weather")
        async with kit.stream(WEATHER, model="fixture:weather") as stream:
            streamed = await stream.response()
    assert whole.steps == streamed.steps == ANSWER.steps
    assert whole.served_by is not None
    assert whole.served_by.model == "weather-1"


async def test_the_folder_may_be_named_by_a_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = EmbedRequest(model="vectors", inputs=("a",))
    store(tmp_path / "new", request, Embeddings(vectors=((1.0, 0.0),)))
    monkeypatch.setenv("AIKIT_FIXTURES", str(tmp_path / "new"))
    async with Kit() as kit:
        assert (await kit.embed("a", model="fixture:vectors")).vectors == ((1.0, 0.0),)


async def test_what_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIKIT_FIXTURES", raising=False)
    async with Kit() as kit:
        with pytest.raises(BadConfig, match="AIKIT_FIXTURES"):
            await kit.generate("hi", model="fixture:weather")
    async with Kit(providers={"fixture": {"folder": str(tmp_path)}}) as kit:
        with pytest.raises(NotFound, match=fixture_key(WEATHER)):
            await kit.generate(WEATHER, model="fixture:weather")
        store(tmp_path, WEATHER, "hello").write_text('{"steps": 3}')
        with pytest.raises(BadConfig, match="steps"):
            await kit.generate(WEATHER, model="fixture:weather")
    async with Kit(providers={"fixture": {"foldr": "x"}}) as kit:
        with pytest.raises(BadConfig, match="foldr"):
            await kit.generate("hi", model="fixture:echo")


def test_the_key_is_the_same_in_every_process() -> None:
    code = (
        "from aicore.requests import ChatRequest; from aikit_testing.fixture import fixture_key;"
        "print(fixture_key(ChatRequest(model='m', messages='hi', stop='x', streaming=True)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    here = ChatRequest(model="m", messages=(Message.user("hi"),), stop=("x",))
    assert ran.stdout.strip() == fixture_key(here) == "31c7984bb1a36e0e"


def test_everything_but_streaming_counts() -> None:
    assert fixture_key(WEATHER) != fixture_key(replace(WEATHER, temperature=0.6))
    assert fixture_key(WEATHER) == fixture_key(replace(WEATHER, streaming=True))


async def test_an_echo_says_which_settings_it_leaves_out() -> None:
    async with Kit() as kit:
        response = await kit.generate("hi", model="fixture:echo", n=2, stop="x", user="me")
        assert [warning.setting for warning in response.warnings] == ["stop", "n"]
        assert (await kit.complete("hi", model="fixture:echo")).warnings == ()
