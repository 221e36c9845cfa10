"""Bedrock's wire: Converse, streamed or not, InvokeModel in the forms of many makers, counts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from ..api import Api
from ..corpus import Exchange, Json
from . import differences, meaning, reader, vocabulary

VERBS = {
    "bedrock-converse": "converse",
    "bedrock-converse-stream": "converse-stream",
    "bedrock-count-tokens": "count-tokens",
    "bedrock-invoke": "invoke",
    "bedrock-invoke-stream": "invoke-with-response-stream",
}


def path(exchange: Exchange) -> str:
    """Return the path: ids are encoded whole there, as AWS's own clients do it."""
    return f"/model/{reader.quoted(exchange)}/{VERBS[exchange.api]}"


def streaming(exchange: Exchange) -> bool:
    return exchange.api.endswith("-stream")


def settings(exchange: Exchange) -> Mapping[str, Json | str]:
    """Tell the region, the operation, and what is behind an id that does not tell it."""
    told: dict[str, Json | str] = {"region": "us-east-1"}
    asked = exchange.asked or {}
    if "invoke" in exchange.api or "invokeModel" in (asked.get("input") or {}):
        told["api"] = "invoke"
    if stands_for := reader.stands_for(exchange):
        told["profiles"] = {reader.model(exchange): stands_for}
    return told


APIS: Mapping[str, Api] = {
    name: Api(
        path=path,
        read=reader.read,
        minimal=reader.minimal,
        differences=partial(differences.allowed, name),
        settings=settings,
        finish_reason=vocabulary.finish_reason,
        usage=vocabulary.usage,
        streaming=streaming,
        vectors=vocabulary.vectors,
        codes=vocabulary.CODES,
        meaning=meaning.meaning,
        more=meaning.more,
        calls=meaning.calls,
        request_id="x-amzn-requestid",
    )
    for name in VERBS
}
