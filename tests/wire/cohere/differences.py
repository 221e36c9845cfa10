"""The differences between a recorded request and ours that mean the same to Cohere."""

from __future__ import annotations

from ..api import Difference
from ..corpus import Json


def null_is_absent(recorded: Json, sent: Json) -> None:
    """A field that is null is one that is not given: all are optional in Cohere's SDK."""
    for body in (recorded, sent):
        for item in (body, *body.get("messages", ())):
            for name in [name for name, value in item.items() if value is None]:
                del item[name]


def one_text_is_one_block(recorded: Json, sent: Json) -> None:
    """Content may be a text, or blocks of which it is the only one (Cohere's "Chat API v2")."""
    for body in (recorded, sent):
        for item in body.get("messages", ()):
            if isinstance(item.get("content"), str):
                item["content"] = [{"type": "text", "text": item["content"]}]


def silence_beside_calls_is_absent(recorded: Json, sent: Json) -> None:
    """A turn that calls tools needs no content; an empty text says as little."""
    for body in (recorded, sent):
        for item in body.get("messages", ()):
            if item.get("tool_calls") and item.get("content") == [{"type": "text", "text": ""}]:
                del item["content"]


def whole_is_the_default(recorded: Json, sent: Json) -> None:
    """`stream` is false where it is missing."""
    if "messages" in sent or "message" in sent or "prompt" in sent:
        for body in (recorded, sent):
            body.setdefault("stream", False)


def function_is_the_type(recorded: Json, sent: Json) -> None:
    """A tool's type, and a call's, is "function", the only one there is."""
    for body in (recorded, sent):
        for tool in body.get("tools", ()):
            tool.setdefault("type", "function")


def no_tools_are_absent(recorded: Json, sent: Json) -> None:
    """An empty list of tools, or of earlier messages, offers and says nothing."""
    for body in (recorded, sent):
        for name in ("tools", "chat_history"):
            if body.get(name) == []:
                del body[name]


def floats_are_the_default(recorded: Json, sent: Json) -> None:
    """Vectors are floats where no type is asked for (Cohere's "Embed API v2")."""
    if "embedding_types" in sent:
        recorded.setdefault("embedding_types", ["float"])


ALLOWED: tuple[Difference, ...] = (
    null_is_absent,
    one_text_is_one_block,
    silence_beside_calls_is_absent,
    whole_is_the_default,
    function_is_the_type,
    no_tools_are_absent,
    floats_are_the_default,
)


def allowed(provider: str) -> tuple[Difference, ...]:
    return ALLOWED
