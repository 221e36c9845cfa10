"""Fold events into a response, and unfold a response into events: each undoes the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias, assert_never, cast

from aicore.errors import BadReply, CutOff
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
from aicore.messages import Part, ProviderData, ReasoningPart, RefusalPart, TextPart, ToolCallPart
from aicore.responses import (
    CallWarning,
    Candidate,
    Embeddings,
    FinishReason,
    Produce,
    RerankResponse,
    Response,
    Step,
    TokenLogprob,
)
from aicore.usage import Usage, sum_of


class _Part:
    """A part that is still being written."""

    __slots__ = ("data", "pieces", "start")

    def __init__(self, start: PartStarted) -> None:
        self.start = start
        self.pieces: list[str] = []
        self.data: ProviderData = {}

    def build(self) -> Part:
        text, data = "".join(self.pieces), self.data
        match self.start.kind:
            case "text":
                return TextPart(text=text, provider_data=data)
            case "reasoning":
                return ReasoningPart(text=text, provider_data=data)
            case "refusal":
                return RefusalPart(text=text, provider_data=data)
            case "tool_call":
                id, name = self.start.id or "", self.start.name or ""
                return ToolCallPart(id=id, name=name, arguments=text, provider_data=data)
            case _ as never:
                assert_never(never)


class _Candidate:
    """A candidate that is still being written."""

    def __init__(self) -> None:
        self.parts: list[_Part | Part] = []
        self.logprobs: list[TokenLogprob] = []
        self.reason: FinishReason = "other"
        self.raw_reason: str | None = None
        self.data: ProviderData = {}

    def build(self) -> Candidate:
        parts = [part.build() if type(part) is _Part else part for part in self.parts]
        return Candidate(
            cast("tuple[Part, ...]", tuple(parts)),
            self.reason,
            self.raw_reason,
            tuple(self.logprobs),
            provider_data=self.data,
        )


class _Step:
    """A step that is still being written."""

    def __init__(self) -> None:
        self.candidates: dict[int, _Candidate] = {}
        self.parts: dict[int, _Part] = {}
        self.usage: Usage | None = None
        self.data: ProviderData = {}

    def candidate(self, index: int) -> _Candidate:
        if index not in self.candidates:
            self.candidates[index] = _Candidate()
        return self.candidates[index]

    def build(self) -> Step:
        built = [candidate.build() for _, candidate in sorted(self.candidates.items())]
        return Step(tuple(built) or (Candidate(),), self.usage, provider_data=self.data)


class Folder:
    """Folds events as they come; `partial` tells what is there so far."""

    started: Started | None = None
    finished: Finished | None = None
    produced: Produce | None = None
    job: JobReported | None = None
    whole: Response | None = None
    """The response, where no events have told it."""

    def __init__(self) -> None:
        self.warnings: list[CallWarning] = []
        self._steps: dict[int, _Step] = {}

    def add(self, event: Event) -> None:
        """Take one event in. Unknown events, of a newer version or a plugin, pass by."""
        if (take := TAKES.get(type(event))) is not None:
            take(self, event)

    def take(self, batch: Sequence[Event]) -> None:
        """Take in all the events of a batch."""
        for take, event in zip(map(TAKES.get, map(type, batch)), batch, strict=True):
            if take is not None:
                take(self, event)

    def _delta(self, event: TextDelta | ReasoningDelta | RefusalDelta | ArgumentsDelta) -> None:
        self._part(event).pieces.append(event.text)

    def _part_started(self, event: PartStarted) -> None:
        part, step = _Part(event), self._step(event.step)
        step.parts[event.part] = part
        step.candidate(event.candidate).parts.append(part)

    def _part_finished(self, event: PartFinished) -> None:
        self._part(event).data = event.provider_data

    def _part_added(self, event: PartAdded) -> None:
        self._step(event.step).candidate(event.candidate).parts.append(event.value)

    def _logprobs(self, event: LogprobsAdded) -> None:
        self._step(event.step).candidate(event.candidate).logprobs += event.tokens

    def _usage(self, event: UsageReported) -> None:
        self._step(event.step).usage = event.usage

    def _candidate_finished(self, event: CandidateFinished) -> None:
        candidate = self._step(event.step).candidate(event.candidate)
        candidate.reason, candidate.raw_reason = event.reason, event.raw_reason
        candidate.data = event.provider_data

    def _step_started(self, event: StepStarted) -> None:
        self._step(event.step)

    def _step_finished(self, event: StepFinished) -> None:
        self._step(event.step).data = event.provider_data

    def _warned(self, event: Warned) -> None:
        self.warnings.append(event.warning)

    def _started(self, event: Started) -> None:
        self.started = event

    def _produced(self, event: Produced) -> None:
        self.produced = event.result

    def _job(self, event: JobReported) -> None:
        self.job = event

    def _finished(self, event: Finished) -> None:
        self.finished = event

    def _step(self, index: int) -> _Step:
        if index not in self._steps:
            self._steps[index] = _Step()
        return self._steps[index]

    def _part(self, event: _OfPart) -> _Part:
        try:
            return self._steps[event.step].parts[event.part]
        except KeyError:
            raise BadReply(
                f"event for part {event.part} of step {event.step}, which never started"
            ) from None

    @property
    def usage(self) -> Usage | None:
        """What was told so far, also of a call that did not finish."""
        if isinstance(self.produced, Embeddings | RerankResponse):
            return self.produced.usage
        if self.whole is not None:
            return self.whole.usage
        return sum_of(step.usage for step in self._steps.values())

    def partial(self) -> Response:
        """Return what has arrived so far, finished or not."""
        if self.whole is not None:
            return self.whole
        started, finished = self.started or Started(), self.finished or Finished()
        steps = tuple([step.build() for _, step in sorted(self._steps.items())])
        return Response(
            id=started.id,
            model=started.model,
            created=started.created,
            steps=steps or (Step(candidates=(Candidate(),)),),
            served_by=finished.served_by,
            cost=finished.cost,
            timing=finished.timing,
            attempts=finished.attempts,
            warnings=tuple(self.warnings),
            rate_limits=finished.rate_limits,
        )

    def response(self) -> Response:
        """Return the whole response.

        Raises:
            CutOff: the events ended before the call finished.
        """
        if self.whole is not None:
            return self.whole
        if self.finished is None:
            raise CutOff("the events ended before the answer was finished")
        return self.partial()

    def result(self) -> Produce:
        """Return the result of an ability that answers in one piece.

        Raises:
            CutOff: the events ended without one.
        """
        if self.produced is None or self.finished is None:
            raise CutOff("the events ended before there was a result")
        finished = self.finished
        outcome: dict[str, Any] = {
            "served_by": finished.served_by,
            "cost": finished.cost,
            "timing": finished.timing,
            "attempts": finished.attempts,
            "warnings": tuple(self.warnings),
            "rate_limits": finished.rate_limits,
        }
        return replace(self.produced, **outcome)


_OfPart: TypeAlias = TextDelta | ReasoningDelta | RefusalDelta | ArgumentsDelta | PartFinished

TAKES: Mapping[type, Callable[[Folder, Any], None]] = {
    TextDelta: Folder._delta,
    ReasoningDelta: Folder._delta,
    RefusalDelta: Folder._delta,
    ArgumentsDelta: Folder._delta,
    PartStarted: Folder._part_started,
    PartFinished: Folder._part_finished,
    PartAdded: Folder._part_added,
    LogprobsAdded: Folder._logprobs,
    UsageReported: Folder._usage,
    CandidateFinished: Folder._candidate_finished,
    StepStarted: Folder._step_started,
    StepFinished: Folder._step_finished,
    Warned: Folder._warned,
    Started: Folder._started,
    Produced: Folder._produced,
    JobReported: Folder._job,
    Finished: Folder._finished,
}
"""What takes each kind of event in: a lookup, where a ladder of cases would cost ten."""


def fold(events: Iterable[Event]) -> Response:
    """Fold the events of a whole call into its response.

    Raises:
        CutOff: the events end before the call finished.
    """
    folder = Folder()
    for event in events:
        folder.add(event)
    return folder.response()


def unfold(response: Response) -> Iterator[Event]:
    """Tell a response as events, one delta per part: `fold(unfold(response)) == response`."""
    for warning in response.warnings:  # which providers tell first
        yield Warned(warning)
    yield Started(id=response.id, model=response.model, created=response.created)
    for number, step in enumerate(response.steps):
        yield StepStarted(number)
        part = 0
        for index, candidate in enumerate(step.candidates):
            for value in candidate.parts:
                yield from _unfold_part(number, part, index, value)
                part += 1
            if candidate.logprobs:
                yield LogprobsAdded(number, candidate.logprobs, index)
        if step.usage is not None:
            yield UsageReported(number, step.usage)
        for index, candidate in enumerate(step.candidates):
            yield CandidateFinished(
                number,
                candidate.finish_reason,
                candidate.raw_finish_reason,
                index,
                candidate.provider_data,
            )
        yield StepFinished(number, step.provider_data)
    yield Finished(
        response.served_by,
        response.cost,
        response.timing,
        response.attempts,
        response.rate_limits,
    )


def _unfold_part(step: int, part: int, candidate: int, value: Part) -> Iterator[Event]:
    kind: PartKind
    delta: type[TextDelta | ReasoningDelta | RefusalDelta | ArgumentsDelta]
    match value:
        case TextPart():
            kind, delta, text = "text", TextDelta, value.text
        case ReasoningPart():
            kind, delta, text = "reasoning", ReasoningDelta, value.text
        case RefusalPart():
            kind, delta, text = "refusal", RefusalDelta, value.text
        case ToolCallPart():
            kind, delta, text = "tool_call", ArgumentsDelta, value.arguments
        case _:
            yield PartAdded(step, part, value, candidate)
            return
    id, name = (value.id, value.name) if isinstance(value, ToolCallPart) else (None, None)
    yield PartStarted(step, part, kind, candidate, id, name)
    if text:
        yield delta(step, part, text)
    yield PartFinished(step, part, value.provider_data)
