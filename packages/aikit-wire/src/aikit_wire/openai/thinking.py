"""Tell thoughts from text where a model writes them into its text between `<think>` tags."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Literal, Protocol

from aikit_wire.openai.manifest import Manifest

OPEN, CLOSE = "<think>", "</think>"


class Prose(Protocol):
    """What takes text and thoughts: a turn, or what reads them before it."""

    def text(self, text: str, candidate: int = 0) -> None: ...
    def reasoning(self, text: str, candidate: int = 0) -> None: ...


class ThinkTags:
    """Splits text at think tags, whatever the borders of its pieces.

    Only an answer that *begins* with the tag, or a model whose answers begin inside thinking,
    has thoughts: a tag later in the text is text. Line ends after the opening tag and white space
    after the closing one are dropped.
    """

    def __init__(self, *, inside: bool) -> None:
        self._inside = inside
        self._state: Literal["start", "opened", "inside", "after", "text"] = "start"
        self._held = ""

    def feed(self, text: str, turn: Prose, candidate: int) -> None:
        self._held += text
        if self._state == "start":
            self._begin()
        if self._state == "opened":
            self._held = self._held.lstrip("\n")
            if self._held:
                self._state = "inside"
        if self._state == "inside":
            self._think(turn, candidate)
        if self._state == "after":
            self._held = self._held.lstrip()
            if self._held:
                self._state = "text"
        if self._state == "text" and self._held:
            turn.text(self._held, candidate)
            self._held = ""

    def _begin(self) -> None:
        start = self._held.lstrip()
        if start.startswith(OPEN):
            self._state, self._held = "opened", start[len(OPEN) :]
        elif start and not OPEN.startswith(start):
            self._state = "opened" if self._inside else "text"

    def _think(self, turn: Prose, candidate: int) -> None:
        thought, closed, rest = self._held.partition(CLOSE)
        if closed:
            self._state, self._held = "after", rest
        else:
            keep = partial_end(thought, CLOSE)
            thought, self._held = thought[: len(thought) - keep], thought[len(thought) - keep :]
        if thought:
            turn.reasoning(thought, candidate)

    def finish(self, turn: Prose, candidate: int) -> None:
        """Tell what was held back in case it was the beginning of a tag."""
        if self._held and (self._state == "inside" or self._inside):
            turn.reasoning(self._held, candidate)
        elif self._held:
            turn.text(self._held, candidate)
        self._held = ""


def partial_end(text: str, tag: str) -> int:
    """Return how many characters at the end of `text` may be the beginning of `tag`."""
    for length in range(min(len(tag) - 1, len(text)), 0, -1):
        if text.endswith(tag[:length]):
            return length
    return 0


def think_tags(manifest: Manifest, model: str) -> ThinkTags | None:
    """Return the splitter for a model that the manifest says needs one."""
    for pattern, begins in manifest.think_tags.items():
        if fnmatchcase(model, pattern):
            return ThinkTags(inside=begins == "inside")
    return None
