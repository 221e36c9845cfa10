"""The loopback vendor speaks the OpenAI dialect as OpenAI's own client understands it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from ..vendor import Vendor

WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
HELLO: Any = [{"role": "user", "content": "Hello there, you"}]


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with Vendor(models=["large-2", "large-reason"], values={"city": "Oslo"}) as vendor:
        yield vendor


@pytest.fixture
def client(vendor: Vendor) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=vendor.url, api_key="sk-dummy", max_retries=0) as client:
        yield client


def test_a_stream_and_a_body_say_the_same(client: openai.OpenAI) -> None:
    whole = client.chat.completions.create(model="large-reason", messages=HELLO)
    stream = client.chat.completions.create(
        model="large-reason", messages=HELLO, stream=True, stream_options={"include_usage": True}
    )
    *chunks, last = list(stream)
    deltas = [chunk.choices[0].delta for chunk in chunks]
    message = whole.choices[0].message
    assert "".join(delta.content or "" for delta in deltas) == message.content
    thoughts = [(delta.model_extra or {}).get("reasoning_content", "") for delta in deltas]
    assert "".join(thoughts) == (message.model_extra or {})["reasoning_content"] != ""
    assert last.usage == whole.usage


def test_a_tool_is_called_and_its_result_is_told(client: openai.OpenAI) -> None:
    asked = client.chat.completions.create(model="large-2", messages=HELLO, tools=[WEATHER])
    call: Any = (asked.choices[0].message.tool_calls or [])[0]
    assert json.loads(call.function.arguments) == {"city": "Oslo"}
    result: Any = {"role": "tool", "tool_call_id": call.id, "content": "sunny"}
    messages = [*HELLO, asked.choices[0].message.model_dump(exclude_none=True), result]
    told = client.chat.completions.create(model="large-2", messages=messages, tools=[WEATHER])
    assert told.choices[0].message.content == "sunny"


def test_an_answer_fits_the_schema_that_was_asked_for(client: openai.OpenAI) -> None:
    properties = {
        "city": {"type": "string"},
        "sizes": {"type": "array", "items": {"type": "integer"}},
        "share": {"type": "number"},
        "open": {"type": "boolean"},
        "none": {"type": "null"},
        "kind": {"enum": ["a", "b"]},
    }
    schema: Any = {
        "type": "json_schema",
        "json_schema": {"name": "x", "schema": {"type": "object", "properties": properties}},
    }
    told = client.chat.completions.create(model="large-2", messages=HELLO, response_format=schema)
    assert json.loads(told.choices[0].message.content or "") == {
        "city": "Oslo",
        "sizes": [1],
        "share": 1.5,
        "open": True,
        "none": None,
        "kind": "a",
    }


def test_a_limit_cuts_and_several_answers_are_given(client: openai.OpenAI) -> None:
    told = client.chat.completions.create(model="large-2", messages=HELLO, max_tokens=2, n=2)
    assert [choice.message.content for choice in told.choices] == ["You said:"] * 2
    assert {choice.finish_reason for choice in told.choices} == {"length"}


def test_texts_that_share_words_are_near_each_other(client: openai.OpenAI) -> None:
    texts = ["a quick fox", "a quick dog", "tax law"]
    told = client.embeddings.create(model="large-2", input=texts, dimensions=64)
    first, *others = (item.embedding for item in told.data)
    near, far = (sum(a * b for a, b in zip(first, it, strict=True)) for it in others)
    assert near > far


def test_completions_and_models_are_served(client: openai.OpenAI) -> None:
    told = client.completions.create(model="large-2", prompt="Once", max_tokens=5)
    assert told.choices[0].text == "You said: Once"
    assert [model.id for model in client.models.list()] == ["large-2", "large-reason"]


@pytest.mark.parametrize(
    ("key", "error"),
    [
        ("sk-wrong", openai.AuthenticationError),
        ("sk-busy", openai.RateLimitError),
        ("sk-spent", openai.RateLimitError),
    ],
)
def test_an_account_s_trouble_shows_in_its_key(
    client: openai.OpenAI, key: str, error: type[openai.APIStatusError]
) -> None:
    with pytest.raises(error) as caught:
        client.with_options(api_key=key).chat.completions.create(model="large-2", messages=HELLO)
    waits = error is openai.RateLimitError
    assert caught.value.response.headers.get("retry-after") == ("7" if waits else None)


def test_an_unknown_model_is_not_found(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="does not exist"):
        client.chat.completions.create(model="gpt-99", messages=HELLO)


@pytest.mark.parametrize(
    ("path", "error"),
    [("/nowhere", openai.NotFoundError), ("/chat/completions", openai.BadRequestError)],
)
def test_a_request_that_makes_no_sense_is_refused(
    client: openai.OpenAI, path: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        client.post(
            path, body={"model": 7} if "chat" in path else {"model": "large-2"}, cast_to=object
        )
