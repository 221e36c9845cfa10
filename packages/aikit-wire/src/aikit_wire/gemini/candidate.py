"""Read one of an answer's candidates, whole or piece by piece."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, Literal

from aicore.messages import (
    AudioPart,
    FilePart,
    ImagePart,
    OpaquePart,
    Part,
    ProviderData,
    VideoPart,
)
from aicore.responses import FinishReason
from aicore.turn import Turn

from aikit_wire.gemini.grounding import read_sources
from aikit_wire.gemini.logprobs import read_logprobs
from aikit_wire.gemini.partial_args import PartialArguments
from aikit_wire.gemini.surface import BESIDE, DIALECT

CANDIDATE = frozenset({"content", "finishReason", "index", "logprobsResult"})
MEDIA: Mapping[str, type[ImagePart | AudioPart | VideoPart]] = {
    "image": ImagePart,
    "audio": AudioPart,
    "video": VideoPart,
}
SOUND = ("audio/l16", "audio/pcm")
"""Sound without a container, whose pieces are one after the other the sound itself."""

FINISH_REASONS: Mapping[str, FinishReason] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "SAFETY": "content-filter",
    "RECITATION": "content-filter",
    "LANGUAGE": "content-filter",
    "BLOCKLIST": "content-filter",
    "PROHIBITED_CONTENT": "content-filter",
    "SPII": "content-filter",
    "IMAGE_SAFETY": "content-filter",
    "IMAGE_PROHIBITED_CONTENT": "content-filter",
    "IMAGE_RECITATION": "content-filter",
    "MODEL_ARMOR": "content-filter",
    "ESCALATION": "content-filter",
    "MALFORMED_FUNCTION_CALL": "error",
    "MALFORMED_RESPONSE": "error",
    "UNEXPECTED_TOOL_CALL": "error",
    "MISSING_THOUGHT_SIGNATURE": "error",
}
"""What the service's words mean (google-genai 3.6: `types.FinishReason`); the rest is `other`."""


class Candidate:
    """Tells a turn what the pieces of one candidate say, in the order in which they come."""

    def __init__(self, turn: Turn, index: int) -> None:
        self._turn = turn
        self._index = index
        self._text: list[str] = []
        self._prose: tuple[str, str | None] | None = None
        self._calls = 0
        self._partial: PartialArguments | None = None
        self._sound: tuple[dict[str, Any], bytearray] | None = None
        self._content: dict[str, Any] = {}
        self._beside: dict[str, Any] = {}
        self.reason: str | None = None

    def take(self, candidate: Mapping[str, Any], answer_id: str | None) -> None:
        content = candidate.get("content") or {}
        for part in content.get("parts") or ():
            self._part(part, answer_id)
        for name, value in content.items():
            if name not in ("role", "parts"):
                self._content[name] = value
        if logprobs := candidate.get("logprobsResult"):
            self._turn.logprobs(read_logprobs(logprobs), self._index)
        if reason := candidate.get("finishReason"):
            self.reason = str(reason)
        for name in candidate.keys() - CANDIDATE:
            value, before = candidate[name], self._beside.get(name)
            if isinstance(value, dict) and isinstance(before, dict):
                value = {**before, **value}
            self._beside[name] = value

    def _part(self, part: dict[str, Any], answer_id: str | None) -> None:
        match part:
            case {"functionCall": dict(call)}:
                self._call(call, part, answer_id)
            case {"inlineData": {"data": str(data)} as media} if not part.get("thought"):
                self._media(media, part, data=base64.b64decode(data.translate(STANDARD) + "=="))
            case {"fileData": {"fileUri": str(uri)} as media} if not part.get("thought"):
                self._media(media, part, url=uri)
            case {"text": str(text), **rest}:
                self._write("reasoning" if part.get("thought") else "text", text, rest)
            case dict():
                self._add(OpaquePart(DIALECT, part))

    def _write(self, kind: Literal["text", "reasoning"], text: str, data: dict[str, Any]) -> None:
        """Write text or thoughts.

        A part that is signed is one by itself, but a signature without text belongs to the part
        before it (ai.google.dev, thought signatures).
        """
        self._flush()
        turn, index, signature = self._turn, self._index, data.get("thoughtSignature")
        if not text and data.keys() <= {"thought"}:
            return
        if self._prose is not None and self._prose[0] == kind:
            signed = self._prose[1]
            if signed != signature and (text or signed):
                turn.end_prose(index)
        if text:
            (turn.text if kind == "text" else turn.reasoning)(text, index)
        if data:
            turn.prose_data(kind, DIALECT, data, index)
        if kind == "text":
            self._text.append(text)
        self._prose = kind, signature

    def _call(self, call: dict[str, Any], part: dict[str, Any], answer_id: str | None) -> None:
        """Take a function call, whole or the next piece of one.

        An id that the service does not give is made of the answer's, so that it is the same
        however the bytes were cut; the call then keeps that it was given none.
        """
        data = {key: value for key, value in part.items() if key != "functionCall"}
        if name := call.get("name"):
            self._flush()
            self._prose, self._calls = None, self._calls + 1
            made = f"call_{answer_id or ''}_{self._index}_{self._calls - 1}"
            id = str(call.get("id") or made)
            if not call.get("id"):
                data["functionCall"] = {"id": ""}
            given: ProviderData = {DIALECT: data} if data else {}
            self._turn.tool_call(self._key, id, str(name), self._index, given)
            self._partial = PartialArguments()
        elif data and self._calls:
            self._turn.call_data(self._key, DIALECT, data)
        if self._partial is None:
            return
        self._partial.value |= call.get("args") or {}
        self._partial.add(call.get("partialArgs") or ())
        if not call.get("willContinue"):
            self._flush()

    @property
    def _key(self) -> tuple[int, int]:
        return self._index, self._calls

    def _media(self, media: Mapping[str, Any], part: Mapping[str, Any], **source: Any) -> None:
        """Add media; the pieces of one sound are put together first."""
        kind = str(media.get("mimeType") or "")
        rest = {key: value for key, value in part.items() if key not in ("inlineData", "fileData")}
        fields: dict[str, Any] = {
            "media_type": kind or None,
            "name": media.get("displayName"),
            "provider_data": {DIALECT: rest} if rest else {},
        }
        if "data" in source and kind.lower().startswith(SOUND) and not rest:
            if self._sound is None or self._sound[0] != fields:
                self._flush()
                self._sound = fields, bytearray()
            self._sound[1].extend(source["data"])
        else:
            self._add(MEDIA.get(kind.partition("/")[0], FilePart)(**source, **fields))

    def _add(self, part: Part) -> None:
        self._flush()
        self._prose = None
        self._turn.add(part, self._index)

    def _flush(self) -> None:
        """Tell what was held back: arguments in pieces, or a sound."""
        if self._partial is not None:
            text = json.dumps(self._partial.value, ensure_ascii=False)
            self._turn.arguments(self._key, text)
            self._partial = None
        if self._sound is not None:
            (fields, data), self._sound = self._sound, None
            self._prose = None
            self._turn.add(AudioPart(data=bytes(data), **fields), self._index)

    def finish(self, blocked: str | None) -> None:
        """Tell the rest: what the answer is grounded in, and why it ended."""
        self._flush()
        for source in read_sources(self._beside, "".join(self._text)):
            self._turn.add(source, self._index)
        kept = {DIALECT: self._content, BESIDE: self._beside}
        data = {key: fields for key, fields in kept.items() if fields}
        self._turn.reason(self._unified(blocked), self.reason or blocked, self._index, data)

    def _unified(self, blocked: str | None) -> FinishReason:
        """Name why it ended; the service has no word of its own for calls of functions."""
        if self.reason is None and blocked:
            return "content-filter"
        if self._calls and self.reason in (None, "STOP"):
            return "tool-calls"
        return FINISH_REASONS.get(self.reason or "", "other")


STANDARD = str.maketrans("-_", "+/", "=\n\r ")
"""Both alphabets of base64 are in use here."""
