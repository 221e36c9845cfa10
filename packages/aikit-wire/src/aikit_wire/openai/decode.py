"""Decode answers of the OpenAI chat dialect, streamed or whole, into batches of events."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from aicore.errors import BadReply, CutOff
from aicore.responses import Response

from aikit_wire.answer import AnswerDecoder
from aikit_wire.errors import message_of
from aikit_wire.frames import Frame
from aikit_wire.openai.candidate import Candidate
from aikit_wire.openai.cost import read_cost
from aikit_wire.openai.manifest import DIALECT, Manifest
from aikit_wire.openai.plain import plain_answer
from aikit_wire.openai.sources import read_sources
from aikit_wire.openai.usage import read_usage

CHUNK = frozenset({"id", "object", "created", "model", "choices", "usage", "error", "obfuscation"})


class ChatDecoder(AnswerDecoder):
    """Decodes one answer of the dialect.

    The finish reason is kept until the stream ends, because usage may come after it. A stream
    that ends without `[DONE]` and without a finish reason is `CutOff`.
    """

    dialect = "OpenAI"

    def __init__(self, manifest: Manifest, model: str, secrets: Iterable[str] = ()) -> None:
        super().__init__(manifest.name, model, secrets)
        self._manifest = manifest
        self._id: str | None = None
        self._raw_usage: Any = None
        self._candidates: dict[int, Candidate] = {}
        self._extra: dict[str, Any] = {}

    def _frame(self, frame: Frame) -> None:
        data = frame.data.strip()
        if data.startswith(b"[DONE]"):
            self._finish(told_done=True)
        elif frame.event == "error":
            raise self._error(data)
        elif data:
            chunk, told = self._json(data, "a piece of the stream"), self._turn.waiting
            if isinstance(chunk, dict):
                self._chunk(chunk, "delta")
                if self._turn.waiting == told + 1:
                    self._learn(frame, chunk)

    def _learn(self, frame: Frame, chunk: dict[str, Any]) -> None:
        """Learn what frames look like that only add text, from one that caused a single event."""
        match chunk.get("choices"):
            case [{"delta": dict(delta)} as choice] if not choice.get("finish_reason"):
                index = choice.get("index") or 0
                name = None if index else self._candidates[index].only(delta)
                if name is not None:
                    write = self._turn.texts if name == "content" else self._turn.thoughts
                    self._adds(frame, name.encode(), delta[name], write)

    def _end(self) -> None:
        self._finish(told_done=False)

    def _plain(self, answer: Any) -> Response | None:
        return plain_answer(answer, self._manifest, self._turn.rate_limits)

    def _whole(self, answer: Any) -> None:
        if not (isinstance(answer, dict) and answer.get("choices")):
            if message_of(answer):
                raise self._error(json.dumps(answer).encode())
            raise BadReply("the answer holds no choices")
        self._chunk(answer, "message")
        self._finish(told_done=True)

    def _chunk(self, chunk: dict[str, Any], kind: str) -> None:
        if chunk.get("error") or chunk.get("object") == "error" or chunk.get("type") == "error":
            raise self._error(json.dumps(chunk).encode())
        choices = chunk.get("choices") or ()
        if self._id is None and (choices or chunk.get("id")):
            self._start(chunk)
        for choice in choices:
            if error := choice.get("error"):  # OpenRouter
                raise self._error(json.dumps({"error": error}).encode())
            index = choice.get("index") or 0
            candidate = self._candidates.get(index)
            if candidate is None:
                candidate = Candidate(self._turn, int(index), self._manifest, self._model)
                self._candidates[index] = candidate
            candidate.take(choice, kind, self._id)
            self._tell_usage(choice.get("usage"))  # Moonshot
        if extra := chunk.keys() - CHUNK:
            self._more(chunk, extra)
        self._tell_usage(chunk.get("usage"))

    def _start(self, chunk: dict[str, Any]) -> None:
        id, model, created = chunk.get("id"), chunk.get("model"), chunk.get("created")
        self._id = id if isinstance(id, str) else ""
        self._turn.start(
            self._id,
            model if isinstance(model, str) else None,
            int(created) if isinstance(created, int | float) else None,
        )

    def _more(self, chunk: dict[str, Any], names: set[str]) -> None:
        """Keep what has no place of its own; Groq's streams tell usage and errors in `x_groq`."""
        kept = {name: chunk[name] for name in names if chunk[name] is not None}
        groq = kept.get("x_groq")
        if isinstance(groq, dict):
            if error := groq.get("error"):
                raise self._error(json.dumps({"error": error}).encode())
            if not chunk.get("usage"):
                self._tell_usage(groq.get("usage"))
            rest = {name: value for name, value in groq.items() if name != "usage"}
            kept["x_groq"] = {**self._extra.get("x_groq", {}), **rest}
        self._extra |= kept

    def _tell_usage(self, raw: Any) -> None:
        if raw and raw != self._raw_usage and isinstance(raw, dict):
            self._raw_usage = raw
            beside = self._manifest.reasoning_beside_output
            self._turn.usage(read_usage(raw, reasoning_beside_output=beside))

    def _tell_sources(self) -> None:
        """Tell what stands beside the whole answer, repeated and growing in each piece of it."""
        told = {name: self._extra.pop(name, None) for name in ("citations", "search_results")}
        for source in read_sources(told["citations"], told["search_results"]):
            self._turn.add(source)

    def _finish(self, *, told_done: bool) -> None:
        """End the turn; a service that said `[DONE]` but no reason has at least finished."""
        self.done = True
        for candidate in self._candidates.values():
            candidate.finish(told_done=told_done)
        if not self._candidates and told_done:
            raise CutOff("the stream said it was done before any answer")
        self._tell_sources()
        data = {DIALECT: self._extra} if self._extra else {}
        self._turn.finish(data, read_cost(self._raw_usage, self._manifest))
