"""Named changes to a chat body do what their vendors need."""

from __future__ import annotations

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
