"""Events: what a call yields, in the order in which it happens.

A turn of a model is a *step*; inside a step every piece of output is a *part* with an index of
its own, so that neighbouring texts, interleaved thoughts and parallel tool calls never merge.
Indexes count from 0. With several candidates (`n`), part indexes are shared out over all of them.
"""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Literal, TypeAlias

from aicore.jobs import JobStatus
from aicore.messages import Part, ProviderData
from aicore.rate_limits import RateLimits
from aicore.responses import (
    Attempt,
    CallWarning,
    FinishReason,
    Produce,
    ServedBy,
    Timing,
    TokenLogprob,
)
from aicore.usage import Cost, Usage
from aicore.values import BY_TYPE, Value, record

PartKind: TypeAlias = Literal["text", "reasoning", "refusal", "tool_call"]


@record
class Started(Value):
    """The service has accepted the call. `created` is in Unix seconds."""

    id: str | None = None
    model: str | None = None
    created: int | None = None
    type: Literal["started"] = "started"


@record
class StepStarted(Value):
    step: int = 0
    type: Literal["step_started"] = "step_started"


@record
class PartStarted(Value):
    """A part begins; `id` and `name` are those of a tool call."""

    step: int
    part: int
    kind: PartKind
    candidate: int = 0
    id: str | None = None
    name: str | None = None
    type: Literal["part_started"] = "part_started"


@record
class TextDelta(Value):
    step: int
    part: int
    text: str
    type: Literal["text_delta"] = "text_delta"


@record
class ReasoningDelta(Value):
    step: int
    part: int
    text: str
    type: Literal["reasoning_delta"] = "reasoning_delta"


@record
class RefusalDelta(Value):
    step: int
    part: int
    text: str
    type: Literal["refusal_delta"] = "refusal_delta"


@record
class ArgumentsDelta(Value):
    """A piece of a tool call's arguments: JSON text that is whole only when the part finishes."""

    step: int
    part: int
    text: str
    type: Literal["arguments_delta"] = "arguments_delta"


@record
class PartFinished(Value):
    step: int
    part: int
    provider_data: ProviderData = field(default_factory=dict)
    type: Literal["part_finished"] = "part_finished"


@record
class PartAdded(Value):
    """A part that came in one piece: media, a source, an item that only its dialect knows."""

    step: int
    part: int
    value: Part
    candidate: int = 0
    type: Literal["part_added"] = "part_added"


@record
class LogprobsAdded(Value):
    step: int
    tokens: tuple[TokenLogprob, ...]
    candidate: int = 0
    type: Literal["logprobs_added"] = "logprobs_added"


@record
class UsageReported(Value):
    """What a step has used so far; a later one of the same step replaces it."""

    step: int
    usage: Usage
    type: Literal["usage_reported"] = "usage_reported"


@record
class Warned(Value):
    """Something was left out, rewritten, or is worth knowing."""

    warning: CallWarning
    type: Literal["warned"] = "warned"


@record
class CandidateFinished(Value):
    """One answer of a step is complete. `raw_reason` is the service's own word."""

    step: int
    reason: FinishReason
    raw_reason: str | None = None
    candidate: int = 0
    provider_data: ProviderData = field(default_factory=dict)
    type: Literal["candidate_finished"] = "candidate_finished"


@record
class StepFinished(Value):
    """A model turn is over. `provider_data` holds fields of the answer that have no other place."""

    step: int = 0
    provider_data: ProviderData = field(default_factory=dict)
    type: Literal["step_finished"] = "step_finished"


@record
class Produced(Value):
    """The result of an ability that answers in one piece, such as embeddings."""

    result: Produce
    type: Literal["produced"] = "produced"


@record
class JobReported(Value):
    """What is known of a job; a stream taken up at `cursor` has what follows the next events."""

    id: str
    status: JobStatus
    raw_status: str
    cursor: str | None = None
    type: Literal["job_reported"] = "job_reported"


@record
class Finished(Value):
    """The last event of every call that succeeds.

    Whoever learns a fact fills it in as the event passes: the provider its name, the Kit the
    times, the catalog the cost.
    """

    served_by: ServedBy | None = None
    cost: Cost | None = None
    timing: Timing | None = None
    attempts: tuple[Attempt, ...] = ()
    rate_limits: RateLimits | None = None
    type: Literal["finished"] = "finished"


Event: TypeAlias = Annotated[
    Started
    | StepStarted
    | PartStarted
    | TextDelta
    | ReasoningDelta
    | RefusalDelta
    | ArgumentsDelta
    | PartFinished
    | PartAdded
    | LogprobsAdded
    | UsageReported
    | Warned
    | CandidateFinished
    | StepFinished
    | Produced
    | JobReported
    | Finished,
    BY_TYPE,
]

CONTENT: frozenset[type] = frozenset(
    {
        PartStarted,
        TextDelta,
        ReasoningDelta,
        RefusalDelta,
        ArgumentsDelta,
        PartAdded,
        Produced,
    }
)
"""The events that commit a call: after the first of them another provider cannot take over."""


def has_content(batch: tuple[Event, ...]) -> bool:
    """Tell whether a batch holds content: text, thoughts, a tool call, media or a result."""
    return not CONTENT.isdisjoint(map(type, batch))
