"""Read what an answer is grounded in: pages, documents and places, and what they stand for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aicore.messages import SourcePart

from aikit_wire.gemini.surface import BESIDE


def read_sources(beside: Mapping[str, Any], text: str) -> Iterator[SourcePart]:
    """Yield the sources of an answer: one for each passage and what supports it.

    Sources that support no passage come after those that do, and citations of what the model
    recites come last.
    """
    grounding = beside.get("groundingMetadata") or {}
    chunks, cited = grounding.get("groundingChunks") or [], set[int]()
    for support in grounding.get("groundingSupports") or ():
        start, end = passage(support.get("segment") or {}, text)
        for index in support.get("groundingChunkIndices") or ():
            if 0 <= index < len(chunks):
                cited.add(index)
                yield source(chunks[index], start, end)
    for index, chunk in enumerate(chunks):
        if index not in cited:
            yield source(chunk)
    recited = beside.get("citationMetadata") or {}
    for citation in recited.get("citations") or recited.get("citationSources") or ():
        start, end = passage(citation, text) if "endIndex" in citation else (None, None)
        yield SourcePart(
            url=citation.get("uri"),
            title=citation.get("title"),
            start=start,
            end=end,
            provider_data={BESIDE: citation},
        )


def source(
    chunk: Mapping[str, Any], start: int | None = None, end: int | None = None
) -> SourcePart:
    """Make a source of a chunk, whose one field says of what kind it is."""
    found: Mapping[str, Any] = next(iter(chunk.values()), {})
    return SourcePart(
        url=found.get("uri") or found.get("sourceUri"),
        title=found.get("title"),
        id=found.get("placeId") or found.get("documentName") or found.get("fileSearchStore"),
        quote=found.get("text"),
        start=start,
        end=end,
        provider_data={BESIDE: chunk},
    )


def passage(segment: Mapping[str, Any], text: str) -> tuple[int | None, int | None]:
    """Return where a segment stands, in characters; the service counts bytes of UTF-8.

    Bytes are counted from the start of a part, which a stream does not show, so the segment's own
    text decides where there is any.
    """
    start, end, said = segment.get("startIndex", 0), segment.get("endIndex", 0), segment.get("text")
    body = text.encode()
    if 0 <= start < end <= len(body):
        found = body[start:end].decode(errors="replace")
        if said is None or found == said:
            before = len(body[:start].decode(errors="replace"))
            return before, before + len(found)
    at = text.find(said) if said else -1
    return (at, at + len(said)) if said and at >= 0 else (None, None)
