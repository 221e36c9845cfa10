"""Decode answers of the Converse dialect, streamed or whole, into batches of events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aicore.errors import BadReply, CutOff
from aicore.responses import FinishReason
from aikit_wire.answer import AnswerDecoder
from aikit_wire.frames import Frame

from aikit_provider_bedrock.converse.content import Content
from aikit_provider_bedrock.converse.dialect import DIALECT, FINISH_REASONS
from aikit_provider_bedrock.converse.usage import read_usage
from aikit_provider_bedrock.framing import refusal

TOLD = frozenset({"output", "stopReason", "usage", "role", "serviceTier", "p"})
"""Fields that have a place of their own, and the padding."""


class ConverseDecoder(AnswerDecoder):
    """Decodes one answer of the dialect.

    A stream tells why it ended before it tells what it used, and that is its last word. What has
    no place of its own (`trace`, `metrics`, `additionalModelResponseFields` …) is the step's data.
    """

    dialect = "Converse"

    def __init__(
        self,
        provider: str,
        model: str,
        secrets: Iterable[str] = (),
        *,
        claude: bool = False,
        answer_tool: str | None = None,
    ) -> None:
        super().__init__(provider, model, secrets)
        self._content = Content(self._turn, claude=claude, answer_tool=answer_tool)
        self._reason: str | None = None
        self._extra: dict[str, Any] = {}

    def _frame(self, frame: Frame) -> None:
        if error := refusal(frame, self._provider, self._model, self.secrets):
            raise error
        self._event(frame.event, self._json(frame.data, "a piece of the stream"))

    def _event(self, name: str, event: Mapping[str, Any]) -> None:
        match name:
            case "messageStart":
                self._turn.start()
            case "contentBlockStart":
                self._content.start(event["contentBlockIndex"], event["start"])
            case "contentBlockDelta":
                self._content.delta(event["contentBlockIndex"], event["delta"])
            case "contentBlockStop":
                self._content.stop(event["contentBlockIndex"])
            case "messageStop":
                self._more(event)
            case "metadata":
                self._more(event)
                if self._reason is not None:
                    self._finish()

    def _end(self) -> None:
        if self._reason is None:
            raise CutOff("the stream ended before the service said that it was finished")
        self._finish()

    def _whole(self, answer: Any) -> None:
        message = answer["output"]["message"] if answer.get("output") else None
        if message is None:
            raise BadReply("the answer holds no message")
        self._turn.start()
        for index, block in enumerate(message["content"]):
            self._content.whole(index, block)
        self._more(answer)
        if self._reason is None:
            raise CutOff("the answer does not say why it ended")
        self._finish()

    def _more(self, fields: Mapping[str, Any]) -> None:
        """Take why the answer ended, what it used, and what has no other place."""
        if reason := fields.get("stopReason"):
            self._reason = str(reason)
        if usage := fields.get("usage"):
            self._turn.usage(read_usage(usage))
        if tier := fields.get("serviceTier"):
            self._extra["service_tier"] = tier["type"]
        self._extra |= {
            name: value for name, value in fields.items() if name not in TOLD and value is not None
        }

    def _finish(self) -> None:
        self.done = True
        self._content.close()
        self._turn.reason(self._unified(), self._reason)
        self._turn.finish({DIALECT: self._extra} if self._extra else {})

    def _unified(self) -> FinishReason:
        if self._reason == "tool_use" and self._content.answered and not self._turn.has_calls:
            return "stop"
        return FINISH_REASONS.get(self._reason or "", "other")
