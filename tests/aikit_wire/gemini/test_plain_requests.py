"""Chats of texts and simple settings are encoded a short way, to what the long way comes to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from aicore.messages import Message, TextPart
from aicore.requests import ChatRequest
from aicore.values import made
from aikit_wire.gemini.encode import encode_chat
from aikit_wire.gemini.requests import PlainContents
from hypothesis import given
from hypothesis import strategies as st

from .sample import ACME

FEATURES: list[Mapping[str, bool]] = [
    {},
    {"temperature": False},
    {"system_message": False},
    {"reasoning": False, "full_json_schema": False},
]
SETTINGS: Mapping[str, st.SearchStrategy[Any]] = {
    "max_tokens": st.integers(1, 10**6),
    "temperature": st.sampled_from([0, 0.5, 2, None]),
    "top_p": st.floats(0, 1),
    "top_k": st.integers(1, 9),
    "seed": st.integers(),
    "presence_penalty": st.sampled_from([-1, 0.5]),
    "frequency_penalty": st.sampled_from([-1, 0.5]),
    "n": st.integers(1, 3),
    "service_tier": st.just("flex"),
    "user": st.just("Ada"),
    "logprobs": st.booleans(),
    "stop": st.sampled_from(["\n", ("a", "b")]),
    "tools": st.just(()),
    "reasoning": st.sampled_from(["low", False]),
    "provider_options": st.sampled_from([{}, {"acme": {"labels": {}}}, {"other": {"more": 1}}]),
    "streaming": st.booleans(),
}
TEXTS = st.text(st.characters(codec="utf-8"), max_size=3)
MESSAGES = st.one_of(
    st.builds(Message, st.sampled_from(["system", "user", "assistant"]), TEXTS),
    st.builds(Message.user, TEXTS, TEXTS),
    st.builds(lambda text: Message("user", text, name="Ada"), TEXTS),
    st.builds(
        lambda text: Message.user(TextPart(text, provider_data={"gemini": {"thought": True}})),
        TEXTS,
    ),
    st.just(Message("assistant", ())),
)


def request(**fields: Any) -> ChatRequest:
    """Make a request of what is set, as calls do."""
    return made(ChatRequest, {"model": "m1", "messages": "Hi", "provider_options": {}, **fields})


def plain(features: Mapping[str, bool] = {}) -> PlainContents:
    return PlainContents(ACME, lambda _: features)


@given(
    st.sampled_from(FEATURES),
    st.lists(MESSAGES, min_size=1, max_size=4),
    st.lists(st.fixed_dictionaries({}, optional=dict(SETTINGS)), min_size=1, max_size=3),
)
def test_both_ways_send_the_same(
    features: Mapping[str, bool], messages: list[Message], calls: list[dict[str, Any]]
) -> None:
    requests = plain(features)
    for fields in calls:
        asked = request(messages=tuple(messages), **fields)
        short, long = requests.encode(asked), encode_chat(asked, ACME, features)
        if short is not None:
            assert ordered(short.content()) == ordered(long.content())
            assert long.warnings == short.warnings == ()


def ordered(body: bytes) -> Any:
    return json.loads(body, object_pairs_hook=list)


def test_a_conversation_in_texts_goes_the_short_way() -> None:
    talk = (Message.system("Be"), Message.user("a"), Message("assistant", "b"), Message.user("c"))
    requests = plain()
    for fields in ({}, {"temperature": 0.5, "seed": 3}, {"streaming": True}):
        assert requests.encode(request(messages=talk, **fields)) is not None


@pytest.mark.parametrize(
    "talk",
    [
        (Message.user("a"), Message.system("b")),
        (Message.system("a"),),
        (Message.user("a", "b"),),
        (Message("tool", "a"),),
    ],
)
def test_what_is_not_sent_as_it_stands_goes_the_long_way(talk: tuple[Message, ...]) -> None:
    assert plain().encode(request(messages=talk)) is None


@pytest.mark.parametrize("features", FEATURES[1:3])
def test_what_the_model_refuses_goes_the_long_way_which_warns(
    features: Mapping[str, bool],
) -> None:
    assert plain(features).encode(request(temperature=0.5)) is None
