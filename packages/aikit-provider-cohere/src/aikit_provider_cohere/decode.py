"""Decode answers of Cohere's chat API, v2, streamed or whole, into batches of events."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aicore.errors import BadReply, CutOff
from aicore.messages import OpaquePart
from aicore.responses import FinishReason, TokenLogprob
from aikit_wire.answer import AnswerDecoder
from aikit_wire.frames import Frame

from aikit_provider_cohere.sources import DIALECT, Json, source_parts, string, text
from aikit_provider_cohere.usage import read_usage

FINISH: Mapping[str, FinishReason] = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop",
    "MAX_TOKENS": "length",
    "TOOL_CALL": "tool-calls",
    "ERROR": "error",
    "TIMEOUT": "error",
    "ERROR_LIMIT": "length",  # v1: the context was full
    "ERROR_TOXIC": "content-filter",  # v1
}
ANSWER = frozenset({"id", "message", "finish_reason", "usage", "logprobs"})
MESSAGE = frozenset({"role", "content", "tool_plan", "tool_calls", "citations"})
END = frozenset({"finish_reason", "usage", "error"})


class CohereDecoder(AnswerDecoder):
    """Decodes one answer; its last word is `message-end`.

    What is cited is told at the end, with its place in the text.
    """

    dialect = "Cohere"

    def __init__(self, provider: str, model: str, secrets: Iterable[str] = ()) -> None:
        super().__init__(provider, model, secrets)
        self._kind: str | None = None
        self._unknown: Json = {}
        self._length = 0
        self._offsets: dict[Any, int] = {}
        self._arguments: dict[Any, str | None] = {}
        self._citations: list[Json] = []

    def _frame(self, frame: Frame) -> None:
        if frame.data == b"[DONE]":
            return
        event = self._json(frame.data, "an event of the stream")
        if not isinstance(event, dict):
            raise BadReply("an event of the stream is no JSON object")
        waiting = self._turn.waiting
        self._event(event)
        if self._turn.waiting - waiting == 1:
            self._learn(frame, event)

    def _event(self, event: Json) -> None:
        message: Json = (event.get("delta") or {}).get("message") or {}
        match event.get("type"):
            case "message-start":
                self._turn.start(text(event.get("id")))
            case "content-start":
                self._block(event.get("index"), message["content"])
            case "content-delta":
                self._logprobs([event["logprobs"]] if event.get("logprobs") else ())
                self._add(message["content"])
            case "content-end":
                self._end_block()
            case "tool-plan-delta":
                self._say("tool_plan", message["tool_plan"])
            case "tool-call-start":
                self._call(event.get("index"), message["tool_calls"])
            case "tool-call-delta":
                piece = message["tool_calls"]["function"]["arguments"]
                self._argue(event.get("index"), piece)
            case "citation-start":
                self._citations.append(message["citations"])
            case "message-end":
                delta = event["delta"]
                beside = {name: delta[name] for name in delta.keys() - END}
                self._finish(delta, beside)
            case None:
                raise self._error(json.dumps(event).encode())

    def _learn(self, frame: Frame, event: Json) -> None:
        """Learn what frames look like that only add text, from one that caused a single event."""
        if event.get("logprobs"):
            return
        match event.get("delta"):
            case {"message": {"content": {"text": str(said)} as content}} if len(content) == 1:
                self._adds(frame, b"text", said, self._texts)
            case {"message": {"content": {"thinking": str(said)} as content}} if len(content) == 1:
                self._adds(frame, b"thinking", said, self._turn.thoughts)
            case {"message": {"tool_plan": str(said)}}:
                self._adds(frame, b"tool_plan", said, self._turn.thoughts)

    def _end(self) -> None:
        raise CutOff("the stream ended before the service said that the message was whole")

    def _whole(self, answer: Any) -> None:
        if "message" not in answer or isinstance(answer["message"], str):
            raise self._error(json.dumps(answer).encode())
        message = answer["message"]
        self._turn.start(text(answer.get("id")))
        if plan := message.get("tool_plan"):
            self._say("tool_plan", plan)
        content = message.get("content") or ()
        if isinstance(content, str):
            content = ({"type": "text", "text": content},)
        for index, item in enumerate(content):
            self._block(index, item)
            self._end_block()
        for index, call in enumerate(message.get("tool_calls") or ()):
            self._call(index, call)
        self._citations += message.get("citations") or ()
        self._logprobs(answer.get("logprobs") or ())
        more = {name: message[name] for name in message.keys() - MESSAGE}
        beside = {name: answer[name] for name in answer.keys() - ANSWER}
        self._finish(answer, beside, more)

    def _block(self, index: Any, item: Json) -> None:
        """Begin a block of the message; of what is not known, the pieces are put together."""
        self._end_block()
        self._offsets[index] = self._length
        if item.get("type") in ("text", "thinking"):
            self._add(item)
        else:
            self._unknown = dict(item)

    def _add(self, content: Json) -> None:
        if self._unknown:
            for name, value in content.items():
                joins = name != "type" and isinstance(value, str) and name in self._unknown
                self._unknown[name] = self._unknown[name] + value if joins else value
            return
        for name in ("thinking", "text"):
            if content.get(name):
                self._say(name, content[name])

    def _end_block(self) -> None:
        self._turn.end_prose()
        self._kind = None
        if self._unknown:
            self._turn.add(OpaquePart(DIALECT, self._unknown))
            self._unknown = {}

    def _say(self, kind: str, piece: Any) -> None:
        said = string(piece)
        if kind != self._kind:
            self._end_block()
            self._kind = kind
            if kind == "tool_plan":
                self._turn.prose_data("reasoning", DIALECT, {"tool_plan": True})
        if kind == "text":
            self._length += len(said)
            self._turn.text(said)
        else:
            self._turn.reasoning(said)

    def _texts(self, pieces: Sequence[str]) -> None:
        self._length += sum(map(len, pieces))
        self._turn.texts(pieces)

    def _call(self, index: Any, call: Json) -> None:
        self._end_block()
        function = dict(call["function"])
        name, arguments = function.pop("name"), function.pop("arguments", None)
        own = {field: call[field] for field in call.keys() - {"id", "type", "function"}}
        if function:
            own["function"] = function
        self._turn.tool_call(
            index, string(call["id"]), string(name), data={DIALECT: own} if own else None
        )
        self._arguments[index] = ""
        self._argue(index, "" if arguments is None else arguments)

    def _argue(self, index: Any, piece: str) -> None:
        """Add to a call's arguments; a call of a tool that takes none may come with `null`."""
        held, piece = self._arguments.get(index), string(piece)
        if held is None:
            self._turn.arguments(index, piece)
        elif "null".startswith(held + piece):
            self._arguments[index] = held + piece
        else:
            self._arguments[index] = None
            self._turn.arguments(index, held + piece)

    def _logprobs(self, items: Iterable[Json]) -> None:
        """Tell how likely each piece was; one that is several tokens is their product."""
        told = [
            TokenLogprob(string(item.get("text") or ""), float(sum(item["logprobs"])))
            for item in items
            if item.get("logprobs")
        ]
        self._turn.logprobs(tuple(told))

    def _finish(self, end: Json, beside: Json, more: Json | None = None) -> None:
        if end.get("error"):
            raise self._error(json.dumps({"message": end["error"]}).encode())
        if not isinstance(raw := end.get("finish_reason"), str):
            raise CutOff("the answer ends without a reason")
        self._end_block()
        for index, held in self._arguments.items():
            if held is not None:
                self._turn.arguments(index, "{}" if held in ("", "null") else held)
        for citation in self._citations:
            for part in source_parts(citation, self._offsets.get(citation.get("content_index"), 0)):
                self._turn.add(part)
        if usage := read_usage(end.get("usage")):
            self._turn.usage(usage)
        self.done = True
        reason = FINISH.get(raw, "other")
        self._turn.reason(reason, raw, data={DIALECT: more} if more else None)
        self._turn.finish({DIALECT: beside} if beside else {})
