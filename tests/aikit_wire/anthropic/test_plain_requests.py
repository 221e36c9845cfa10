"""Chats of texts and simple settings are encoded a short way, to what the long way comes to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from aicore.messages import Message, TextPart
from aicore.models import ModelInfo
from aicore.requests import ChatRequest
from aicore.values import made
from aikit_wire.anthropic.encode import encode_chat
from aikit_wire.anthropic.requests import PlainMessages
from aikit_wire.anthropic.vendor import MessagesVendor
from hypothesis import given
from hypothesis import strategies as st

VENDOR = MessagesVendor(name="acme")
INFOS = [
    None,
    ModelInfo(id="m1", provider="acme", max_output_tokens=9),
    ModelInfo(id="m1", provider="acme", features={"temperature": False}),
    ModelInfo(id="m1", provider="acme", features={"top_p_with_temperature": False}),
    ModelInfo(id="m1", provider="acme", features={"system_in_messages": True}),
]
SETTINGS: Mapping[str, st.SearchStrategy[Any]] = {
    "max_tokens": st.integers(1, 9),
    "temperature": st.sampled_from([0, 0.5, 1, 1.5, None]),
    "top_p": st.sampled_from([0, 0.5, 1]),
    "top_k": st.integers(1, 9),
    "service_tier": st.just("auto"),
    "n": st.integers(1, 2),
    "user": st.just("Ada"),
    "seed": st.integers(),
    "stop": st.sampled_from(["\n", ("a", "b")]),
    "tools": st.just(()),
    "reasoning": st.sampled_from(["low", False]),
    "provider_options": st.sampled_from([{}, {"acme": {"more": 1}}, {"other": {"more": 1}}]),
    "streaming": st.booleans(),
}
TEXTS = st.text(st.characters(codec="utf-8"), max_size=3) | st.just("a ")
MESSAGES = st.one_of(
    st.builds(Message, st.sampled_from(["system", "user", "assistant"]), TEXTS),
    st.builds(Message.user, TEXTS, TEXTS),
    st.builds(lambda text: Message("user", text, name="Ada"), TEXTS),
    st.builds(
        lambda text: Message.user(TextPart(text, provider_data={"anthropic-messages": {"a": 1}})),
        TEXTS,
    ),
    st.just(Message("assistant", ())),
)
TALKS = st.one_of(
    st.lists(MESSAGES, min_size=1, max_size=4),
    st.lists(st.sampled_from("ab"), min_size=1, max_size=5).map(
        lambda texts: [
            Message("user" if number % 2 else "assistant" if number else "system", text)
            for number, text in enumerate(texts)
        ]
    ),
)


def request(**fields: Any) -> ChatRequest:
    """Make a request of what is set, as calls do."""
    return made(ChatRequest, {"model": "m1", "messages": "Hi", "provider_options": {}, **fields})


def plain(info: ModelInfo | None = None, vendor: MessagesVendor = VENDOR) -> PlainMessages:
    return PlainMessages(vendor, "acme", lambda _: info)


@given(
    st.sampled_from(INFOS),
    TALKS,
    st.lists(st.fixed_dictionaries({}, optional=dict(SETTINGS)), min_size=1, max_size=3),
)
def test_both_ways_send_the_same(
    info: ModelInfo | None, messages: list[Message], calls: list[dict[str, Any]]
) -> None:
    requests = plain(info)
    for fields in calls:
        asked = request(messages=tuple(messages), **fields)
        short, long = requests.encode(asked), encode_chat(asked, "acme", info)
        if short is not None:
            assert ordered(short.content()) == ordered(long.content())
            assert short.warnings == long.warnings
            assert all(warning.setting == "max_tokens" for warning in short.warnings)


def ordered(body: bytes) -> Any:
    return json.loads(body, object_pairs_hook=list)


def test_a_conversation_in_texts_goes_the_short_way() -> None:
    talk = (Message.system("Be"), Message.user("a"), Message("assistant", "b"), Message.user("c"))
    requests = plain()
    for fields in ({}, {"temperature": 0.5, "top_k": 3}, {"streaming": True}):
        assert requests.encode(request(messages=talk, **fields)) is not None


def test_what_a_first_request_holds_closes_the_short_way_to_no_other() -> None:
    requests = plain()
    assert requests.encode(request(temperature=1.5)) is None
    assert requests.encode(request(messages=(Message("assistant", "a "),))) is None
    assert requests.encode(request(provider_options={"acme": {"more": 1}})) is None
    assert requests.encode(request()) is not None
    assert requests.encode(request(temperature=0.5)) is not None


@pytest.mark.parametrize(
    "talk",
    [
        (Message.user("a"), Message.user("b")),
        (Message.user("a"), Message.system("b"), Message.user("c")),
        (Message.system("a"), Message.system("b"), Message.user("c")),
        (Message.system("a"),),
        (Message.user(""),),
        (Message.user("a"), Message("assistant", "b")),
    ],
)
def test_what_is_not_sent_as_it_stands_goes_the_long_way(talk: tuple[Message, ...]) -> None:
    assert plain().encode(request(messages=talk)) is None


@pytest.mark.parametrize("info", INFOS)
def test_a_limit_that_is_not_given_is_that_of_the_model_which_is_told(
    info: ModelInfo | None,
) -> None:
    short, long = plain(info).encode(request()), encode_chat(request(), "acme", info)
    assert short is not None
    assert (short.body, short.warnings) == (long.body, long.warnings)
    (warning,) = short.warnings
    assert (warning.setting, warning.action) == ("max_tokens", "noted")


def test_a_host_may_have_fields_of_its_own_and_no_model_in_the_body() -> None:
    vendor = MessagesVendor(name="acme", model_in_body=False, body={"anthropic_version": "v"})
    encoded = plain(vendor=vendor).encode(request())
    assert encoded is not None
    assert encoded.body.keys() == {"anthropic_version", "max_tokens", "messages"}
