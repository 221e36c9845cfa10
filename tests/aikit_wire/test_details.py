"""Reasoning details go back to the service that told them, whole and unchanged, and to no other."""

from __future__ import annotations

from typing import Any

import pytest
from aicore.messages import ImagePart, Message, ReasoningPart, TextPart
from aicore.requests import ChatRequest
from aicore.responses import Response
from aikit_provider_groq import GROQ
from aikit_provider_openrouter import OPENROUTER
from aikit_wire.openai.details import whole_details
from aikit_wire.openai.encode import encode_chat

from .answers import answered, chunk, sse, streamed, whole

TEXT = {"type": "reasoning.text", "index": 0, "format": "anthropic-claude-v1"}
SIGNED = {**TEXT, "text": "Let me see.", "signature": "c2ln", "id": None}
SECRET = {"type": "reasoning.encrypted", "index": 1, "data": "abc", "id": "rs_1"}


def detail(**fields: Any) -> dict[str, Any]:
    return {"reasoning_details": [fields]}


STREAM = sse(
    chunk({"content": "", "reasoning": "Let me", **detail(**TEXT, text="Let me")}),
    chunk({"content": "", "reasoning": " see.", **detail(**TEXT, text=" see.")}),
    chunk({"content": "", "reasoning": None, **detail(**TEXT, signature="c2ln")}),
    chunk({"content": "", **detail(**SECRET)}),
    chunk({"content": "So."}),
    chunk({}, "stop"),
)


def sent(response: Response, manifest: Any) -> dict[str, Any]:
    request = ChatRequest(model="m", messages=(Message.user("Why?"), response.message))
    body: dict[str, Any] = encode_chat(request, manifest).body["messages"][1]
    return body


def test_details_of_a_stream_go_back_whole() -> None:
    response = streamed(STREAM, OPENROUTER)
    assert response.parts == (ReasoningPart("Let me see."), TextPart("So."))
    assert sent(response, OPENROUTER) == {
        "role": "assistant",
        "content": "So.",
        "reasoning_details": [{**TEXT, "text": "Let me see.", "signature": "c2ln"}, SECRET],
    }


def test_details_of_a_whole_answer_go_back_as_they_came() -> None:
    message = {"content": "So.", "reasoning": "Let me see.", "reasoning_details": [SIGNED, SECRET]}
    response = answered(whole(message), OPENROUTER)
    assert sent(response, OPENROUTER)["reasoning_details"] == [SIGNED, SECRET]


def test_another_service_gets_no_details() -> None:
    message = sent(streamed(STREAM, OPENROUTER), GROQ)
    assert message == {"role": "assistant", "content": "So.", "reasoning": "Let me see."}


def test_thoughts_from_elsewhere_go_as_text() -> None:
    turn = Message.assistant(ReasoningPart("Let me see."), "So.")
    (message,) = encode_chat(ChatRequest(model="m", messages=(turn,)), OPENROUTER).body["messages"]
    assert message == {"role": "assistant", "content": "So.", "reasoning": "Let me see."}


@pytest.mark.parametrize(
    "apart",
    [
        [{**TEXT, "text": "a"}, {**TEXT, "text": "b", "index": 1}],
        [{**TEXT, "text": "a"}, {**TEXT, "type": "reasoning.summary", "summary": "b"}],
        [{**TEXT, "text": "a", "id": "1"}, {**TEXT, "text": "b", "id": "2"}],
        [{**TEXT, "text": "a", "signature": "s"}, {**TEXT, "text": "b"}],
        [{"type": "reasoning.text", "text": "a"}, {"type": "reasoning.text", "text": "b"}],
        ["a", {**TEXT}, "b"],
    ],
)
def test_what_does_not_belong_together_stays_apart(apart: list[Any]) -> None:
    assert whole_details(apart) == apart


def test_summaries_and_data_are_put_together_as_well() -> None:
    summary = {"type": "reasoning.summary", "index": 0}
    pieces = [{**summary, "summary": "a"}, {**summary, "summary": "b"}, {**SECRET}, {**SECRET}]
    assert whole_details(pieces) == [{**summary, "summary": "ab"}, {**SECRET, "data": "abcabc"}]


def test_pictures_that_the_model_makes_are_parts_of_the_answer() -> None:
    shown = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    linked = {"type": "image_url", "image_url": "https://a.example/b.png"}
    stream = sse(chunk({"content": "See:"}), chunk({"images": [shown, linked]}), chunk({}, "stop"))
    response = streamed(stream, OPENROUTER)
    assert response.parts == (
        TextPart("See:"),
        ImagePart(data=b"\x89PNG\r\n\x1a\n", media_type="image/png"),
        ImagePart(url="https://a.example/b.png"),
    )
    assert response == answered(whole({"content": "See:", "images": [shown, linked]}), OPENROUTER)
