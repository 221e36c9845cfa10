"""Embeddings come back in the order of the texts, as numbers."""

from __future__ import annotations

import base64
import json
import struct
import sys
from typing import Any

import pytest
from aicore.errors import BadReply, RateLimited
from aicore.requests import EmbedRequest
from aicore.responses import Embeddings
from aicore.usage import Usage
from aikit_wire.openai.embeddings import decode_embeddings
from aikit_wire.openai.encode import encode_embed
from aikit_wire.openai.manifest import Manifest

USAGE = {"prompt_tokens": 3, "total_tokens": 3}


def embedding(index: int | None, vector: Any) -> dict[str, Any]:
    item = {"object": "embedding", "embedding": vector}
    return item if index is None else {**item, "index": index}


def embeddings(*items: Any, count: int | None = None, **fields: Any) -> Embeddings:
    answer = {"object": "list", "data": list(items), "model": "e1", "usage": USAGE, **fields}
    return decode_embeddings(
        json.dumps(answer).encode(), len(items) if count is None else count, "acme", ("hunter22",)
    )


def packed(*numbers: float) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


def test_vectors_of_floats_are_read() -> None:
    assert embeddings(embedding(0, [0.5, -1, 2e-3])) == Embeddings(
        model="e1", vectors=((0.5, -1.0, 0.002),), usage=Usage(input_tokens=3, raw=USAGE)
    )


def test_vectors_in_base64_are_read() -> None:
    assert embeddings(embedding(0, packed(0.5, -1, 0.25))).vectors == ((0.5, -1.0, 0.25),)


def test_base64_is_little_endian_whatever_this_machine_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "byteorder", {"little": "big", "big": "little"}[sys.byteorder])
    swapped = base64.b64encode(struct.pack(">2f", 0.5, 3)).decode()
    assert embeddings(embedding(0, swapped)).vectors == ((0.5, 3.0),)


def test_vectors_are_put_in_the_order_of_their_indexes() -> None:
    found = embeddings(embedding(2, [3]), embedding(0, [1]), embedding(1, [2]))
    assert found.vectors == ((1.0,), (2.0,), (3.0,))


def test_vectors_without_indexes_stay_in_order() -> None:
    assert embeddings(embedding(None, [3]), embedding(None, [1])).vectors == ((3.0,), (1.0,))


@pytest.mark.parametrize("usage", [None, [], "3", 3])
def test_usage_that_is_not_told_is_unknown(usage: Any) -> None:
    found = embeddings(embedding(0, [1]), usage=usage, model=5)
    assert (found.usage, found.model) == (None, None)


@pytest.mark.parametrize(
    ("items", "count"),
    [
        ([], 1),
        ([embedding(0, [1])], 2),
        ([embedding(0, [1]), embedding(1, [1])], 1),
        ([embedding(0, [1]), embedding(1, [1, 2])], 2),
    ],
)
def test_a_wrong_number_or_length_is_a_bad_reply(items: list[Any], count: int) -> None:
    with pytest.raises(BadReply, match=f"asked for {count} vectors of one length"):
        embeddings(*items, count=count)


@pytest.mark.parametrize(
    "vector", [None, 5, {"a": 1}, ["x"], [None], "not base64!", "AAA=", [10**400], [[1]]]
)
def test_what_is_no_vector_is_a_bad_reply(vector: Any) -> None:
    with pytest.raises(BadReply, match="holds no embeddings"):
        embeddings(embedding(0, vector))


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"null", b"{}", b'{"data": 5}', b'{"data": [5]}']
)
def test_a_body_of_another_kind_is_a_bad_reply(body: bytes) -> None:
    with pytest.raises(BadReply, match="holds no embeddings"):
        decode_embeddings(body, 1)


def test_an_error_with_a_good_status_is_an_error() -> None:
    with pytest.raises(RateLimited) as caught:
        embeddings(error={"message": "slow down, hunter22", "code": 429})
    assert caught.value.provider == "acme"
    assert "hunter22" not in str(caught.value)


def test_a_request_says_what_it_can_and_warns_of_the_rest() -> None:
    request = EmbedRequest(
        model="e1",
        inputs=("a", "b"),
        dimensions=8,
        task="search",
        user="u",
        metadata={"k": "v"},
        provider_options={"acme": {"encoding_format": "base64"}, "other": {"x": 1}},
    )
    encoded = encode_embed(request, request.inputs, Manifest(name="acme"))
    assert json.loads(encoded.content()) == {
        "model": "e1",
        "input": ["a", "b"],
        "dimensions": 8,
        "user": "u",
        "encoding_format": "base64",
    }
    assert {(item.setting, item.action) for item in encoded.warnings} == {
        ("task", "dropped"),
        ("metadata", "dropped"),
    }


def test_a_service_may_call_settings_otherwise() -> None:
    fields = {"dimensions": "output_dimension", "task": "input_type", "metadata": "metadata"}
    request = EmbedRequest(
        model="e1", inputs=("a",), dimensions=8, task="search", metadata={"k": "v"}
    )
    encoded = encode_embed(request, request.inputs, Manifest(name="acme", fields=fields))
    assert encoded.body == {
        "model": "e1",
        "input": ["a"],
        "output_dimension": 8,
        "input_type": "search",
        "metadata": {"k": "v"},
    }
    assert encoded.warnings == ()


def test_vectors_of_bytes_are_read_where_the_manifest_says_so() -> None:
    data = base64.b64encode(struct.pack("4b", -128, -1, 0, 127)).decode()
    body = json.dumps({"data": [embedding(0, data)]}).encode()
    assert decode_embeddings(body, 1, packed="int8").vectors == ((-128.0, -1.0, 0.0, 127.0),)
