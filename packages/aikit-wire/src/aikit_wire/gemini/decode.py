"""Decode answers of the Gemini dialect, streamed or whole, into batches of events."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from aicore.errors import BadReply, CutOff
from aicore.responses import Response

from aikit_wire.answer import AnswerDecoder
from aikit_wire.frames import Frame
from aikit_wire.gemini.candidate import Candidate
from aikit_wire.gemini.plain import ANSWER, plain_answer, seconds
from aikit_wire.gemini.surface import DIALECT
from aikit_wire.gemini.usage import read_usage


class ContentDecoder(AnswerDecoder):
    """Decodes one answer: a `GenerateContentResponse`, a stream of them, or a list.

    Nothing marks the end of a stream, so one that ends without a finish reason is `CutOff`. A
    list is how the service streams without `alt=sse`. A prompt that was blocked comes to one empty
    candidate with the finish reason `content-filter`.
    """

    dialect = "Gemini"

    def __init__(self, provider: str, model: str, secrets: Iterable[str] = ()) -> None:
        super().__init__(provider, model, secrets)
        self._id: str | None = None
        self._candidates: dict[int, Candidate] = {}
        self._raw_usage: Any = None
        self._blocked: str | None = None
        self._extra: dict[str, Any] = {}

    def _frame(self, frame: Frame) -> None:
        data = frame.data.strip()
        if data:
            self._chunk(self._json(data, "a piece of the stream"))

    def _end(self) -> None:
        if not self._candidates and not self._blocked:
            raise CutOff("the stream ended before any answer")
        if any(item.reason is None for item in self._candidates.values()) and not self._blocked:
            raise CutOff("the stream ended before the service said that it was finished")
        self._finish()

    def _plain(self, answer: Any) -> Response | None:
        return plain_answer(answer, self._turn.rate_limits)

    def _whole(self, answer: Any) -> None:
        chunks = answer if isinstance(answer, list) else [answer]
        for chunk in chunks:
            self._chunk(chunk)
        if not self._candidates and not self._blocked:
            known = self._id is not None or self._raw_usage is not None
            kind = CutOff if known else BadReply
            raise kind("the answer holds no candidates")
        if isinstance(answer, list):
            self._end()
        else:
            self._finish()

    def _chunk(self, chunk: Any) -> None:
        if not isinstance(chunk, dict):
            raise TypeError(f"a response is an object, not {type(chunk).__name__}")
        if chunk.get("error"):
            raise self._error(json.dumps(chunk).encode())
        candidates = chunk.get("candidates") or ()
        if self._id is None and (candidates or "responseId" in chunk or "modelVersion" in chunk):
            self._start(chunk)
        for item in candidates:
            index = int(item.get("index") or 0)
            if index not in self._candidates:
                self._candidates[index] = Candidate(self._turn, index)
            self._candidates[index].take(item, self._id)
        if reason := (chunk.get("promptFeedback") or {}).get("blockReason"):
            self._blocked = str(reason)
        for name in chunk.keys() - ANSWER:
            self._extra[name] = chunk[name]
        usage = chunk.get("usageMetadata")
        if usage and usage != self._raw_usage:
            self._raw_usage = usage
            self._turn.usage(read_usage(usage))

    def _start(self, chunk: dict[str, Any]) -> None:
        id, model = chunk.get("responseId"), chunk.get("modelVersion")
        self._id = id if isinstance(id, str) else ""
        self._turn.start(
            self._id or None,
            model if isinstance(model, str) else None,
            seconds(chunk.get("createTime")),
        )

    def _finish(self) -> None:
        if not self._candidates:
            self._candidates[0] = Candidate(self._turn, 0)
        for candidate in self._candidates.values():
            candidate.finish(self._blocked)
        self._turn.finish({DIALECT: self._extra} if self._extra else {})
