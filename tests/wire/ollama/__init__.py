"""Ollama's own wire: chat, and text completion without a conversation."""

from __future__ import annotations

from collections.abc import Mapping

from ..api import Api
from ..corpus import Exchange
from . import differences, reader, vocabulary

PATHS = {"ollama-chat": "/api/chat", "ollama-generate": "/api/generate"}


def path(exchange: Exchange) -> str:
    return PATHS[exchange.api]


def streaming(exchange: Exchange) -> bool:
    """Tell whether a stream was asked for, which a body that does not say so does."""
    if exchange.asked is not None:
        return bool(exchange.asked.get("stream", True))
    return bool(exchange.recorded["response"]["stream"])


APIS: Mapping[str, Api] = {
    name: Api(
        path=path,
        read=reader.read,
        minimal=reader.minimal,
        differences=differences.allowed,
        streaming=streaming,
        finish_reason=vocabulary.finish_reason,
        usage=vocabulary.usage,
        codes={},
    )
    for name in PATHS
}
