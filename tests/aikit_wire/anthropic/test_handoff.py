"""A conversation moves between vendors: what can be kept is kept, the rest is in the warnings."""

from __future__ import annotations

import json

from aicore.fold import fold
from aicore.messages import Message, ToolResultPart
from aicore.requests import ChatRequest
from aikit_wire.openai.decode import ChatDecoder
from aikit_wire.openai.encode import encode_chat as encode_openai
from aikit_wire.openai.manifest import Manifest

from .answers import answered, encoded, reasons, told, whole

OPENAI = Manifest(name="openai")


def test_a_turn_of_claudes_is_told_to_openai() -> None:
    turn = answered(
        whole(
            {"type": "thinking", "thinking": "Hm", "signature": "c2ln"},
            {"type": "text", "text": "Look:", "citations": [{"type": "char_location"}]},
            {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}},
            {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": 1}},
            stop="tool_use",
        )
    ).message
    request = ChatRequest(
        model="gpt-1", messages=(Message.user("Hi"), turn, Message.tool(ToolResultPart("t1", "4")))
    )
    found = encode_openai(request, OPENAI)
    _, said, result = found.body["messages"]
    assert said["content"] == "Look:"
    [call] = said["tool_calls"]
    assert (call["id"], call["function"]) == ("t1", {"name": "f", "arguments": '{"a": 1}'})
    assert result == {"role": "tool", "tool_call_id": "t1", "content": "4"}
    told_reasons = reasons(found.warnings)
    assert "an item of 'anthropic-messages' means nothing here" in told_reasons
    assert "thoughts of earlier turns are not sent back" in told_reasons
    assert "sources are not sent back" in told_reasons
    assert len(found.warnings) == 3


def test_a_turn_of_openais_is_told_to_claude() -> None:
    message = {
        "role": "assistant",
        "content": "Look:",
        "reasoning_content": "Hm",
        "annotations": [{"type": "url_citation", "url_citation": {"url": "https://a.example"}}],
        "tool_calls": [
            {
                "id": "call.1",
                "type": "function",
                "function": {"name": "f", "arguments": '{"a": 1}'},
            }
        ],
    }
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    answer = {"id": "c1", "model": "gpt-1", "choices": [choice]}
    turn = fold(ChatDecoder(OPENAI, "gpt-1").body(json.dumps(answer).encode())).message
    found = encoded([Message.user("Hi"), turn, Message.tool(ToolResultPart("call.1", "4"))])
    assert found.body["messages"][1]["content"] == [
        {"type": "text", "text": "Look:"},
        {"type": "tool_use", "id": "call_1", "name": "f", "input": {"a": 1}},
    ]
    assert found.body["messages"][2]["content"][0]["tool_use_id"] == "call_1"
    assert told(found) == [("messages", "noted"), ("messages", "noted")]
    assert "thoughts without a signature" in reasons(found.warnings)
    assert "sources are not sent back" in reasons(found.warnings)
