"""Read content blocks, whole or piece by piece, and tell a turn what they say."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from aicore.messages import ImagePart, OpaquePart, SourcePart
from aicore.turn import Turn
from aikit_wire.anthropic.blocks import arguments_of
from aikit_wire.anthropic.content import rest, words

from aikit_provider_bedrock.converse.dialect import CLAUDE, DIALECT

CALL = frozenset({"toolUseId", "name", "input", "type"})


class _Open:
    """A block that has begun; `pieces` are the JSON of a tool's input as it comes."""

    __slots__ = ("citations", "fields", "kind", "pieces", "start")

    def __init__(self, kind: str, fields: dict[str, Any], start: int) -> None:
        self.kind = kind
        self.fields = fields
        self.start = start
        self.pieces: list[str] = []
        self.citations: list[Mapping[str, Any]] = []


class Content:
    """The content of one answer.

    Text, thoughts, pictures and calls of the user's tools become parts of their kind, anything
    else an opaque part once it is whole. Arguments of the `answer_tool` are text. Signatures of
    thoughts stand under the name of the model's family if it is Claude, as all its hosts want them
    back.
    """

    def __init__(self, turn: Turn, *, claude: bool, answer_tool: str | None = None) -> None:
        self._turn = turn
        self._claude = claude
        self._answer_tool = answer_tool
        self._open: dict[int, _Open] = {}
        self._length = 0
        self.answered = False
        """Whether the answer was put into the tool that is there for it."""

    def whole(self, index: int, block: Mapping[str, Any]) -> None:
        """Take a block that came whole: an object with one field, which names its kind."""
        match block:
            case {"text": str(text)} if len(block) == 1:
                self.delta(index, {"text": text})
            case {"reasoningContent": {"reasoningText": {**thought}}} if len(block) == 1:
                self.delta(index, {"reasoningContent": thought})
            case {"reasoningContent": {"redactedContent": str(data)}} if len(block) == 1:
                self.delta(index, {"reasoningContent": {"redactedContent": data}})
            case {"toolUse": {**call}} if len(block) == 1:
                self.start(index, {"toolUse": call})
            case {"citationsContent": {**cited}} if plain(cited):
                self._cited(index, cited)
            case {"image": {**image}}:
                self.start(index, {"image": image})
            case _:
                self._turn.add(OpaquePart(DIALECT, an_object(block)))
                return
        self.stop(index)

    def _cited(self, index: int, cited: Mapping[Any, Any]) -> None:
        for citation in cited.get("citations") or ():
            self.delta(index, {"citation": citation})
        for piece in cited.get("content") or ():
            self.delta(index, {"text": piece["text"]})

    def start(self, index: int, start: Mapping[str, Any]) -> None:
        """Begin a block that says at its beginning what it is: tools and pictures do."""
        for kind, fields in start.items():
            opened = self._begin(index, kind, an_object(fields))
            if kind != "toolUse" or self._is_server_tool(opened):
                continue
            name = words(opened.fields["name"])
            if name == self._answer_tool:
                self.answered = True
                continue
            more = rest(opened.fields, CALL)
            data = {DIALECT: more} if more else None
            self._turn.tool_call(index, words(opened.fields["toolUseId"]), name, data=data)

    def delta(self, index: int, delta: Mapping[str, Any]) -> None:
        """Add to a block; one of text, thoughts or citations begins with its first piece."""
        for kind, value in delta.items():
            opened = self._open.get(index) or self._begin(index, kind, {})
            match kind:
                case "text":
                    self._text(words(value))
                case "reasoningContent":
                    self._thought(value)
                case "citation":
                    opened.citations.append(an_object(value))
                case "toolUse":
                    self._input(index, opened, words(value["input"]))
                case _:
                    grow(opened.fields, value)

    def stop(self, index: int) -> None:
        """End a block; one that never began said nothing."""
        opened = self._open.pop(index, None)
        if opened is None:
            return
        match opened.kind:
            case "text" | "citation":
                self._cite(opened)
            case "reasoningContent":
                self._turn.end_prose()
            case "toolUse" if self._is_server_tool(opened):
                if opened.pieces:
                    opened.fields["input"] = arguments_of("".join(opened.pieces))
                self._turn.add(OpaquePart(DIALECT, {"toolUse": opened.fields}))
            case "toolUse":
                if not "".join(opened.pieces):
                    given = opened.fields.get("input")
                    text = json.dumps({} if given is None else given, ensure_ascii=False)
                    self._input(index, opened, text)
            case "image":
                self._picture(opened.fields)
            case kind:
                self._turn.add(OpaquePart(DIALECT, {kind: opened.fields}))

    def close(self) -> None:
        """End the blocks that the service did not end."""
        for index in list(self._open):
            self.stop(index)

    def _begin(self, index: int, kind: str, fields: dict[str, Any]) -> _Open:
        self._turn.end_prose()
        opened = self._open[index] = _Open(kind, fields, self._length)
        return opened

    def _text(self, text: str) -> None:
        self._turn.text(text)
        self._length += len(text)

    def _thought(self, value: Mapping[str, Any]) -> None:
        turn, family = self._turn, CLAUDE if self._claude else DIALECT
        if (text := value.get("text")) is not None:
            turn.reasoning(words(text))
        if signature := value.get("signature"):
            turn.prose_data("reasoning", family, {"signature": words(signature)})
        if data := value.get("redactedContent"):
            turn.reasoning("")
            told = {"redactedContent": words(data)}
            if self._claude and (text := ascii_of(data)) is not None:
                told = {"redacted_data": text}
            turn.prose_data("reasoning", family, told)

    def _input(self, index: int, opened: _Open, piece: str) -> None:
        opened.pieces.append(piece)
        if self._is_server_tool(opened):
            return
        if opened.fields["name"] == self._answer_tool:
            self._text(piece)
        else:
            self._turn.arguments(index, piece)

    def _cite(self, opened: _Open) -> None:
        """Tell what a text was taken from; a citation without a text is about what came before."""
        turn, alone = self._turn, self._length == opened.start
        if opened.citations and not alone:
            turn.prose_data("text", DIALECT, {"citations": True})
        turn.end_prose()
        start = 0 if alone else opened.start
        for citation in opened.citations:
            turn.add(read_citation(citation, start, self._length))

    def _picture(self, fields: Mapping[str, Any]) -> None:
        match fields:
            case {"format": str(format), "source": {"bytes": str(data)}}:
                picture = base64.b64decode(data, validate=True)
                self._turn.add(ImagePart(data=picture, media_type=f"image/{format}"))
            case _:
                self._turn.add(OpaquePart(DIALECT, {"image": dict(fields)}))

    def _is_server_tool(self, opened: _Open) -> bool:
        return opened.fields.get("type") not in (None, "tool_use")


def an_object(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError(f"expected an object, not {type(value).__name__}")
    return dict(value)


def plain(cited: Mapping[Any, Any]) -> bool:
    """Tell whether cited content is nothing but text."""
    content = cited.get("content") or ()
    texts = all(isinstance(item, Mapping) and item.keys() == {"text"} for item in content)
    return texts and cited.keys() <= {"content", "citations"}


def read_citation(citation: Mapping[str, Any], start: int, end: int) -> SourcePart:
    """Read what the text from `start` to `end` of the answer was taken from.

    The citation itself is kept with the part, so that it goes back with the text.
    """
    location = citation.get("location")
    web = location.get("web") if isinstance(location, Mapping) else None
    quoted = citation.get("sourceContent")
    items = quoted if isinstance(quoted, list) else []
    texts = [item["text"] for item in items if isinstance(item, Mapping) and "text" in item]
    source = citation.get("source")
    url = web.get("url") if isinstance(web, Mapping) else source
    title = citation.get("title")
    return SourcePart(
        url=url if isinstance(url, str) else None,
        title=title if isinstance(title, str) else None,
        quote="".join(map(words, texts)) or None,
        start=start,
        end=end,
        provider_data={DIALECT: dict(citation)},
    )


def ascii_of(data: str) -> str | None:
    """Read a thought that nobody may read: Claude's own form is a text, sent here as its bytes."""
    found = base64.b64decode(data, validate=True)
    text = found.decode() if found.isascii() else None
    return text if text and base64.b64encode(found).decode() == data else None


def grow(fields: dict[str, Any], value: Any) -> None:
    """Add a piece to an item that is not known: texts grow, lists too, all else is replaced."""
    if isinstance(value, list):
        fields["content"] = [*fields.get("content", ()), *value]
    elif isinstance(value, Mapping):
        for name, item in value.items():
            before = fields.get(name)
            both = isinstance(before, str) and isinstance(item, str)
            fields[name] = f"{before}{item}" if both else item
