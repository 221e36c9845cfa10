"""Events fold into responses and responses unfold into events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from aicore.errors import BadReply, CutOff
from aicore.events import (
    ArgumentsDelta,
    CandidateFinished,
    Event,
    Finished,
    PartAdded,
    PartFinished,
    PartStarted,
    Produced,
    ReasoningDelta,
    RefusalDelta,
    Started,
    StepFinished,
    StepStarted,
    TextDelta,
    UsageReported,
    Warned,
)
from aicore.fold import Folder, fold, unfold
from aicore.messages import TextPart, ToolCallPart
from aicore.responses import (
    Attempt,
    CallWarning,
    Embeddings,
    FinishReason,
    Response,
    ServedBy,
    Timing,
)
from aicore.usage import Cost, Usage
from hypothesis import given, settings

from .strategies import responses

DELTAS = (TextDelta, ReasoningDelta, RefusalDelta, ArgumentsDelta)


@settings(max_examples=200)
@given(responses)
def test_fold_undoes_unfold(response: Response) -> None:
    assert fold(unfold(response)) == response


@settings(max_examples=50)
@given(responses)
def test_every_unfolded_part_of_a_step_has_an_index_of_its_own(response: Response) -> None:
    begun = [event for event in unfold(response) if isinstance(event, PartStarted | PartAdded)]
    for number, step in enumerate(response.steps):
        indexes = [event.part for event in begun if event.step == number]
        assert indexes == list(range(sum(len(item.parts) for item in step.candidates)))


@settings(max_examples=50)
@given(responses)
def test_how_a_text_is_cut_into_deltas_does_not_matter(response: Response) -> None:
    def cut(event: Event) -> Iterator[Event]:
        if isinstance(event, DELTAS):
            yield from (replace(event, text=letter) for letter in event.text)
        else:
            yield event

    assert fold(piece for event in unfold(response) for piece in cut(event)) == response


def test_parts_written_side_by_side_do_not_merge() -> None:
    response = fold(
        [
            PartStarted(0, 0, "tool_call", id="a", name="add"),
            PartStarted(0, 1, "tool_call", id="b", name="add"),
            ArgumentsDelta(0, 1, '{"x":'),
            ArgumentsDelta(0, 0, "{}"),
            ArgumentsDelta(0, 1, "1}"),
            PartFinished(0, 1, {"gemini": {"thought_signature": "s"}}),
            CandidateFinished(0, "tool-calls"),
            Finished(),
        ]
    )
    assert response.tool_calls == (
        ToolCallPart("a", "add", "{}"),
        ToolCallPart("b", "add", '{"x":1}', provider_data={"gemini": {"thought_signature": "s"}}),
    )


def test_steps_and_candidates_may_arrive_in_any_order() -> None:
    response = fold(
        [
            PartAdded(1, 0, TextPart("second step")),
            PartAdded(0, 1, TextPart("other"), candidate=1),
            PartAdded(0, 0, TextPart("first"), candidate=0),
            Finished(),
        ]
    )
    texts = [[candidate.text for candidate in step.candidates] for step in response.steps]
    assert texts == [["first", "other"], ["second step"]]
    assert response.text == "second step"


def test_a_later_usage_of_a_step_replaces_the_earlier_one() -> None:
    folder = Folder()
    folder.add(UsageReported(0, Usage(input_tokens=3, output_tokens=1)))
    folder.add(UsageReported(0, Usage(input_tokens=3, output_tokens=7)))
    folder.add(UsageReported(1, Usage(input_tokens=10, output_tokens=1)))
    assert folder.usage == Usage(input_tokens=13, output_tokens=8)


def test_usage_is_a_lower_bound_while_a_step_has_not_told_its_own() -> None:
    folder = Folder()
    assert folder.usage is None
    folder.add(UsageReported(0, Usage(input_tokens=3, output_tokens=1)))
    folder.add(StepStarted(1))
    assert folder.usage == Usage(input_tokens=3, output_tokens=1, lower_bound=True)


def test_what_came_before_the_end_was_lost_can_be_read() -> None:
    folder = Folder()
    for event in (Started("r1"), PartStarted(0, 0, "text"), TextDelta(0, 0, "half an ans")):
        folder.add(event)
    assert folder.partial().text == "half an ans"
    assert folder.partial().id == "r1"
    with pytest.raises(CutOff):
        folder.response()


def test_nothing_at_all_is_cut_off_and_not_an_empty_answer() -> None:
    with pytest.raises(CutOff):
        fold([])
    assert Folder().partial().text == ""


def test_a_delta_for_a_part_that_never_started_is_a_bad_reply() -> None:
    with pytest.raises(BadReply, match="part 4 of step 0"):
        fold([StepStarted(0), TextDelta(0, 4, "x")])


def test_an_unknown_event_passes_by() -> None:
    @dataclass
    class Blinked:
        type: str = "blinked"

    unknown: Any = Blinked()
    assert fold([unknown, PartAdded(0, 0, TextPart("x")), Finished()]).text == "x"


def test_an_unfolded_response_tells_each_step_from_its_start_to_its_finish() -> None:
    reason: FinishReason = "stop"
    events: list[Event] = [
        Started("r", "m", 5),
        StepStarted(0),
        PartStarted(0, 0, "text"),
        TextDelta(0, 0, "hi"),
        PartFinished(0, 0),
        UsageReported(0, Usage(input_tokens=1)),
        CandidateFinished(0, reason, "end_turn"),
        StepFinished(0),
        Finished(),
    ]
    assert list(unfold(fold(events))) == events


def test_a_result_takes_what_the_end_of_the_call_tells() -> None:
    folder = Folder()
    warning = CallWarning("dimensions", "dropped", "has one length only")
    end = Finished(ServedBy("p"), Cost(reason="no price"), Timing(1.0), (Attempt("p", "m", 1.0),))
    usage = Usage(input_tokens=4, output_tokens=0)
    for event in (Warned(warning), Produced(Embeddings(vectors=((1.0,),), usage=usage)), end):
        folder.add(event)
    assert folder.usage == usage
    assert folder.result() == Embeddings(
        vectors=((1.0,),),
        usage=usage,
        served_by=end.served_by,
        cost=end.cost,
        timing=end.timing,
        attempts=end.attempts,
        warnings=(warning,),
    )


@pytest.mark.parametrize("events", [[Finished()], [Produced(Embeddings(vectors=()))]])
def test_a_result_that_never_came_or_never_finished_is_cut_off(events: list[Event]) -> None:
    folder = Folder()
    for event in events:
        folder.add(event)
    with pytest.raises(CutOff):
        folder.result()
