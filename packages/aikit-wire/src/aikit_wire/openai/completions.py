"""Decode text completions, the endpoint of base models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aikit_wire.openai.decode import ChatDecoder


class CompletionDecoder(ChatDecoder):
    """A completion is a chat answer whose choices say `text` and have the old logprobs."""

    def _chunk(self, chunk: dict[str, Any], kind: str) -> None:
        choices = [as_chat(choice, kind) for choice in chunk.get("choices") or ()]
        super()._chunk({**chunk, "choices": choices}, kind)


def as_chat(choice: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Say a completion's choice in the words of chat."""
    text = choice.get("text")
    said = {**choice, kind: {"content": text} if isinstance(text, str) else {}}
    if logprobs := choice.get("logprobs"):
        said["logprobs"] = {"content": [*old_logprobs(logprobs)]}
    return said


def old_logprobs(raw: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Read `tokens`, `token_logprobs` and `top_logprobs`, three lists of one length.

    The first token of an echoed prompt has no probability; it is left out.
    """
    tops = raw.get("top_logprobs") or [None] * len(raw["tokens"])
    return [
        {
            "token": token,
            "logprob": logprob,
            "top_logprobs": [
                {"token": other, "logprob": value} for other, value in (top or {}).items()
            ],
        }
        for token, logprob, top in zip(raw["tokens"], raw["token_logprobs"], tops, strict=True)
        if logprob is not None
    ]
