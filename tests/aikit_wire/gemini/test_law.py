"""Three laws: cuts make no difference, answers go back as they came, other dialects lose nothing
without saying so."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aicore.fold import fold, unfold
from aicore.messages import Message, ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from aicore.requests import ChatRequest
from aicore.responses import Response
from aicore.values import from_json, to_json
from aikit_wire.gemini.encode import encode_chat
from aikit_wire.gemini.surface import Surface
from aikit_wire.openai.encode import encode_chat as encode_openai
from aikit_wire.openai.manifest import Manifest
from hypothesis import given
from hypothesis import strategies as st

from .sample import ACME, Json, answered, piece, sse, streamed

CALL = {
    "functionCall": {"id": "a1", "name": "f", "args": {"é": [1, None]}},
    "thoughtSignature": "eA==",
}
CODE = {
    "executableCode": {"code": "1", "language": "PYTHON", "id": "c"},
    "thoughtSignature": "eA==",
}
RESULT = {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1\n", "id": "c"}}
IMAGE = {
    "inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="},
    "thoughtSignature": "eA==",
}
GROUNDED = {"groundingChunks": [{"web": {"uri": "https://a.example", "title": "A"}}]}

CASES: dict[str, tuple[list[Json], list[Json]]] = {
    "text": ([{"text": "Grü"}, {"text": "ße 🌍"}], [{"text": "Grüße 🌍"}]),
    "thoughts": (
        [{"text": "H", "thought": True}, {"text": "m.", "thought": True}, {"text": "Hi"}],
        [{"text": "Hm.", "thought": True}, {"text": "Hi"}],
    ),
    "a late signature": (
        [{"text": "Hi"}, {"text": "", "thoughtSignature": "eA=="}],
        [{"text": "Hi", "thoughtSignature": "eA=="}],
    ),
    "calls": (
        [CALL, {"functionCall": {"name": "g", "args": {}}}, {"text": ""}],
        [CALL, {"functionCall": {"name": "g", "args": {}}}],
    ),
    "code": (
        [CODE, {"text": ""}, RESULT, {"text": "On"}, {"text": "e."}],
        [CODE, RESULT, {"text": "One."}],
    ),
    "a picture": ([{"text": "See"}, {"text": ": "}, IMAGE], [{"text": "See: "}, IMAGE]),
    "thoughts between calls": (
        [CALL, {"text": "Hm", "thought": True}, {"toolCall": {"id": "t"}}, {"text": "!"}],
        [CALL, {"text": "Hm", "thought": True}, {"toolCall": {"id": "t"}}, {"text": "!"}],
    ),
}


def asked(*messages: Message) -> ChatRequest:
    return ChatRequest(model="m1", messages=messages)


def stream_of(name: str) -> list[Json]:
    *pieces, last = CASES[name][0]
    return [*map(piece, pieces), piece(last, finish="STOP", groundingMetadata=GROUNDED)]


def whole_of(name: str) -> Response:
    return answered(piece(*CASES[name][1], finish="STOP", groundingMetadata=GROUNDED))


@pytest.mark.parametrize("name", CASES)
def test_a_stream_and_a_whole_answer_come_to_equal_responses(name: str) -> None:
    assert streamed(*stream_of(name)) == whole_of(name)


@pytest.mark.parametrize("name", CASES)
def test_a_stream_cut_anywhere_comes_to_the_same(name: str) -> None:
    pieces, expected = stream_of(name), whole_of(name)
    length = len(sse(*pieces))
    assert streamed(*pieces, cuts=range(1, length)) == expected
    for cut in range(1, length, 7):
        assert streamed(*pieces, cuts=[cut]) == expected


@pytest.mark.parametrize("name", CASES)
def test_every_answer_survives_events_and_json(name: str) -> None:
    response = whole_of(name)
    assert fold(unfold(response)) == response
    assert from_json(Response, to_json(response)) == response


@pytest.mark.parametrize("name", CASES)
def test_an_answer_goes_back_as_it_came(name: str) -> None:
    kept = from_json(Message, to_json(streamed(*stream_of(name)).message))
    found = encode_chat(asked(Message.user("Hi"), kept), ACME)
    assert found.body["contents"][1] == {"role": "model", "parts": CASES[name][1]}
    assert {warning.action for warning in found.warnings} <= {"noted"}


SIGNATURES = st.sampled_from([{}, {"thoughtSignature": "eA=="}, {"thoughtSignature": "eQ=="}])
ARGUMENTS = st.dictionaries(
    st.text(max_size=3), st.integers() | st.text(max_size=3) | st.none(), max_size=2
)
IDS = st.sampled_from([{}, {"id": "x1"}, {"id": "x2"}])
PARTS: st.SearchStrategy[Json] = st.one_of(
    st.builds(
        lambda text, more: {"text": text, **more}, st.text(min_size=1, max_size=5), SIGNATURES
    ),
    st.builds(
        lambda text, more: {"text": text, "thought": True, **more},
        st.text(min_size=1, max_size=5),
        SIGNATURES,
    ),
    st.builds(
        lambda id, args, more: {"functionCall": {**id, "name": "f", "args": args}, **more},
        IDS,
        ARGUMENTS,
        SIGNATURES,
    ),
    st.sampled_from(
        [CODE, RESULT, IMAGE, {"toolResponse": {"id": "t"}, "thoughtSignature": "eA=="}]
    ),
)


def joined(parts: list[Json]) -> list[Json]:
    """Join the texts of one kind that a stream cannot tell apart: neighbours without signatures,
    and those that bear the same one."""
    found: list[Json] = []
    for part in parts:
        before = found[-1] if found else {}
        marks = [
            {key: item.get(key) for key in ("thought", "thoughtSignature")}
            for item in (before, part)
        ]
        if "text" in part and "text" in before and marks[0] == marks[1]:
            found[-1] = {**part, "text": before["text"] + part["text"]}
        else:
            found.append(part)
    return found


@given(st.lists(PARTS, min_size=1, max_size=6), st.data())
def test_any_turn_of_the_model_goes_back_as_it_came(parts: list[Json], data: st.DataObject) -> None:
    pieces = [piece(part) for part in parts[:-1]] + [piece(parts[-1], finish="STOP")]
    size = len(sse(*pieces))
    cuts = data.draw(st.lists(st.integers(0, size), max_size=5))
    response = streamed(*pieces, cuts=cuts)
    assert response == answered(piece(*parts, finish="STOP"))
    kept = from_json(Message, to_json(response.message))
    results = [ToolResultPart(call.id, "1") for call in kept.tool_calls]
    messages = [Message.user("Hi"), kept, *([Message.tool(*results)] if results else [])]
    found = encode_chat(asked(*messages), ACME)
    sent: list[Json] = json.loads(found.content())["contents"]
    assert sent[1]["parts"] == joined(parts)
    assert not found.warnings
    calls = [part["functionCall"] for part in sent[1]["parts"] if "functionCall" in part]
    answers = [part["functionResponse"] for part in sent[2]["parts"]] if results else []
    if len({call.id for call in kept.tool_calls}) == len(calls):
        assert [answer.get("id") for answer in answers] == [call.get("id") for call in calls]


OPENAI = Manifest(name="openai")


def turns(*parts: Json) -> list[Message]:
    """Return a conversation with a turn of the model, and the results of its calls."""
    turn = answered(piece(*parts, finish="STOP")).message
    results = [ToolResultPart(call.id, "Rain.", call.name) for call in turn.tool_calls]
    return [Message.user("Hi"), turn, *([Message.tool(*results)] if results else [])]


def test_a_conversation_can_be_handed_to_another_dialect() -> None:
    messages = turns(
        {"text": "Hm", "thought": True},
        {"text": "Wait.", "thoughtSignature": "eA=="},
        {"functionCall": {"name": "weather", "args": {"city": "Oslo"}}},
        CODE,
    )
    found = encode_openai(asked(*messages), OPENAI)
    assistant, result = found.body["messages"][1:]
    assert assistant["content"] == "Wait."
    (call,) = assistant["tool_calls"]
    assert (call["function"]["name"], json.loads(call["function"]["arguments"])) == (
        "weather",
        {"city": "Oslo"},
    )
    assert result["tool_call_id"] == call["id"]
    assert len(call["id"]) <= 40
    assert [(warning.action, warning.reason) for warning in found.warnings] == [
        ("dropped", "an item of 'gemini' means nothing here"),
        ("noted", "thoughts of earlier turns are not sent back"),
    ]


def test_a_conversation_of_another_dialect_can_be_taken_over() -> None:
    own: dict[str, Any] = {"openai-chat": {"x": 1}}
    messages = [
        Message.user("Hi"),
        Message.assistant(
            ReasoningPart("Hm", provider_data=own),
            TextPart("Wait.", provider_data=own),
            ToolCallPart("call_9", "weather", '{"city": "Oslo"}', provider_data=own),
        ),
        Message.tool(ToolResultPart("call_9", "Rain.")),
    ]
    three = {"thought_signatures": True}
    found = encode_chat(asked(*messages), ACME, three)
    text, call = found.body["contents"][1]["parts"]
    assert text == {"text": "Wait."}
    assert call["functionCall"] == {"id": "call_9", "name": "weather", "args": {"city": "Oslo"}}
    assert "thoughtSignature" in call
    answer = {"id": "call_9", "name": "weather", "response": {"output": "Rain."}}
    assert found.body["contents"][2]["parts"] == [{"functionResponse": answer}]
    assert [warning.action for warning in found.warnings] == ["noted"]


def test_what_one_surface_answered_goes_to_the_other() -> None:
    vertex = Surface(name="vertex", call_ids=False)
    found = encode_chat(asked(*turns(CALL)), vertex)
    call, answer = (content["parts"][0] for content in found.body["contents"][1:])
    assert call["thoughtSignature"] == "eA=="
    assert "id" not in {**call["functionCall"], **answer["functionResponse"]}
