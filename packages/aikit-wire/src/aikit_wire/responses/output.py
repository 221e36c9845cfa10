"""Follow the items of an answer, whole or piece by piece, in the order in which they come."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aicore.turn import Turn

from aikit_wire.responses.items import CALLS, SAYING, Call, Fields, Item, Message, Thought


class Output:
    """The items of one answer.

    An item is found by its `output_index`, or by its id where a service sends none. What was not
    told piece by piece is told when an item ends, and an item that never came by itself when the
    answer ends. An item that another one interrupts goes on in a part of its own. `call_id` says
    how a call's id is told.

    Of a stream that was taken up (`resumed`), what was told before stays untold: of an item whose
    beginning did not come, there is only what is added to it.
    """

    def __init__(self, turn: Turn, call_id: Callable[[Any], Any], *, resumed: bool = False) -> None:
        self._turn = turn
        self._resumed = resumed
        self._joined: set[Any] = set()
        self._call_id = call_id
        self._open: dict[Any, Item] = {}
        self._over: dict[Any, Any] = {}
        self._writer: Item | None = None
        self._calls = 0
        self._said: list[int] = []

    @property
    def called(self) -> bool:
        """Whether the model wants a tool of the user's called."""
        return self._calls > 0

    def start(self, index: Any, fields: Fields) -> None:
        """Begin an item; begun twice, it is still one."""
        if index in self._open and self._open[index].fields.get("id") == fields.get("id"):
            return
        self._pause()
        self._writer = self._open[index] = self._item(fields)

    def _item(self, fields: Fields) -> Item:
        match fields.get("type"):
            case "message":
                return Message(self._turn, fields, self._said)
            case "reasoning":
                return Thought(self._turn, fields)
            case kind if kind in CALLS and "name" in fields:
                self._calls += 1
                named = {**fields, "call_id": self._call_id(fields["call_id"])}
                return Call(self._turn, named, self._calls)
            case _:
                return Item(self._turn, fields)

    def begin(self, event: Fields) -> None:
        """Take the beginning of a piece of a message, which may stay empty."""
        kind = event["part"].get("type")
        if kind != "reasoning_text":
            self._at(event, "message").begin(str(kind), event.get("content_index") or 0)

    def write(self, event: Fields, kind: str, number: int) -> None:
        """Take more of a piece of a message or a thought."""
        whose = "message" if kind in SAYING else "reasoning"
        self._at(event, whose).write(kind, number, event["delta"])

    def end(self, event: Fields) -> None:
        if (item := self._open.get(place(event))) is not None:
            item.end(event.get("content_index") or 0, event["part"])

    def _at(self, event: Fields, whose: str) -> Item:
        """Find the item that an event is about; its beginning may not have come."""
        index = place(event)
        if index not in self._open:
            self.start(index, {"type": whose, "id": event.get("item_id")})
            self._joined |= {index} if self._resumed else set()
        return self._turn_to(self._open[index])

    def argue(self, event: Fields) -> None:
        """Take a piece of a call's arguments."""
        if (item := self._open.get(place(event))) is not None:
            item.argue(event["delta"])

    def cite(self, event: Fields) -> None:
        if (item := self._open.get(place(event))) is not None:
            item.cite(event.get("content_index") or 0, event["annotation"])

    def _turn_to(self, item: Item) -> Item:
        if self._writer is not item:
            self._pause()
            self._writer = item
        return item

    def _pause(self) -> None:
        if self._writer is not None:
            self._writer.pause()
        self._turn.end_prose()

    def stop(self, index: Any, fields: Fields) -> None:
        """End an item; ended twice, it is still one."""
        id = fields.get("id")
        if self._resumed and (index in self._joined or index not in self._open):
            self._pause()
            self._open.pop(index, None)
            self._writer = None
            return
        if index in self._over and self._over[index] == id and index not in self._open:
            return
        item = self._open.pop(index, None)
        if item is None or type(item) is not kind_of(fields):
            self.start(index, fields)
            item = self._open.pop(index)
        self._over[index] = id
        if isinstance(item, Call):
            item.stop(fields)  # which interrupts nobody
        else:
            self._turn_to(item).stop(fields)
            self._writer = None

    def close(self, output: Sequence[Mapping[str, Any]]) -> None:
        """End the answer, of which `output` is every item."""
        for index, item in list(self._open.items()):
            listed = isinstance(index, int) and index < len(output)
            fields = output[index] if listed else item.fields
            known = kind_of(fields) is type(item)
            self.stop(index, fields if known else item.fields)
        self._calls = self._calls or sum(fields.get("type") in CALLS for fields in output)
        if self._resumed:
            return
        ids = set(filter(None, self._over.values()))
        for index, fields in enumerate(output):
            if index not in self._over and fields.get("id") not in ids:
                self.stop(index, fields)


def place(event: Fields) -> Any:
    """Return what finds an item again: its index, or its id, which is all that llama.cpp sends."""
    index = event.get("output_index")
    if index is not None:
        return index
    item = event.get("item")
    return event.get("item_id") if item is None else item.get("id")


def kind_of(fields: Fields) -> type[Item]:
    kinds = {"message": Message, "reasoning": Thought, **dict.fromkeys(CALLS, Call)}
    return kinds.get(str(fields.get("type")), Item)
