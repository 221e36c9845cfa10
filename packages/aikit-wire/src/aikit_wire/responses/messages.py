"""Encode a conversation as the list of items that the service calls `input`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeGuard

from aicore.messages import Message, OpaquePart, Part, TextPart, ToolCallPart, ToolResultPart

from aikit_wire.ledger import Ledger
from aikit_wire.openai.manifest import Manifest
from aikit_wire.responses.dialect import DIALECT, own
from aikit_wire.responses.parts import encode_parts, shortest
from aikit_wire.responses.said import encode_said

Item = dict[str, Any]


def encode_messages(
    messages: Sequence[Message], manifest: Manifest, ledger: Ledger, previous: str | None = None
) -> tuple[str | None, list[Item]]:
    """Return the `instructions`, and the rest of a conversation as items.

    Instructions are the first system message, if it is text and nothing but text: they hold for
    this answer, whatever else the service remembers. What came up to the answer `previous`, which
    the service holds, is not sent again.

    Raises:
        Unsupported: a message holds something that the service cannot be shown.
    """
    instructions: str | None = None
    first = messages[0]
    if first.role == "system" and is_plain(first):
        instructions, messages = first.text, messages[1:]
    custom = custom_calls(messages)
    items: list[Item] = []
    for message in since(messages, previous):
        if message.name is not None:
            ledger.dropped("messages.name", "the service takes no names of who speaks")
        if message.role == "assistant":
            encoded = encode_said(message, manifest.name, ledger)
        else:
            encoded = encode_heard(message, custom, manifest, ledger)
        if not encoded:
            ledger.dropped("messages", f"a {message.role} message with nothing to send")
        items += encoded
    return instructions, items


def is_plain(message: Message) -> bool:
    """Tell whether a message is one text without data of its own."""
    match message:
        case Message(parts=(TextPart(text=text, provider_data=data),)) if text:
            return not own(data) and not own(message.provider_data)
        case _:
            return False


def since(messages: Sequence[Message], previous: str | None) -> Sequence[Message]:
    """Leave out what the service holds with its answer `previous`."""
    for index in range(len(messages), 0, -1) if previous else ():
        if own(messages[index - 1].provider_data).get("response_id") == previous:
            return messages[index:]
    return messages


def custom_calls(messages: Sequence[Message]) -> frozenset[str]:
    """Return the ids of calls of custom tools, whose results are items of a kind of their own."""
    return frozenset(
        part.id
        for message in messages
        for part in message.parts
        if isinstance(part, ToolCallPart)
        and own(part.provider_data).get("type") == "custom_tool_call"
    )


def encode_heard(
    message: Message, custom: frozenset[str], manifest: Manifest, ledger: Ledger
) -> list[Item]:
    """Encode what is not the model's: text and media together, results and other items apart."""
    items: list[Item] = []
    shown: list[Part] = []
    role = "user" if message.role == "tool" else message.role

    def show() -> None:
        if content := encode_parts(shown, manifest, ledger):
            items.append({"role": role, "content": shortest(content)})
        shown.clear()

    for part in message.parts:
        if isinstance(part, ToolResultPart):
            show()
            items.append(encode_result(part, custom, manifest, ledger))
        elif is_item(part):
            show()
            items.append(dict(part.data))
        else:
            shown.append(part)
    show()
    if items:
        items[-1] |= own(message.provider_data)
    return items


def is_item(part: Part) -> TypeGuard[OpaquePart]:
    """Tell an item of the dialect from a part of its content, whose types begin with `input_`."""
    if not isinstance(part, OpaquePart) or part.dialect != DIALECT:
        return False
    kind = part.data.get("type")
    return not (isinstance(kind, str) and kind.startswith("input_"))


def encode_result(
    part: ToolResultPart, custom: frozenset[str], manifest: Manifest, ledger: Ledger
) -> Item:
    content = encode_parts(part.parts, manifest, ledger)
    if part.is_error:
        ledger.noted("messages", "that a tool failed is told by the text of its result alone")
    kind = "custom_tool_call_output" if part.call_id in custom else "function_call_output"
    wire = {"type": kind, "call_id": part.call_id, "output": shortest(content) if content else ""}
    return {**wire, **own(part.provider_data)}
