"""The HTTP providers that are installed, and what a service of each dialect says first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aicore.errors import AIError
from aicore.plugins import PROVIDERS, found
from aikit.host import open_provider

from ..providers.eventstream import STREAM as AMAZON
from ..providers.eventstream import event as amazon
from .service import STREAM, chunk, event, head, line, said

KEY = "test-key-5f3a9c"

LINES = head("application/x-ndjson")


def spoken(text: str) -> bytes:
    """Make a line of Ollama's with some text."""
    return line({"model": "m", "message": {"role": "assistant", "content": text}, "done": False})


def gemini(text: str) -> dict[str, Any]:
    """Make a piece of a streamed answer of the Gemini dialect."""
    content = {"role": "model", "parts": [{"text": text}]}
    return {"candidates": [{"content": content, "index": 0}], "responseId": "answer-1"}


def anthropic_text(text: str) -> bytes:
    """A piece of text, as a block that has begun goes on."""
    delta = {"type": "text_delta", "text": text}
    return event({"type": "content_block_delta", "index": 0, "delta": delta})


ANTHROPIC = (
    {"type": "message_start", "message": {"id": "msg_1", "model": "m", "content": []}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
)


def responses(kind: str, **fields: object) -> bytes:
    """Make an event of the Responses dialect about the first item."""
    return event({"type": f"response.{kind}", "output_index": 0, "item_id": "msg_1", **fields})


def cohere_text(text: str) -> bytes:
    """A piece of text, as a block of Cohere's that has begun goes on."""
    delta = {"message": {"content": {"text": text}}}
    return event({"type": "content-delta", "index": 0, "delta": delta})


COHERE = (
    {"type": "message-start", "id": "c-1", "delta": {"message": {"role": "assistant"}}},
    {
        "type": "content-start",
        "index": 0,
        "delta": {"message": {"content": {"type": "text", "text": ""}}},
    },
)


def converse(text: str) -> bytes:
    """Make a piece of text of Bedrock's, whose block begins with it."""
    return amazon("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": text}})


MESSAGE = {"type": "message", "id": "msg_1", "role": "assistant", "content": []}

FIRST: Mapping[str, bytes] = {
    "gemini": STREAM + chunk(event(gemini("Hel"))),
    "anthropic-messages": STREAM + chunk(b"".join(map(event, ANTHROPIC)) + anthropic_text("Hel")),
    "openai-chat": STREAM + chunk(event(said("Hel"))),
    "ollama": LINES + chunk(spoken("Hel")),
    "cohere": STREAM + chunk(b"".join(map(event, COHERE)) + cohere_text("Hel")),
    "bedrock-converse": head(AMAZON)
    + chunk(amazon("messageStart", {"role": "assistant"}) + converse("Hel")),
    "openai-responses": STREAM
    + chunk(
        responses("created", response={"id": "resp_1", "model": "m", "status": "in_progress"})
        + responses("output_item.added", item=MESSAGE)
        + responses("output_text.delta", content_index=0, delta="Hel")
    ),
}
"""By dialect: the head of a streamed answer and the event with its first text."""

MORE: Mapping[str, bytes] = {
    "gemini": chunk(event(gemini("lo"))),
    "anthropic-messages": chunk(anthropic_text("lo")),
    "openai-chat": chunk(event(said("lo"))),
    "ollama": chunk(spoken("lo")),
    "cohere": chunk(cohere_text("lo")),
    "bedrock-converse": chunk(converse("lo")),
    "openai-responses": chunk(responses("output_text.delta", content_index=0, delta="lo")),
}
"""By dialect: an event with more text."""


MORE_SETTINGS: Mapping[str, Mapping[str, str]] = {
    "watsonx": {"auth_token": "token-of-now", "project_id": "p1"},
}
"""What some providers must be told beside a key and an address."""


def http_providers() -> dict[str, str]:
    """Return the dialects of the providers that chat and can be sent to an address, by name."""
    dialects = {}
    for name in found(PROVIDERS):
        settings = {
            "api_key": KEY,
            "base_url": "http://127.0.0.1:9/v1",
            **MORE_SETTINGS.get(name, {}),
        }
        try:
            provider = open_provider(name, settings, None, lambda provider, model: None)
        except AIError:
            continue  # one that answers in this process has no address
        manifest = getattr(provider, "manifest", None)
        if manifest is None or "chat" in manifest.abilities:
            dialects[name] = getattr(provider, "dialect", "unknown")
    return dialects


DIALECTS = http_providers()
