"""The first event with content commits a call."""

from __future__ import annotations

import pytest
from aicore.events import (
    ArgumentsDelta,
    CandidateFinished,
    Event,
    Finished,
    LogprobsAdded,
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
    has_content,
)
from aicore.messages import SourcePart
from aicore.responses import CallWarning, Embeddings
from aicore.usage import Usage

CONTENT: list[Event] = [
    PartStarted(0, 0, "text"),
    TextDelta(0, 0, "x"),
    ReasoningDelta(0, 0, "x"),
    RefusalDelta(0, 0, "x"),
    ArgumentsDelta(0, 0, "{"),
    PartAdded(0, 0, SourcePart(url="https://example.test")),
    Produced(Embeddings(vectors=())),
]
OTHERS: list[Event] = [
    Started("r1"),
    StepStarted(0),
    PartFinished(0, 0),
    LogprobsAdded(0, ()),
    UsageReported(0, Usage(input_tokens=1)),
    Warned(CallWarning("seed", "dropped", "not taken")),
    CandidateFinished(0, "stop"),
    StepFinished(0),
    Finished(),
]


@pytest.mark.parametrize("event", CONTENT, ids=lambda event: event.type)
def test_content_is_found_wherever_it_stands(event: Event) -> None:
    assert has_content((event,))
    assert has_content((*OTHERS, event))


def test_what_comes_before_and_after_is_no_content() -> None:
    assert not has_content(tuple(OTHERS))
