"""What is written as JSON reads back equal, whatever it holds."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from aicore.events import Event
from aicore.messages import Message, OpaquePart, Part
from aicore.requests import ChatRequest
from aicore.responses import CallWarning, Response, TokenLogprob
from aicore.values import from_json, to_json
from hypothesis import given, settings
from hypothesis import strategies as st

from .strategies import BY_EVENT, chat_requests, messages, parts, responses


@given(messages)
def test_a_message_comes_back(message: Message) -> None:
    assert from_json(Message, to_json(message)) == message


@given(parts)
def test_a_part_comes_back_as_its_own_kind(part: Part) -> None:
    assert from_json(Part, to_json(part, Part)) == part


@given(chat_requests)
def test_a_request_comes_back(request: ChatRequest) -> None:
    assert from_json(ChatRequest, to_json(request)) == request


@settings(max_examples=50)
@given(responses)
def test_a_response_comes_back(response: Response) -> None:
    assert from_json(Response, to_json(response)) == response


@pytest.mark.parametrize("kind", BY_EVENT, ids=lambda kind: kind.__name__)
@settings(max_examples=25)
@given(data=st.data())
def test_an_event_comes_back(kind: type, data: st.DataObject) -> None:
    event = data.draw(BY_EVENT[kind])
    assert from_json(Event, to_json(event, Event)) == event
    assert type(from_json(Event, to_json(event))) is kind


def test_every_event_has_a_strategy() -> None:
    assert set(BY_EVENT) == set(get_args(get_args(Event)[0]))


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        (CallWarning(None, "noted", "the answer is old"), CallWarning),
        (OpaquePart("openai-chat", None), Part),
        (OpaquePart("openai-chat", {"summary": None}), Part),
        (TokenLogprob("x", float("-inf")), TokenLogprob),
    ],
)
def test_none_and_infinity_survive(value: Any, type_: Any) -> None:
    assert from_json(type_, to_json(value, type_)) == value
