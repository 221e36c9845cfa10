"""Chats of texts and simple settings are encoded a short way, to what the long way comes to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from aicore.errors import BadInput
from aicore.messages import Message, TextPart
from aicore.models import ModelInfo
from aicore.requests import ChatRequest
from aicore.values import changed, made
from aikit_wire.encoded import written, written_simple
from aikit_wire.openai.encode import encode_chat
from aikit_wire.openai.manifest import Manifest
from aikit_wire.openai.plain import PlainRequests
from hypothesis import given
from hypothesis import strategies as st

MANIFESTS = [
    Manifest(name="acme"),
    Manifest(name="acme", system_role="developer", stream_usage=False),
    Manifest(name="acme", fields={"max_tokens": "max_completion_tokens", "top_k": "k"}),
    Manifest(name="acme", options={"store": False}),
    Manifest(name="acme", merge_system=True),
    Manifest(name="acme", encode=("short_tool_ids",)),
]
INFOS = [
    None,
    ModelInfo(id="m1", provider="acme"),
    ModelInfo(id="m1", provider="acme", features={"temperature": False}),
    ModelInfo(id="m1", provider="acme", features={"sampling_while_reasoning": False}),
    ModelInfo(id="m1", provider="acme", features={"responses_only": True}),
]
SETTINGS: Mapping[str, st.SearchStrategy[Any]] = {
    "max_tokens": st.integers(1, 10**6),
    "temperature": st.sampled_from([0, 0.5, 1e-7, None]),
    "top_p": st.floats(0, 1),
    "top_k": st.integers(1, 9),
    "seed": st.integers(),
    "n": st.integers(1, 3),
    "user": st.text(st.characters(codec="utf-8")),
    "stop": st.sampled_from(["\n", ("a", "b")]),
    "logprobs": st.booleans(),
    "tools": st.just(()),
    "reasoning": st.sampled_from(["low", False]),
    "provider_options": st.sampled_from([{}, {"acme": {"more": 1}}, {"other": {"more": 1}}]),
    "streaming": st.booleans(),
}
TEXTS = st.text(st.characters(codec="utf-8"))
MESSAGES = st.one_of(
    st.builds(Message, st.sampled_from(["system", "user", "assistant"]), TEXTS),
    st.builds(Message.user, TEXTS, TEXTS),
    st.builds(lambda text: Message("user", text, name="Ada"), TEXTS),
    st.builds(
        lambda text: Message.user(TextPart(text, provider_data={"openai-chat": {"a": 1}})), TEXTS
    ),
    st.just(Message("assistant", ())),
)


def request(**fields: Any) -> ChatRequest:
    """Make a request of what is set, as calls do."""
    return made(ChatRequest, {"model": "m1", "messages": "Hi", "provider_options": {}, **fields})


def plain(manifest: Manifest, info: ModelInfo | None = None) -> PlainRequests:
    return PlainRequests(manifest, lambda _: info, encode_chat)


@given(
    st.sampled_from(MANIFESTS),
    st.sampled_from(INFOS),
    st.lists(MESSAGES, min_size=1, max_size=3),
    st.lists(st.fixed_dictionaries({}, optional=dict(SETTINGS)), min_size=1, max_size=3),
)
def test_both_ways_send_the_same(
    manifest: Manifest,
    info: ModelInfo | None,
    messages: list[Message],
    calls: list[dict[str, Any]],
) -> None:
    requests = plain(manifest, info)
    for fields in calls:
        asked = request(messages=tuple(messages), **fields)
        short, long = requests.encode(asked), encode_chat(asked, manifest, info)
        if short is not None:
            assert json.loads(short.content()) == json.loads(long.content())
            assert long.warnings == short.warnings == ()


def test_what_a_first_request_holds_closes_the_short_way_to_no_other() -> None:
    requests = plain(MANIFESTS[0])
    assert requests.encode(request(messages=(Message.user("a", "b"),))) is None
    assert requests.encode(request(provider_options={"acme": {"more": 1}})) is None
    assert requests.encode(request(temperature=None)) is None
    assert requests.encode(request()) is not None
    assert requests.encode(request(temperature=0.5)) is not None


@pytest.mark.parametrize("info", INFOS[2:])
def test_what_the_model_refuses_goes_the_long_way_which_warns(info: ModelInfo) -> None:
    assert plain(MANIFESTS[0], info).encode(request(temperature=0.5)) is None


def test_models_and_sets_of_settings_are_forgotten_in_time() -> None:
    requests = plain(MANIFESTS[0])
    for number in range(2500):
        asked = changed(request(), model=f"m{number}")
        assert requests.encode(asked) is not None
    assert len(requests._names) <= 1000


@pytest.mark.parametrize(
    "value",
    [
        {"text": 'é"\\\n\x01\u2028', "number": 1e-7, "huge": 10**30, "yes": True, "none": None},
        {"text": "NaN and Infinity", "list": ["a", ("b",)]},
    ],
)
def test_simple_json_says_what_other_json_says(value: Any) -> None:
    assert json.loads(written_simple(value)) == json.loads(written(value))


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), -float("inf"), "\ud800", object()],
    ids=["nan", "inf", "-inf", "half", "object"],
)
def test_what_has_no_form_in_json_is_refused(value: Any) -> None:
    with pytest.raises(BadInput, match="cannot be written as JSON"):
        written_simple({"value": value})
