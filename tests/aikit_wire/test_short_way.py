"""An answer in one piece comes to the same, whether the request went the short way or the long."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final

import pytest
from aicore.errors import AIError
from aicore.responses import Response
from aikit import Kit
from aikit_wire.transport import HTTPRequest, HTTPResponse, Phases

from .answers import USAGE, whole

KEY: Final = "own-key-of-nobody"
PLAIN: Final = whole({"content": "Hi"}, usage=USAGE, service_tier="default")
CALL: Final = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
LONG: Final[Mapping[str, Any]] = {"metadata": {"not": "simple"}}
"""A setting that sends a request the long way."""
LIMITS: Final = {"x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "59"}


def text(**fields: Any) -> bytes:
    return json.dumps({**PLAIN, **fields}).encode()


BODIES: Final[Mapping[str, bytes]] = {
    "a text": text(),
    "a text after blanks": b"\n \n" + text(),
    "a text after a mark of its encoding": b"\xef\xbb\xbf" + text(),
    "a call of a tool": json.dumps(whole({"content": None, "tool_calls": [CALL]})).encode(),
    "half a character": json.dumps(whole({"content": "\ud83d"})).encode(),
    "a time without end": text(created=float("inf")),
    "a time with a fraction": text(created=1.5),
    "details that are no counts": text(usage={**USAGE, "prompt_tokens_details": {"a": "b"}}),
    "no choices": text(choices=[]),
    "an error": json.dumps({"error": {"message": f"no such model for {KEY}"}}).encode(),
    "an error without a name": json.dumps({"object": "error", "message": "overloaded"}).encode(),
    "a stream": b'data: {"choices": [{"delta": {"content": "Hi"}}]}\n\ndata: [DONE]\n\n',
    "a web page": b"<html>",
    "a list": b"[]",
    "a word": b"null",
    "half of it": text()[:-9] + KEY.encode(),
    "too deep": b'{"a":' * 100_000,
    "nothing": b"",
    "blanks": b"  ",
}


class Answer:
    status = 200

    def __init__(self, body: bytes, kind: str) -> None:
        self.headers: Mapping[str, str] = {"content-type": kind, "x-request-id": "r1", **LIMITS}
        self._body = body

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        yield self._body[:5]
        yield self._body[5:]

    async def aclose(self) -> None:
        """Hold nothing."""


class Wire:
    """A transport that gives one answer to all."""

    def __init__(self, body: bytes, kind: str) -> None:
        self.sent: list[HTTPRequest] = []
        self._answer = body, kind

    async def send(self, request: HTTPRequest, phases: Phases) -> HTTPResponse:
        self.sent.append(request)
        return Answer(*self._answer)

    async def aclose(self) -> None:
        """Hold nothing."""


def kit_of(wire: Wire, **settings: Any) -> Kit:
    return Kit(providers={"openai": {"api_key": KEY, **settings}}, http_client=wire)


def told(answer: Response) -> tuple[Any, ...]:
    attempts = [(item.provider, item.model, item.error) for item in answer.attempts]
    shown = answer.id, answer.model, answer.created, answer.steps, answer.warnings
    return *shown, answer.served_by, answer.cost, answer.rate_limits, attempts


async def outcome(kit: Kit, **settings: Any) -> tuple[Any, ...]:
    """Return what a call comes to, or what is wrong with it."""
    try:
        return told(await kit.generate("Hi", model="openai:gpt-5.2", **settings))
    except AIError as error:
        about = error.message, error.provider, error.model, error.status, error.request_id
        return type(error), *about, repr(error.details)


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "text/event-stream", ""])
@pytest.mark.parametrize("name", BODIES)
async def test_both_ways_come_to_the_same(name: str, kind: str) -> None:
    async with kit_of(Wire(BODIES[name], kind)) as kit:
        short = await outcome(kit)
        assert short == await outcome(kit, **LONG)
        assert short == await outcome(kit)
        assert KEY not in repr(short)


@pytest.mark.parametrize("before", [b"", b"\n\n"])
@pytest.mark.parametrize("settings", [{}, LONG])
async def test_limits_count_from_when_the_head_came(
    settings: Mapping[str, Any], before: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 40.0

    class Slow(Answer):
        async def chunks(self) -> AsyncGenerator[bytes, None]:
            nonlocal now
            now += 10
            yield before + text()

    class Late(Wire):
        async def send(self, request: HTTPRequest, phases: Phases) -> HTTPResponse:
            answer = Slow(b"", "application/json")
            reset = {"x-ratelimit-reset-requests": "1970-01-01T00:01:40Z"}
            answer.headers = {**answer.headers, **reset}
            return answer

    monkeypatch.setattr("aikit_wire.answer.time", lambda: now)
    async with kit_of(Late(b"", "")) as kit:
        response = await kit.generate("Hi", model="openai:gpt-5.2", **settings)
    assert response.rate_limits is not None
    assert response.rate_limits.requests is not None
    assert response.rate_limits.requests.reset == 60


async def test_both_ways_send_to_the_same_place_with_the_same_headers() -> None:
    wire = Wire(text(), "application/json")
    query = {"version": "1 2"}
    async with kit_of(wire, query=query, headers={"x-team": "a"}) as kit:
        for settings in ({}, LONG, {}, LONG):
            await outcome(kit, **settings)
        for key in ({"api_key": "another-key"}, {"headers": {"x-team": "b"}}):
            await outcome(kit, **key)
            await outcome(kit, **key, **LONG)
    places = [(sent.method, sent.url, sent.headers, sent.ability) for sent in wire.sent]
    assert all(place == places[0] for place in places[:4])
    assert places[0][1].endswith("/chat/completions?version=1+2")
    assert places[4] == places[5]
    assert places[4][2]["authorization"] == "Bearer another-key"
    assert places[6] == places[7]
    assert places[6][2]["x-team"] == "b"


async def test_a_key_that_is_renewed_is_the_one_that_is_sent_and_masked() -> None:
    class Renewed:
        now = "first-key-of-nobody"

        def get_secret_value(self) -> str:
            return self.now

    key = Renewed()
    wire = Wire(BODIES["an error"].replace(KEY.encode(), b"second-key-of-nobody"), "")
    async with kit_of(wire, api_key=key) as kit:
        await outcome(kit)
        key.now = "second-key-of-nobody"
        failed = await outcome(kit)
    assert [sent.headers["authorization"] for sent in wire.sent] == [
        "Bearer first-key-of-nobody",
        "Bearer second-key-of-nobody",
    ]
    assert "no such model" in repr(failed)
    assert "second-key-of-nobody" not in repr(failed)
