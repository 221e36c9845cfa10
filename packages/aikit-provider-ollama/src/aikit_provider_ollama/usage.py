"""Read the token counts of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aicore.usage import Usage

COUNTS = ("prompt_eval_count", "eval_count")


def read_usage(piece: Mapping[str, Any]) -> Usage | None:
    """Read the counts beside an answer; a prompt that was cached whole may have none."""
    raw = {name: piece[name] for name in COUNTS if type(piece.get(name)) is int}
    if not raw:
        return None
    return Usage(
        input_tokens=raw.get("prompt_eval_count"), output_tokens=raw.get("eval_count"), raw=raw
    )
