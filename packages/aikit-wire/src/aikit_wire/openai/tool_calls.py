"""Follow streamed tool calls through every way in which servers identify them."""

from __future__ import annotations

import json
from typing import Any

from aicore.turn import Turn

from aikit_wire.openai.manifest import DIALECT

KNOWN = frozenset({"index", "id", "type", "function", "custom"})


class _Call:
    """A tool call of the stream; arguments wait in `held` until its name is known."""

    __slots__ = ("data", "held", "id", "index", "key", "opened")

    def __init__(self, key: tuple[int, int], id: str, index: int | None) -> None:
        self.key = key
        self.id = id
        self.index = index
        self.opened = False
        self.held: list[str] = []
        self.data: dict[str, Any] = {}


class ToolCalls:
    """The calls of one candidate, written into a turn as they arrive.

    A delta belongs to the call with its id, else to the one with its index, else to the latest.
    Servers differ: some repeat the id in every delta, some leave the index out, some send an
    empty id, some send each call under index 0 with a new id, some send a call in one piece. An
    id that a server does not give is made from `answer_id`, so that it is unique in a
    conversation and the same however the bytes were cut.
    """

    def __init__(self, turn: Turn, candidate: int) -> None:
        self._turn = turn
        self._candidate = candidate
        self._calls: list[_Call] = []

    def add(self, delta: dict[str, Any], answer_id: str | None) -> None:
        body, custom = delta.get("function") or {}, delta.get("custom")
        if custom and not body.get("name") and not body.get("arguments"):
            body = custom
        name, arguments = body.get("name"), body.get("arguments", body.get("input"))
        id = None if delta.get("id") is None else str(delta["id"])
        if not isinstance(name, str | None):
            raise TypeError(f"the name of a tool call is text, not {type(name).__name__}")
        call = self._find(id, delta.get("index"), name)
        if call is None:
            number = len(self._calls)
            id = id or f"call_{answer_id or 'answer'}_{self._candidate}_{number}"
            call = _Call((self._candidate, number), id, delta.get("index"))
            self._calls.append(call)
        call.data |= {
            key: value for key, value in delta.items() if key not in KNOWN and value is not None
        }
        if delta.get("type") == "custom" or (custom and body is custom):
            call.data["type"] = "custom"
        if isinstance(arguments, str):
            call.held.append(arguments)
        elif arguments is not None:
            call.held.append(json.dumps(arguments, ensure_ascii=False))
        if name and not call.opened:
            self._open(call, name)
        if call.opened and call.held:
            self._turn.arguments(call.key, "".join(call.held))
            call.held.clear()

    def _find(self, id: str | None, index: Any, name: str | None) -> _Call | None:
        """Find the call that a delta goes on with, None if it begins a new one.

        One with a name begins a call unless it repeats an id, or an index without another id.
        """
        for call in self._calls:
            if id and call.id == id and (not name or index is None or call.index in (None, index)):
                return call
        for call in reversed(self._calls):
            if index is not None and call.index == index:
                return None if id and name else call
        if id or name or not self._calls:
            return None
        latest = self._calls[-1]
        return latest if index is None or latest.index is None else None

    @property
    def called(self) -> bool:
        """Whether the model wants any tool called."""
        return any(call.opened for call in self._calls)

    def _open(self, call: _Call, name: str) -> None:
        call.opened = True
        self._turn.tool_call(call.key, call.id, name, self._candidate)

    def finish(self) -> None:
        """Open what never got a name, and attach what else came with the calls.

        A call with neither name nor arguments is none: some servers send one with every answer.
        """
        for call in self._calls:
            if not call.opened and not any(call.held):
                continue
            if not call.opened:
                self._open(call, "")
                self._turn.arguments(call.key, "".join(call.held))
            if call.data:
                self._turn.call_data(call.key, DIALECT, call.data)
