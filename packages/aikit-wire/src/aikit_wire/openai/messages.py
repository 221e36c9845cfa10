"""Encode messages for the OpenAI chat dialect."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aicore.messages import (
    AudioPart,
    Media,
    Message,
    OpaquePart,
    Part,
    ReasoningPart,
    RefusalPart,
    SourcePart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

from aikit_wire.ledger import Ledger
from aikit_wire.openai.details import DETAILS
from aikit_wire.openai.manifest import DIALECT, Manifest
from aikit_wire.openai.parts import encode_parts, encode_text, is_plain, shortest

__all__ = ["DIALECT", "encode_messages"]


def encode_messages(
    messages: Iterable[Message], manifest: Manifest, ledger: Ledger
) -> list[dict[str, Any]]:
    """Encode a conversation; a message with several tool results becomes several messages.

    The results of a turn's calls stay together, as the service wants them: what else their
    messages hold follows after the last of them.
    """
    encoded: list[dict[str, Any]] = []
    waiting: list[dict[str, Any]] = []
    for message in messages:
        role: str = message.role
        if role != "tool" and (text := message.only_text) is not None:  # nearly always
            if waiting:
                encoded += waiting
                waiting = []
            role = manifest.system_role if role == "system" else role
            encoded.append({"role": role, "content": text})
            continue
        if role == "assistant":
            results, rest = None, [encode_assistant(message, manifest, ledger)]
        else:
            results, rest = encode_input(message, manifest, ledger)
        if results:
            encoded += results
            waiting += rest
        else:
            encoded += waiting + rest
            waiting = []
    encoded += waiting
    return merged_system(encoded) if manifest.merge_system else encoded


def encode_input(
    message: Message, manifest: Manifest, ledger: Ledger
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Encode what is not the model's: the tool results, and the rest of the message."""
    results, shown = list[dict[str, Any]](), list[Part]()
    for part in message.parts:
        if isinstance(part, ToolResultPart):
            results.append(encode_result(part, manifest, ledger))
            media = [item for item in part.parts if isinstance(item, Media)]
            if media and not manifest.tool_media:
                shown += [TextPart(f"Attached to the result of {part.call_id}:"), *media]
                ledger.rewritten("messages", "media of a tool result follow in a user message")
        else:
            shown.append(part)
    rest = list[dict[str, Any]]()
    if content := encode_parts(shown, manifest, ledger):
        role = manifest.system_role if message.role == "system" else message.role
        rest.append({"role": "user" if role == "tool" else role})
        rest[0]["content"] = shortest(content, manifest, ledger)
        write_name(rest[0], message, manifest, ledger)
    elif not message.parts:
        ledger.dropped("messages", f"a {message.role} message has no parts")
    if encoded := rest or results:
        own = message.provider_data.get(DIALECT, {})
        if own.get("role") == "developer" and not manifest.developer_role:
            own = {name: value for name, value in own.items() if name != "role"}
        encoded[-1] |= own
    return results, rest


def encode_result(part: ToolResultPart, manifest: Manifest, ledger: Ledger) -> dict[str, Any]:
    kinds = (TextPart, Media) if manifest.tool_media else (TextPart,)
    said = [item for item in part.parts if isinstance(item, kinds)]
    content = shortest(encode_parts(said, manifest, ledger), manifest, ledger) or ""
    wire: dict[str, Any] = {"role": "tool", "tool_call_id": part.call_id, "content": content}
    if manifest.tool_result_name and part.name is not None:
        wire["name"] = part.name
    if part.is_error:
        ledger.noted("messages", "that a tool failed is told by the text of its result alone")
    return {**wire, **part.provider_data.get(DIALECT, {})}


def encode_assistant(message: Message, manifest: Manifest, ledger: Ledger) -> dict[str, Any]:
    """Encode the model's own turn, with its calls, and its reasoning as the vendor wants it."""
    wire: dict[str, Any] = {"role": "assistant", "content": None}
    content: list[dict[str, Any]] = []
    calls: list[dict[str, Any]] = []
    thoughts: list[str] = []
    for part in message.parts:
        match part:
            case TextPart():
                content.append(encode_text(part))
            case ToolCallPart():
                calls.append(encode_call(part))
            case ReasoningPart() if manifest.reasoning_history == "thinking_parts":
                thought = {"type": "thinking", "thinking": [{"type": "text", "text": part.text}]}
                content.append({**thought, **part.provider_data.get(DIALECT, {})})
            case ReasoningPart():
                thoughts.append(part.text)
            case RefusalPart(text=text):
                wire["refusal"] = wire.get("refusal", "") + text
            case AudioPart() if id := part.file_id or part.provider_data.get(DIALECT, {}).get("id"):
                wire["audio"] = {"id": id}
            case OpaquePart(dialect=dialect) if dialect == DIALECT:
                content.append(dict(part.data))
            case OpaquePart(dialect=dialect):
                ledger.dropped("messages", f"an item of {dialect!r} means nothing here")
            case SourcePart():
                ledger.noted("messages", "sources are not sent back to the model")
            case _:
                ledger.dropped("messages", f"{part.type} cannot be sent in the model's own turn")
    if content:
        wire["content"] = shortest(content, manifest, ledger)
    if calls:
        wire["tool_calls"] = calls
    if thoughts:
        if manifest.reasoning_history != DETAILS:
            write_thoughts(wire, "".join(thoughts), manifest, ledger)
        elif DETAILS not in message.provider_data.get(DIALECT, {}):
            wire["reasoning"] = "".join(thoughts)  # of a model elsewhere
    if wire.keys() == {"role", "content"} and not content:
        wire["content"] = ""  # null is for turns that say something else
    write_name(wire, message, manifest, ledger)
    own = message.provider_data.get(DIALECT, {})
    if DETAILS in own and manifest.reasoning_history != DETAILS:
        own = {name: value for name, value in own.items() if name != DETAILS}
    return {**wire, **own}


def write_thoughts(wire: dict[str, Any], thoughts: str, manifest: Manifest, ledger: Ledger) -> None:
    match manifest.reasoning_history, wire["content"]:
        case ("reasoning_content" | "reasoning") as name, _:
            wire[name] = thoughts
        case "tags", list(content):
            thought = {"type": "text", "text": f"<think>{thoughts}</think>"}
            wire["content"] = [thought, *content]
        case "tags", content:
            wire["content"] = f"<think>{thoughts}</think>{content or ''}"
        case _:
            ledger.noted("messages", "thoughts of earlier turns are not sent back")


def write_name(wire: dict[str, Any], message: Message, manifest: Manifest, ledger: Ledger) -> None:
    if message.name is not None and manifest.message_names:
        wire["name"] = message.name
    elif message.name is not None:
        ledger.dropped("messages.name", "the service takes no names of who speaks")


def encode_call(part: ToolCallPart) -> dict[str, Any]:
    """Encode a tool call; what the service sent along with it goes back unchanged."""
    data = part.provider_data.get(DIALECT, {})
    if data.get("type") == "custom":
        custom = {"name": part.name, "input": part.arguments}
        return {"id": part.id, "custom": custom, **data}
    function = {"name": part.name, "arguments": part.arguments or "{}"}
    return {"id": part.id, "type": "function", "function": function, **data}


def merged_system(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Join the leading system messages into one; of other fields, the first one's stay."""
    leading = 0
    while leading < len(messages) and messages[leading]["role"] in ("system", "developer"):
        leading += 1
    if leading < 2:
        return messages
    contents = [as_list(message["content"]) for message in messages[:leading]]
    if all(map(is_plain, contents)):
        merged: Any = "\n\n".join("".join(item["text"] for item in items) for items in contents)
    else:
        merged = [item for items in contents for item in items]
    fields: dict[str, Any] = {}
    for message in reversed(messages[:leading]):
        fields |= message
    return [{**fields, "content": merged}, *messages[leading:]]


def as_list(content: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content
