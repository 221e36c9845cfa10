"""What the items of an answer are, and how each tells a turn what it says."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from aicore.events import PartKind
from aicore.messages import ImagePart, OpaquePart, Part
from aicore.turn import Turn

from aikit_wire.openai.logprobs import read_logprobs
from aikit_wire.responses.dialect import DIALECT, rest
from aikit_wire.responses.said import summary
from aikit_wire.responses.sources import read_annotation

Fields = Mapping[str, Any]

CALLS: Mapping[str, str] = {"function_call": "arguments", "custom_tool_call": "input"}
"""Items that ask for a tool of the user's, and where they say what is put into it."""

SAYING: Mapping[str, tuple[PartKind, str]] = {
    "output_text": ("text", "text"),
    "refusal": ("refusal", "refusal"),
}
"""The pieces of a message that are words: what they are, and where their words stand."""

PARAGRAPH = "\n\n"


class Item:
    """An item that becomes an opaque part once it is whole, whatever comes of it before."""

    def __init__(self, turn: Turn, fields: Fields) -> None:
        self.turn = turn
        self.fields = fields

    def begin(self, kind: str, number: int) -> None:
        """Begin a piece: `kind` is its type, and `number` which piece it is."""

    def write(self, kind: str, number: int, text: str) -> None:
        """Add to a piece, which may not have begun."""

    def end(self, number: int, piece: Fields) -> None:
        """End a piece, of which `piece` is all there is."""

    def argue(self, text: str) -> None:
        """Add to what is put into a tool."""

    def cite(self, number: int, note: Fields) -> None:
        """Add a citation to a piece of a message."""

    def pause(self) -> None:
        """Let another item write."""

    def stop(self, fields: Fields) -> None:
        """End the item, of which `fields` is all there is; tell what was not told before."""
        self.turn.add(picture(fields) or OpaquePart(DIALECT, dict(fields)))


class Message(Item):
    """Texts and refusals; what they cite follows each.

    A piece stays open until the next begins or the message ends, as only its end tells its
    `status`. `said` are the lengths of the texts before it, which the offsets of citations do not
    count.
    """

    def __init__(self, turn: Turn, fields: Fields, said: list[int]) -> None:
        super().__init__(turn, fields)
        self._said = said
        self._before = 0
        self._told: dict[int, list[str]] = {}
        self._notes: dict[int, list[Fields]] = {}
        self._open: tuple[int, str] | None = None
        self._piece: Fields = {}
        self._over = 0
        self._paused = False

    def begin(self, kind: str, number: int) -> None:
        if number >= self._over and (self._open is None or self._open[0] != number):
            self._end_piece(named(self.fields))
            self._open, self._piece, self._before = (number, kind), {}, sum(self._said)

    def write(self, kind: str, number: int, text: str) -> None:
        self.begin(kind, number)
        if self._open != (number, kind):
            return
        self._told.setdefault(number, []).append(text)
        self._paused = self._paused and not text
        if text and kind == "refusal":
            self.turn.refusal(text)
        elif text:
            self.turn.text(text)
            self._said.append(len(text))

    def end(self, number: int, piece: Fields) -> None:
        if self._open is not None and self._open[0] == number:
            self._piece = piece

    def pause(self) -> None:
        """Say of the part that ends here what is known; its item may never end by itself."""
        if self._open is not None and self._told.get(self._open[0]):
            kind = SAYING[self._open[1]][0]
            known = rest(self.fields, "type", "role", "content", "status")
            self.turn.prose_data(kind, DIALECT, {"item": known})
            self._paused = True

    def cite(self, number: int, note: Fields) -> None:
        self._notes.setdefault(number, []).append(note)

    def stop(self, fields: Fields) -> None:
        content = fields.get("content") or ()
        known = rest(fields, "type", "role", "content")
        for number, piece in enumerate(content):
            kind = piece.get("type")
            self.begin(str(kind), number)
            if kind in SAYING:
                more = untold(self._told.get(number, ()), piece.get(SAYING[kind][1]))
                self.write(kind, number, more)
            self.end(number, piece)
            if number < len(content) - 1 and self._open is not None and self._open[0] == number:
                self._end_piece(named(fields))
        self._end_piece(known)
        if not content and not self._told:
            super().stop(fields)

    def _end_piece(self, item: dict[str, Any]) -> None:
        """End the piece that is open; `item` is what is known of its message."""
        if self._open is None:
            return
        (number, kind), piece, paused = self._open, self._piece, self._paused
        self._open, self._over, self._paused = None, number + 1, False
        if kind not in SAYING:
            if piece:
                self.turn.add(OpaquePart(DIALECT, piece, provider_data={DIALECT: {"item": item}}))
            return
        data = rest(piece, "type", "text", "refusal", "annotations", "logprobs")
        if item:
            data["item"] = item
        if data and not paused:
            self.turn.prose_data(SAYING[kind][0], DIALECT, data)
        self.turn.end_prose()
        if logprobs := piece.get("logprobs"):
            self.turn.logprobs(read_logprobs({"content": logprobs}))
        for note in piece.get("annotations") or self._notes.get(number) or ():
            self.turn.add(read_annotation(note, self._before))


def named(fields: Fields) -> dict[str, Any]:
    """Return the id of an item, all that is known of it before it ends."""
    return {"id": fields["id"]} if fields.get("id") else {}


class Thought(Item):
    """What a model thought: its pieces are paragraphs of one part.

    The pieces of a summary and those of the thought itself (`content`, which open-weight models
    show) are kept as they came, for only so are they sent back unchanged.
    """

    def __init__(self, turn: Turn, fields: Fields) -> None:
        super().__init__(turn, fields)
        self._told: dict[tuple[str, int], list[str]] = {}

    def write(self, kind: str, number: int, text: str) -> None:
        place = kind, number
        if not text:
            return
        if self._told and place not in self._told:
            self.turn.reasoning(PARAGRAPH)
        self._told.setdefault(place, []).append(text)
        self.turn.reasoning(text)

    def stop(self, fields: Fields) -> None:
        for name, kind in (("summary", "summary_text"), ("content", "reasoning_text")):
            for number, piece in enumerate(fields.get(name) or ()):
                told = self._told.get((kind, number), ())
                self.write(kind, number, untold(told, piece.get("text")))
        data = rest(fields, "type", "summary")
        text = PARAGRAPH.join("".join(pieces) for pieces in self._told.values())
        if (parts := fields.get("summary") or []) != summary(text):
            data["summary"] = parts
        if data.get("content") == []:
            del data["content"]
        self.turn.prose_data("reasoning", DIALECT, data)
        self.turn.end_prose()


class Call(Item):
    """A wish to have a tool of the user's called, with arguments or, in a custom one, free text."""

    def __init__(self, turn: Turn, fields: Fields, key: int) -> None:
        super().__init__(turn, fields)
        self._key = key
        self._told: list[str] = []
        turn.tool_call(key, words(fields["call_id"]), words(fields["name"]))

    def argue(self, text: str) -> None:
        self._told.append(text)
        self.turn.arguments(self._key, text)

    def stop(self, fields: Fields) -> None:
        kind = fields["type"]
        self.argue(untold(self._told, fields.get(CALLS[kind])))
        data = rest(fields, "type", "call_id", "name", CALLS[kind])
        if kind == "custom_tool_call":
            data["type"] = kind
        if data:
            self.turn.call_data(self._key, DIALECT, data)


def untold(told: tuple[str, ...] | list[str], text: Any) -> str:
    """Return what of a text was not told; one that goes another way than what was is let be."""
    before = "".join(told)
    if not isinstance(text, str) or not text.startswith(before):
        return ""
    return text[len(before) :]


def picture(fields: Fields) -> Part | None:
    """Read a picture that the model had made, if it is one; it can be written back as it was."""
    if fields.get("type") != "image_generation_call":
        return None
    match fields.get("result"):
        case str(text) if text:
            try:
                data = base64.b64decode(text, validate=True)
            except ValueError:
                return None
            if base64.b64encode(data).decode() == text:
                return ImagePart(data=data, provider_data={DIALECT: rest(fields, "result")})
    return None


def words(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, not {type(value).__name__}")
    return value
