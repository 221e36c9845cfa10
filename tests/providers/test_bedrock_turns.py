"""What Converse tells is read, and a conversation goes from one host to another."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from aicore.errors import (
    GarbledError,
    Unsupported,
)
from aicore.fold import fold
from aicore.messages import Message, OpaquePart, TextPart, ToolResultPart
from aicore.requests import ChatRequest, JSONSchema, Tool
from aikit_provider_bedrock.models import Names
from aikit_wire.openai.decode import ChatDecoder
from aikit_wire.openai.encode import encode_chat as encode_openai
from aikit_wire.openai.manifest import Manifest

from .bedrock_answers import (
    answered,
    encoded,
    events,
    model,
    reasons,
    stream,
    streamed,
    told,
    whole,
)
from .bedrock_service import CLAUDE, MESSAGE, NOVA, PLACE, bedrock


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_BEARER_TOKEN_BEDROCK", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)


def test_what_has_no_place_of_its_own_is_kept() -> None:
    response = answered(
        whole(
            {"text": "Hi"}, serviceTier={"type": "flex"}, trace={"guardrail": {}}, metrics={"a": 1}
        )
    )
    assert response.steps[0].provider_data["bedrock-converse"] == {
        "service_tier": "flex",
        "trace": {"guardrail": {}},
        "metrics": {"a": 1},
    }


def test_usage_counts_what_a_cache_gave_and_took() -> None:
    usage = {
        "inputTokens": 2,
        "outputTokens": 3,
        "cacheReadInputTokens": 4,
        "cacheWriteInputTokens": 5,
        "cacheDetails": [{"ttl": "1h", "inputTokens": 5}],
    }
    found = answered(whole({"text": "Hi"}, usage=usage)).usage
    assert found is not None
    assert (found.input_tokens, found.output_tokens) == (11, 3)
    assert (found.cache_read_tokens, found.cache_write_tokens) == (4, 5)
    assert found.cache_write_1h_tokens == 5


@pytest.mark.parametrize(
    ("stop", "reason"),
    [
        *(("end_turn", "stop"), ("max_tokens", "length"), ("content_filtered", "content-filter")),
        *(("malformed_tool_use", "error"), ("something_new", "other")),
        ("model_context_window_exceeded", "length"),
    ],
)
def test_why_an_answer_ended_is_unified(stop: str, reason: str) -> None:
    response = answered(whole({"text": "Hi"}, stop=stop))
    assert (response.finish_reason, response.raw_finish_reason) == (reason, stop)


@pytest.mark.parametrize("answer", [whole({"text": "Hi"}, stop=None), {"output": {}}, {}])
def test_an_answer_that_is_none_is_an_error(answer: Any) -> None:
    with pytest.raises(GarbledError):
        answered(answer)


def test_a_text_in_the_tool_for_it_is_the_answer() -> None:
    call = {"toolUse": {"toolUseId": "t", "name": "answer_in_json", "input": {"a": 1}}}
    for response in (
        answered(whole(call, stop="tool_use"), answer_tool="answer_in_json"),
        streamed(stream(*events(call, stop="tool_use")), answer_tool="answer_in_json"),
    ):
        assert (response.text, response.finish_reason) == ('{"a": 1}', "stop")
        assert not response.tool_calls


async def test_a_model_without_schemas_answers_by_a_tool() -> None:
    call = {"toolUse": {"toolUseId": "t", "name": "answer_in_json", "input": {"a": 1}}}
    shape = JSONSchema({"type": "object", "properties": {"a": {"type": "integer"}}})
    async with bedrock(whole(call, stop="tool_use"), **PLACE) as (kit, asked):
        response = await kit.generate("hi", model=NOVA, response_format=shape)
    assert response.text == '{"a": 1}'
    assert asked.body["toolConfig"]["toolChoice"] == {"tool": {"name": "answer_in_json"}}


def test_a_thought_that_is_no_text_stays_as_it_is() -> None:
    block = {"reasoningContent": {"redactedContent": "/w=="}}
    [part] = answered(whole(block)).parts
    assert part.provider_data == {"claude": {"redactedContent": "/w=="}}


def test_pieces_of_items_that_are_not_known_grow() -> None:
    at = {"contentBlockIndex": 0}
    told_events = [
        {"contentBlockStart": {**at, "start": {"audio": {"format": "wav"}}}},
        {"contentBlockDelta": {**at, "delta": {"audio": {"data": "ab", "n": 1}}}},
        {"contentBlockDelta": {**at, "delta": {"audio": {"data": "cd", "n": 2}}}},
        {"messageStop": {"stopReason": "end_turn"}},
    ]
    [part] = streamed(stream(*told_events)).parts
    assert part == OpaquePart(
        "bedrock-converse", {"audio": {"format": "wav", "data": "abcd", "n": 2}}
    )


def test_ids_tell_whose_a_model_is_and_what_is_known_of_it() -> None:
    facts = {"anthropic.claude-x": model(top_k=False), "us.anthropic.claude-x-v1:0": model()}
    names = Names({"mine": "eu.amazon.nova-lite-v1:0"}, facts.get)
    assert names.base("us.anthropic.claude-x-v1:0") == "anthropic.claude-x-v1:0"
    assert (
        names.vendor("arn:aws:bedrock:us-east-1:1:inference-profile/us.meta.llama-v1:0") == "meta"
    )
    assert (names.vendor("mine"), names.vendor("arn:aws:bedrock:::provisioned-model/a1")) == (
        "amazon",
        "",
    )
    assert names.info("us.anthropic.claude-x-v1:0") is facts["anthropic.claude-x"]
    assert names.info("unheard.of") is None


OPENAI = Manifest(name="openai")


def test_a_turn_of_bedrocks_is_told_to_openai() -> None:
    turn = answered(
        whole(
            {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "c2ln"}}},
            {"citationsContent": {"content": [{"text": "Look:"}], "citations": [{"title": "A"}]}},
            {"toolUse": {"toolUseId": "s", "name": "n", "input": {}, "type": "server_tool_use"}},
            {"toolUse": {"toolUseId": "t1", "name": "f", "input": {"a": 1}}},
            stop="tool_use",
        )
    ).message
    talk = (Message.user("Hi"), turn, Message.tool(ToolResultPart("t1", "4")))
    found = encode_openai(ChatRequest(model="gpt-1", messages=talk), OPENAI)
    _, said, result = found.body["messages"]
    assert said["content"] == "Look:"
    assert said["tool_calls"][0]["function"] == {"name": "f", "arguments": '{"a": 1}'}
    assert result == {"role": "tool", "tool_call_id": "t1", "content": "4"}
    assert "an item of 'bedrock-converse' means nothing here" in reasons(found.warnings)
    assert len(found.warnings) == 3


def test_a_turn_of_openais_is_told_to_bedrock() -> None:
    said = {
        "role": "assistant",
        "content": "Look:",
        "reasoning_content": "Hm",
        "annotations": [{"type": "url_citation", "url_citation": {"url": "https://a.example"}}],
        "tool_calls": [
            {"id": "call 1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
        ],
    }
    choice = {"index": 0, "message": said, "finish_reason": "tool_calls"}
    answer = {"id": "c1", "model": "gpt-1", "choices": [choice]}
    turn = fold(ChatDecoder(OPENAI, "gpt-1").body(json.dumps(answer).encode())).message
    talk = [Message.user("Hi"), turn, Message.tool(ToolResultPart("call 1", "4"))]
    found = encoded(talk, tools=(Tool("f"),))
    assert found.body["messages"][1]["content"] == [
        {"text": "Look:"},
        {"toolUse": {"toolUseId": "call_1", "name": "f", "input": {"a": 1}}},
    ]
    result = {"toolUseId": "call_1", "content": [{"text": "4"}]}
    assert found.body["messages"][2]["content"] == [{"toolResult": result}]
    assert told(found) == [("messages", "noted"), ("messages", "noted")]


async def test_claudes_thoughts_go_from_one_host_to_another() -> None:
    """What Claude thought over Converse goes back to Claude in Anthropic's own dialect."""
    thought = {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "c2ln"}}}
    hidden = {"reasoningContent": {"redactedContent": base64.b64encode(b"secret").decode()}}
    turn = answered(whole(thought, hidden, {"text": "So."})).message
    async with bedrock(MESSAGE, **PLACE, api="invoke") as (kit, asked):
        await kit.generate([Message.user("a"), turn, Message.user("b")], model=CLAUDE)
    assert asked.body["messages"][1]["content"] == [
        {"type": "thinking", "thinking": "Hm", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "secret"},
        {"type": "text", "text": "So."},
    ]


async def test_what_is_lost_makes_a_strict_call_fail() -> None:
    async with bedrock(**PLACE) as (kit, asked):
        for call in (
            lambda: kit.generate("hi", model=NOVA, seed=1, strict=True),
            lambda: kit.count_tokens("hi", model=NOVA, seed=1, strict=True),
            lambda: kit.embed(["a"], model="bedrock:cohere.embed-v4:0", user="u", strict=True),
            lambda: kit.complete("a", model="bedrock:meta.llama3-8b-v1:0", seed=1, strict=True),
        ):
            with pytest.raises(Unsupported, match="strict"):
                await call()
    assert not asked


def test_text_parts_of_an_answer_are_told_apart() -> None:
    response = answered(whole({"text": "a"}, {"text": "b"}))
    assert [part.text for part in response.parts if isinstance(part, TextPart)] == ["a", "b"]
