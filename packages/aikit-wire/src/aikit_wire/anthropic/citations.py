"""Read citations: of documents, of search results, and of the web."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aicore.messages import SourcePart

from aikit_wire.anthropic.dialect import DIALECT


def read_citation(citation: Mapping[str, Any], start: int, end: int) -> SourcePart:
    """Read what the text from `start` to `end` of the answer was taken from.

    The citation itself is kept with the part, so that it goes back with the text.
    """
    return SourcePart(
        url=text(citation, "url", "source"),
        title=text(citation, "title", "document_title"),
        id=text(citation, "file_id"),
        quote=text(citation, "cited_text"),
        start=start,
        end=end,
        provider_data={DIALECT: dict(citation)},
    )


def text(fields: Mapping[str, Any], *names: str) -> str | None:
    values = (fields.get(name) for name in names)
    return next((value for value in values if isinstance(value, str)), None)
