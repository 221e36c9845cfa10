"""Holds the parts of an answer that only Google's wire has against what they are known to be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aicore.messages import Media, OpaquePart
from aicore.responses import Response

CODE = ("executableCode", "codeExecutionResult")


def more(expected: Mapping[str, Any], found: Response) -> Iterator[str]:
    """Compare the media that a model made, and the code that it ran."""
    media = sum(isinstance(part, Media) for part in found.parts)
    items = [part.data for part in found.parts if isinstance(part, OpaquePart)]
    code = [name for item in items for name in CODE if name in item]
    for name, wanted, shown in (
        ("inline data parts", expected.get("inline_data_parts") or 0, media),
        ("code parts", expected.get("code_parts") or [], code),
    ):
        if wanted != shown:
            yield f"{name}: expected {wanted!r}, found {shown!r}"
