"""Decode answers of the OpenAI chat dialect, streamed or whole, into batches of events."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from aicore.calls import Batch
from aicore.errors import AIError, BadReply, CutOff
from aicore.turn import Turn
from pydantic_core import from_json

from aikit_wire.errors import message_of, read_error
from aikit_wire.frames import Frame
from aikit_wire.openai.candidate import Candidate
from aikit_wire.openai.manifest import DIALECT, Manifest
from aikit_wire.openai.usage import read_usage
from aikit_wire.redact import redacted

CHUNK = frozenset({"id", "object", "created", "model", "choices", "usage", "error", "obfuscation"})


class ChatDecoder:
    """Decodes one answer: give it every frame of a stream and `close`, or one whole `body`.

    The finish reason is kept until the stream ends, because usage may come after it. A stream
    that ends without `[DONE]` and without a finish reason is `CutOff`. `secrets` are masked in
    errors that the answer holds.
    """

    def __init__(self, manifest: Manifest, model: str, secrets: Iterable[str] = ()) -> None:
        self._manifest = manifest
        self._model = model
        self._secrets = tuple(secrets)
        self._turn = Turn()
        self._id: str | None = None
        self._candidates: dict[int, Candidate] = {}
        self._raw_usage: Any = None
        self._extra: dict[str, Any] = {}
        self._fault: AIError | None = None
        self.done = False

    def frames(self, frames: list[Frame]) -> Batch:
        """Decode the frames of one network read.

        What came before a fault is returned first; `check` (and the next call) raises it.

        Raises:
            AIError: the service reported an error in the stream.
            BadReply: a frame is not JSON of this dialect.
        """
        self.check()
        try:
            for frame in frames:
                if not self.done:
                    self._frame(frame)
        except AIError as error:
            self._fault = error
        except MALFORMED as error:
            self._fault = foreign(error)
        batch = self._turn.take()
        if not batch:
            self.check()
        return batch

    def check(self) -> None:
        """Raise the fault that the last frames ended in, if there was one."""
        if self._fault is not None:
            raise self._fault

    def _frame(self, frame: Frame) -> None:
        data = frame.data.strip()
        if data.startswith(b"[DONE]"):
            self._finish(told_done=True)
        elif frame.event == "error":
            raise self._error(data)
        elif data:
            chunk = self._read(data, "a piece of the stream")
            if isinstance(chunk, dict):
                self._chunk(chunk, "delta")

    def _read(self, data: bytes, what: str) -> Any:
        try:
            return from_json(data)
        except ValueError:
            shown = redacted(data[:200].decode("utf-8", "replace"), self._secrets)
            raise BadReply(f"{what} is not JSON: {shown!r}") from None

    def close(self) -> Batch:
        """Decode the end of the body.

        Raises:
            CutOff: the service had not finished.
        """
        self.check()
        if not self.done:
            with dialect():
                self._finish(told_done=False)
        return self._turn.take()

    def body(self, data: bytes) -> Batch:
        """Decode a whole answer.

        Raises:
            AIError: the body is an error, although its status was not.
            BadReply: it is no answer of this dialect.
        """
        answer = self._read(data, "the answer")
        if not (isinstance(answer, dict) and answer.get("choices")):
            if message_of(answer):
                raise self._error(data)
            raise BadReply("the answer holds no choices")
        with dialect():
            self._chunk(answer, "message")
            self._finish(told_done=True)
        return self._turn.take()

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
        if extra := chunk.keys() - CHUNK:
            self._more(chunk, extra)
        self._tell_usage(chunk.get("usage"))

    def _start(self, chunk: dict[str, Any]) -> None:
        id, model, created = (chunk.get(name) for name in ("id", "model", "created"))
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

    def _error(self, body: bytes) -> AIError:
        manifest, secrets = self._manifest, self._secrets
        return read_error(
            None, {}, body, provider=manifest.name, model=self._model, secrets=secrets
        )

    def _finish(self, *, told_done: bool) -> None:
        """End the turn; a service that said `[DONE]` but no reason has at least finished."""
        self.done = True
        for candidate in self._candidates.values():
            candidate.finish(told_done=told_done)
        if not self._candidates and told_done:
            raise CutOff("the stream said it was done before any answer")
        self._turn.finish({DIALECT: self._extra} if self._extra else {})


MALFORMED = (AttributeError, KeyError, OverflowError, TypeError, ValueError)
"""What reading JSON of another structure than the dialect's comes to."""


def foreign(error: Exception) -> BadReply:
    return BadReply(f"the answer is not in the OpenAI dialect ({type(error).__name__}: {error})")


@contextmanager
def dialect() -> Iterator[None]:
    """Turn what reading JSON of another structure comes to into a `BadReply`."""
    try:
        yield
    except AIError:
        raise
    except MALFORMED as error:
        raise foreign(error) from error
