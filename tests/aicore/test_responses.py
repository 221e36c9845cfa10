"""A response speaks of its last step's first candidate, and adds up what all steps used."""

from __future__ import annotations

import pytest
from aicore.errors import BadInput
from aicore.messages import (
    Message,
    ReasoningPart,
    RefusalPart,
    SourcePart,
    TextPart,
    ToolCallPart,
)
from aicore.responses import CallWarning, Candidate, Embeddings, Response, Step, TokenLogprob
from aicore.usage import Usage
from aicore.values import from_json

PARTS = (
    ReasoningPart("hm "),
    TextPart("It is "),
    SourcePart(url="https://example.test"),
    ReasoningPart("so"),
    TextPart("blue."),
    ToolCallPart("c1", "look"),
)
TOKENS = (TokenLogprob("It", -0.1),)


def test_the_last_steps_first_candidate_is_the_answer() -> None:
    answer = Candidate(PARTS, "tool-calls", "tool_use", TOKENS, provider_data={"claude": {"x": 1}})
    other = Candidate((TextPart("other"),))
    response = Response(steps=(Step((Candidate((TextPart("first"),)),)), Step((answer, other))))
    assert response.candidates == (answer, other)
    assert response.parts == PARTS
    assert response.text == "It is blue."
    assert response.reasoning == "hm so"
    assert response.refusal is None
    assert response.tool_calls == (ToolCallPart("c1", "look"),)
    assert response.sources == (SourcePart(url="https://example.test"),)
    assert response.message == Message("assistant", PARTS, provider_data={"claude": {"x": 1}})
    assert response.finish_reason == "tool-calls"
    assert response.raw_finish_reason == "tool_use"
    assert response.logprobs == TOKENS


def test_a_refusal_is_not_text() -> None:
    candidate = Candidate((RefusalPart("I can"), RefusalPart("not.")))
    assert (candidate.refusal, candidate.text) == ("I cannot.", "")
    assert Candidate((RefusalPart(""),)).refusal == ""


def test_usage_is_that_of_all_steps() -> None:
    def step(usage: Usage | None) -> Step:
        return Step((Candidate(),), usage)

    told = Usage(input_tokens=5, output_tokens=1)
    assert Response(steps=(step(told), step(told))).usage == Usage(input_tokens=10, output_tokens=2)
    assert Response(steps=(step(told), step(None))).usage == Usage(
        input_tokens=5, output_tokens=1, lower_bound=True
    )
    assert Response(steps=(step(None),)).usage is None


def test_there_is_always_a_step_and_a_candidate() -> None:
    with pytest.raises(BadInput, match="at least one candidate"):
        Step(())
    with pytest.raises(BadInput, match="at least one step"):
        Response(steps=())


@pytest.mark.parametrize(
    ("warning", "text"),
    [
        (CallWarning("seed", "dropped", "not taken", "acme"), "acme: seed dropped: not taken"),
        (CallWarning("seed", "rewritten", "is a word"), "seed rewritten: is a word"),
        (CallWarning(None, "noted", "model is old"), "noted: model is old"),
    ],
)
def test_a_warning_reads_as_a_sentence(warning: CallWarning, text: str) -> None:
    assert str(warning) == text


def test_an_answer_prints_as_its_text() -> None:
    response = Response(steps=(Step((Candidate(PARTS),)),))
    assert str(response) == f"{response}" == "It is blue."
    assert repr(response).startswith("Response(")


def test_results_write_themselves_as_json() -> None:
    response = Response(id="r1", steps=(Step((Candidate(PARTS),)),))
    result = Embeddings(model="m", vectors=((1.0, 2.0),))
    assert from_json(Response, response.to_json()) == response
    assert from_json(Embeddings, result.to_json()) == result
    assert not hasattr(response, "__dict__")
