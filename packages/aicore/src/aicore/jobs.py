"""Work that goes on at a service after the call that asked for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from aicore.responses import CallWarning, Response
from aicore.values import Value, record, to_json

JobStatus: TypeAlias = Literal["pending", "running", "succeeded", "failed", "cancelled"]
"""`pending` waits to be begun; `succeeded`, `failed` and `cancelled` are ends."""

ENDS: frozenset[JobStatus] = frozenset({"succeeded", "failed", "cancelled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(Value):
    """A handle on work at a service: all that any process needs to ask for it again.

    `model` is the provider's own name, and `id` the service's; it holds no key. `warnings` are of
    the request that began it.
    """

    provider: str
    model: str
    id: str
    warnings: tuple[CallWarning, ...] = ()

    def to_json(self) -> bytes:
        """Write it as JSON, which `aicore.values.from_json` reads back."""
        return to_json(self)


@record(kw_only=True)
class JobState(Value):
    """What has become of a job; `raw_status` is the service's own word.

    `response` is the whole answer of one that has succeeded, and what there was of one that was
    cancelled. `cursor` is where a stream of it can be taken up again.
    """

    status: JobStatus
    raw_status: str
    cursor: str | None = None
    response: Response | None = None

    @property
    def ended(self) -> bool:
        return self.status in ENDS
