"""Decode answers of the OpenAI chat dialect, streamed or whole, into batches of events."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from aicore.calls import Batch
from aicore.errors import AIError, BadReply, CutOff
from aicore.messages import AudioPart, OpaquePart, SourcePart
from aicore.responses import TokenLogprob, TopLogprob
from aicore.turn import Turn
from pydantic_core import from_json

from aikit_wire.errors import read_error
from aikit_wire.frames import Frame
from aikit_wire.openai.manifest import Manifest
from aikit_wire.openai.messages import DIALECT
from aikit_wire.openai.thinking import ThinkTags, think_tags
from aikit_wire.openai.tool_calls import ToolCalls
from aikit_wire.openai.usage import read_usage

CHUNK = frozenset({"id", "object", "created", "model", "choices", "usage", "error", "obfuscation"})
CHOICE = frozenset({"index", "delta", "message", "finish_reason", "logprobs", "text"})
USUAL = frozenset({"role", "content", "refusal", "tool_calls"})
STATUS = ("status_code", "status", "code")
RARE = frozenset({"function_call", "audio", "annotations"})


class ChatDecoder:
    """Decodes one answer: give it every frame of a stream and `close`, or one whole `body`.

    The finish reason is kept until the stream ends, because usage may come after it. A stream
    that ends without `[DONE]` and without a finish reason is `CutOff`.
    """

    def __init__(self, manifest: Manifest, model: str) -> None:
        self._manifest = manifest
        self._model = model
        self._turn = Turn()
        self._id: str | None = None
        self._candidates: dict[int, _Candidate] = {}
        self._raw_usage: Any = None
        self._extra: dict[str, Any] = {}
        self._fault: AIError | None = None
        self.done = False
        self._reasoning = tuple(manifest.reasoning_fields)

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
                    self._frame(frame.data)
        except AIError as error:
            self._fault = error
        batch = self._turn.take()
        if not batch:
            self.check()
        return batch

    def check(self) -> None:
        """Raise the fault that the last frames ended in, if there was one."""
        if self._fault is not None:
            raise self._fault

    def _frame(self, data: bytes) -> None:
        if data.startswith(b"[DONE]"):
            self._finish(told_done=True)
            return
        try:
            chunk = from_json(data)
        except ValueError:
            shown = data[:200].decode("utf-8", "replace")
            raise BadReply(f"a piece of the stream is not JSON: {shown!r}") from None
        if isinstance(chunk, dict):
            self._chunk(chunk, "delta")

    def close(self) -> Batch:
        """Decode the end of the body.

        Raises:
            CutOff: the service had not finished.
        """
        self.check()
        if not self.done:
            self._finish(told_done=False)
        return self._turn.take()

    def body(self, data: bytes) -> Batch:
        """Decode a whole answer.

        Raises:
            AIError: the body is an error, although its status was not.
            BadReply: it is no answer of this dialect.
        """
        try:
            answer = from_json(data)
        except ValueError:
            shown = data[:200].decode("utf-8", "replace")
            raise BadReply(f"the answer is not JSON: {shown!r}") from None
        if not isinstance(answer, dict) or not (answer.get("choices") or answer.get("error")):
            raise BadReply("the answer holds no choices")
        self._chunk(answer, "message")
        self._finish(told_done=True)
        return self._turn.take()

    def _chunk(self, chunk: dict[str, Any], kind: str) -> None:
        if error := chunk.get("error"):
            raise self._error(error)
        choices = chunk.get("choices") or ()
        if self._id is None and (choices or chunk.get("id")):
            self._id = chunk.get("id") or ""
            self._turn.start(chunk.get("id"), chunk.get("model"), chunk.get("created"))
        for choice in choices:
            index = choice.get("index") or 0
            candidate = self._candidates.get(index)
            if candidate is None:
                candidate = self._candidates[index] = _Candidate(self, index)
            candidate.take(choice, kind)
        extra = chunk.keys() - CHUNK
        if extra:
            self._more(chunk, extra)
        usage = chunk.get("usage")
        if usage and usage != self._raw_usage:
            self._tell_usage(usage)

    def _more(self, chunk: dict[str, Any], names: set[str]) -> None:
        """Keep what has no place of its own; Groq's streams tell usage and errors in `x_groq`."""
        self._extra |= {name: chunk[name] for name in names if chunk[name] is not None}
        groq = chunk.get("x_groq")
        if isinstance(groq, dict):
            if groq.get("error"):
                raise self._error(groq["error"])
            if groq.get("usage") and not chunk.get("usage"):
                self._tell_usage(groq["usage"])

    def _tell_usage(self, raw: dict[str, Any]) -> None:
        self._raw_usage = raw
        beside = self._manifest.reasoning_beside_output
        self._turn.usage(read_usage(raw, reasoning_beside_output=beside))

    def _error(self, error: Any) -> AIError:
        """Read an error frame; the status is the one that it states, if it states one."""
        stated = (error.get(name) for name in STATUS) if isinstance(error, dict) else ()
        status = next((it for it in stated if isinstance(it, int) and 400 <= it < 600), None)
        body = json.dumps({"error": error}).encode()
        return read_error(status, {}, body, provider=self._manifest.name, model=self._model)

    def _finish(self, *, told_done: bool) -> None:
        """End the turn; a service that said `[DONE]` but no reason has at least finished."""
        self.done = True
        for candidate in self._candidates.values():
            candidate.finish(told_done=told_done)
        if not self._candidates and told_done:
            raise CutOff("the stream said it was done before any answer")
        self._turn.finish({DIALECT: self._extra} if self._extra else {})


class _Candidate:
    """One of the answers (`choices[index]`)."""

    def __init__(self, decoder: ChatDecoder, index: int) -> None:
        self._decoder = decoder
        self._manifest = decoder._manifest
        self._turn = decoder._turn
        self._index = index
        self._calls = ToolCalls(self._turn, index)
        self._reason: str | None = None
        self._extra: dict[str, Any] = {}
        self._audio: dict[str, Any] = {}
        self._usual = USUAL | set(decoder._reasoning)
        self._think: ThinkTags | None = think_tags(self._manifest, decoder._model)

    def take(self, choice: dict[str, Any], kind: str) -> None:
        delta = choice.get(kind) or choice.get("message") or choice.get("delta")
        if delta:
            self._delta(delta)
        if logprobs := choice.get("logprobs"):
            self._turn.logprobs(read_logprobs(logprobs), self._index)
        if reason := choice.get("finish_reason"):
            self._reason = str(reason)
        if extra := choice.keys() - CHOICE:
            self._extra |= {name: choice[name] for name in extra if choice[name] is not None}

    def _delta(self, delta: dict[str, Any]) -> None:
        turn, index = self._turn, self._index
        for name in self._decoder._reasoning:
            if thought := delta.get(name):
                if isinstance(thought, str):
                    turn.reasoning(thought, index)
                break
        if content := delta.get("content"):
            if isinstance(content, str):
                self._text(content)
            else:
                for item in content:
                    self._item(item)
        if refusal := delta.get("refusal"):
            turn.refusal(refusal, index)
        if calls := delta.get("tool_calls"):
            for call in calls:
                self._calls.add(call, self._decoder._id)
        if rare := delta.keys() - self._usual:
            self._rarely(delta, rare)

    def _rarely(self, delta: dict[str, Any], names: set[str]) -> None:
        if legacy := delta.get("function_call"):
            call = {"index": 0, "function": legacy}
            self._calls.add(call, self._decoder._id)
        for note in delta.get("annotations") or ():
            self._annotation(note)
        if isinstance(audio := delta.get("audio"), dict):
            for name in ("data", "transcript"):
                if name in audio:
                    self._audio[name] = self._audio.get(name, "") + (audio[name] or "")
            self._audio |= {
                key: value for key, value in audio.items() if key not in ("data", "transcript")
            }
        if extra := names - RARE:
            self._extra |= {name: delta[name] for name in extra if delta[name] is not None}

    def _text(self, text: str) -> None:
        if self._think is None:
            self._turn.text(text, self._index)
        else:
            self._think.feed(text, self._turn, self._index)

    def _item(self, item: Any) -> None:
        """Take a content part: Mistral sends lists of text, thinking and references."""
        turn, index = self._turn, self._index
        match item:
            case str():
                self._text(item)
            case {"type": "text", "text": str(text)}:
                if text:
                    self._text(text)
            case {"type": "thinking", "thinking": thoughts, **rest}:
                pieces = [thoughts] if isinstance(thoughts, str) else thoughts or ()
                for piece in pieces:
                    turn.reasoning(
                        piece if isinstance(piece, str) else piece.get("text", ""), index
                    )
                kept = {str(key): value for key, value in rest.items() if value is not None}
                if kept:
                    turn.prose_data("reasoning", DIALECT, kept, index)
            case {"type": "refusal", "refusal": str(text)}:
                turn.refusal(text, index)
            case _:
                turn.add(OpaquePart(DIALECT, item), index)

    def _annotation(self, note: Any) -> None:
        cited = note.get("url_citation") if isinstance(note, dict) else None
        if isinstance(cited, dict) and isinstance(cited.get("url"), str):
            part = SourcePart(
                url=cited["url"],
                title=cited.get("title"),
                start=cited.get("start_index"),
                end=cited.get("end_index"),
                provider_data={DIALECT: note},
            )
            self._turn.add(part, self._index)
        else:
            self._turn.add(OpaquePart(DIALECT, note), self._index)

    def finish(self, *, told_done: bool) -> None:
        if self._think is not None:
            self._think.finish(self._turn, self._index)
        self._calls.finish()
        if self._audio:
            self._turn.add(self._spoken(), self._index)
        extra = {DIALECT: self._extra} if self._extra else {}
        if self._reason is not None:
            unified = self._manifest.finish_reason(self._reason)
            self._turn.reason(unified, self._reason, self._index, extra)
        elif told_done:
            unified = "tool-calls" if self._turn.has_calls else "other"
            self._turn.reason(unified, None, self._index, extra)
        else:
            raise CutOff("the stream ended before the service said that it was finished")

    def _spoken(self) -> AudioPart:
        audio = dict(self._audio)
        data = base64.b64decode(audio.pop("data", ""))
        transcript = audio.pop("transcript", None)
        link = {"audio": {"id": audio["id"]}} if audio.get("id") else {}
        return AudioPart(data=data, transcript=transcript, provider_data={DIALECT: link | audio})


def read_logprobs(raw: Mapping[str, Any]) -> tuple[TokenLogprob, ...]:
    """Read the log probabilities of a choice, those of its text and of its refusal."""
    entries = [*(raw.get("content") or ()), *(raw.get("refusal") or ())]
    return tuple(
        TokenLogprob(
            token=entry["token"],
            logprob=entry["logprob"],
            bytes=octets(entry),
            top=tuple(
                TopLogprob(token=top["token"], logprob=top["logprob"], bytes=octets(top))
                for top in entry.get("top_logprobs") or ()
            ),
        )
        for entry in entries
    )


def octets(entry: Mapping[str, Any]) -> tuple[int, ...] | None:
    return None if entry.get("bytes") is None else tuple(entry["bytes"])
