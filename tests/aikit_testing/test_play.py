"""A provider decodes an exchange from a tape."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aicore.errors import BadReply, RateLimited, Unreachable
from aicore.events import Produced
from aicore.fold import fold
from aicore.responses import RankedDocument, RerankResponse
from aikit_testing.play import PlayHost, play
from aikit_testing.replay import Replayer
from aikit_testing.tape import Answered, Asked, Chunk, Ended, Exchange, TapeError, read_tape

SAMPLE = Path(__file__).with_name("tapes") / "sample.jsonl"


async def events_of(exchange: Exchange, **options: Any) -> list[Any]:
    return [event async for batch in play(exchange, speed=0, **options) for event in batch]


async def test_the_answer_is_read_as_when_it_was_recorded() -> None:
    first, limited, *_ = read_tape(SAMPLE)
    response = fold(await events_of(first))
    assert response.text == "Ich heiße Ada\u2028.\u2028"
    with pytest.raises(RateLimited) as caught:
        await events_of(limited)
    assert caught.value.retry_after == 7


@pytest.mark.parametrize("name", ["input", "texts"])
async def test_vectors_are_read_for_as_many_texts_as_were_sent(name: str) -> None:
    body = json.dumps({"model": "small", "tags": ["x"], name: ["a", "b"]}).encode()
    items = [{"index": index, "embedding": [index, 0.5]} for index in range(2)]
    embedded = Exchange(
        Asked("POST", "/v1/embeddings", body=body, provider="openai", ability="embed"),
        Answered(0.0, 200),
        (Chunk(0.0, json.dumps({"data": items}).encode()),),
        Ended(0.0),
    )
    results = [event.result for event in await events_of(embedded) if isinstance(event, Produced)]
    assert [getattr(result, "vectors", None) for result in results] == [((0.0, 0.5), (1.0, 0.5))]


async def test_documents_are_ranked_as_when_they_were_recorded() -> None:
    body = json.dumps({"model": "rank", "query": "a", "documents": ["a", "b"]}).encode()
    items = [{"index": 1, "relevance_score": 0.5}]
    ranked = Exchange(
        Asked("POST", "/v1/rerank", body=body, provider="vllm", ability="rerank"),
        Answered(0.0, 200),
        (Chunk(0.0, json.dumps({"results": items}).encode()),),
        Ended(0.0),
    )
    (result,) = [event.result for event in await events_of(ranked) if isinstance(event, Produced)]
    assert isinstance(result, RerankResponse)
    assert result.results == (RankedDocument(1, 0.5),)
    broken = replace(ranked, asked=replace(ranked.asked, body=b"{}"))
    with pytest.raises(BadReply, match="does not rank 1 documents"):
        await events_of(broken)


@pytest.mark.parametrize("index", [2, 3, 5])
async def test_what_no_provider_makes_events_of_cannot_be_played(index: int) -> None:
    with pytest.raises(TapeError, match="only an exchange of a named provider"):
        await events_of(read_tape(SAMPLE)[index])


async def test_an_answer_that_never_came_fails_as_it_did() -> None:
    *_, unreachable, _, _ = read_tape(SAMPLE)
    with pytest.raises(Unreachable, match="ConnectTimeout"):
        await events_of(replace(unreachable, asked=read_tape(SAMPLE)[0].asked))


def test_a_provider_that_keeps_state_is_told_that_there_is_none() -> None:
    host = PlayHost("openai", Replayer([]))
    assert host.model("m") is None
    with pytest.raises(TapeError, match="'openai' keeps state"):
        host.store("tokens")
