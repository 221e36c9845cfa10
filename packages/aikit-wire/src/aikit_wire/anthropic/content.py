"""Read content blocks, whole or piece by piece, and tell a turn what they say."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aicore.messages import OpaquePart
from aicore.turn import Turn

from aikit_wire.anthropic.blocks import arguments_of
from aikit_wire.anthropic.citations import read_citation
from aikit_wire.anthropic.dialect import DIALECT, FAMILY

TEXT = frozenset({"type", "text", "citations"})
THOUGHT = frozenset({"type", "thinking", "signature", "data"})
CALL = frozenset({"type", "id", "name", "input"})


class _Open:
    """A block that has begun; `pieces` are the JSON of its input as it comes."""

    __slots__ = ("citations", "fields", "pieces", "start")

    def __init__(self, fields: dict[str, Any], start: int) -> None:
        self.fields = fields
        self.start = start
        self.pieces: list[str] = []
        self.citations: list[Any] = []


class Content:
    """The content of one answer.

    Text, thoughts and tool calls become parts of their kind, anything else an opaque part once it
    is whole. What is put into the `answer_tool` is text.
    """

    def __init__(self, turn: Turn, answer_tool: str | None = None) -> None:
        self._turn = turn
        self._answer_tool = answer_tool
        self._open: dict[int, _Open] = {}
        self._length = 0
        self.answered = False
        """Whether the answer was put into the tool that is there for it."""

    def whole(self, index: int, block: Any) -> None:
        self.start(index, block)
        self.stop(index)

    def start(self, index: int, block: Any) -> None:
        """Begin a block; what it says at its beginning is told at once."""
        turn = self._turn
        turn.end_prose()
        opened = self._open[index] = _Open(dict(block), self._length)
        match block["type"]:
            case "text":
                opened.citations += block.get("citations") or ()
                self.text(words(block.get("text") or ""))
                keep(turn, "text", block, TEXT)
            case "thinking":
                turn.reasoning(words(block.get("thinking") or ""))
                self._sign(words(block.get("signature") or ""))
                keep(turn, "reasoning", block, THOUGHT)
            case "redacted_thinking":
                turn.reasoning("")
                turn.prose_data("reasoning", FAMILY, {"redacted_data": words(block["data"])})
                keep(turn, "reasoning", block, THOUGHT)
            case "tool_use" if block["name"] == self._answer_tool:
                self.answered = True
            case "tool_use":
                more = rest(block, CALL)
                data = {DIALECT: more} if more else None
                id, name = words(block["id"]), words(block["name"])
                turn.tool_call(index, id, name, data=data)

    def delta(self, index: int, delta: Mapping[str, Any]) -> None:
        """Add to a block; kinds of deltas that are not known add nothing to what is known."""
        opened = self._open[index]
        kind = opened.fields["type"]
        match kind, delta.get("type"):
            case "text", "text_delta":
                self.text(words(delta["text"]))
            case "text", "citations_delta":
                opened.citations.append(delta["citation"])
            case "thinking", "thinking_delta":
                self._turn.reasoning(words(delta["thinking"]))
            case "thinking", "signature_delta":
                self._sign(words(delta["signature"]))
            case _, "input_json_delta":
                self._input(index, opened, words(delta["partial_json"]))
            case (("text" | "thinking" | "redacted_thinking" | "tool_use"), _):
                pass
            case _:
                grow(opened.fields, delta)

    def stop(self, index: int) -> None:
        """End a block."""
        opened = self._open.pop(index)
        fields = opened.fields
        match fields["type"]:
            case "text":
                self._turn.end_prose()
                for citation in opened.citations:
                    self._turn.add(read_citation(citation, opened.start, self._length))
            case "thinking" | "redacted_thinking":
                self._turn.end_prose()
            case "tool_use":
                if not "".join(opened.pieces):
                    given = fields.get("input")
                    self._input(index, opened, json.dumps(given or {}, ensure_ascii=False))
            case _:
                if opened.pieces:
                    fields["input"] = arguments_of("".join(opened.pieces))
                self._turn.add(OpaquePart(DIALECT, fields))

    def close(self) -> None:
        """End the blocks that the service did not end."""
        for index in list(self._open):
            self.stop(index)

    def text(self, text: str) -> None:
        """Add to the block of text that is open."""
        self._turn.text(text)
        self._length += len(text)

    def texts(self, pieces: Sequence[str]) -> None:
        """Add pieces to the block of text that is open."""
        self._turn.texts(pieces)
        self._length += sum(map(len, pieces))

    def _sign(self, signature: str) -> None:
        if signature:
            self._turn.prose_data("reasoning", FAMILY, {"signature": signature})

    def _input(self, index: int, opened: _Open, piece: str) -> None:
        opened.pieces.append(piece)
        if opened.fields["type"] == "tool_use":
            if opened.fields["name"] == self._answer_tool:
                self.text(piece)
            else:
                self._turn.arguments(index, piece)


def words(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, not {type(value).__name__}")
    return value


def rest(block: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    """Return what a block says beside the fields that have a place of their own."""
    return {name: value for name, value in block.items() if name not in known and value is not None}


def keep(turn: Turn, kind: Any, block: Mapping[str, Any], known: frozenset[str]) -> None:
    if more := rest(block, known):
        turn.prose_data(kind, DIALECT, more)


def grow(fields: dict[str, Any], delta: Mapping[str, Any]) -> None:
    """Add a delta to an item that is not known: texts grow, all else is replaced."""
    for name, value in delta.items():
        if name != "type":
            before = fields.get(name)
            both = isinstance(before, str) and isinstance(value, str)
            fields[name] = f"{before}{value}" if both else value
