"""Decode answers of the Responses dialect, streamed or whole, into batches of events."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from aicore.errors import AIError, BadReply, CutOff
from aicore.jobs import JobStatus
from aicore.responses import FinishReason

from aikit_wire.answer import AnswerDecoder
from aikit_wire.errors import message_of
from aikit_wire.frames import Frame
from aikit_wire.openai.cost import read_cost
from aikit_wire.openai.manifest import Manifest
from aikit_wire.responses.dialect import DIALECT, INCOMPLETE, rest
from aikit_wire.responses.output import Output, place
from aikit_wire.responses.usage import read_usage

LAST: Mapping[str, str] = {
    "response.completed": "completed",
    "response.incomplete": "incomplete",
    "response.failed": "failed",
    "response.cancelled": "cancelled",
    "response.done": "completed",  # xAI
}
"""Events after which nothing comes, and the status that they stand for."""

JOB_STATUS: Mapping[str, JobStatus] = {
    "queued": "pending",
    "in_progress": "running",
    "completed": "succeeded",
    "incomplete": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
}
"""What has become of an answer of the background."""

TOLD = ("id", "object", "created_at", "model", "output", "error", "usage")
"""Fields of an answer that have a place of their own."""

ECHOED = (
    "instructions",
    "input",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "frequency_penalty",
    "parallel_tool_calls",
    "presence_penalty",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
)
"""Fields of an answer that repeat the request, or tell the defaults of what it did not say."""

LONGEST_COUNT = len("call_999")


class ResponsesDecoder(AnswerDecoder):
    """Decodes one answer of the dialect.

    What an answer says of itself and has no place of its own (`status`, `service_tier`,
    `conversation` …) is the step's own data. An answer that works on in the background ends here
    with its status as the raw reason.
    """

    dialect = "OpenAI Responses"

    def __init__(
        self,
        manifest: Manifest,
        model: str,
        secrets: Iterable[str] = (),
        *,
        job: bool = False,
        resumed: bool = False,
    ) -> None:
        super().__init__(manifest.name, model, secrets)
        self._manifest = manifest
        self._job = job
        self._status = "queued"
        self._output = Output(self._turn, self._call_id, resumed=resumed)
        self._id: str | None = None

    def _frame(self, frame: Frame) -> None:
        data = frame.data.strip()
        if not data:
            return
        if data.startswith(b"[DONE]"):
            self._end()
        event, output = self._json(data, "a piece of the stream"), self._output
        if self._job:
            self._report(event.get("response") or {}, event.get("sequence_number"))
        match kind := event.get("type") or frame.event:
            case "response.created" | "response.queued" | "response.in_progress":
                self._start(event["response"])
            case "response.output_item.added":
                output.start(place(event), event["item"])
            case "response.output_item.done":
                output.stop(place(event), event["item"])
            case "response.content_part.added":
                output.begin(event)
            case "response.content_part.done":
                output.end(event)
            case "response.output_text.delta":
                output.write(event, "output_text", event.get("content_index") or 0)
            case "response.refusal.delta":
                output.write(event, "refusal", event.get("content_index") or 0)
            case "response.reasoning_summary_text.delta":
                output.write(event, "summary_text", event.get("summary_index") or 0)
            case "response.reasoning_text.delta":
                output.write(event, "reasoning_text", event.get("content_index") or 0)
            case "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta":
                output.argue(event)
            case "response.output_text.annotation.added":
                output.cite(event)
            case "error":
                raise self._failure(event)
            case _ if kind in LAST:
                self._finish(event["response"], LAST[kind])
            case _ if event.get("error") and not event.get("type"):
                raise self._failure(event)

    def _end(self) -> None:
        raise CutOff("the stream ended before the service said that it was finished")

    def _whole(self, answer: Any) -> None:
        if not (isinstance(answer, dict) and isinstance(answer.get("output"), list)):
            if message_of(answer):
                raise self._error(json.dumps(answer).encode())
            raise BadReply("the answer holds no output")
        if self._job:
            self._report(answer)
        self._finish(answer, "completed")

    def _failure(self, event: Mapping[str, Any]) -> AIError:
        """Make the error of an event that is one; its own `type` is no code."""
        error = event.get("error") or rest(event, "type", "sequence_number")
        return self._error(json.dumps({"error": error}).encode())

    def _start(self, answer: Mapping[str, Any]) -> None:
        id, model, created = (answer.get(name) for name in ("id", "model", "created_at"))
        self._id = id if isinstance(id, str) else None
        self._turn.start(
            self._id,
            model if isinstance(model, str) else None,
            int(created) if isinstance(created, int | float) else None,
        )

    def _call_id(self, told: Any) -> Any:
        """Return the id of a call, made unique where the service counts them in each answer."""
        counted = self._manifest.counted_call_ids and isinstance(told, str) and self._id
        if counted and told.removeprefix("call_").isdecimal() and len(told) <= LONGEST_COUNT:
            return f"{self._id}:{told}"
        return told

    def _report(self, answer: Mapping[str, Any], number: Any = None) -> None:
        """Tell what has become of a job, and which event of its stream comes now."""
        self._status = str(answer.get("status") or self._status)
        status = JOB_STATUS.get(self._status, "running")
        cursor = str(number) if isinstance(number, int) else None
        self._turn.job(self._id or str(answer.get("id") or ""), status, self._status, cursor)

    def _finish(self, answer: Mapping[str, Any], status: str) -> None:
        if answer.get("error"):
            failure = self._failure({"error": answer["error"]})
            if self._job:
                failure.details = {**failure.details, "job_status": self._status}
            raise failure
        self.done = True
        self._start(answer)
        self._output.close(answer.get("output") or ())
        if usage := answer.get("usage"):
            self._turn.usage(read_usage(usage))
        status = str(answer.get("status") or status)
        details = answer.get("incomplete_details") or {}
        reason = str(details.get("reason") or "")
        origin = {"provider": self._provider, **({"response_id": self._id} if self._id else {})}
        unified = self._unified(status, reason)
        self._turn.reason(unified, reason or status, data={DIALECT: origin})
        cost = read_cost(usage, self._manifest)
        self._turn.finish({DIALECT: rest(answer, *TOLD, *ECHOED)}, cost)

    def _unified(self, status: str, reason: str) -> FinishReason:
        match status:
            case "completed":
                return "tool-calls" if self._output.called else "stop"
            case "incomplete":
                return INCOMPLETE.get(reason, "other")
            case "failed":
                return "error"
            case _:
                return "other"
