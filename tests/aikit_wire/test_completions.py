"""Text completions are read like chat answers, whole and as streams."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aicore.errors import BadReply, CutOff, Overloaded
from aicore.fold import fold
from aicore.messages import TextPart
from aicore.responses import Response, TokenLogprob, TopLogprob
from aikit_wire.openai.completions import CompletionDecoder

from .answers import ACME, HEAD, USAGE, Json, sse, stream_events

OLD = {
    "tokens": ["Once", " upon"],
    "token_logprobs": [None, -0.5],
    "top_logprobs": [None, {" upon": -0.5, " more": -2}],
    "text_offset": [0, 4],
}


def piece(text: Any, finish: str | None = None, index: int = 0, **fields: Any) -> Json:
    choice = {"index": index, "text": text, "finish_reason": finish, **fields}
    return {**HEAD, "object": "text_completion", "choices": [choice]}


def answered(answer: Any) -> Response:
    return fold(CompletionDecoder(ACME, "m1").body(json.dumps(answer).encode()))


def streamed(*chunks: Json, done: bool = True) -> Response:
    return fold(stream_events(sse(*chunks, done=done), CompletionDecoder(ACME, "m1")))


def test_a_completion_is_text() -> None:
    response = answered(piece(" upon a time", "length") | {"usage": USAGE})
    assert response.parts == (TextPart(" upon a time"),)
    assert (response.id, response.model, response.finish_reason) == ("chat-1", "m1-2026", "length")
    assert response.usage is not None
    assert response.usage.output_tokens == 12


def test_a_stream_of_a_completion_is_the_same_text() -> None:
    usage = {**HEAD, "choices": [], "usage": USAGE}
    stream = streamed(piece(" upon"), piece(" a time"), piece("", "stop"), usage)
    assert stream == answered(piece(" upon a time", "stop") | {"usage": USAGE})


def test_several_completions_are_candidates() -> None:
    answer = piece("a", "stop")
    answer["choices"].append({"index": 1, "text": "b", "finish_reason": "length"})
    stream = streamed(piece("a", "stop"), piece("b", "length", 1))
    assert stream == answered(answer)
    assert [candidate.text for candidate in stream.candidates] == ["a", "b"]


def test_the_old_log_probabilities_are_read() -> None:
    expected = (
        TokenLogprob(" upon", -0.5, top=(TopLogprob(" upon", -0.5), TopLogprob(" more", -2.0))),
    )
    assert answered(piece("Once upon", "stop", logprobs=OLD)).logprobs == expected
    assert streamed(piece("Once upon", "stop", logprobs=OLD)).logprobs == expected


@pytest.mark.parametrize("top", [None, [], [None]])
def test_the_likeliest_tokens_need_not_be_told(top: Any) -> None:
    logprobs = {"tokens": ["a"], "token_logprobs": [-1], "top_logprobs": top}
    found = answered(piece("a", "stop", logprobs=logprobs)).logprobs
    assert found == (TokenLogprob("a", -1.0),)


def test_log_probabilities_in_the_form_of_chat_are_read() -> None:
    logprobs = {"content": [{"token": "a", "logprob": -1, "bytes": [97], "top_logprobs": []}]}
    found = answered(piece("a", "stop", logprobs=logprobs)).logprobs
    assert found == (TokenLogprob("a", -1.0, (97,)),)


@pytest.mark.parametrize("text", [None, 5, ["a"]])
def test_what_is_no_text_says_nothing(text: Any) -> None:
    assert answered(piece(text, "stop")).parts == ()


def test_faults_are_those_of_chat() -> None:
    with pytest.raises(CutOff):
        streamed(piece("a"), done=False)
    with pytest.raises(Overloaded):
        streamed(piece("a"), {"error": {"message": "m", "type": "server_error"}})
    with pytest.raises(BadReply):
        answered({"choices": ["text"]})
    with pytest.raises(BadReply):
        streamed(piece("a", logprobs={"tokens": ["a"], "token_logprobs": []}))


def test_a_stream_of_bare_values_ends_with_its_body() -> None:
    response = streamed({"value": "Once"}, {"value": ""}, {"value": " upon"}, done=False)
    assert (response.text, response.finish_reason) == ("Once upon", "other")
    assert response.raw_finish_reason is None


def test_a_stream_without_values_that_ends_early_is_cut() -> None:
    with pytest.raises(CutOff):
        streamed(piece("Once"), done=False)
    with pytest.raises(CutOff):
        streamed(done=False)
