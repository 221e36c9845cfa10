"""What a call was told goes to its request or to its context, and mistakes are named."""

from __future__ import annotations

from typing import Any

import pytest
from aicore.context import CancelToken, Context, Deadlines
from aicore.errors import BadInput
from aicore.requests import ChatRequest, CompleteRequest, EmbedRequest
from aicore.secrets import Secret
from aikit import settings as module
from aikit.settings import (
    ChatSettings,
    CompleteSettings,
    EmbedSettings,
    circumstances,
    make,
)


def test_the_keywords_are_those_of_the_requests() -> None:
    own = {"model", "streaming", "messages", "prompt", "inputs"}
    for keywords, request in (
        (ChatSettings, ChatRequest),
        (CompleteSettings, CompleteRequest),
        (EmbedSettings, EmbedRequest),
    ):
        names = set(keywords.__annotations__) - module.CIRCUMSTANCES
        assert names == set(request.__dataclass_fields__) - own, request
    assert set(module.Circumstances.__annotations__) == module.TYPES.keys() | {"api_key"}


def test_circumstances_are_taken_out_of_the_settings() -> None:
    token = CancelToken()
    given: dict[str, Any] = {
        "temperature": 1,
        "api_key": "k",
        "headers": {"a": "b"},
        "timeout": 5,
        "cancel": token,
        "strict": True,
        "idempotency_key": "once",
    }
    context = circumstances(given, "openai")
    assert given == {"temperature": 1}
    assert context.api_keys == {"openai": Secret("k")}
    assert context.headers == {"a": "b"}
    assert context.deadlines == Deadlines(total=5)
    assert context.cancel is token
    assert context.strict
    assert context.idempotency_key == "once"


def test_without_circumstances_every_call_has_a_context_of_its_own() -> None:
    one, other = circumstances({}, None), circumstances({}, None)
    assert one.request_id != other.request_id
    assert one.attempts is not other.attempts


def test_none_means_not_given() -> None:
    context = Context(headers={"a": "b"}, deadlines=Deadlines(gap=1), strict=True)
    unset: dict[str, Any] = dict.fromkeys(module.CIRCUMSTANCES)
    assert circumstances({**unset, "context": context}, None) is context


def test_a_context_that_was_handed_in_is_added_to_and_not_changed() -> None:
    mine = Context(
        headers={"a": "1", "b": "1"},
        api_keys={"openai": Secret("k")},
        deadlines=Deadlines(gap=1, total=9),
        tenant="t",
    )
    given = {"context": mine, "headers": {"b": "2"}, "api_key": "g", "timeout": 2.5}
    context = circumstances(given, "groq")
    assert context.headers == {"a": "1", "b": "2"}
    assert context.api_keys == {"openai": Secret("k"), "groq": Secret("g")}
    assert context.deadlines == Deadlines(gap=1, total=2.5)
    assert (context.tenant, context.request_id) == ("t", mine.request_id)
    assert context.attempts is mine.attempts
    assert mine.headers == {"a": "1", "b": "1"}


def test_whole_deadlines_replace_those_of_the_context() -> None:
    mine = Context(deadlines=Deadlines(gap=1))
    context = circumstances({"context": mine, "timeout": Deadlines(total=2)}, None)
    assert context.deadlines == Deadlines(total=2)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"timeout": "5"}, "`timeout` must be int or float or Deadlines, not str"),
        ({"timeout": True}, "`timeout` must be int or float or Deadlines, not bool"),
        ({"headers": [("a", "b")]}, "`headers` must be dict or Mapping, not list"),
        ({"cancel": object()}, "`cancel` must be CancelToken, not object"),
        ({"strict": 1}, "`strict` must be bool, not int"),
        ({"idempotency_key": 7}, "`idempotency_key` must be str, not int"),
        ({"context": {}}, "`context` must be Context, not dict"),
        ({"api_key": 5}, "`api_key` must be text or a secret, not int"),
    ],
)
def test_a_circumstance_of_a_wrong_type_is_named(given: dict[str, Any], says: str) -> None:
    with pytest.raises(BadInput) as caught:
        circumstances(given, "openai")
    assert says in str(caught.value)


@pytest.mark.parametrize("timeout", [0, -1, 0.0, float("nan")])
def test_a_time_that_no_call_could_keep_is_refused(timeout: float) -> None:
    with pytest.raises(BadInput, match="`timeout` must be more than 0 seconds, not "):
        circumstances({"timeout": timeout}, None)


def test_a_key_needs_a_provider_that_it_is_for() -> None:
    with pytest.raises(BadInput, match="needs a model whose provider it is for"):
        circumstances({"api_key": "k"}, None)


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("temprature", "there is no setting `temprature`; did you mean `temperature`?"),
        ("max_token", "did you mean `max_tokens`?"),
        ("api_keys", "did you mean `api_key`?"),
        ("timeouts", "did you mean `timeout`?"),
        ("zzzz", "there is no setting `zzzz`; see provider_options"),
    ],
)
def test_a_setting_that_does_not_exist_gets_the_nearest_one(setting: str, says: str) -> None:
    with pytest.raises(BadInput) as caught:
        make(ChatRequest, {"model": "m", "messages": "Hi", setting: 1})
    assert says in str(caught.value)
