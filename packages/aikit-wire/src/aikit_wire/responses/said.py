"""Encode the model's own turn, each item as the service wants it back."""

from __future__ import annotations

import base64
from typing import Any

from aicore.messages import (
    ImagePart,
    Message,
    OpaquePart,
    Part,
    ReasoningPart,
    RefusalPart,
    SourcePart,
    TextPart,
    ToolCallPart,
)

from aikit_wire.ledger import Ledger
from aikit_wire.responses.dialect import DIALECT, own, rest
from aikit_wire.responses.parts import shortest

Item = dict[str, Any]


def encode_said(message: Message, provider: str, ledger: Ledger) -> list[Item]:
    """Encode what a model said.

    Ids and encrypted thoughts mean something to the service alone that made them, so those of
    another provider stay here.
    """
    origin = own(message.provider_data).get("provider", provider)
    said = _Said(ledger, foreign=origin != provider)
    for part in message.parts:
        said.add(part)
    return said.close()


class _Said:
    """The items of one turn; `_content` is that of the message that is being put together."""

    def __init__(self, ledger: Ledger, *, foreign: bool) -> None:
        self._ledger = ledger
        self._foreign = foreign
        self._items: list[Item] = []
        self._content: list[Item] = []
        self._fields: Item = {}

    def add(self, part: Part) -> None:
        data = {} if self._foreign else own(part.provider_data)
        match part:
            case TextPart():
                self._say({"type": "output_text", "text": part.text}, data)
            case RefusalPart():
                self._say({"type": "refusal", "refusal": part.text}, data)
            case OpaquePart(dialect=dialect) if dialect != DIALECT or self._foreign:
                self._ledger.dropped("messages", f"an item of {dialect!r} means nothing here")
            case OpaquePart() if "item" in data:
                self._say(dict(part.data), data)
            case OpaquePart():
                self._item(dict(part.data))
            case SourcePart():
                self._cite(data)
            case ReasoningPart() if data:
                self._item({"type": "reasoning", "summary": summary(part.text), **data})
            case ReasoningPart():
                self._ledger.noted("messages", "thoughts of another service are not sent back")
            case ToolCallPart():
                self._item(encode_call(part, foreign=self._foreign))
            case ImagePart(data=bytes() as image) if data:
                self._item({**data, "result": base64.b64encode(image).decode()})
            case _:
                reason = f"{part.type} cannot be sent in the model's own turn"
                self._ledger.dropped("messages", reason)

    def close(self) -> list[Item]:
        self._end_message()
        return self._items

    def _say(self, content: Item, data: Any) -> None:
        """Add to the message whose id the part has, or begin one."""
        fields: Item = dict(data.get("item") or {})
        id = fields.get("id")
        joins = id == self._fields.get("id") if id else not (fields or self._fields)
        if not joins:
            self._end_message()
        self._fields |= fields
        self._content.append({**content, **rest(data, "item")})

    def _cite(self, note: Any) -> None:
        """Put a citation back on the text that it stood on."""
        if (
            note
            and self._fields
            and self._content
            and self._content[-1].get("type") == "output_text"
        ):
            self._content[-1].setdefault("annotations", []).append(dict(note))
        else:
            self._ledger.noted("messages", "sources are not sent back to the model")

    def _item(self, item: Item) -> None:
        self._end_message()
        self._items.append(item)

    def _end_message(self) -> None:
        """Close a message; only one that the service made is told in full.

        Its type is the default, which llama.cpp still wants to be told.
        """
        content, fields = self._content, self._fields
        self._content, self._fields = [], {}
        if fields:
            for piece in content:
                if piece.get("type") == "output_text":
                    piece.setdefault("annotations", [])
            whole = {"type": "message", "role": "assistant", **fields, "content": content}
            self._items.append(whole)
        elif content:
            short = {"type": "message", "role": "assistant", "content": shortest(content)}
            self._items.append(short)


def summary(text: str) -> list[Item]:
    """Say a thought as a summary of one part."""
    return [{"type": "summary_text", "text": text}] if text else []


def encode_call(part: ToolCallPart, *, foreign: bool) -> Item:
    data = own(part.provider_data)
    wire: Item = {"type": "function_call", "call_id": part.id, "name": part.name}
    if data.get("type") == "custom_tool_call":
        wire |= {"type": "custom_tool_call", "input": part.arguments}
    else:
        wire["arguments"] = part.arguments or "{}"
    return wire if foreign else {**wire, **data}
