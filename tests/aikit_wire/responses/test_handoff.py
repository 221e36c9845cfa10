"""A conversation moves between OpenAI's two dialects: what is left behind is in the warnings."""

from __future__ import annotations

import json

from aicore.fold import fold
from aicore.messages import Message, ToolResultPart
from aicore.requests import ChatRequest
from aikit_wire.openai.decode import ChatDecoder
from aikit_wire.openai.encode import encode_chat

from .answers import ACME, answered, call, encoded, reasons, said, thought, told, whole

RESULT = Message.tool(ToolResultPart("call_1", "4"))


def test_a_turn_of_responses_is_told_to_chat_completions() -> None:
    text = said("Look:")
    text["content"][0]["annotations"] = [{"type": "url_citation", "url": "https://a.example"}]
    search = {"type": "web_search_call", "id": "ws_1", "status": "completed"}
    answer = whole(thought("Hm", encrypted_content="c2VjcmV0"), search, text, call())
    request = ChatRequest(
        model="m", messages=(Message.user("Hi"), answered(answer).message, RESULT)
    )
    found = encode_chat(request, ACME)
    _, turn, result = found.body["messages"]
    assert turn == {
        "role": "assistant",
        "content": "Look:",
        "tool_calls": [
            {
                "id": "call_1",
                "type": "function",
                "function": {"name": "f", "arguments": '{"a": 1}'},
            }
        ],
    }
    assert result == {"role": "tool", "tool_call_id": "call_1", "content": "4"}
    told_reasons = reasons(found)
    assert "an item of 'openai-responses' means nothing here" in told_reasons
    assert "thoughts of earlier turns are not sent back" in told_reasons
    assert "sources are not sent back" in told_reasons
    assert len(found.warnings) == 3


def test_a_turn_of_chat_completions_is_told_to_responses() -> None:
    message = {
        "role": "assistant",
        "content": "Look:",
        "reasoning_content": "Hm",
        "annotations": [{"type": "url_citation", "url_citation": {"url": "https://a.example"}}],
        "tool_calls": [
            {
                "id": "call_1",
                "type": "function",
                "function": {"name": "f", "arguments": '{"a": 1}'},
            }
        ],
    }
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    answer = {"id": "c1", "model": "m", "choices": [choice]}
    turn = fold(ChatDecoder(ACME, "m").body(json.dumps(answer).encode())).message
    found = encoded("Hi", turn, RESULT)
    assert found.body["input"] == [
        {"role": "user", "content": "Hi"},
        {"type": "message", "role": "assistant", "content": "Look:"},
        {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": '{"a": 1}'},
        {"type": "function_call_output", "call_id": "call_1", "output": "4"},
    ]
    assert told(found) == [("messages", "noted"), ("messages", "noted")]
    assert "thoughts of another service are not sent back" in reasons(found)
    assert "sources are not sent back" in reasons(found)
