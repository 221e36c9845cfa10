"""Write answers as a stream of `chat.completion.chunk`s, everything fixed built once."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from aicore.calls import Batch
from aicore.errors import AIError
from aicore.events import (
    ArgumentsDelta,
    CandidateFinished,
    Event,
    Finished,
    LogprobsAdded,
    PartAdded,
    PartFinished,
    PartKind,
    PartStarted,
    ReasoningDelta,
    RefusalDelta,
    Started,
    StepFinished,
    TextDelta,
    UsageReported,
    Warned,
)
from aicore.messages import AudioPart, ImagePart, Part, SourcePart
from aicore.responses import CallWarning
from aicore.usage import Usage, sum_of
from aikit_wire.openai.candidate import BESIDE
from aikit_wire.openai.manifest import DIALECT
from pydantic_core import to_json

from aikit_asgi.http import warning_headers
from aikit_asgi.openai.read import Form
from aikit_asgi.openai.write import (
    write_audio,
    write_error,
    write_image,
    write_logprobs,
    write_reason,
    write_source,
    write_usage,
    write_warnings,
)

PROSE: Mapping[PartKind, bytes] = {
    "text": b'"content":',
    "reasoning": b'"reasoning_content":',
    "refusal": b'"refusal":',
}
PLACE: Final = attrgetter("step", "part")
TEXT: Final = attrgetter("text")
SEAM: Final = "\x7f"
"""A character that JSON leaves as it is and that hardly ever stands in a text."""
SEAM_BYTES: Final = SEAM.encode()
DELTAS: Final = frozenset({TextDelta, ArgumentsDelta, ReasoningDelta, RefusalDelta})
END: Final = b'},"finish_reason":null}]}\n\n'


class ChunkWriter:
    """Writes the events of one answer.

    Every chunk but the one for usage has a choice, since many programs look at `choices[0]` in
    all of them: warnings go along with the first.
    """

    def __init__(self, model: str, id: str, form: Form) -> None:
        self._model = model
        self._id = id
        self._form = form
        self._frames: dict[tuple[int, int], tuple[bytes, bytes] | None] = {}
        self._places: dict[tuple[int, int], tuple[int, int]] = {}
        self._calls: dict[int, int] = {}
        """How many tool calls a candidate has, once it was greeted."""
        self._warnings: list[CallWarning] = []
        self._usage: dict[int, Usage] = {}
        self._beside: Mapping[str, Any] = {}
        self._created = int(time.time())
        self._start(Started())

    def _start(self, started: Started) -> None:
        self._id = started.id or self._id
        self._created = started.created or self._created
        self._model = started.model or self._model
        usage = {"usage": None} if self._form.include_usage else {}
        self._head = b"data: " + to_json(self._fields() | usage)[:-1]

    def _fields(self) -> dict[str, Any]:
        """Return what all chunks have."""
        return {
            "id": self._id,
            "object": "chat.completion.chunk",
            "created": self._created,
            "model": self._model,
        }

    def headers(self, batch: Batch) -> Mapping[str, str]:
        return warning_headers(event.warning for event in batch if isinstance(event, Warned))

    def error(self, error: AIError) -> bytes:
        return b"data: " + to_json(write_error(error)) + b"\n\n"

    def batch(self, batch: Batch) -> bytes:
        if len(batch) == 1:
            return self._event(batch[0])
        if DELTAS.issuperset(map(type, batch)) and len(places := set(map(PLACE, batch))) == 1:
            return self._pieces(places.pop(), tuple(map(TEXT, batch)))  # as most are
        written: list[bytes] = []
        for kind, events in groupby(batch, type):
            group = tuple(events)
            if kind in DELTAS and len(places := set(map(PLACE, group))) == 1:
                written.append(self._pieces(places.pop(), tuple(map(TEXT, group))))
            else:
                written += map(self._event, group)
        return b"".join(written)

    def _pieces(self, place: tuple[int, int], texts: Sequence[str]) -> bytes:
        """Go on with a part, by pieces of its text.

        They become JSON in one go, which costs a tenth of one after another.
        """
        if (frame := self._frames[place]) is None:
            return b""
        before, after = self._head + frame[0], frame[1]
        pieces = to_json(SEAM.join(texts)).split(SEAM_BYTES)
        if len(pieces) != len(texts):  # the seam is part of a text
            return b"".join([before + to_json(text) + after for text in texts])
        pieces[0] = before + pieces[0]  # in place, as what is joined is long
        pieces[-1] += after
        return (b'"%b%b"' % (after, before)).join(pieces)

    def _event(self, event: Event) -> bytes:
        match event:
            case TextDelta() | ArgumentsDelta() | ReasoningDelta() | RefusalDelta():
                frame = self._frames[event.step, event.part]
                return self._head + frame[0] + to_json(event.text) + frame[1] if frame else b""
            case PartStarted(kind="tool_call"):
                return self._call(event)
            case PartStarted():
                self._open(event, PROSE[event.kind], b"")
                return self._greet(event.candidate)
            case PartFinished():
                return self._part_data(event)
            case PartAdded():
                return self._added(event.value, event.candidate)
            case LogprobsAdded():
                logprobs = write_logprobs(event.tokens)
                return self._choice(event.candidate, {}, logprobs=logprobs)
            case CandidateFinished():
                return self._finish(event)
            case UsageReported():
                self._usage[event.step] = event.usage
            case StepFinished():
                self._beside = event.provider_data.get(DIALECT, {})
            case Started():
                self._start(event)
            case Warned():
                self._warnings.append(event.warning)
            case Finished():
                return self._end()
            case _:
                pass
        return b""

    def _open(self, event: PartStarted, before: bytes, after: bytes) -> None:
        """Build what stands around every piece of a part, behind the head of a chunk."""
        self._frames[event.step, event.part] = around(event.candidate, before, after)

    def _call(self, event: PartStarted) -> bytes:
        """Begin a tool call; of functions, which came before tools, there is one per answer."""
        candidate, place = event.candidate, (event.step, event.part)
        greeting = self._greet(candidate)
        index = self._calls[candidate]
        self._calls[candidate] += 1
        if self._form.functions:
            if index:
                self._frames[place] = None
                return greeting
            self._open(event, b'"function_call":{"arguments":', b"}")
            function = {"name": event.name, "arguments": ""}
            return greeting + self._choice(candidate, {"function_call": function})
        self._places[place] = candidate, index
        kind, text = ("custom", "input") if event.name in self._form.custom else TOOL
        before = b'"tool_calls":[{"index":%d,"%b":{"%b":' % (index, kind.encode(), text.encode())
        self._open(event, before, b"}}]")
        call = {"index": index, "id": event.id, "type": kind, kind: {"name": event.name, text: ""}}
        return greeting + self._choice(candidate, {"tool_calls": [call]})

    def _part_data(self, event: PartFinished) -> bytes:
        """Tell what must be sent back with a tool call, such as Gemini's signature of a thought."""
        if not (data := event.provider_data.get(DIALECT)):
            return b""
        place = self._places.get((event.step, event.part))
        extra = {name: value for name, value in data.items() if name != "type"}
        if place is None or not extra:
            return b""
        return self._choice(place[0], {"tool_calls": [{"index": place[1], **extra}]})

    def _greet(self, candidate: int) -> bytes:
        """Begin a candidate as OpenAI does, with its role."""
        if candidate in self._calls:
            return b""
        self._calls[candidate] = 0
        return self._choice(candidate, {"role": "assistant", "content": ""})

    def _added(self, value: Part, candidate: int) -> bytes:
        match value:
            case SourcePart():
                delta: dict[str, Any] = {"annotations": [write_source(value)]}
            case AudioPart():
                delta = {"audio": write_audio(value, int(time.time()))}
            case ImagePart():
                delta = {"images": [write_image(value)]}
            case _:
                return b""
        return self._greet(candidate) + self._choice(candidate, delta)

    def _finish(self, event: CandidateFinished) -> bytes:
        greeting = self._greet(event.candidate)
        delta, beside = (event.provider_data.get(key, {}) for key in (DIALECT, BESIDE))
        reason = write_reason(event.reason, event.raw_reason, self._form)
        return greeting + self._choice(
            event.candidate, delta, **{**beside, "finish_reason": reason}
        )

    def _choice(self, candidate: int, delta: Mapping[str, Any], **fields: Any) -> bytes:
        choice = {"finish_reason": None, **fields, "index": candidate, "delta": delta}
        body = {"choices": [choice], **write_warnings(self._warnings)}
        self._warnings.clear()
        return self._head + b"," + to_json(body)[1:] + b"\n\n"

    def _end(self) -> bytes:
        chunk, used = b"", sum_of(self._usage.values())
        if self._form.include_usage and used is not None:
            last = {**self._beside, **self._fields(), "choices": [], "usage": write_usage(used)}
            chunk = b"data: " + to_json(last | write_warnings(self._warnings)) + b"\n\n"
        return chunk + b"data: [DONE]\n\n"


TOOL: Final = ("function", "arguments")


@lru_cache
def around(candidate: int, before: bytes, after: bytes) -> tuple[bytes, bytes]:
    """Return what stands around pieces of a part; streams share it."""
    return b',"choices":[{"index":%d,"delta":{%b' % (candidate, before), after + END
