"""Decode text completions, the endpoint of base models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aikit_wire.openai.decode import ChatDecoder


class CompletionDecoder(ChatDecoder):
    """A completion is a chat answer whose choices say `text`.

    Writer's streams are nothing but `{"value": …}` (its API reference, November 2026): they never
    tell why or that they have ended, so that the end of the body is the end of the answer.
    """

    _bare = False

    def _plain(self, answer: Any) -> None:
        return None

    def _chunk(self, chunk: dict[str, Any], kind: str) -> None:
        given = chunk.get("choices") or ()
        if not given and isinstance(text := chunk.get("value"), str):
            self._bare, given = True, ({"text": text},)
            chunk = {name: value for name, value in chunk.items() if name != "value"}
        choices = [as_chat(choice, kind) for choice in given]
        super()._chunk({**chunk, "choices": choices}, kind)

    def _end(self) -> None:
        self._finish(told_done=self._bare)


def as_chat(choice: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Say a completion's choice in the words of chat."""
    text = choice.get("text")
    return {**choice, kind: {"content": text} if isinstance(text, str) else {}}
