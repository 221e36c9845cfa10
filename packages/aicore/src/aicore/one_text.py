"""Answers that come whole and are one text, as most are: told and folded a short way.

What is told here is what a `Turn` would tell, and what is folded here is what a `Folder` would
come to event by event; both at a fraction of the cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aicore.calls import Batch
from aicore.events import (
    CandidateFinished,
    Finished,
    PartFinished,
    PartStarted,
    Started,
    StepFinished,
    StepStarted,
    TextDelta,
    UsageReported,
)
from aicore.messages import ProviderData, TextPart
from aicore.rate_limits import RateLimits
from aicore.responses import Candidate, FinishReason, Step
from aicore.usage import Cost, Usage

STEP_STARTED = StepStarted(0)
TEXT_STARTED = PartStarted(0, 0, "text")
"""Shared by all such answers, and what they are recognised by."""

START = (Started, StepStarted, PartStarted, TextDelta)
END = (PartFinished, CandidateFinished, StepFinished, Finished)
SHAPES = frozenset({(*START, *END), (*START, UsageReported, *END)})


def one_text(
    started: Started,
    text: str,
    usage: Usage | None,
    reason: FinishReason,
    raw_reason: str,
    provider_data: ProviderData,
    cost: Cost | None,
    rate_limits: RateLimits | None = None,
) -> Batch:
    """Return the events of such an answer; `provider_data` is that of its step."""
    end = (
        PartFinished(0, 0),
        CandidateFinished(0, reason, raw_reason),
        StepFinished(0, provider_data),
        Finished(cost=cost, rate_limits=rate_limits),
    )
    start = (started, STEP_STARTED, TEXT_STARTED, TextDelta(0, 0, text))
    return start + end if usage is None else (*start, UsageReported(0, usage), *end)


def folded_text(batch: Sequence[Any]) -> Step | None:
    """Fold a batch that `one_text` has made into its step; None when it is any other."""
    if tuple(map(type, batch)) not in SHAPES or batch[2] is not TEXT_STARTED:
        return None
    delta, part, candidate, step = batch[3], batch[-4], batch[-3], batch[-2]
    text = TextPart(delta.text, provider_data=part.provider_data)
    data, usage = candidate.provider_data, batch[4]
    answer = Candidate((text,), candidate.reason, candidate.raw_reason, provider_data=data)
    told = usage.usage if type(usage) is UsageReported else None
    return Step((answer,), told, provider_data=step.provider_data)
