"""Whatever an answer holds, reading it gives a response or an error of ours, and nothing else."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from aicore.errors import AIError
from aicore.fold import fold, unfold
from aicore.responses import Response
from aicore.values import from_json, to_json
from aikit_wire.errors import read_error
from aikit_wire.openai.completions import CompletionDecoder
from aikit_wire.openai.decode import ChatDecoder
from aikit_wire.openai.embeddings import decode_embeddings
from aikit_wire.openai.manifest import Manifest
from aikit_wire.openai.models import decode_models
from hypothesis import given, settings
from hypothesis import strategies as st

from .answers import USAGE, Json, sse, stream_events
from .test_law import CASES

ACME = Manifest(name="acme", think_tags={"deep-*": "outside", "start-*": "inside"})

words = st.sampled_from(
    ["id", "index", "text", "type", "thinking", "content", "error", "message", "function", "name"]
)
values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([10**30, 1.5, "", "a", "<think>", "thinking", "error"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(words, inner, max_size=2),
    max_leaves=5,
)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place in a JSON value, as the container and the key in it."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        yield value, key
        if isinstance(item, dict | list):
            yield from places(item)


def mutate(value: Any, data: st.DataObject) -> Any:
    """Replace, remove or add something somewhere."""
    value = copy.deepcopy(value)
    for _ in range(data.draw(st.integers(1, 2))):
        if found := list(places(value)):
            container, key = data.draw(st.sampled_from(found))
            how = data.draw(st.sampled_from(["replace", "remove", "add"]))
            if how == "remove":
                del container[key]
            elif how == "add" and isinstance(container, dict):
                container[data.draw(words)] = data.draw(values)
            else:
                container[key] = data.draw(values)
    return value


def check(decoder: ChatDecoder, body: bytes, streaming: bool) -> None:
    """Decode; what comes of it must be an error of ours, or a response that is sound."""
    try:
        response = fold(stream_events(body, decoder) if streaming else decoder.body(body))
    except AIError:
        return
    assert fold(unfold(response)) == response
    assert from_json(Response, to_json(response)) == response


@settings(max_examples=400)
@given(st.sampled_from(sorted(CASES)), st.sampled_from(["m", "deep-1", "start-1"]), st.data())
def test_a_stream_with_something_wrong_in_it(name: str, model: str, data: st.DataObject) -> None:
    chunks = list(CASES[name][0])
    number = data.draw(st.integers(0, len(chunks) - 1))
    if not isinstance(chunks[number], str):
        chunks[number] = mutate(chunks[number], data)
    body = sse(*chunks, done=data.draw(st.booleans()))
    check(ChatDecoder(ACME, model), body, streaming=True)


@settings(max_examples=300)
@given(st.sampled_from(sorted(CASES)), st.data())
def test_a_whole_answer_with_something_wrong_in_it(name: str, data: st.DataObject) -> None:
    answer = mutate(CASES[name][1], data)
    check(ChatDecoder(ACME, "m"), json.dumps(answer).encode(), streaming=False)


@given(st.sampled_from(sorted(CASES)), st.data())
def test_a_body_that_breaks_off_or_holds_other_bytes(name: str, data: st.DataObject) -> None:
    body = bytearray(sse(*CASES[name][0]))
    body = body[: data.draw(st.integers(0, len(body)))]
    for _ in range(data.draw(st.integers(0, 3)) if body else 0):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    check(ChatDecoder(ACME, "m"), bytes(body), streaming=True)
    check(ChatDecoder(ACME, "m"), bytes(body), streaming=False)


COMPLETION: Json = {
    "id": "cmpl-1",
    "choices": [
        {
            "index": 0,
            "text": "Hi",
            "logprobs": {
                "tokens": ["Hi"],
                "token_logprobs": [-0.5],
                "top_logprobs": [{"Ho": -1}],
                "text_offset": [0],
            },
            "finish_reason": "stop",
        }
    ],
    "usage": USAGE,
}


@given(st.data())
def test_a_text_completion_with_something_wrong_in_it(data: st.DataObject) -> None:
    answer = mutate(COMPLETION, data)
    check(CompletionDecoder(ACME, "m"), sse(answer), streaming=True)
    check(CompletionDecoder(ACME, "m"), json.dumps(answer).encode(), streaming=False)


LISTS: list[Json] = [
    {"data": [{"index": 0, "embedding": [0.5, 1]}, {"index": 1, "embedding": "AAAAAAAAAAA="}]},
    {"data": [{"id": "a", "name": "A", "aliases": ["b"], "created": 1, "context_length": 8}]},
]


@pytest.mark.parametrize(
    "decode", [lambda it: decode_embeddings(it, 2), lambda it: decode_models(it, "a")]
)
@given(st.sampled_from(LISTS), st.data())
def test_a_list_with_something_wrong_in_it(decode: Any, answer: Json, data: st.DataObject) -> None:
    try:
        decode(json.dumps(mutate(answer, data)).encode())
    except AIError:
        return


ERROR: Json = {
    "error": {
        "message": "m",
        "type": "t",
        "code": 429,
        "details": [{"@type": "RetryInfo", "retryDelay": "3s"}],
    },
    "detail": [{"loc": ["body"], "msg": "m"}],
    "errors": [{"message": "m"}],
    "message": {"detail": "m"},
    "title": "t",
}


@given(st.data(), st.none() | st.integers(100, 999))
def test_an_error_body_with_something_wrong_in_it(data: st.DataObject, status: int | None) -> None:
    body = json.dumps(mutate(ERROR, data)).encode()
    error = read_error(status, {}, body, provider="acme", secrets=("hunter22",))
    assert error.message
    assert json.dumps(error.as_dict())
