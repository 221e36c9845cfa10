"""The differences between a recorded request and ours that mean the same to Ollama.

Its server reads bodies into Go structs, whose fields are zero where the JSON has none.
"""

from __future__ import annotations

from ..api import Difference
from ..corpus import Json

UNSET = ("images", "options", "tool_calls", "tools")
"""Fields that say nothing when they are empty, of the body and of its messages."""


def null_is_absent(recorded: Json, sent: Json) -> None:
    """A field that is null stays as it is where it is missing (Go's `encoding/json`)."""
    for body in (recorded, sent):
        for item in (body, *body.get("messages", ())):
            for name in [name for name, value in item.items() if value is None]:
                del item[name]


def nothing_is_absent(recorded: Json, sent: Json) -> None:
    """No images, options, tools or tool calls are offered by an empty list or object of them."""
    for body in (recorded, sent):
        for item in (body, *body.get("messages", ())):
            for name in UNSET:
                if item.get(name) in ([], {}):
                    del item[name]


def streaming_is_the_default(recorded: Json, sent: Json) -> None:
    """`stream` is true where it is missing."""
    for body in (recorded, sent):
        body.setdefault("stream", True)


def silence_is_no_content(recorded: Json, sent: Json) -> None:
    """Content that is missing is the empty text, which is what Go's zero value of it is."""
    for body in (recorded, sent):
        for item in body.get("messages", ()):
            item.setdefault("content", "")


def type_is_function(recorded: Json, sent: Json) -> None:
    """A tool's type is "function", the only one there is; its calls have none."""
    for body in (recorded, sent):
        for tool in body.get("tools", ()):
            tool.setdefault("type", "function")


ALLOWED: tuple[Difference, ...] = (
    null_is_absent,
    nothing_is_absent,
    streaming_is_the_default,
    silence_is_no_content,
    type_is_function,
)


def allowed(provider: str) -> tuple[Difference, ...]:
    return ALLOWED
