"""Sources beside an answer are numbered as its text numbers them."""

from __future__ import annotations

from typing import Any

import pytest
from aicore.messages import SourcePart, TextPart
from aikit_wire.openai.manifest import DIALECT
from aikit_wire.openai.sources import read_sources

from .answers import answered, chunk, sse, streamed, whole

A, B, C = "https://a.example", "https://b.example", "https://c.example"
FOUND = {"url": B, "title": "B", "snippet": "about b", "date": "2026-01-01"}


def test_cited_pages_come_first_then_what_was_found_besides() -> None:
    other = {"url": C, "title": None, "snippet": ""}
    assert [*read_sources([A, B], [FOUND, other])] == [
        SourcePart(url=A, id="1"),
        SourcePart(url=B, id="2", title="B", quote="about b", provider_data={DIALECT: FOUND}),
        SourcePart(url=C, provider_data={DIALECT: other}),
    ]


@pytest.mark.parametrize("nothing", [None, [], {}, "x", [None], [5], [{"title": "no url"}]])
def test_what_names_no_page_is_no_source(nothing: Any) -> None:
    assert [*read_sources(nothing, nothing)] in ([], [SourcePart(url="x", id="1")])


def test_pages_told_again_and_again_in_a_stream_are_told_once() -> None:
    told: Any = {"citations": [A], "search_results": [FOUND]}
    body = sse(
        chunk({"content": "Hi"}, citations=[A]),
        chunk({"content": " [1]"}, **told),
        chunk({}, "stop", **told),
    )
    response = streamed(body)
    assert response == answered(whole({"content": "Hi [1]"}, **told))
    assert response.parts[0] == TextPart("Hi [1]")
    assert [source.url for source in response.sources] == [A, B]
    assert response.steps[0].provider_data == {}
