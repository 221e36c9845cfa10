"""Messages of another library, which are refused with advice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FOREIGN = (
    "this is OpenAI's message format, of which only `role` and `content` text are read here: "
    "use Message, ToolCallPart, ImagePart (docs/messages.md)"
)


def is_foreign(value: Mapping[str, Any]) -> bool:
    """Tell whether a mapping is a message as OpenAI's endpoint for chats takes it."""
    if value.get("role") in ("developer", "function") or _FIELDS & value.keys():
        return True
    content = value.get("content")
    items = content if isinstance(content, list | tuple) else ()
    types = [item.get("type") for item in items if isinstance(item, Mapping)]
    return any(isinstance(kind, str) and kind in _PARTS for kind in types) or any(
        isinstance(item, Mapping) and isinstance(item.get("file"), Mapping) for item in items
    )


_FIELDS = frozenset({"tool_calls", "tool_call_id", "function_call", "refusal", "audio"})
_PARTS = frozenset({"image_url", "input_audio", "input_text", "input_image", "input_file"})
"""What OpenAI's messages have and ours have not (openai 2: `types.chat`, `types.responses`)."""
