"""Citations: which words of an answer stand on which documents and tool results, and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from aicore.messages import SourcePart

DIALECT = "cohere"
"""The key of `provider_data` under which the dialect's own data stands."""
Json = dict[str, Any]


def source_parts(citation: Json, offset: int = 0) -> Iterator[SourcePart]:
    """Yield a part for each source of a citation.

    `offset` is where its block begins in the answer's text. What is cited of thoughts or of a
    plan has no place in the text.
    """
    sources = citation.get("sources") or [{}]
    whole = {name: value for name, value in citation.items() if name != "sources"}
    in_text = citation.get("type", "TEXT_CONTENT") == "TEXT_CONTENT"
    start, end = span(citation, offset) if in_text else (None, None)
    for source in sources:
        document = source.get("document")
        described = document if isinstance(document, dict) else {}
        own = {"citation": whole, **({"source": source} if source else {})}
        yield SourcePart(
            url=text(described.get("url")),
            title=text(described.get("title")),
            id=text(source.get("id")),
            start=start,
            end=end,
            provider_data={DIALECT: own},
        )


def span(citation: Json, offset: int = 0) -> tuple[int | None, int | None]:
    """Return where in the text the cited words begin and end."""
    start, end = (
        place + offset if isinstance(place, int) else None
        for place in (citation.get("start"), citation.get("end"))
    )
    return start, end


def encode_citations(parts: Iterable[SourcePart]) -> list[Json]:
    """Put the parts of each citation together again, as it came."""
    citations, last = list[Json](), None
    for part in parts:
        own = part.provider_data[DIALECT]
        source = [own["source"]] if "source" in own else []
        if source and citations and own["citation"] == last:
            citations[-1]["sources"] += source
        else:
            citations.append({**own["citation"], "sources": source})
        last = own["citation"]
    return citations


def string(value: Any) -> str:
    """Take what must be text.

    Raises:
        TypeError: it is something else.
    """
    if not isinstance(value, str):
        raise TypeError(f"expected text, not {type(value).__name__}")
    return value


def text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
