"""The grammar of a call's events: what may follow what."""

from __future__ import annotations

from collections.abc import Sequence

from aicore.calls import Batch
from aicore.events import (
    ArgumentsDelta,
    CandidateFinished,
    Event,
    Finished,
    JobReported,
    LogprobsAdded,
    PartAdded,
    PartFinished,
    PartKind,
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

KINDS: dict[type, PartKind] = {
    TextDelta: "text",
    ReasoningDelta: "reasoning",
    RefusalDelta: "refusal",
    ArgumentsDelta: "tool_call",
}


def broken_rule(batches: Sequence[Batch]) -> str | None:
    """Return the first rule that the events of a finished call break, or None."""
    if not all(batches):
        return "a batch is never empty"
    reader = _Reader()
    for event in (event for batch in batches for event in batch):
        if rule := reader.read(event):
            return f"{rule} (broken by {event!r})"
    return None if reader.finished else "a call ends with Finished"


class _Reader:
    """Reads events in their order and knows what is open."""

    def __init__(self) -> None:
        self.started = self.finished = self.produced = False
        self.step: int | None = None
        self.steps = 0
        self.parts: dict[int, tuple[PartKind, int]] = {}
        self.used: set[int] = set()
        self.candidates: set[int] = set()

    def read(self, event: Event) -> str | None:
        if self.finished:
            return "nothing follows Finished"
        match event:
            case Warned() | JobReported():
                return None
            case Started():
                again, self.started = self.started, True
                return "Started comes once" if again else None
            case Finished():
                self.finished = True
                return self._finish()
            case Produced():
                self.produced = True
                return None
            case StepStarted():
                return self._start_step(event)
        if not self.started:
            return "Started comes before everything but warnings"
        if event.step != self.step:
            return "an event names the step that is open"
        return self._inside(event)

    def _start_step(self, event: StepStarted) -> str | None:
        if not self.started:
            return "Started comes before the first step"
        if self.step is not None:
            return "a step is finished before the next one starts"
        if event.step != self.steps:
            return "steps count from 0"
        self.step, self.steps = event.step, self.steps + 1
        self.used, self.candidates = set(), set()
        return None

    def _inside(self, event: Event) -> str | None:
        match event:
            case PartStarted() | PartAdded():
                if event.part in self.used:
                    return "each part of a step has an index of its own"
                if event.candidate in self.candidates:
                    return "a candidate's parts come before it is finished"
                self.used.add(event.part)
                if isinstance(event, PartStarted):
                    self.parts[event.part] = event.kind, event.candidate
            case TextDelta() | ReasoningDelta() | RefusalDelta() | ArgumentsDelta():
                if self.parts.get(event.part, (None,))[0] != KINDS[type(event)]:
                    return "a delta belongs to an open part of its kind"
            case PartFinished():
                if self.parts.pop(event.part, None) is None:
                    return "a part is finished once, after it started"
            case CandidateFinished():
                if event.candidate in {candidate for _, candidate in self.parts.values()}:
                    return "parts are finished before their candidate"
                self.candidates.add(event.candidate)
            case StepFinished():
                if self.parts or not self.candidates:
                    return "a step is finished after its parts and candidates"
                self.step = None
            case LogprobsAdded() | UsageReported():
                pass
        return None

    def _finish(self) -> str | None:
        if self.step is not None:
            return "a step is finished before the call is"
        if not self.produced and not self.steps:
            return "a call brings a step or a result"
        return None
