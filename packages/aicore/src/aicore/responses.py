"""Responses: what a call comes to when its events are folded together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Any, Literal, TypeAlias

from aicore.errors import BadInput
from aicore.messages import (
    Message,
    Part,
    ProviderData,
    ReasoningPart,
    RefusalPart,
    SourcePart,
    TextPart,
    ToolCallPart,
)
from aicore.rate_limits import RateLimits
from aicore.usage import Cost, Usage, sum_of
from aicore.values import BY_TYPE, NONE_IF_ABSENT, Value, record, to_json

FinishReason: TypeAlias = Literal[
    "stop", "length", "tool-calls", "content-filter", "error", "other"
]


@record
class CallWarning(Value):
    """An entry of the parameter ledger: what happened to a setting, and why.

    `setting` names the field of the request, or is None for a remark on the answer.
    """

    setting: Annotated[str | None, NONE_IF_ABSENT]
    action: Literal["dropped", "rewritten", "noted"]
    reason: str
    provider: str | None = None

    def __str__(self) -> str:
        what = f"{self.setting} {self.action}" if self.setting else self.action
        return (
            f"{self.provider}: {what}: {self.reason}" if self.provider else f"{what}: {self.reason}"
        )


@record
class ServedBy(Value):
    """Who answered: the provider, the model as it named itself, and the deployment if any."""

    provider: str
    model: str | None = None
    deployment: str | None = None


@record
class Timing(Value):
    """Seconds from the start of the call: to its end, and to the first content."""

    total: float
    first_token: float | None = None


@record
class Attempt(Value):
    """One try on one provider; `error` is the code of what went wrong, if anything did."""

    provider: str
    model: str
    seconds: float
    first_token: float | None = None
    error: str | None = None


@record
class TopLogprob(Value):
    token: str
    logprob: float
    bytes: tuple[int, ...] | None = None


@record
class TokenLogprob(TopLogprob):
    """A token, its natural-log probability, and the likeliest tokens in its place."""

    top: tuple[TopLogprob, ...] = ()


@record
class Candidate(Value):
    """One answer of a step; there are several only when `n` asked for them."""

    parts: tuple[Part, ...] = ()
    finish_reason: FinishReason = "other"
    raw_finish_reason: str | None = None
    logprobs: tuple[TokenLogprob, ...] = ()
    provider_data: ProviderData = field(default_factory=dict, repr=False, kw_only=True)

    @property
    def text(self) -> str:
        if len(self.parts) == 1 and isinstance(part := self.parts[0], TextPart):  # nearly always
            return part.text
        return "".join(part.text for part in self.parts if isinstance(part, TextPart))

    @property
    def reasoning(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, ReasoningPart))

    @property
    def refusal(self) -> str | None:
        refusals = [part.text for part in self.parts if isinstance(part, RefusalPart)]
        return "".join(refusals) if refusals else None

    @property
    def tool_calls(self) -> tuple[ToolCallPart, ...]:
        return tuple(part for part in self.parts if isinstance(part, ToolCallPart))

    @property
    def sources(self) -> tuple[SourcePart, ...]:
        return tuple(part for part in self.parts if isinstance(part, SourcePart))

    @property
    def message(self) -> Message:
        """The answer as a message, ready to be appended to the conversation."""
        return Message(role="assistant", parts=self.parts, provider_data=self.provider_data)


@record
class Step(Value):
    """One turn of a model, with at least one candidate."""

    candidates: tuple[Candidate, ...]
    usage: Usage | None = None
    provider_data: ProviderData = field(default_factory=dict, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        if not self.candidates:
            raise BadInput("a step needs at least one candidate")


@record(kw_only=True)
class Outcome(Value):
    """What every result tells beside the answer itself."""

    served_by: ServedBy | None = None
    cost: Cost | None = None
    timing: Timing | None = None
    attempts: tuple[Attempt, ...] = ()
    warnings: tuple[CallWarning, ...] = ()
    rate_limits: RateLimits | None = None

    def to_json(self) -> bytes:
        """Write it as JSON, which `aicore.values.from_json` reads back.

        Raises:
            BadInput: opaque data of a provider has no form in JSON.
        """
        return to_json(self)


@record(kw_only=True)
class Response(Outcome):
    """An answer in text, thoughts, tool calls and media.

    The properties speak of the last step's first candidate, which is all there is unless tools
    were run in between or `n` asked for more.
    """

    id: str | None = None
    model: str | None = None
    created: int | None = None
    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        if not self.steps:
            raise BadInput("a response needs at least one step")

    def __str__(self) -> str:
        return self.text

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        return self.steps[-1].candidates

    @property
    def _first(self) -> Candidate:
        return self.candidates[0]

    @property
    def parts(self) -> tuple[Part, ...]:
        return self._first.parts

    @property
    def text(self) -> str:
        return self.steps[-1].candidates[0].text

    @property
    def reasoning(self) -> str:
        return self._first.reasoning

    @property
    def refusal(self) -> str | None:
        return self._first.refusal

    @property
    def tool_calls(self) -> tuple[ToolCallPart, ...]:
        return self._first.tool_calls

    @property
    def sources(self) -> tuple[SourcePart, ...]:
        return self._first.sources

    @property
    def message(self) -> Message:
        return self._first.message

    @property
    def finish_reason(self) -> FinishReason:
        return self._first.finish_reason

    @property
    def raw_finish_reason(self) -> str | None:
        return self._first.raw_finish_reason

    @property
    def logprobs(self) -> tuple[TokenLogprob, ...]:
        return self._first.logprobs

    @property
    def usage(self) -> Usage | None:
        """The usage of all steps together; None when no step told any."""
        return sum_of(step.usage for step in self.steps)


@record(kw_only=True)
class Embeddings(Outcome):
    """Vectors in the order of the inputs, all of one length."""

    model: str | None = None
    vectors: tuple[tuple[float, ...], ...] = field(repr=False)
    usage: Usage | None = None
    raw: Mapping[str, Any] | None = field(default=None, repr=False)
    type: Literal["embeddings"] = field(default="embeddings", repr=False)


@record(kw_only=True)
class TokenCount(Outcome):
    """How many input tokens a conversation would be; the service's own count, nothing generated."""

    model: str | None = None
    tokens: int
    raw: Mapping[str, Any] | None = field(default=None, repr=False)
    type: Literal["token_count"] = field(default="token_count", repr=False)


@record
class RankedDocument(Value):
    """A document by its `index` among those of the request, and how well it answers the query.

    A higher score is a better one; scores of different models cannot be compared. `document` is
    the text as the service has returned it, which most do only if asked.
    """

    index: int
    score: float
    document: str | None = None


@record(kw_only=True)
class RerankResponse(Outcome):
    """Documents in the order of how well they answer a query, the best first."""

    id: str | None = None
    model: str | None = None
    results: tuple[RankedDocument, ...]
    usage: Usage | None = None
    type: Literal["rerank"] = field(default="rerank", repr=False)


Produce: TypeAlias = Annotated[Embeddings | RerankResponse | TokenCount, BY_TYPE]
"""What abilities that answer in one piece come to; more kinds join it, told apart by `type`."""
