"""What answers mean that the corpus takes literally, because it knows no vendor's ways."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ..corpus import Exchange

THINKS_ALOUD: Mapping[str, re.Pattern[str]] = {
    "huggingface": re.compile("DeepSeek-R1"),
    "perplexity": re.compile("^sonar-reasoning"),
    "togetherai": re.compile("DeepSeek-R1"),
    "minimax": re.compile(""),
}
"""Models that write their thoughts into their text, between tags, by their vendors' documents."""

THOUGHTS = re.compile(r"\s*<think>\n*(.*?)(?:</think>\s*(.*))?", re.DOTALL)


def of_chat(exchange: Exchange) -> Mapping[str, Any] | None:
    """Tell thoughts from text where a model writes them into it; unclosed ones are all there is."""
    expected, aloud = exchange.expected, THINKS_ALOUD.get(exchange.provider)
    if not (expected and aloud and aloud.search(expected.get("model") or "")):
        return expected
    found = THOUGHTS.fullmatch(expected.get("text") or "")
    if found is None:
        return expected
    thought = (expected.get("reasoning") or "") + found[1]
    return {**expected, "reasoning": thought, "text": found[2] or ""}


def of_values(exchange: Exchange) -> Mapping[str, Any] | None:
    """Writer's streams of completions are pieces of text and nothing else."""
    if exchange.expected is not None or not exchange.recorded["response"]["stream"]:
        return exchange.expected
    data = [line[5:] for line in exchange.body.splitlines() if line.startswith(b"data:")]
    text = "".join(json.loads(piece)["value"] for piece in data if piece.strip() != b"[DONE]")
    return {"kind": "completion", "text": text, "finish_reason": None, "usage": None}


def of_bytes(exchange: Exchange) -> Mapping[str, Any] | None:
    """Perplexity's vectors hold a byte for each dimension; the corpus counts floats of four."""
    expected = exchange.expected
    if expected and expected.get("encoding") == "base64":
        return {**expected, "dimension": expected["dimension"] * 4}
    return expected
