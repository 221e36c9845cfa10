"""An answer that is one text is read a short way, which tells what the long way tells."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from aicore.errors import AIError
from aicore.fold import fold
from aicore.responses import Response
from aikit_wire.openai.decode import ChatDecoder
from aikit_wire.openai.manifest import Manifest
from aikit_wire.openai.plain import plain_answer
from hypothesis import given
from hypothesis import strategies as st

from .answers import ACME, USAGE, Json, whole

LONG: Final = Manifest(name="acme", base_url=ACME.base_url, think_tags={"thinker-*": "inside"})
"""A manifest for which the short way is closed, though it says nothing about the model `m1`."""

EMPTY: Final[list[Any]] = [None, "", 0, False, [], {}]
ODD: Final[list[Any]] = [*EMPTY, "word", 7, 1.5, True, ["item"], {"name": "value"}]


def fields(*names: str) -> st.SearchStrategy[Json]:
    """Make objects that hold some of the fields, with any value."""
    return st.dictionaries(st.sampled_from(names), st.sampled_from(ODD), max_size=2)


MESSAGES = fields(
    *("content", "refusal", "tool_calls", "reasoning", "reasoning_content", "annotations"),
    *("function_call", "audio", "images", "role", "prefix"),
)
CHOICES = fields("index", "finish_reason", "logprobs", "delta", "text", "usage", "error", "seed")
ANSWERS = fields(
    *("id", "object", "created", "model", "usage", "error", "type", "obfuscation", "x_groq"),
    *("citations", "search_results", "service_tier", "system_fingerprint", "choices"),
)


def told(answer: Any, manifest: Manifest) -> Response | tuple[type, str]:
    """Return what an answer comes to, or what is wrong with it."""
    try:
        return fold(ChatDecoder(manifest, "m1").body(json.dumps(answer).encode()))
    except AIError as error:
        return type(error), error.message


@given(MESSAGES, CHOICES, ANSWERS)
def test_both_ways_tell_the_same(message: Json, choice: Json, beside: Json) -> None:
    answer = whole({"content": "Hi", **message}, usage=USAGE)
    answer["choices"][0].update(choice)
    answer.update(beside)
    assert told(answer, ACME) == told(answer, LONG)


@pytest.mark.parametrize("answer", [None, [], "text", {}, {"choices": {}}, {"choices": [[]]}])
def test_what_is_no_answer_is_refused_alike(answer: Any) -> None:
    assert told(answer, ACME) == told(answer, LONG)


def test_the_short_way_is_taken_by_an_answer_as_openai_sends_it() -> None:
    message: Json = {"content": "Hi", "refusal": None, "annotations": []}
    answer = whole(message, usage=USAGE, service_tier="default", system_fingerprint=None)
    answer["choices"][0]["logprobs"] = None
    response = plain_answer(answer, ACME)
    assert response is not None
    assert response == told(answer, LONG)
