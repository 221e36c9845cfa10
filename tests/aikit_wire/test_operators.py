"""Named changes to a chat body do what their vendors need."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aikit_wire.openai.operators import OPERATORS, SHORT_ID

SHORT, KEEP, REFUSE = "short_tool_ids", "keep_reasoning_field", "refusal_as_text"


def changed(operator: str, *messages: dict[str, Any]) -> list[dict[str, Any]]:
    body = {"model": "m", "messages": list(messages)}
    OPERATORS[operator](body)
    return body["messages"]  # type: ignore[return-value]


def test_a_foreign_id_becomes_the_same_short_one_in_call_and_result() -> None:
    call = {"id": "call_0123456789", "type": "function"}
    messages = changed(
        SHORT,
        {"role": "assistant", "tool_calls": [call, {"id": "abcDEF123"}]},
        {"role": "tool", "tool_call_id": "call_0123456789"},
        {"role": "tool", "tool_call_id": "abcDEF123"},
    )
    first, second = (call["id"] for call in messages[0]["tool_calls"])
    assert SHORT_ID.fullmatch(first)
    assert messages[1]["tool_call_id"] == first
    assert second == messages[2]["tool_call_id"] == "abcDEF123"


@pytest.mark.parametrize("id", ["", "short", "has-dash9", "tenletters", "élèveabcd", "a" * 500])
def test_ids_of_any_form_become_nine_letters_and_digits(id: str) -> None:
    message = changed(SHORT, {"role": "tool", "tool_call_id": id})[0]
    assert SHORT_ID.fullmatch(message["tool_call_id"])


def test_ids_that_differ_stay_different() -> None:
    ids = [f"call_{number}" for number in range(200)]
    messages = changed(SHORT, *({"role": "tool", "tool_call_id": id} for id in ids))
    assert len({message["tool_call_id"] for message in messages}) == 200


def test_turns_without_thoughts_get_the_empty_field_once_any_turn_has_some() -> None:
    messages = changed(
        KEEP,
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "b", "reasoning_content": "why"},
        {"role": "assistant", "content": "c"},
    )
    assert [message.get("reasoning_content") for message in messages] == [None, "why", ""]


def test_a_conversation_without_thoughts_gets_no_field() -> None:
    message = {"role": "assistant", "content": "c"}
    assert changed(KEEP, dict(message)) == [message]


def test_a_refusal_becomes_text() -> None:
    messages = changed(
        REFUSE,
        {"role": "assistant", "content": None, "refusal": "No."},
        {"role": "assistant", "content": "Well: ", "refusal": "no."},
        {"role": "assistant", "content": [{"type": "text", "text": "Well"}], "refusal": "no."},
        {"role": "assistant", "content": "fine", "refusal": None},
        {"role": "user", "content": "why?"},
    )
    assert [message["content"] for message in messages] == [
        "No.",
        "Well: no.",
        [{"type": "text", "text": "Well"}, {"type": "text", "text": "no."}],
        "fine",
        "why?",
    ]
    assert not any("refusal" in message for message in messages)


SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "one": {"type": "string", "anyOf": [{"enum": ["a"]}, {"type": "null"}]},
        "two": {"type": "array", "items": [{"type": "number"}, {"additionalProperties": False}]},
        "three": {"additionalProperties": {"additionalProperties": False}},
    },
    "required": ["one"],
}


def parameters(operator: str) -> Any:
    """Return what becomes of a tool's schema, and see that the tool itself is left alone."""
    tool = {"type": "function", "function": {"name": "f", "parameters": SCHEMA}}
    bare: dict[str, Any] = {"type": "function", "function": {"name": "g"}}
    own = {"type": "web_search"}
    body = {"messages": [], "tools": [tool, bare, own]}
    before = json.dumps(body)
    given = dict(body)
    OPERATORS[operator](given)
    assert json.dumps(body) == before
    changed, same, provided = given["tools"]
    assert (same, provided) == (bare, own)
    return changed["function"]["parameters"]


def test_closed_schemas_are_opened_at_every_depth() -> None:
    assert "false" not in json.dumps(opened := parameters("open_tool_schemas"))
    assert opened["properties"]["three"] == {"additionalProperties": {}}
    assert opened["required"] == ["one"]


def test_schemas_are_written_in_the_words_that_moonshot_takes() -> None:
    plain = parameters("plain_tool_schemas")
    assert "$schema" not in plain
    assert plain["properties"]["one"] == {
        "anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]
    }
    assert plain["properties"]["two"] == {
        "type": "array",
        "prefixItems": [{"type": "number"}, {"additionalProperties": False}],
    }


@pytest.mark.parametrize("operator", ["open_tool_schemas", "plain_tool_schemas"])
def test_a_body_without_tools_gets_none(operator: str) -> None:
    body: dict[str, Any] = {"messages": []}
    OPERATORS[operator](body)
    assert body == {"messages": []}


def test_reasoning_is_switched_off_with_a_switch() -> None:
    for effort, sent in (
        ("none", {"reasoning": {"enabled": False}}),
        ("low", {"reasoning_effort": "low"}),
    ):
        body: dict[str, Any] = {"reasoning_effort": effort}
        OPERATORS["reasoning_switch"](body)
        assert body == sent
