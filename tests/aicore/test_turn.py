"""A turn opens and closes parts as pieces arrive."""

from __future__ import annotations

import pytest
from aicore.calls import Batch
from aicore.errors import BadReply, CutOff
from aicore.events import (
    ArgumentsDelta,
    CandidateFinished,
    Finished,
    LogprobsAdded,
    PartAdded,
    PartFinished,
    PartStarted,
    ReasoningDelta,
    RefusalDelta,
    Started,
    StepFinished,
    StepStarted,
    TextDelta,
    UsageReported,
)
from aicore.fold import fold
from aicore.messages import OpaquePart, ReasoningPart, SourcePart, TextPart, ToolCallPart
from aicore.responses import Candidate, TokenLogprob
from aicore.turn import Turn
from aicore.usage import Usage


def after_start(turn: Turn) -> Batch:
    events = turn.take()
    assert events[:2] == (Started(), StepStarted(0))
    return events[2:]


def test_only_the_first_start_counts() -> None:
    turn = Turn(step=3)
    turn.start("r1", "m", 7)
    turn.start("r2", "other", 8)
    assert turn.take() == (Started("r1", "m", 7), StepStarted(3))
    assert turn.take() == ()


@pytest.mark.parametrize("kind", ["text", "reasoning"])
def test_a_part_may_begin_before_it_says_anything(kind: str) -> None:
    turn = Turn()
    getattr(turn, kind)("")
    assert [event.type for event in after_start(turn)] == ["part_started"]


def test_pieces_of_one_kind_are_one_part_and_another_kind_closes_it() -> None:
    turn = Turn()
    turn.reasoning("hm")
    turn.reasoning(" so")
    turn.text("It ")
    turn.text("is")
    turn.refusal("no")
    assert after_start(turn) == (
        PartStarted(0, 0, "reasoning"),
        ReasoningDelta(0, 0, "hm"),
        ReasoningDelta(0, 0, " so"),
        PartFinished(0, 0),
        PartStarted(0, 1, "text"),
        TextDelta(0, 1, "It "),
        TextDelta(0, 1, "is"),
        PartFinished(0, 1),
        PartStarted(0, 2, "refusal"),
        RefusalDelta(0, 2, "no"),
    )


def test_candidates_write_side_by_side() -> None:
    turn = Turn()
    turn.text("a", candidate=0)
    turn.text("b", candidate=1)
    turn.text("A", candidate=0)
    turn.reason("length", "max", candidate=1, data={"d": {"x": 1}})
    turn.reason("stop", candidate=0)
    turn.finish()
    first, second = fold(turn.take()).candidates
    assert first == Candidate((TextPart("aA"),), "stop")
    assert second == Candidate((TextPart("b"),), "length", "max", provider_data={"d": {"x": 1}})


def test_prose_can_be_ended_so_that_neighbours_do_not_merge() -> None:
    turn = Turn()
    turn.text("one")
    turn.end_prose()
    turn.end_prose()
    turn.text("two")
    turn.reason("stop")
    turn.finish()
    assert fold(turn.take()).parts == (TextPart("one"), TextPart("two"))


def test_thoughts_without_words_can_hold_a_signature() -> None:
    turn = Turn()
    turn.reasoning("")
    turn.prose_data("reasoning", "claude", {"redacted": "x"})
    turn.prose_data("reasoning", "claude", {"signature": "y"})
    turn.reason("stop")
    turn.finish()
    data = {"claude": {"redacted": "x", "signature": "y"}}
    assert fold(turn.take()).parts == (ReasoningPart("", provider_data=data),)


def test_tool_calls_stay_open_side_by_side_until_the_end() -> None:
    turn = Turn()
    turn.text("wait")
    told = [turn.has_calls]
    turn.tool_call(0, "a", "add", data={"gemini": {"sig": "s"}})
    turn.tool_call(1, "b", "add")
    turn.arguments(1, "{}")
    turn.arguments(0, "")
    turn.arguments(0, '{"x":1}')
    assert [*told, turn.has_calls] == [False, True]
    assert after_start(turn)[2:] == (
        PartFinished(0, 0),
        PartStarted(0, 1, "tool_call", 0, "a", "add"),
        PartStarted(0, 2, "tool_call", 0, "b", "add"),
        ArgumentsDelta(0, 2, "{}"),
        ArgumentsDelta(0, 1, '{"x":1}'),
    )
    turn.reason("tool-calls")
    turn.finish()
    assert turn.take()[:2] == (PartFinished(0, 1, {"gemini": {"sig": "s"}}), PartFinished(0, 2))


def test_a_key_that_is_used_anew_closes_the_earlier_call() -> None:
    turn = Turn()
    turn.tool_call(0, "a", "add")
    turn.arguments(0, "1")
    turn.tool_call(0, "b", "add")
    turn.arguments(0, "2")
    turn.reason("tool-calls")
    turn.finish()
    events = turn.take()
    assert [event for event in events if isinstance(event, PartFinished)] == [
        PartFinished(0, 0),
        PartFinished(0, 1),
    ]
    assert fold(events).tool_calls == (ToolCallPart("a", "add", "1"), ToolCallPart("b", "add", "2"))


def test_provider_data_of_a_call_may_come_later() -> None:
    turn = Turn()
    turn.tool_call(0, "a", "add", data={"gemini": {"sig": "s"}})
    turn.call_data(0, "gemini", {"more": 1})
    turn.reason("tool-calls")
    turn.finish()
    data = {"gemini": {"sig": "s", "more": 1}}
    assert fold(turn.take()).tool_calls == (ToolCallPart("a", "add", "", provider_data=data),)


def test_pieces_of_a_call_that_never_started_are_a_bad_reply() -> None:
    with pytest.raises(BadReply, match="tool call 7, which never started"):
        Turn().arguments(7, "{}")
    with pytest.raises(BadReply, match="tool call 7, which never started"):
        Turn().call_data(7, "gemini", {})


def test_parts_that_come_whole_close_the_prose_before_them() -> None:
    turn = Turn()
    source = SourcePart(url="https://example.test")
    turn.text("one")
    turn.add(source)
    turn.text("two")
    assert after_start(turn)[2:5] == (
        PartFinished(0, 0),
        PartAdded(0, 1, source),
        PartStarted(0, 2, "text"),
    )


def test_usage_and_reason_may_come_in_either_order() -> None:
    turn = Turn()
    told = [turn.has_reason]
    turn.reason("stop", "eos")
    assert [*told, turn.has_reason] == [False, True]
    turn.usage(Usage(input_tokens=1))
    turn.finish({"acme": {"fingerprint": "f"}})
    assert after_start(turn) == (
        UsageReported(0, Usage(input_tokens=1)),
        CandidateFinished(0, "stop", "eos"),
        StepFinished(0, {"acme": {"fingerprint": "f"}}),
        Finished(),
    )


def test_logprobs_are_told_when_there_are_any() -> None:
    turn = Turn()
    turn.logprobs(())
    assert turn.take() == ()
    token = TokenLogprob("x", -1.0)
    turn.logprobs((token,), candidate=1)
    assert after_start(turn) == (LogprobsAdded(0, (token,), 1),)


def test_an_end_without_a_reason_is_cut_off() -> None:
    turn = Turn()
    turn.text("half an ans")
    with pytest.raises(CutOff):
        turn.finish()


def test_halves_of_a_character_are_put_together() -> None:
    turn = Turn()
    turn.mends = True
    for piece in ("a\ud83d", "\ude00", "\ud83d\ude00b"):
        turn.text(piece)
    turn.tool_call("k", "c", "f")
    turn.arguments("k", '"\ud83d')
    turn.reason("stop")
    turn.finish()
    response = fold(turn.take())
    assert response.text == "a😀😀b"
    assert response.tool_calls[0].arguments == '"\ufffd'


def test_half_a_character_alone_is_told_as_unreadable() -> None:
    turn = Turn()
    turn.mends = True
    turn.reasoning("\ud83d")
    turn.refusal("\ude00")
    turn.text("x\ud83dy")
    turn.reason("stop")
    turn.finish()
    response = fold(turn.take())
    assert (response.reasoning, response.refusal, response.text) == ("\ufffd", "\ufffd", "x\ufffdy")


def test_half_a_character_outside_of_a_text_is_unreadable_too() -> None:
    """Such as in ids, names and provider data, which would have no form in JSON."""
    turn = Turn()
    turn.mends = True
    turn.start(id="\ud83d", model="é\ude00")
    turn.tool_call("k", "\ud83d", "f", data={"acme": {"\ud83d": ["\ude00", 1, None]}})
    turn.add(OpaquePart("acme", {"a": "\ud83d\ude00"}))
    turn.reason("stop")
    turn.finish()
    response = fold(turn.take())
    assert (response.id, response.model) == ("\ufffd", "é\ufffd")
    call, item = response.parts
    assert isinstance(call, ToolCallPart)
    assert (call.id, call.provider_data) == ("\ufffd", {"acme": {"\ufffd": ["\ufffd", 1, None]}})
    assert item == OpaquePart("acme", {"a": "😀"})
