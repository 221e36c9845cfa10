"""Anthropic's wire: messages, and how many tokens they are."""

from __future__ import annotations

from collections.abc import Mapping

from ..api import Api
from ..corpus import Exchange
from . import differences, meaning, reader, vocabulary

PATHS = {
    "anthropic-messages": "/v1/messages",
    "anthropic-count-tokens": "/v1/messages/count_tokens",
}


def path(exchange: Exchange) -> str:
    """Return the path alone: `?beta=true` marks the SDK's beta methods and asks for nothing."""
    return PATHS[exchange.api]


def key(secret: str) -> tuple[str, str]:
    return "x-api-key", secret


APIS: Mapping[str, Api] = {
    name: Api(
        path=path,
        read=reader.read,
        minimal=reader.minimal,
        differences=differences.allowed,
        finish_reason=vocabulary.finish_reason,
        usage=vocabulary.usage,
        authorization=key,
        more=meaning.more,
        codes=vocabulary.CODES,
        request_id="request-id",
    )
    for name in PATHS
}
