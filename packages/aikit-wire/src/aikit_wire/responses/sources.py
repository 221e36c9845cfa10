"""Read annotations: what an answer's text cites."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aicore.messages import SourcePart

from aikit_wire.counts import count
from aikit_wire.openai.candidate import found_text
from aikit_wire.responses.dialect import DIALECT


def read_annotation(note: Mapping[str, Any], before: int = 0) -> SourcePart:
    """Read a citation of the web or of a file, or one that is not known yet.

    Offsets count from the beginning of its text; `before` is how much text the answer has
    before that.
    """
    start, end = count(note, "start_index"), count(note, "end_index")
    return SourcePart(
        url=found_text(note, "url"),
        title=found_text(note, "title") or found_text(note, "filename"),
        id=found_text(note, "file_id"),
        start=None if start is None else start + before,
        end=None if end is None else end + before,
        provider_data={DIALECT: dict(note)},
    )
