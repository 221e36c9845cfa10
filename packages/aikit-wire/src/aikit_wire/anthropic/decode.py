"""Decode answers of the Messages dialect, streamed or whole, into batches of events."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from aicore.errors import BadReply, CutOff
from aicore.responses import FinishReason, Response

from aikit_wire.answer import AnswerDecoder
from aikit_wire.anthropic.content import Content
from aikit_wire.anthropic.dialect import DIALECT, FINISH_REASONS, MESSAGE
from aikit_wire.anthropic.plain import plain_answer
from aikit_wire.anthropic.usage import read_usage, service_tier
from aikit_wire.frames import Frame

DELTA = frozenset({"type", "delta", "usage"})


class MessagesDecoder(AnswerDecoder):
    """Decodes one answer of the dialect.

    The reason why it ended is kept until the stream ends, since usage comes with it. What has no
    place of its own (`stop_sequence`, `stop_details`, `container`, `context_management` …) is the
    step's own data. `answer_tool` is a tool whose arguments are the answer.
    """

    dialect = "Anthropic"

    def __init__(
        self,
        provider: str,
        model: str,
        secrets: Iterable[str] = (),
        *,
        answer_tool: str | None = None,
    ) -> None:
        super().__init__(provider, model, secrets)
        self._answer_tool = answer_tool
        self._content = Content(self._turn, answer_tool)
        self._started = False
        self._reason: str | None = None
        self._usage: dict[str, Any] = {}
        self._extra: dict[str, Any] = {}

    def _frame(self, frame: Frame) -> None:
        data = frame.data.strip()
        if not data:
            return
        if data == b"[DONE]":  # some gateways end every stream so
            self._end()
            return
        event = self._json(data, "a piece of the stream")
        match event.get("type") or frame.event:
            case "message_start":
                self._message(event["message"])
            case "content_block_start":
                self._content.start(event["index"], event["content_block"])
            case "content_block_delta":
                delta, told = event["delta"], self._turn.waiting
                self._content.delta(event["index"], delta)
                if self._turn.waiting == told + 1:
                    self._learn(frame, delta)
            case "content_block_stop":
                self._content.stop(event["index"])
            case "message_delta":
                self._more(event, DELTA)
                self._more(event["delta"], MESSAGE)
            case "message_stop":
                self._finish(told_done=True)
            case "error":
                raise self._error(data)

    def _learn(self, frame: Frame, delta: Mapping[str, Any]) -> None:
        """Learn what frames look like that only add text, from one that caused a single event."""
        match delta:
            case {"type": "text_delta", "text": str(text)} if len(delta) == 2:
                self._adds(frame, b"text", text, self._content.texts)
            case {"type": "thinking_delta", "thinking": str(text)} if len(delta) == 2:
                self._adds(frame, b"thinking", text, self._turn.thoughts)

    def _end(self) -> None:
        self._finish(told_done=False)

    def _plain(self, answer: Any) -> Response | None:
        return plain_answer(answer, self._turn.rate_limits, self._answer_tool)

    def _whole(self, answer: Any) -> None:
        if answer.get("type") == "error" or answer.get("error"):
            raise self._error(json.dumps(answer).encode())
        if not isinstance(answer.get("content"), list):
            raise BadReply("the answer holds no content")
        self._message(answer)
        self._finish(told_done=True)

    def _message(self, message: Mapping[str, Any]) -> None:
        """Take the beginning of an answer, or all of it; one that is told again says nothing."""
        if self._started:
            return
        self._started = True
        id, model = message.get("id"), message.get("model")
        self._turn.start(
            id if isinstance(id, str) else None, model if isinstance(model, str) else None
        )
        for index, block in enumerate(message.get("content") or ()):
            self._content.whole(index, block)
        self._more(message, MESSAGE)

    def _more(self, fields: Mapping[str, Any], known: frozenset[str]) -> None:
        """Take why the answer ended, what it used so far, and what has no other place."""
        if reason := fields.get("stop_reason"):
            self._reason = str(reason)
        if usage := fields.get("usage"):
            told = {name: value for name, value in usage.items() if value is not None}
            if self._usage != (merged := {**self._usage, **told}):
                self._usage = merged
                self._turn.usage(read_usage(merged))
        self._extra |= {
            name: value for name, value in fields.items() if name not in known and value is not None
        }

    def _finish(self, *, told_done: bool) -> None:
        """End the turn; a service that says it is done but not why has at least finished.

        Raises:
            CutOff: it said neither.
        """
        if self._reason is None and not (told_done and self._started):
            raise CutOff("the stream ended before the service said that it was finished")
        self.done = True
        self._content.close()
        self._turn.reason(self._unified(), self._reason)
        if tier := service_tier(self._usage):
            self._extra["service_tier"] = tier
        self._turn.finish({DIALECT: self._extra} if self._extra else {})

    def _unified(self) -> FinishReason:
        calls = self._turn.has_calls
        if self._reason is None:
            return "tool-calls" if calls else "other"
        if self._reason == "tool_use" and self._content.answered and not calls:
            return "stop"
        return FINISH_REASONS.get(self._reason, "other")
