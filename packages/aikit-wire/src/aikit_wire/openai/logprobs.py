"""Read log probabilities, in the form of chat and in the older one of text completions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aicore.responses import TokenLogprob, TopLogprob


def read_logprobs(raw: Mapping[str, Any]) -> tuple[TokenLogprob, ...]:
    """Read the log probabilities of a choice, those of its text and of its refusal.

    Which form it is shows in its fields: llama.cpp has chat's in text completions, and Together
    the older one in chat.
    """
    if "tokens" in raw:
        return old_logprobs(raw)
    entries = [*(raw.get("content") or ()), *(raw.get("refusal") or ())]
    return tuple(
        TokenLogprob(
            token=text(entry["token"]),
            logprob=float(entry["logprob"]),
            bytes=octets(entry),
            top=tuple(
                TopLogprob(text(top["token"]), float(top["logprob"]), octets(top))
                for top in entry.get("top_logprobs") or ()
            ),
        )
        for entry in entries
    )


def octets(entry: Mapping[str, Any]) -> tuple[int, ...] | None:
    return None if entry.get("bytes") is None else tuple(map(int, entry["bytes"]))


def old_logprobs(raw: Mapping[str, Any]) -> tuple[TokenLogprob, ...]:
    """Read `tokens`, `token_logprobs` and `top_logprobs`, three lists of one length.

    The first token of an echoed prompt has no probability; it is left out.
    """
    tokens = raw["tokens"]
    tops = raw.get("top_logprobs") or [None] * len(tokens)
    return tuple(
        TokenLogprob(
            text(token),
            float(logprob),
            top=tuple(TopLogprob(other, float(value)) for other, value in (top or {}).items()),
        )
        for token, logprob, top in zip(tokens, raw["token_logprobs"], tops, strict=True)
        if logprob is not None
    )


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a token is text, not {type(value).__name__}")
    return value
