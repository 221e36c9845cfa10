"""Read one of an answer's candidates (`choices[index]`), whole or piece by piece."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from aicore.errors import CutOff
from aicore.messages import ImagePart, OpaquePart, SourcePart
from aicore.turn import Turn

from aikit_wire.counts import count
from aikit_wire.openai.audio import SpokenAudio
from aikit_wire.openai.details import DETAILS, whole_details
from aikit_wire.openai.logprobs import read_logprobs
from aikit_wire.openai.manifest import DIALECT, Manifest
from aikit_wire.openai.thinking import Prose, ThinkTags, think_tags
from aikit_wire.openai.tool_calls import ToolCalls
from aikit_wire.openai.tool_tags import ToolTags, tool_tags

CHOICE = frozenset({"index", "delta", "message", "finish_reason", "logprobs", "text", "usage"})
USUAL = frozenset({"role", "content", "refusal", "tool_calls"})
RARE = frozenset({"function_call", "audio", "annotations", "images"})


@lru_cache
def usual(reasoning: tuple[str, ...]) -> frozenset[str]:
    """Return what messages of a vendor usually hold; made once, as it takes 700 bytes."""
    return USUAL.union(reasoning)


BESIDE = "openai-choice"
"""The key of `provider_data` for what stands beside a choice's message.

It is not sent back with the message, as the dialect's own data is.
"""


class Candidate:
    """Tells a turn what the deltas of one choice say, in the order in which they come."""

    def __init__(self, turn: Turn, index: int, manifest: Manifest, model: str) -> None:
        self._turn = turn
        self._index = index
        self._manifest = manifest
        self._reasoning = tuple(manifest.reasoning_fields)
        self._usual = usual(self._reasoning)
        self._calls = ToolCalls(turn, index)
        self._spoken = SpokenAudio()
        self._think: ThinkTags | None = think_tags(manifest, model)
        self._tagged: ToolTags | None = tool_tags(manifest, model, turn, self._calls)
        self._prose: Prose = self._tagged or turn
        self._reason: str | None = None
        self._message: dict[str, Any] = {}
        self._beside: dict[str, Any] = {}

    def take(self, choice: dict[str, Any], kind: str, answer_id: str | None) -> None:
        """Take a choice that holds a `delta` or a `message`, whichever `kind` says it should.

        Perplexity sends both: there `message` is all the text so far.
        """
        if self._tagged is not None:
            self._tagged.answer_id = answer_id
        said = choice[kind] if kind in choice else choice.get("message") or choice.get("delta")
        if said:
            self._delta(said, answer_id)
        if logprobs := choice.get("logprobs"):
            self._turn.logprobs(read_logprobs(logprobs), self._index)
        if reason := choice.get("finish_reason"):
            self._reason = str(reason)
        if extra := choice.keys() - CHOICE:
            self._beside |= {name: choice[name] for name in extra if choice[name] is not None}

    def _delta(self, delta: dict[str, Any], answer_id: str | None) -> None:
        turn, index = self._turn, self._index
        for name in self._reasoning:
            if (thought := delta.get(name)) and isinstance(thought, str):
                self._prose.reasoning(thought, index)
                break
        if content := delta.get("content"):
            if isinstance(content, str):
                self._text(content)
            else:
                for item in listed(content):
                    self._item(item)
        if refusal := delta.get("refusal"):
            turn.refusal(text(refusal), index)
        if calls := delta.get("tool_calls"):
            for call in listed(calls):
                self._calls.add(call, answer_id)
        if rare := delta.keys() - self._usual:
            self._rarely(delta, rare, answer_id)

    def only(self, delta: Mapping[str, Any]) -> str | None:
        """Name the field of a delta, `content` or one of reasoning, that alone says something."""
        read = self._think is not None or self._tagged is not None
        if read or not delta.keys() <= self._usual:
            return None
        said = [name for name, value in delta.items() if value and name != "role"]
        if len(said) != 1 or said[0] not in ("content", *self._reasoning):
            return None
        return said[0] if isinstance(delta[said[0]], str) else None

    def _rarely(self, delta: dict[str, Any], names: set[str], answer_id: str | None) -> None:
        if (legacy := delta.get("function_call")) and any(legacy.values()):
            self._calls.add({"index": 0, "function": legacy}, answer_id)
        for note in listed(delta.get("annotations") or []):
            self._turn.add(read_annotation(note), self._index)
        for image in listed(delta.get("images") or []):
            self._turn.add(read_image(image), self._index)
        if (audio := delta.get("audio")) and any(audio.values()):
            self._spoken.add(audio)
        gather(self._message, delta, names - RARE)

    def _text(self, text: str) -> None:
        if self._think is None:
            self._prose.text(text, self._index)
        else:
            self._think.feed(text, self._prose, self._index)

    def _item(self, item: Any) -> None:
        """Take a content part: Mistral sends lists of text, thinking and references."""
        turn, index = self._turn, self._index
        match item:
            case str() | {"type": "text", "text": str()}:
                if said := item if isinstance(item, str) else item["text"]:
                    self._text(said)
            case {"type": "thinking", "thinking": thoughts, **rest}:
                for piece in [thoughts] if isinstance(thoughts, str) else listed(thoughts or []):
                    said = piece if isinstance(piece, str) else piece.get("text", "")
                    self._prose.reasoning(text(said), index)
                if kept := {str(key): value for key, value in rest.items() if value is not None}:
                    turn.prose_data("reasoning", DIALECT, kept, index)
            case {"type": "refusal", "refusal": str(said)}:
                turn.refusal(said, index)
            case dict():
                turn.add(OpaquePart(DIALECT, item), index)
            case _:
                raise TypeError(f"a content part is an object, not {type(item).__name__}")

    def finish(self, *, told_done: bool) -> None:
        """Tell the rest; a service that says it is done but not why has at least finished.

        Raises:
            CutOff: it said neither.
        """
        if self._think is not None:
            self._think.finish(self._prose, self._index)
        if self._tagged is not None:
            self._tagged.finish(self._index)
        self._calls.finish()
        if (part := self._spoken.part()) is not None:
            self._turn.add(part, self._index)
        if details := self._message.get(DETAILS):
            self._message[DETAILS] = whole_details(details)
        kept = {DIALECT: self._message, BESIDE: self._beside}
        data = {key: fields for key, fields in kept.items() if fields}
        if self._reason is not None:
            unified = self._manifest.finish_reason(self._reason)
            if unified == "stop" and self._tagged is not None and self._tagged.called:
                unified = "tool-calls"
            self._turn.reason(unified, self._reason, self._index, data)
        elif told_done:
            unified = "tool-calls" if self._calls.called else "other"
            self._turn.reason(unified, None, self._index, data)
        else:
            raise CutOff("the stream ended before the service said that it was finished")


def gather(kept: dict[str, Any], fields: Mapping[str, Any], names: Iterable[str]) -> None:
    """Keep fields that have no place of their own; lists come piece by piece in a stream."""
    for name in names:
        value, before = fields[name], kept.get(name)
        if isinstance(value, list) and isinstance(before, list):
            before += value
        elif value is not None:
            kept[name] = value


def read_image(image: Any) -> ImagePart:
    """Read a picture that the model made; the answer holds it as a data URL, or tells its URL."""
    shown = image["image_url"]
    return ImagePart(url=text(shown["url"] if isinstance(shown, dict) else shown))


def read_annotation(note: Any) -> SourcePart:
    """Read an annotation: a citation of the web or of a file, or one that is not known yet."""
    kind = note.get("type")
    cited = note.get(kind) if isinstance(kind, str) else None
    found = cited if isinstance(cited, dict) else note
    return SourcePart(
        url=found_text(found, "url"),
        title=found_text(found, "title"),
        id=found_text(found, "file_id"),
        quote=found_text(found, "quote"),
        start=count(found, "start_index"),
        end=count(found, "end_index"),
        provider_data={DIALECT: note},
    )


def found_text(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) else None


def listed(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"expected a list, not {type(value).__name__}")
    return value


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, not {type(value).__name__}")
    return value
