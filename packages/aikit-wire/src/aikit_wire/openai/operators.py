"""Named changes to a chat body, for vendors that differ in behaviour and not just in names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, TypeAlias

Operator: TypeAlias = Callable[[dict[str, Any]], None]

SHORT_ID = re.compile(r"[a-zA-Z0-9]{9}")


def short_tool_ids(body: dict[str, Any]) -> None:
    """Give tool calls ids of nine letters and digits: Mistral refuses any other (422).

    An id that already fits stays; a foreign one is replaced by a hash of it, the same in the
    call and in its result.
    """
    for message in body["messages"]:
        if "tool_call_id" in message:
            message["tool_call_id"] = short_id(message["tool_call_id"])
        for call in message.get("tool_calls", ()):
            call["id"] = short_id(call["id"])


def short_id(id: str) -> str:
    return id if SHORT_ID.fullmatch(id) else sha256(id.encode()).hexdigest()[:9]


def keep_reasoning_field(body: dict[str, Any]) -> None:
    """Send an empty `reasoning_content` where an assistant turn has none.

    DeepSeek's v4 models want the field on every assistant turn of a tool loop.
    """
    if any("reasoning_content" in message for message in body["messages"]):
        for message in body["messages"]:
            if message["role"] == "assistant":
                message.setdefault("reasoning_content", "")


def refusal_as_text(body: dict[str, Any]) -> None:
    """Send an earlier refusal as the text that it is: Mistral has no field for it (422)."""
    for message in body["messages"]:
        if refusal := message.pop("refusal", None):
            content = message.get("content") or ""
            if isinstance(content, str):
                message["content"] = content + refusal
            else:
                message["content"] = [*content, {"type": "text", "text": refusal}]


OPERATORS: Mapping[str, Operator] = {
    operator.__name__: operator
    for operator in (short_tool_ids, keep_reasoning_field, refusal_as_text)
}
