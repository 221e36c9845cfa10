"""Voyage's wire: vectors and ranks, alike to others' but for some names."""

from __future__ import annotations

import copy
import json
import struct
from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any

from aicore.requests import EmbedRequest, RerankRequest
from aicore.responses import FinishReason
from aicore.usage import Usage

from ..api import AnyRequest, Api, Difference
from ..corpus import Exchange, Json
from .reader import ranked, rest

PATHS = {"voyage-embeddings": "/embeddings", "rerank-generic": "/rerank"}


def path(exchange: Exchange) -> str:
    return PATHS[exchange.api]


def read(body: Json, exchange: Exchange) -> AnyRequest:
    """Turn a recorded body into the request that a user of ours would have written."""
    body = {name: value for name, value in copy.deepcopy(body).items() if value is not None}
    settings: Json = {"model": f"{exchange.provider}:{body.pop('model')}"}
    if exchange.api == "rerank-generic":
        settings |= {"query": body.pop("query"), "documents": tuple(body.pop("documents"))}
        if "top_k" in body:
            settings["top_n"] = body.pop("top_k")
        return RerankRequest(**settings, **rest(body, exchange.provider))
    inputs = body.pop("input")
    settings["inputs"] = (inputs,) if isinstance(inputs, str) else tuple(inputs)
    for name, setting in (("input_type", "task"), ("output_dimension", "dimensions")):
        if name in body:
            settings[setting] = body.pop(name)
    return EmbedRequest(**settings, **rest(body, exchange.provider))


def minimal(exchange: Exchange) -> AnyRequest:
    """Return the shortest request there is, for answers whose request was not recorded."""
    expected = exchange.expected or {}
    model = f"{exchange.provider}:{expected.get('model') or 'unknown'}"
    if exchange.api == "rerank-generic":
        return RerankRequest(model=model, query="hi", documents=ranked(expected))
    return EmbedRequest(model=model, inputs=("hi",) * int(expected.get("count") or 1))


def null_is_absent(recorded: Json, sent: Json) -> None:
    """A field that is null is one that is not given (Voyage's "Text embedding models")."""
    for body in (recorded, sent):
        for name in [name for name, value in body.items() if value is None]:
            del body[name]


def one_text_is_a_list_of_one(recorded: Json, sent: Json) -> None:
    """`input` is a text, or a list of texts."""
    for body in (recorded, sent):
        if isinstance(body.get("input"), str):
            body["input"] = [body["input"]]


def allowed(provider: str) -> tuple[Difference, ...]:
    return null_is_absent, one_text_is_a_list_of_one


def usage(raw: Mapping[str, Any] | None) -> Usage | None:
    """Read the total, which is all there is, and all input."""
    return None if not raw else Usage(input_tokens=raw["total_tokens"])


def meant(exchange: Exchange) -> Mapping[str, Any] | None:
    """Add what the corpus leaves out of ranks: which model has ranked, and what it has read."""
    expected = exchange.expected
    if expected is None or expected.get("kind") != "rerank":
        return expected
    answer = exchange.answer
    return {"model": answer.get("model"), "usage": answer.get("usage"), **expected}


def vectors(answer: Any) -> Sequence[tuple[float, ...]]:
    rows = [item["embedding"] for item in sorted(answer["data"], key=lambda item: item["index"])]
    return [
        struct.unpack(f"<{len(b64decode(row)) // 4}f", b64decode(row))
        if isinstance(row, str)
        else tuple(json.loads(json.dumps(row)))
        for row in rows
    ]


def no_reason(raw: str | None, calls: bool) -> FinishReason:
    raise ValueError("this protocol has no finish reasons")


APIS: Mapping[str, Api] = {
    name: Api(
        path=path,
        read=read,
        minimal=minimal,
        differences=allowed,
        finish_reason=no_reason,
        usage=usage,
        meaning=meant,
        vectors=vectors,
        codes={},
    )
    for name in PATHS
}
