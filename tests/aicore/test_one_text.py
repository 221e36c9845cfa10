"""Answers of one text are told and folded a short way, to what the long way comes to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from aicore.calls import Batch
from aicore.errors import CutOff
from aicore.events import Finished, Started, TextDelta, Warned
from aicore.fold import Folder, fold, unfold
from aicore.one_text import folded_text, one_text
from aicore.responses import CallWarning, Response, ServedBy
from aicore.turn import Turn
from aicore.usage import Cost, Usage

USAGE = Usage(input_tokens=3, output_tokens=5)
COST = Cost(reason="nobody knows")
DATA = {"acme": {"service_tier": "default"}}
STARTED = Started("answer-1", "m1", 1_700_000_000)


def told(usage: Usage | None = USAGE) -> Batch:
    return one_text(STARTED, "Hello", usage, "stop", "end_turn", DATA, COST)


def folded(*batches: Batch) -> Response:
    folder = Folder()
    for batch in batches:
        folder.take(batch)
    return folder.response()


@pytest.mark.parametrize("usage", [USAGE, None])
def test_it_tells_what_a_turn_tells(usage: Usage | None) -> None:
    turn = Turn()
    turn.start(STARTED.id, STARTED.model, STARTED.created)
    turn.text("Hello")
    if usage is not None:
        turn.usage(usage)
    turn.reason("stop", "end_turn")
    turn.finish(DATA, COST)
    assert told(usage) == turn.take()


@pytest.mark.parametrize("usage", [USAGE, None])
def test_it_is_folded_to_what_its_events_come_to_one_by_one(usage: Usage | None) -> None:
    response = folded(told(usage))
    assert response == fold(told(usage))
    assert (response.text, response.usage, response.cost) == ("Hello", usage, COST)
    assert fold(unfold(response)) == response


def test_what_the_last_event_has_learnt_is_kept() -> None:
    *events, last = told()
    assert isinstance(last, Finished)
    batch = (*events, replace(last, served_by=ServedBy("acme", "m1")))
    assert folded_text(batch) is not None
    assert folded(batch) == fold(batch)


def test_usage_and_what_is_there_so_far_are_known_before_the_whole_is_asked_for() -> None:
    folder = Folder()
    folder.take(told())
    assert folder.usage == USAGE
    assert folder.partial() == folder.response()


def test_any_other_batch_is_folded_event_by_event() -> None:
    warned = (Warned(CallWarning("seed", "dropped", "unknown")), *told())
    middle = (*told()[:4], TextDelta(0, 0, "!"), *told()[4:])
    for batch in (warned, middle, told()[:-1]):
        assert folded_text(batch) is None
    assert folded(warned) == fold(warned)
    assert folded(middle).text == "Hello!"
    with pytest.raises(CutOff):
        folded(told()[:-1])
