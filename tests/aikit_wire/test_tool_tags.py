"""Calls that a model writes into its text are tool calls, wherever a read ends."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from aicore.messages import ReasoningPart, TextPart, ToolCallPart
from aicore.responses import Response
from aikit_wire.openai.manifest import Manifest
from hypothesis import given
from hypothesis import strategies as st

from .answers import answered, chunk, sse, streamed, whole

TAGGED = Manifest(name="acme", tool_tags=("hermes-*",), think_tags={"hermes-t*": "outside"})


def tag(name: str, arguments: Any = None, key: str = "arguments") -> str:
    call = {"name": name} if arguments is None else {"name": name, key: arguments}
    return f"<tool_call>\n{json.dumps(call)}\n</tool_call>"


def said(text: str, model: str = "hermes-3", pieces: list[str] | None = None) -> Response:
    """Return what an answer comes to, which is the same whole and streamed."""
    found = answered(whole({"content": text}), TAGGED, model)
    body = sse(*(chunk({"content": piece}) for piece in pieces or text), chunk({}, "stop"))
    assert streamed(body, TAGGED, model) == found
    return found


def call(number: int, name: str, arguments: str) -> ToolCallPart:
    return ToolCallPart(f"call_chat-1_0_{number}", name, arguments)


def test_a_call_is_taken_out_of_the_text() -> None:
    response = said(f"I look.\n{tag('weather', {'city': 'Łódź'})}\n")
    assert response.parts == (TextPart("I look."), call(0, "weather", '{"city": "Łódź"}'))
    assert (response.finish_reason, response.raw_finish_reason) == ("tool-calls", "stop")


def test_several_calls_and_text_between_them_keep_their_order() -> None:
    response = said(f"{tag('a', {})}\n{tag('b', {'n': 1}, 'parameters')} then {tag('c')}")
    assert response.parts == (
        call(0, "a", "{}"),
        call(1, "b", '{"n": 1}'),
        TextPart("then"),
        call(2, "c", "{}"),
    )


def test_the_last_call_may_lack_its_closing_tag() -> None:
    response = said(tag("a", {"n": 1}).removesuffix("</tool_call>"))
    assert response.parts == (call(0, "a", '{"n": 1}'),)


@pytest.mark.parametrize(
    "text",
    [
        "<tool_call>no call</tool_call>",
        '<tool_call>{"arguments": {}}</tool_call>',
        "<tool_call>[]</tool_call> so",
        "<tool_call>{",
        "a < b <tool> <tool_call",
        "so \n",
        " ",
        "<tool_calls>",
    ],
)
def test_what_is_no_call_stays_text(text: str) -> None:
    response = said(text)
    assert (response.text, response.tool_calls) == (text, ())
    assert response.finish_reason == "stop"


def test_thoughts_are_told_apart_as_well() -> None:
    response = said(f"<think>why</think>\n{tag('a', {})}", "hermes-think")
    assert response.parts == (ReasoningPart("why"), call(0, "a", "{}"))


def test_a_model_that_is_not_named_keeps_its_text() -> None:
    assert said(tag("a"), "other").text == tag("a")


def test_reasoning_between_pieces_of_text_ends_what_was_held_back() -> None:
    body = sse(
        chunk({"content": "so <tool"}), chunk({"reasoning": "hm"}), chunk({"content": "x"}, "stop")
    )
    response = streamed(body, TAGGED, "hermes-3")
    assert response.parts == (TextPart("so <tool"), ReasoningPart("hm"), TextPart("x"))


WORDS = ["<tool_call>", "</tool_call>", '{"name": "f"}', "<tool", "_call>", "</", "\n", " ", "a"]


@given(st.lists(st.sampled_from(WORDS)), st.data())
def test_no_text_is_read_differently_by_its_pieces(words: list[str], data: st.DataObject) -> None:
    text = "".join(words)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    said(text, pieces=[text[start:end] for start, end in pairwise([0, *cuts, len(text)])])
