"""What `test_short_way` claims of OpenAI's dialect, claimed of the others that have a short way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import pytest
from aicore.errors import AIError
from aikit import Kit

from .answers import Json
from .anthropic import answers as anthropic
from .gemini import sample as gemini
from .test_short_way import KEY, Wire, told


class Dialect(NamedTuple):
    """A provider of the dialect, plain answers of it, and a setting that closes the short way."""

    model: str
    answers: Mapping[str, Json]
    stream: bytes
    long: Mapping[str, Any]

    def kit(self, wire: Wire, **settings: Any) -> Kit:
        provider = self.model.partition(":")[0]
        return Kit(providers={provider: {"api_key": KEY, **settings}}, http_client=wire)


HI: Final = {"type": "text", "text": "Hi"}
DIALECTS: Final[Mapping[str, Dialect]] = {
    "anthropic": Dialect(
        "anthropic:claude-sonnet-4-5",
        {
            "a text": anthropic.whole(HI),
            "a thought": anthropic.whole({"type": "redacted_thinking", "data": "eA=="}, HI),
            "no content": anthropic.whole(content=None),
            "content of another kind": anthropic.whole(content=[["text"]]),
            "a number of tokens that is none": anthropic.whole(HI, usage={"input_tokens": "7"}),
            "half a character": anthropic.whole({"type": "text", "text": "\ud83d"}),
            "an error": {"type": "error", "error": {"message": f"no such model for {KEY}"}},
        },
        anthropic.sse(
            anthropic.begin(),
            *anthropic.block(0, {"type": "text", "text": ""}, *anthropic.said("Hi")),
            *anthropic.end(),
        ),
        {"metadata": {"user_id": "u"}},
    ),
    "gemini": Dialect(
        "google:gemini-2.5-flash",
        {
            "a text": gemini.piece({"text": "Hi"}, finish="STOP"),
            "a call of a function": gemini.piece({"functionCall": {"name": "f"}}, finish="STOP"),
            "code": gemini.piece({"executableCode": {"code": "1"}}, finish="STOP"),
            "no reason": gemini.piece({"text": "Hi"}),
            "no candidates": {"candidates": [], "responseId": "r1"},
            "parts of another kind": {"candidates": [{"content": ["a"], "finishReason": "STOP"}]},
            "half a character": gemini.piece({"text": "\ud83d"}, finish="STOP"),
            "an error": {"error": {"message": f"no such model for {KEY}"}},
        },
        gemini.sse(gemini.piece({"text": "Hi"}), gemini.piece(finish="STOP")),
        {"provider_options": {"google": {"cachedContent": "cachedContents/c"}}},
    ),
}
OTHERS: Final[Mapping[str, bytes]] = {
    "a web page": b"<html>",
    "a list": b"[]",
    "a word": b"null",
    "half of it": b'{"id": "' + KEY.encode(),
    "too deep": b'{"a":' * 100_000,
    "nothing": b"",
    "blanks": b"  ",
}
CASES: Final = [
    pytest.param(dialect, body, id=f"{name}, {what}")
    for name, dialect in DIALECTS.items()
    for what, body in [
        *((what, json.dumps(answer).encode()) for what, answer in dialect.answers.items()),
        ("blanks before it", b"\n \n" + json.dumps(dialect.answers["a text"]).encode()),
        ("a stream", dialect.stream),
        *OTHERS.items(),
    ]
]
each_dialect = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)


async def outcome(kit: Kit, dialect: Dialect, **settings: Any) -> tuple[Any, ...]:
    """Return what a call comes to, or what is wrong with it."""
    try:
        return told(await kit.generate("Hi", model=dialect.model, **settings))
    except AIError as error:
        about = error.message, error.provider, error.model, error.status, error.request_id
        return type(error), *about, repr(error.details)


@pytest.mark.parametrize("kind", ["application/json", "text/event-stream", ""])
@pytest.mark.parametrize(("dialect", "body"), CASES)
async def test_both_ways_come_to_the_same(dialect: Dialect, body: bytes, kind: str) -> None:
    async with dialect.kit(Wire(body, kind)) as kit:
        short = await outcome(kit, dialect)
        assert short == await outcome(kit, dialect, **dialect.long)
        assert short == await outcome(kit, dialect)
        assert KEY not in repr(short)


@each_dialect
async def test_both_ways_send_to_the_same_place_with_the_same_headers(dialect: Dialect) -> None:
    wire = Wire(json.dumps(dialect.answers["a text"]).encode(), "application/json")
    query = {"version": "1 2"}
    async with dialect.kit(wire, query=query, headers={"x-team": "a"}) as kit:
        for given in ({}, {}, {"api_key": "another-key"}, {"headers": {"x-team": "b"}}):
            await outcome(kit, dialect, **given)
            await outcome(kit, dialect, **given, **dialect.long)
    places = [(sent.method, sent.url, sent.headers, sent.ability) for sent in wire.sent]
    assert all(place == places[0] for place in places[:4])
    assert places[0][1].endswith("?version=1+2")
    assert places[4] == places[5]
    assert "another-key" in places[4][2].values()
    assert places[6] == places[7]
    assert places[6][2]["x-team"] == "b"


@each_dialect
async def test_a_stream_is_asked_for_alike(dialect: Dialect) -> None:
    wire = Wire(dialect.stream, "text/event-stream")
    answers = []
    async with dialect.kit(wire) as kit:
        for settings in ({}, dialect.long, {}):
            async with kit.stream("Hi", model=dialect.model, **settings) as events:
                response = await events.response()
                answers.append((response.steps, response.warnings))
    assert answers[0] == answers[1] == answers[2]
    assert len({sent.url for sent in wire.sent}) == 1
    assert wire.sent[0].headers == wire.sent[1].headers
    bodies = [json.loads(sent.body or b"") for sent in wire.sent]
    assert bodies[0] == bodies[2]
    assert bodies[0].items() <= bodies[1].items()
