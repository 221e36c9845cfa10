"""Text completions over InvokeModel, whose body is that of each model's maker.

Source: "Inference request parameters and response fields" in the Bedrock user guide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aicore.errors import BadReply, CutOff, Unsupported
from aicore.requests import CompleteRequest
from aicore.responses import FinishReason
from aicore.usage import Usage
from aikit_wire.answer import AnswerDecoder
from aikit_wire.encoded import Encoded
from aikit_wire.frames import Frame
from aikit_wire.ledger import Ledger

from aikit_provider_bedrock.converse.usage import count
from aikit_provider_bedrock.framing import refusal, unwrapped

INVOKE = "bedrock-invoke"
"""The key of `provider_data` for what an answer says beside its text."""

INPUT = "x-amzn-bedrock-input-token-count"
OUTPUT = "x-amzn-bedrock-output-token-count"
"""Headers of a whole answer."""
METRICS = "amazon-bedrock-invocationMetrics"
SETTINGS = (
    *("max_tokens", "temperature", "top_p", "top_k", "stop", "seed"),
    *("presence_penalty", "frequency_penalty", "logit_bias", "logprobs", "top_logprobs", "n"),
    *("service_tier", "user", "metadata", "suffix"),
)

FINISH_REASONS: Mapping[str, FinishReason] = {
    **dict.fromkeys(("stop", "end_turn", "stop_sequence", "stop_criteria_met"), "stop"),
    **dict.fromkeys(("complete", "finish", "endoftext", "eos_token"), "stop"),
    **dict.fromkeys(("length", "max_tokens"), "length"),
    **dict.fromkeys(("content_filtered", "error_toxic", "content_filter"), "content-filter"),
    "error": "error",
}
"""Why a text ended, in the words of all makers, in lower case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How one maker's models are asked, and where their answers say what; paths have dots."""

    fields: Mapping[str, str]
    """What our settings are called."""
    prompt: str = "prompt"
    within: str = ""
    """The object that the settings stand in, if they do."""
    text: tuple[str, ...]
    """Where the text is, in a whole answer or in a piece of one."""
    reason: tuple[str, ...]
    counts: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    """Where the counts of input and output tokens are."""
    limit: int | None = None
    """What is asked for where the service must be told a limit, in tokens."""


COMMON = {"max_tokens": "max_tokens", "temperature": "temperature", "top_p": "top_p"}

FORMS: Mapping[str, Form] = {
    "amazon.titan-text": Form(
        prompt="inputText",
        within="textGenerationConfig",
        fields={
            "max_tokens": "maxTokenCount",
            "temperature": "temperature",
            "top_p": "topP",
            "stop": "stopSequences",
        },
        text=("results.0.outputText", "outputText"),
        reason=("results.0.completionReason", "completionReason"),
        counts=(
            ("inputTextTokenCount",),
            ("results.0.tokenCount", "totalOutputTextTokenCount"),
        ),
    ),
    "anthropic.": Form(
        fields={
            **COMMON,
            "max_tokens": "max_tokens_to_sample",
            "top_k": "top_k",
            "stop": "stop_sequences",
        },
        text=("completion",),
        reason=("stop_reason",),
        limit=4096,
    ),
    "ai21.": Form(
        fields={
            "max_tokens": "maxTokens",
            "temperature": "temperature",
            "top_p": "topP",
            "stop": "stopSequences",
        },
        text=("completions.0.data.text",),
        reason=("completions.0.finishReason.reason",),
    ),
    "cohere.": Form(
        fields={
            "max_tokens": "max_tokens",
            "temperature": "temperature",
            "top_p": "p",
            "top_k": "k",
            "stop": "stop_sequences",
        },
        text=("generations.0.text", "text"),
        reason=("generations.0.finish_reason", "finish_reason"),
    ),
    "meta.": Form(
        fields={**COMMON, "max_tokens": "max_gen_len"},
        text=("generation",),
        reason=("stop_reason",),
        counts=(("prompt_token_count",), ("generation_token_count",)),
    ),
    "mistral.": Form(
        fields={**COMMON, "top_k": "top_k", "stop": "stop"},
        text=("outputs.0.text",),
        reason=("outputs.0.stop_reason",),
    ),
}
"""By how the id of a model begins."""

IMPORTED = Form(
    fields={**COMMON, "stop": "stop", "seed": "seed"},
    text=("choices.0.text",),
    reason=("choices.0.finish_reason",),
    counts=(("usage.prompt_tokens",), ("usage.completion_tokens",)),
)
"""Imported models and endpoints of one's own are asked as OpenAI's completions are."""


def form_of(base: str, provider: str) -> Form:
    """Return how a model is asked for a completion, by its id without geography.

    Raises:
        Unsupported: it is not known.
    """
    for start, form in FORMS.items():
        if base.startswith(start):
            return form
    if "." in base:
        raise Unsupported(f"{base!r} completes no text here: ask it in a chat", provider=provider)
    return IMPORTED


def encode_complete(request: CompleteRequest, form: Form, provider: str) -> Encoded:
    """Encode a request for a completion."""
    ledger, settings = Ledger(provider), dict[str, Any]()
    for name in SETTINGS:
        value = getattr(request, name)
        if value is None:
            continue
        if name in form.fields:
            settings[form.fields[name]] = list(value) if name == "stop" else value
        elif (name, value) != ("n", 1):
            ledger.dropped(name, "the model has no such setting")
    if form.limit is not None and request.max_tokens is None:
        settings[form.fields["max_tokens"]] = form.limit
        ledger.noted("max_tokens", f"the service needs a limit: {form.limit}")
    body: dict[str, Any] = {form.prompt: request.prompt}
    if form.within:
        body |= {form.within: settings} if settings else {}
    else:
        body |= settings
    for name, value in request.provider_options.get(provider, {}).items():
        under = body.get(name)
        both = isinstance(under, dict) and isinstance(value, Mapping)
        body[name] = {**under, **value} if under and both else value
    return Encoded(body, ledger.warnings)


class CompletionDecoder(AnswerDecoder):
    """Decodes one completion, as the form of the model's maker tells where things are."""

    dialect = "InvokeModel"

    def __init__(
        self, provider: str, model: str, secrets: Iterable[str] = (), *, form: Form
    ) -> None:
        super().__init__(provider, model, secrets)
        self._form = form
        self._told_usage = False
        self.headers: Mapping[str, str] = {}
        """Those of a whole answer, in which most makers' models tell no counts."""
        self._reason: str | None = None
        self._extra: dict[str, Any] = {}

    def _frame(self, frame: Frame) -> None:
        if error := refusal(frame, self._provider, self._model, self.secrets):
            raise error
        self._piece(self._json(unwrapped(frame), "a piece of the stream"))

    def _end(self) -> None:
        if self._reason is None:
            raise CutOff("the stream ended before the service said that it was finished")
        self._finish()

    def _whole(self, answer: Any) -> None:
        if not isinstance(first(answer, self._form.text), str):
            raise BadReply("the answer holds no text")
        self._piece(answer)
        self._finish()

    def _piece(self, piece: Mapping[str, Any]) -> None:
        id, model = piece.get("id"), piece.get("model")
        self._turn.start(
            id if isinstance(id, str) else None, model if isinstance(model, str) else None
        )
        if isinstance(text := first(piece, self._form.text), str):
            self._turn.text(text)
        if isinstance(reason := first(piece, self._form.reason), str):
            self._reason = reason
        if usage := self._usage(piece):
            self._tell(usage)
        self._extra |= {
            name: value
            for name, value in piece.items()
            if name.startswith("amazon-bedrock-") and name != METRICS
        }

    def _usage(self, piece: Mapping[str, Any]) -> Usage | None:
        counts: list[int | None] = []
        raw: dict[str, Any] = {}
        for paths in self._form.counts:
            path = next((item for item in paths if count({"": at(piece, item)}, "")), None)
            counts.append(count({"": at(piece, path)}, "") if path else None)
            if path:
                raw[path.rpartition(".")[2]] = counts[-1]
        if counts[1] is None and isinstance(metrics := piece.get(METRICS), Mapping):
            raw = dict(metrics)
            counts = [count(metrics, "inputTokenCount"), count(metrics, "outputTokenCount")]
        told = piece.get("usage")
        raw = dict(told) if isinstance(told, Mapping) else raw
        if counts[1] is None:
            return None
        return Usage(input_tokens=counts[0], output_tokens=counts[1], raw=raw)

    def _tell(self, usage: Usage) -> None:
        self._told_usage = True
        self._turn.usage(usage)

    def _finish(self) -> None:
        self.done = True
        told = {name: self.headers.get(name, "") for name in (INPUT, OUTPUT)}
        if not self._told_usage and all(text.isdecimal() for text in told.values()):
            raw = {name: int(text) for name, text in told.items()}
            self._tell(Usage(input_tokens=raw[INPUT], output_tokens=raw[OUTPUT], raw=raw))
        unified = FINISH_REASONS.get((self._reason or "").lower(), "other")
        self._turn.reason(unified, self._reason)
        self._turn.finish({INVOKE: self._extra} if self._extra else {})


def first(value: Any, paths: Iterable[str]) -> Any:
    """Return what is at the first of some places where there is something."""
    found = (at(value, path) for path in paths)
    return next((item for item in found if item is not None), None)


def at(value: Any, path: str) -> Any:
    """Return what is at a place such as `results.0.outputText`, or None."""
    for step in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value
