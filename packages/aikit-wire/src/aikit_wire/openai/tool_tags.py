"""Tell tool calls from text where a model writes them into its text between `<tool_call>` tags."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, Literal

from aicore.turn import Turn
from pydantic_core import from_json

from aikit_wire.openai.manifest import Manifest
from aikit_wire.openai.thinking import partial_end
from aikit_wire.openai.tool_calls import ToolCalls

OPEN, CLOSE = "<tool_call>", "</tool_call>"


class ToolTags:
    """Takes the calls out of text, whatever the borders of its pieces.

    Between the tags stands `{"name": …, "arguments": {…}}`, as the templates of Hermes and Qwen
    have it. White space around a call is dropped. What does not parse stays text.
    """

    def __init__(self, turn: Turn, calls: ToolCalls) -> None:
        self._turn = turn
        self._calls = calls
        self._state: Literal["text", "inside", "after"] = "text"
        self._held = ""
        self._space = ""
        self.answer_id: str | None = None
        self.called = 0

    def reasoning(self, text: str, candidate: int = 0) -> None:
        self.finish(candidate)
        self._turn.reasoning(text, candidate)

    def text(self, text: str, candidate: int = 0) -> None:
        self._held += text
        while self._held:
            if self._state == "after":
                self._held = self._held.lstrip()
                if not self._held:
                    return
            inside = self._state == "inside"
            before, found, rest = self._held.partition(CLOSE if inside else OPEN)
            if not found:
                break
            self._held = rest
            if inside:
                self._call(before, CLOSE, candidate)
            else:
                said = before.rstrip()
                self._space = before[len(said) :]
                self._say(said, candidate)
                self._state = "inside"
        if self._state != "inside":
            said = self._held[: len(self._held) - partial_end(self._held, OPEN)].rstrip()
            self._say(said, candidate)
            self._held = self._held[len(said) :]

    def finish(self, candidate: int = 0) -> None:
        """Tell what was held back; a call at the very end may lack its closing tag."""
        held, self._held = self._held, ""
        if self._state == "inside":
            self._call(held, "", candidate)
        else:
            self._say(held, candidate)

    def _say(self, text: str, candidate: int) -> None:
        if text:
            self._state = "text"
            self._turn.text(text, candidate)

    def _call(self, body: str, close: str, candidate: int) -> None:
        function = read_call(body)
        if function is None:
            self._say(f"{self._space}{OPEN}{body}{close}", candidate)
            return
        self._state = "after"
        self.called += 1
        self._calls.add({"index": -self.called, "function": function}, self.answer_id)


def read_call(body: str) -> dict[str, Any] | None:
    """Read a call's name and arguments; None when the text is no call."""
    try:
        call = from_json(body.strip())
    except ValueError:
        return None
    if not isinstance(call, dict) or not isinstance(call.get("name"), str):
        return None
    return {"name": call["name"], "arguments": call.get("arguments", call.get("parameters", {}))}


def tool_tags(manifest: Manifest, model: str, turn: Turn, calls: ToolCalls) -> ToolTags | None:
    """Return the reader for a model that the manifest says needs one."""
    if any(fnmatchcase(model, pattern) for pattern in manifest.tool_tags):
        return ToolTags(turn, calls)
    return None
