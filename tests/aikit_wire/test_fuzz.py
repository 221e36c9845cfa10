"""Whatever an answer holds, reading it gives a response or an error of ours, and nothing else."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

import pytest
from aicore.errors import AIError
from aicore.events import Event
from aicore.fold import fold, unfold
from aicore.responses import Response
from aicore.values import from_json, to_json
from aikit_provider_ollama.listed import decode_embeddings as decode_ollama_embeddings
from aikit_provider_ollama.listed import decode_models as decode_ollama_models
from aikit_wire.answer import decoded
from aikit_wire.errors import read_error
from aikit_wire.openai.embeddings import decode_embeddings
from aikit_wire.openai.models import decode_models
from aikit_wire.transport import HTTPRequest
from hypothesis import given, settings
from hypothesis import strategies as st

from .answers import Json
from .fuzzed import FUZZED, Fuzzed

words = st.sampled_from(
    [
        *("id", "index", "text", "type", "thinking", "content", "error", "message", "function"),
        *("name", "arguments", "done", "images", "delta", "parts", "usage"),
    ]
)
values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([10**30, 1.5, "", "a", "<think>", "thinking", "error"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(words, inner, max_size=2),
    max_leaves=5,
)
each_dialect = pytest.mark.parametrize("dialect", FUZZED.values(), ids=FUZZED)
ASKED = HTTPRequest("POST", "https://acme.example/v1/chat")


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


class Reads:
    """A response whose body comes in some network reads."""

    status = 200

    def __init__(self, body: bytes, cuts: Iterable[int], content_type: str) -> None:
        places = [0, *sorted(cuts), len(body)]
        self.headers: Mapping[str, str] = {"content-type": content_type}
        self._reads = [body[start:end] for start, end in pairwise(places) if start < end]

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        for read in self._reads:
            yield read

    async def aclose(self) -> None:
        """Have nothing to let go of."""


def read(
    dialect: Fuzzed, body: bytes, cuts: Iterable[int] = (), content_type: str = ""
) -> tuple[list[Event], dict[str, Any] | None]:
    """Decode a body; return the events, and the error that they ended in, if any."""
    events: list[Event] = []

    async def run() -> dict[str, Any] | None:
        response = Reads(body, cuts, content_type)
        try:
            async for batch in decoded(response, dialect.decoder(), ASKED, dialect.framing):
                events.extend(batch)
        except AIError as error:
            return error.as_dict()
        return None

    return events, asyncio.run(run())


def check(dialect: Fuzzed, body: bytes, cuts: Iterable[int] = (), content_type: str = "") -> None:
    """Decode; what comes of it must be an error of ours, or a response that is sound.

    Where the network cuts the body must make no difference.
    """
    events, error = read(dialect, body, content_type=content_type)
    assert read(dialect, body, cuts, content_type) == (events, error)
    assert json.dumps(error)
    if error is None:
        response = fold(events)
        assert fold(unfold(response)) == response
        assert from_json(Response, to_json(response)) == response


def cuts_of(body: bytes, data: st.DataObject) -> list[int]:
    return data.draw(st.lists(st.integers(0, len(body)), max_size=5))


@each_dialect
@settings(max_examples=400)
@given(st.data())
def test_a_stream_with_something_wrong_in_it(dialect: Fuzzed, data: st.DataObject) -> None:
    pieces = list(data.draw(st.sampled_from(dialect.answers))[0])
    number = data.draw(st.integers(0, len(pieces) - 1))
    if not isinstance(pieces[number], str):
        pieces[number] = mutate(pieces[number], data)
    body = dialect.stream(*pieces[: data.draw(st.integers(0, len(pieces) + 3))])
    check(dialect, body, cuts_of(body, data))


@each_dialect
@settings(max_examples=300)
@given(st.data())
def test_a_whole_answer_with_something_wrong_in_it(dialect: Fuzzed, data: st.DataObject) -> None:
    answer = mutate(data.draw(st.sampled_from(dialect.answers))[1], data)
    body = json.dumps(answer, indent=data.draw(st.none() | st.just(1))).encode()
    check(dialect, body, cuts_of(body, data), "application/json")


@each_dialect
@given(st.data())
def test_a_body_that_breaks_off_or_holds_other_bytes(dialect: Fuzzed, data: st.DataObject) -> None:
    right = dialect.stream(*data.draw(st.sampled_from(dialect.answers))[0])
    damaged = bytearray(right[: data.draw(st.integers(0, len(right)))])
    for _ in range(data.draw(st.integers(0, 3)) if damaged else 0):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    body = bytes(damaged)
    check(dialect, body, cuts_of(body, data))


LISTS: list[Json] = [
    {"data": [{"index": 0, "embedding": [0.5, 1]}, {"index": 1, "embedding": "AAAAAAAAAAA="}]},
    {"data": [{"id": "a", "name": "A", "aliases": ["b"], "created": 1, "context_length": 8}]},
    {"model": "a", "embeddings": [[0.5, 1], [1, 2]], "prompt_eval_count": 3},
    {"models": [{"model": "a", "modified_at": "2026-11-20T10:00:00Z", "details": {"family": "b"}}]},
]
READERS = [
    lambda body: decode_embeddings(body, 2),
    lambda body: decode_models(body, "a"),
    lambda body: decode_ollama_embeddings(body, 2, "a"),
    lambda body: decode_ollama_models(body, "a"),
]


@pytest.mark.parametrize("decode", READERS)
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
