"""The rerank request that many services share."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aicore.errors import AIError, BadReply, Unsupported
from aicore.requests import RerankRequest
from aicore.responses import RankedDocument
from aicore.usage import Usage
from aikit import Kit
from aikit_wire.rerank import decode_rerank, encode_rerank

from ..vendor import Vendor


def request(**fields: Any) -> RerankRequest:
    return RerankRequest(model="m", query="which?", documents=("a", "b"), **fields)


def test_a_query_its_documents_and_a_limit_are_sent() -> None:
    plain = encode_rerank(request(), "acme")
    assert plain.body == {"model": "m", "query": "which?", "documents": ["a", "b"]}
    assert plain.warnings == ()
    assert encode_rerank(request(top_n=1), "acme").body["top_n"] == 1
    assert encode_rerank(request(top_n=1), "acme", top_n="top_k").body["top_k"] == 1


def test_what_has_no_place_is_told_and_options_are_sent() -> None:
    options = {"acme": {"return_documents": True}, "other": {"truncate": "END"}}
    wanted = request(top_n=1, user="anna", metadata={"a": "b"}, provider_options=options)
    encoded = encode_rerank(wanted, "acme", top_n="")
    assert encoded.body["return_documents"] is True
    assert encoded.body.keys() == {"model", "query", "documents", "return_documents"}
    told = [(warning.setting, warning.action) for warning in encoded.warnings]
    assert told == [("top_n", "dropped"), ("user", "dropped"), ("metadata", "dropped")]


def decoded(answer: Any, count: int = 2) -> Any:
    return decode_rerank(json.dumps(answer).encode(), count, "acme")


def test_the_best_come_first_whatever_their_order_was() -> None:
    items = [{"index": 0, "relevance_score": 0.25}, {"index": 1, "relevance_score": 1}]
    for name in ("results", "data"):
        result = decoded({name: items, "id": "r-1", "model": "rank-1"})
        assert result.results == (RankedDocument(1, 1.0), RankedDocument(0, 0.25))
        assert (result.id, result.model, result.usage) == ("r-1", "rank-1", None)


def test_documents_that_come_back_are_text() -> None:
    items = [
        {"index": 0, "relevance_score": 0.5, "document": {"text": "a"}},
        {"index": 1, "relevance_score": 0.25, "document": "b"},
    ]
    assert [item.document for item in decoded({"results": items}).results] == ["a", "b"]


@pytest.mark.parametrize(
    ("told", "usage"),
    [
        ({"usage": {"total_tokens": 12}}, Usage(input_tokens=12)),
        ({"usage": {"prompt_tokens": 7, "total_tokens": 7}}, Usage(input_tokens=7)),
        ({"meta": {"billed_units": {"search_units": 1.0}}}, Usage(search_units=1)),
        ({"meta": {"billed_units": {"input_tokens": 9}}}, Usage(input_tokens=9)),
        ({"meta": {"api_version": {"version": "2"}}}, None),
        ({"meta": None}, None),
        ({"usage": {}}, None),
    ],
)
def test_what_was_counted_is_told(told: Any, usage: Usage | None) -> None:
    found = decoded({"results": [], **told}).usage
    assert found == usage or (found and found.raw and found == _raw(usage, found.raw))


def _raw(usage: Usage | None, raw: Any) -> Usage:
    assert usage
    return Usage(input_tokens=usage.input_tokens, search_units=usage.search_units, raw=raw)


SCORE = {"relevance_score": 0.5}


@pytest.mark.parametrize(
    "answer",
    [
        [],
        {},
        {"results": None},
        {"results": [SCORE]},
        {"results": [{"index": 0}]},
        {"results": [{"index": "0", **SCORE}]},
        {"results": [{"index": True, **SCORE}]},
        {"results": [{"index": 0, "relevance_score": "high"}]},
        {"results": [{"index": 0, "relevance_score": float("nan")}]},
        {"results": [{"index": 2, **SCORE}]},
        {"results": [{"index": -1, **SCORE}]},
        {"results": [{"index": 0, **SCORE}, {"index": 0, **SCORE}]},
        {"results": [], "usage": {"total_tokens": float("inf")}},
    ],
)
def test_an_answer_of_another_form_is_a_bad_reply(answer: Any) -> None:
    with pytest.raises(BadReply):
        decoded(answer)


def test_an_error_inside_an_answer_is_that_error() -> None:
    with pytest.raises(AIError, match="no such model"):
        decoded({"error": {"message": "no such model"}})


async def test_a_row_ranks_where_its_manifest_says_so() -> None:
    documents = ["tax law", "the fox"]
    with Vendor() as vendor:
        settings = {"base_url": vendor.url, "api_key": "sk-1"}
        async with Kit(providers={"togetherai": settings, "groq": settings}) as kit:
            asked = {"model": "togetherai:m", "metadata": {"a": "b"}}
            result = await kit.rerank("the fox", documents, top_n=1, **asked)  # type: ignore[arg-type]
            assert result.results == (RankedDocument(1, 1.0),)
            assert result.usage
            assert result.usage.input_tokens == 6
            assert [warning.setting for warning in result.warnings] == ["metadata"]
            (sent,) = vendor.received
            assert (sent.path, sent.headers["authorization"]) == ("/v1/rerank", "Bearer sk-1")
            with pytest.raises(Unsupported, match="metadata dropped"):
                await kit.rerank("the fox", documents, strict=True, **asked)  # type: ignore[arg-type]
            with pytest.raises(Unsupported, match="'groq' has no endpoint for 'rerank'"):
                await kit.rerank("the fox", documents, model="groq:m")
        assert len(vendor.received) == 1
