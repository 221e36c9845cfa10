"""Build the events of one model turn from the pieces in which a service sends it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import fields as fields_of
from dataclasses import is_dataclass
from itertools import repeat
from typing import Any

from aicore.calls import Batch
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
    ReasoningDelta,
    RefusalDelta,
    Started,
    StepFinished,
    StepStarted,
    TextDelta,
    UsageReported,
)
from aicore.jobs import JobStatus
from aicore.messages import Part, ProviderData
from aicore.rate_limits import RateLimits
from aicore.responses import FinishReason, TokenLogprob
from aicore.usage import Cost, Usage

DELTAS: Mapping[PartKind, Callable[[int, int, str], Event]] = {
    "text": TextDelta,
    "reasoning": ReasoningDelta,
    "refusal": RefusalDelta,
    "tool_call": ArgumentsDelta,
}


class _Open:
    """A part that has started and not finished."""

    __slots__ = ("data", "kind", "part")

    def __init__(self, part: int, kind: PartKind) -> None:
        self.part = part
        self.kind = kind
        self.data: dict[str, dict[str, Any]] = {}


class Turn:
    """Opens and closes parts, so that a provider says only what has arrived.

    Text, reasoning and refusals are *prose*: of each candidate one such part is open at a time,
    and a piece of another kind closes it. Tool calls stay open side by side until the end, found
    by a key of the provider's choice. Call `take` after each read for the batch.
    """

    __slots__ = (
        "_calls",
        "_events",
        "_halves",
        "_parts",
        "_prose",
        "_reasons",
        "_started",
        "mends",
        "rate_limits",
        "step",
    )

    def __init__(self, step: int = 0) -> None:
        self.step = step
        self.rate_limits: RateLimits | None = None
        """What the service told of its limits."""
        self.mends = False
        """Whether characters may come in halves (surrogates), which are then put together.

        Those of a text that comes in pieces, that is; elsewhere one half is all there is of it.
        """
        self._parts = 0
        self._started = False
        self._events: list[Event] = []
        self._prose: dict[int, _Open] = {}
        self._calls: dict[Hashable, _Open] = {}
        self._reasons: dict[int, tuple[FinishReason, str | None, ProviderData]] = {}
        self._halves: dict[int, str] = {}

    def take(self) -> Batch:
        """Return the events since the last time, possibly none."""
        events = tuple(map(_mended, self._events) if self.mends else self._events)
        self._events.clear()
        return events

    @property
    def waiting(self) -> int:
        """How many events `take` would return."""
        return len(self._events)

    def start(
        self, id: str | None = None, model: str | None = None, created: int | None = None
    ) -> None:
        """Tell the beginning; only the first time counts."""
        if not self._started:
            self._started = True
            self._events += (Started(id, model, created), StepStarted(self.step))

    def text(self, text: str, candidate: int = 0) -> None:
        part = self._write("text", candidate).part
        if self.mends:
            text = self._mended(part, text)
        if text:
            self._events.append(TextDelta(self.step, part, text))

    def reasoning(self, text: str, candidate: int = 0) -> None:
        part = self._write("reasoning", candidate).part
        if self.mends:
            text = self._mended(part, text)
        if text:
            self._events.append(ReasoningDelta(self.step, part, text))

    def texts(self, pieces: Iterable[str], candidate: int = 0) -> None:
        """Add pieces of text, of which none is empty or holds half a character."""
        part = self._write("text", candidate).part
        self._events += map(TextDelta, repeat(self.step), repeat(part), pieces)

    def thoughts(self, pieces: Iterable[str], candidate: int = 0) -> None:
        """Add pieces of reasoning, of which none is empty or holds half a character."""
        part = self._write("reasoning", candidate).part
        self._events += map(ReasoningDelta, repeat(self.step), repeat(part), pieces)

    def refusal(self, text: str, candidate: int = 0) -> None:
        part = self._write("refusal", candidate).part
        if self.mends and not (text := self._mended(part, text)):
            return
        self._events.append(RefusalDelta(self.step, part, text))

    def prose_data(
        self, kind: PartKind, dialect: str, data: Mapping[str, Any], candidate: int = 0
    ) -> None:
        """Attach provider data to the open prose part of a kind, opening one if there is none."""
        self._write(kind, candidate).data.setdefault(dialect, {}).update(data)

    def _write(self, kind: PartKind, candidate: int) -> _Open:
        open_part = self._prose.get(candidate)
        if open_part is not None:
            if open_part.kind == kind:
                return open_part
            self._close(open_part)
        open_part = self._prose[candidate] = self._open(kind, candidate)
        return open_part

    def _open(
        self, kind: PartKind, candidate: int, id: str | None = None, name: str | None = None
    ) -> _Open:
        self.start()
        part, self._parts = self._parts, self._parts + 1
        self._events.append(PartStarted(self.step, part, kind, candidate, id, name))
        return _Open(part, kind)

    def _mended(self, part: int, text: str) -> str:
        """Put together a character whose halves came in two pieces.

        Half a character has no form in UTF-8: one that stays alone becomes U+FFFD.
        """
        text = self._halves.pop(part, "") + text
        if "\ud800" <= text[-1:] <= "\udbff":
            self._halves[part] = text[-1]
            text = text[:-1]
        return _joined(text)

    def _close(self, open_part: _Open) -> None:
        if self._halves.pop(open_part.part, None):
            self._events.append(DELTAS[open_part.kind](self.step, open_part.part, "\ufffd"))
        self._events.append(PartFinished(self.step, open_part.part, open_part.data))

    def end_prose(self, candidate: int = 0) -> None:
        """Close the candidate's open prose part, so that the next piece starts a new one."""
        if open_part := self._prose.pop(candidate, None):
            self._close(open_part)

    def tool_call(
        self,
        key: Hashable,
        id: str,
        name: str,
        candidate: int = 0,
        data: ProviderData | None = None,
    ) -> None:
        """Open a tool call; `key` finds it again for its arguments, until the key is used anew."""
        self.end_prose(candidate)
        if key in self._calls:
            self._close(self._calls[key])
        self._calls[key] = self._open("tool_call", candidate, id, name)
        for dialect, fields in (data or {}).items():
            self._calls[key].data[dialect] = dict(fields)

    def arguments(self, key: Hashable, text: str) -> None:
        """Add to a tool call's arguments.

        Raises:
            BadReply: no call with this key is open.
        """
        part = self._call(key).part
        if self.mends:
            text = self._mended(part, text)
        if text:
            self._events.append(ArgumentsDelta(self.step, part, text))

    def call_data(self, key: Hashable, dialect: str, data: Mapping[str, Any]) -> None:
        """Attach provider data to a tool call.

        Raises:
            BadReply: no call with this key is open.
        """
        self._call(key).data.setdefault(dialect, {}).update(data)

    def _call(self, key: Hashable) -> _Open:
        if key not in self._calls:
            raise BadReply(f"a piece came for tool call {key!r}, which never started")
        return self._calls[key]

    def add(self, value: Part, candidate: int = 0) -> None:
        """Add a part that came whole."""
        self.start()
        self.end_prose(candidate)
        part, self._parts = self._parts, self._parts + 1
        self._events.append(PartAdded(self.step, part, value, candidate))

    def logprobs(self, tokens: tuple[TokenLogprob, ...], candidate: int = 0) -> None:
        if tokens:
            self.start()
            self._events.append(LogprobsAdded(self.step, tokens, candidate))

    def usage(self, usage: Usage) -> None:
        self.start()
        self._events.append(UsageReported(self.step, usage))

    def reason(
        self,
        reason: FinishReason,
        raw: str | None = None,
        candidate: int = 0,
        data: ProviderData | None = None,
    ) -> None:
        """Keep why a candidate ended; it is told by `finish`, after late usage."""
        self._reasons[candidate] = (reason, raw, data or {})

    @property
    def has_reason(self) -> bool:
        return bool(self._reasons)

    @property
    def has_calls(self) -> bool:
        return bool(self._calls)

    def job(self, id: str, status: JobStatus, raw_status: str, cursor: str | None = None) -> None:
        """Tell what has become of a job, and where its stream is."""
        self._events.append(JobReported(id, status, raw_status, cursor))

    def finish(self, provider_data: ProviderData | None = None, cost: Cost | None = None) -> None:
        """Close everything and tell the end, and the cost where the service itself told it.

        Raises:
            CutOff: the service never said why it ended.
        """
        if not self._reasons:
            raise CutOff("the answer ended before the service said that it was finished")
        self.start()
        for open_part in (*self._prose.values(), *self._calls.values()):
            self._close(open_part)
        self._prose.clear()
        self._calls.clear()
        for candidate, (reason, raw, data) in sorted(self._reasons.items()):
            self._events.append(CandidateFinished(self.step, reason, raw, candidate, data))
        finished = Finished(cost=cost, rate_limits=self.rate_limits)
        self._events += (StepFinished(self.step, provider_data or {}), finished)


def _mended(value: Any) -> Any:
    """Return a value in whose texts, at any depth, a lone half of a character is U+FFFD."""
    match value:
        case str():
            return value if value.isascii() else _joined(value)
        case list() | tuple():
            return type(value)(map(_mended, value))
        case dict():
            return {_mended(name): _mended(item) for name, item in value.items()}
        case _ if is_dataclass(value) and not isinstance(value, type):
            names = (field.name for field in fields_of(value))
            return type(value)(**{name: _mended(getattr(value, name)) for name in names})
        case _:
            return value


def _joined(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
