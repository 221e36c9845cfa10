"""What holds for the events of every call, whatever was asked and whoever answered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from aicore.events import (
    ArgumentsDelta,
    CandidateFinished,
    Event,
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
from aicore.fold import fold, unfold
from aicore.responses import Response

DELTAS = {
    TextDelta: "text",
    ReasoningDelta: "reasoning",
    RefusalDelta: "refusal",
    ArgumentsDelta: "tool_call",
}


class Watch:
    """Follows the events of one call and says what is out of order."""

    def __init__(self) -> None:
        self.started = 0
        self.finished = 0
        self.steps = 0
        self.step: int | None = None
        self.parts = 0
        self.open: dict[int, str] = {}
        self.candidates: set[int] = set()
        self.ended: set[int] = set()

    def add(self, event: Event) -> Iterator[str]:
        if self.finished:
            yield f"{event.type} after the call finished"
        match event:
            case Started():
                self.started += 1
                if self.steps or self.started > 1:
                    yield "started twice, or after a step"
            case StepStarted(step):
                if self.step is not None or step != self.steps:
                    yield f"step {step} started in step {self.step} after {self.steps} steps"
                self.step, self.steps, self.parts = step, self.steps + 1, 0
                self.candidates, self.ended = set(), set()
            case StepFinished(step):
                yield from self.inside(event, step)
                if self.open:
                    yield f"step {step} finished before its parts {sorted(self.open)}"
                if self.candidates - self.ended:
                    yield f"step {step} finished before its candidates"
                self.step = None
            case PartStarted() | PartAdded():
                yield from self.inside(event, event.step)
                if event.part != self.parts:
                    yield f"part {event.part} came as number {self.parts}"
                self.parts += 1
                self.candidates.add(event.candidate)
                if isinstance(event, PartStarted):
                    self.open[event.part] = event.kind
            case TextDelta() | ReasoningDelta() | RefusalDelta() | ArgumentsDelta():
                yield from self.inside(event, event.step)
                if self.open.get(event.part) != DELTAS[type(event)]:
                    yield f"{event.type} for part {event.part}, where {self.open} are open"
            case PartFinished(step, part):
                yield from self.inside(event, step)
                if self.open.pop(part, None) is None:
                    yield f"part {part} finished without being open"
            case CandidateFinished():
                yield from self.inside(event, event.step)
                if event.candidate in self.ended:
                    yield f"candidate {event.candidate} finished twice"
                self.ended.add(event.candidate)
            case UsageReported() | LogprobsAdded():
                yield from self.inside(event, event.step)
            case Finished():
                self.finished += 1
                if self.step is not None or not self.steps or not self.started:
                    yield "the call finished without a start, or in the middle of a step"

    def inside(self, event: Event, step: int) -> Iterator[str]:
        if step != self.step:
            yield f"{event.type} of step {step} came in step {self.step}"


def broken(events: Sequence[Event], whole: bool) -> Iterator[str]:
    """Name what is out of order in the events of a call; `whole` if it should have finished."""
    watch = Watch()
    for event in events:
        yield from watch.add(event)
    if whole != (watch.finished == 1):
        yield f"{watch.finished} finished events"


def unfaithful(response: Response, events: Sequence[Event] = ()) -> Iterator[str]:
    """Check that events and response are two forms of one thing."""
    if fold(unfold(response)) != response:
        yield "fold(unfold(response)) is another response"
    if events and fold(events) != response:
        yield "the events do not fold into the response"


def timeless(response: Response) -> Response:
    """Leave out what no two calls have in common."""
    return replace(response, timing=None, attempts=())
