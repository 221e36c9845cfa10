"""Read the sources that stand beside a whole answer (Perplexity, xAI)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aicore.messages import SourcePart

from aikit_wire.openai.manifest import DIALECT


def read_sources(citations: Any, results: Any) -> Iterator[SourcePart]:
    """Yield a source for each cited URL, then for each search result that is not cited.

    The text refers to a citation by its number, `[1]` for the first, which is the source's `id`.
    """
    cited = (
        [url for url in citations if isinstance(url, str)] if isinstance(citations, list) else []
    )
    found = (
        [item for item in results if isinstance(item, dict)] if isinstance(results, list) else []
    )
    described = {item["url"]: item for item in found if isinstance(item.get("url"), str)}
    for number, url in enumerate(cited, 1):
        yield read_source(url, described.pop(url, {}), str(number))
    for url, item in described.items():
        yield read_source(url, item, None)


def read_source(url: str, item: dict[str, Any], id: str | None) -> SourcePart:
    title, snippet = item.get("title"), item.get("snippet")
    return SourcePart(
        url=url,
        title=title if isinstance(title, str) else None,
        id=id,
        quote=snippet if isinstance(snippet, str) and snippet else None,
        provider_data={DIALECT: item} if item else {},
    )
