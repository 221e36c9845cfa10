"""Decode text completions, the endpoint of base models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aikit_wire.openai.decode import ChatDecoder


class CompletionDecoder(ChatDecoder):
    """A completion is a chat answer whose choices say `text`."""

    def _plain(self, answer: Any) -> None:
        return None

    def _chunk(self, chunk: dict[str, Any], kind: str) -> None:
        choices = [as_chat(choice, kind) for choice in chunk.get("choices") or ()]
        super()._chunk({**chunk, "choices": choices}, kind)


def as_chat(choice: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Say a completion's choice in the words of chat."""
    text = choice.get("text")
    return {**choice, kind: {"content": text} if isinstance(text, str) else {}}
