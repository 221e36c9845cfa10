"""Streamed tool calls are put together in every way in which servers identify them."""

from __future__ import annotations

from typing import Any

import pytest
from aicore.errors import BadReply
from aicore.messages import ToolCallPart

from .answers import Json, answered, chunk, sse, streamed, whole


def delta(
    name: str | None = None, arguments: Any = None, *, index: Any = None, id: Any = None
) -> Json:
    """Make a piece of a tool call of what is not None."""
    function = {"name": name, "arguments": arguments}
    fields = {
        "index": index,
        "id": id,
        "function": {key: value for key, value in function.items() if value is not None},
    }
    return {key: value for key, value in fields.items() if value is not None}


def calls(*deltas: Json) -> list[tuple[str, str, str]]:
    """Return id, name and arguments of the calls that a stream of deltas comes to."""
    body = sse(*(chunk({"tool_calls": [piece]}) for piece in deltas), chunk({}, "tool_calls"))
    parts = streamed(body).tool_calls
    assert parts == streamed(sse(chunk({"tool_calls": list(deltas)}, "tool_calls"))).tool_calls
    return [(part.id, part.name, part.arguments) for part in parts]


A, B = ("a", "f", '{"x":1}'), ("b", "g", '{"y":2}')

VARIANTS: dict[str, list[Json]] = {
    "id and name once, then the index": [
        delta("f", "", index=0, id="a"),
        delta(None, '{"x"', index=0),
        delta(None, ":1}", index=0),
        delta("g", "", index=1, id="b"),
        delta(None, '{"y":2}', index=1),
    ],
    "interleaved": [
        delta("f", "", index=0, id="a"),
        delta("g", "", index=1, id="b"),
        delta(None, '{"x"', index=0),
        delta(None, '{"y"', index=1),
        delta(None, ":1}", index=0),
        delta(None, ":2}", index=1),
    ],
    "the id in every delta": [
        delta("f", '{"x"', index=0, id="a"),
        delta(None, ":1}", index=0, id="a"),
        delta("g", '{"y"', index=1, id="b"),
        delta(None, ":2}", index=1, id="b"),
    ],
    "id and name in every delta": [
        delta("f", '{"x"', index=0, id="a"),
        delta("f", ":1}", index=0, id="a"),
        delta("g", '{"y"', index=1, id="b"),
        delta("g", ":2}", index=1, id="b"),
    ],
    "no index": [
        delta("f", '{"x"', id="a"),
        delta(None, ":1}"),
        delta("g", '{"y"', id="b"),
        delta(None, ":2}", id="b"),
    ],
    "an empty id after the first": [
        delta("f", '{"x"', index=0, id="a"),
        delta(None, ":1}", index=0, id=""),
        delta("g", '{"y"', index=1, id="b"),
        delta("", ":2}", index=1, id=""),
    ],
    "each in one piece": [
        delta("f", '{"x":1}', index=0, id="a"),
        delta("g", '{"y":2}', index=1, id="b"),
    ],
    "each in one piece without an index": [
        delta("f", '{"x":1}', id="a"),
        delta("g", '{"y":2}', id="b"),
    ],
    "index 0 for each": [
        delta("f", '{"x"', index=0, id="a"),
        delta(None, ":1}", index=0),
        delta("g", '{"y"', index=0, id="b"),
        delta(None, ":2}", index=0),
    ],
    "another id in every delta": [
        delta("f", '{"x"', index=0, id="a"),
        delta(None, ":1}", index=0, id="a2"),
        delta("g", '{"y"', index=1, id="b"),
        delta(None, ":2}", index=1, id="b2"),
    ],
    "the index comes late": [
        delta("f", '{"x"', id="a"),
        delta(None, ":1}", index=0),
        delta("g", '{"y":2}', index=1, id="b"),
    ],
    "the name comes late": [
        delta(None, '{"x"', index=0, id="a"),
        delta("f", ":1}", index=0, id="a"),
        delta(None, None, index=1, id="b"),
        delta("g", '{"y":2}', index=1),
    ],
    "valid JSON that goes on": [
        delta("f", '{"x":', index=0, id="a"),
        delta(None, "1", index=0),
        delta(None, "}", index=0),
        delta("g", "", index=1, id="b"),
        delta(None, '{"y":2}', index=1),
        delta(None, "", index=1),
    ],
}


@pytest.mark.parametrize("name", VARIANTS)
def test_two_calls_are_told_apart(name: str) -> None:
    assert calls(*VARIANTS[name]) == [A, B]


def test_one_id_under_two_indexes_is_two_calls() -> None:
    deltas = delta("f", "{}", index=0, id="same"), delta("g", "[]", index=1, id="same")
    assert calls(*deltas) == [("same", "f", "{}"), ("same", "g", "[]")]


def test_parseable_arguments_are_not_taken_for_whole() -> None:
    deltas = [delta("f", "1", index=0, id="a"), *(delta(None, "2", index=0) for _ in range(3))]
    assert calls(*deltas) == [("a", "f", "1222")]


def test_ids_that_are_not_given_are_made_of_the_answers_own() -> None:
    deltas = delta("f", "{}", index=0), delta("g", "{}", index=1, id="")
    assert calls(*deltas) == [("call_chat-1_0_0", "f", "{}"), ("call_chat-1_0_1", "g", "{}")]


def test_made_ids_differ_between_candidates_and_need_no_answer_id() -> None:
    first = chunk({"tool_calls": [delta("f", "{}", index=0)]}, "tool_calls")
    second = chunk({"tool_calls": [delta("f", "{}", index=0)]}, "tool_calls", index=1)
    for item in (first, second):
        del item["id"]
    ids = [it.tool_calls[0].id for it in streamed(sse(first, second)).candidates]
    assert ids == ["call_answer_0_0", "call_answer_1_0"]


def test_a_number_for_an_id_becomes_text() -> None:
    assert calls(delta("f", "{}", id=0), delta("g", "{}", id=7)) == [
        ("0", "f", "{}"),
        ("7", "g", "{}"),
    ]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [({"a": "é"}, '{"a": "é"}'), ({}, "{}"), ([1], "[1]"), (5, "5"), (None, ""), ("", "")],
)
def test_arguments_that_are_no_text_are_written_as_json(arguments: Any, text: str) -> None:
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": arguments}}
    assert answered(whole({"tool_calls": [call]})).tool_calls == (ToolCallPart("a", "f", text),)


def test_a_call_that_never_gets_a_name_is_kept_with_its_arguments() -> None:
    assert calls(delta(None, '{"x":1}', index=0, id="a")) == [("a", "", '{"x":1}')]


def test_a_call_without_name_and_arguments_is_none() -> None:
    response = streamed(sse(chunk({"content": "Hi", "tool_calls": [{"index": 0}]})))
    assert response.tool_calls == ()
    assert response.finish_reason == "other"


def test_pieces_without_name_or_id_go_to_the_latest_call() -> None:
    deltas = delta("f", "", id="a"), delta("g", "", id="b"), delta(None, "{}")
    assert calls(*deltas) == [("a", "f", ""), ("b", "g", "{}")]


def test_an_index_that_was_not_seen_begins_a_call() -> None:
    deltas = delta("f", "{}", index=0, id="a"), delta(None, "[]", index=1)
    assert calls(*deltas) == [("a", "f", "{}"), ("call_chat-1_0_1", "", "[]")]


def test_data_of_the_vendor_is_gathered_over_the_deltas_of_a_call() -> None:
    first = {**delta("f", "", index=0, id="a"), "extra_content": {"google": 1}, "empty": None}
    second = {**delta(None, "{}", index=0), "more": 2}
    body = sse(chunk({"tool_calls": [first]}), chunk({"tool_calls": [second]}, "tool_calls"))
    assert streamed(body).tool_calls == (
        ToolCallPart(
            "a",
            "f",
            "{}",
            provider_data={"openai-chat": {"extra_content": {"google": 1}, "more": 2}},
        ),
    )


def test_a_custom_tool_is_known_by_its_body_alone() -> None:
    call = {"id": "c", "custom": {"name": "sql", "input": "SELECT 1"}}
    assert answered(whole({"tool_calls": [call]})).tool_calls == (
        ToolCallPart("c", "sql", "SELECT 1", provider_data={"openai-chat": {"type": "custom"}}),
    )


@pytest.mark.parametrize(
    "call", ["text", 5, [], {"function": "f"}, {"function": {"name": 5}}, {"custom": [1]}]
)
def test_what_is_no_call_is_a_bad_reply(call: Any) -> None:
    with pytest.raises(BadReply, match="not in the OpenAI dialect"):
        answered(whole({"tool_calls": [call]}))
