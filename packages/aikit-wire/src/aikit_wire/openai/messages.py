"""Encode messages and their parts for the OpenAI chat dialect."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from aicore.errors import Unsupported
from aicore.messages import (
    AudioPart,
    FilePart,
    ImagePart,
    Media,
    Message,
    OpaquePart,
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    VideoPart,
)

from aikit_wire.openai.manifest import Manifest

DIALECT = "openai-chat"

AUDIO_FORMATS = {"audio/wav": "wav", "audio/x-wav": "wav", "audio/mpeg": "mp3", "audio/mp3": "mp3"}


class Notes(Protocol):
    """Where it is written down what became of things."""

    def dropped(self, setting: str, reason: str) -> None: ...
    def rewritten(self, setting: str, reason: str) -> None: ...


def encode_messages(
    messages: Iterable[Message], manifest: Manifest, notes: Notes
) -> list[dict[str, Any]]:
    """Encode a conversation; a message with several tool results becomes several messages."""
    encoded: list[dict[str, Any]] = []
    for message in messages:
        if message.role == "assistant":
            encoded.append(encode_assistant(message, manifest, notes))
        else:
            encoded += encode_input(message, manifest, notes)
    return merged_system(encoded) if manifest.merge_system else encoded


def encode_input(message: Message, manifest: Manifest, notes: Notes) -> list[dict[str, Any]]:
    """Encode what is not the model's: tool results first, then the rest of the message."""
    encoded, shown = list[dict[str, Any]](), list[Part]()
    for part in message.parts:
        if isinstance(part, ToolResultPart):
            encoded.append(encode_result(part, manifest))
            if media := [item for item in part.parts if isinstance(item, Media)]:
                shown += [TextPart(f"Attached to the result of {part.call_id}:"), *media]
                notes.rewritten("messages", "media of a tool result follow in a user message")
        else:
            shown.append(part)
    if shown:
        role = manifest.system_role if message.role == "system" else message.role
        wire: dict[str, Any] = {"role": "user" if role == "tool" else role}
        wire["content"] = encode_content(shown, manifest, notes)
        if message.name is not None:
            wire["name"] = message.name
        encoded.append(wire)
    if encoded:
        encoded[-1] |= message.provider_data.get(DIALECT, {})
    return encoded


def encode_result(part: ToolResultPart, manifest: Manifest) -> dict[str, Any]:
    texts = [item for item in part.parts if isinstance(item, TextPart)]
    content: str | list[dict[str, Any]] = part.text
    if manifest.text_parts and (len(texts) > 1 or any(DIALECT in t.provider_data for t in texts)):
        content = [encode_text(text) for text in texts]
    wire: dict[str, Any] = {"role": "tool", "tool_call_id": part.call_id, "content": content}
    if manifest.tool_result_name and part.name is not None:
        wire["name"] = part.name
    return {**wire, **part.provider_data.get(DIALECT, {})}


def encode_text(part: TextPart) -> dict[str, Any]:
    return {"type": "text", "text": part.text, **part.provider_data.get(DIALECT, {})}


def encode_content(
    parts: Sequence[Part], manifest: Manifest, notes: Notes
) -> str | list[dict[str, Any]]:
    """Encode parts as a string where that says it all, else as a list."""
    if len(parts) == 1 and isinstance(parts[0], TextPart) and DIALECT not in parts[0].provider_data:
        return parts[0].text
    if not manifest.text_parts and all(isinstance(part, TextPart) for part in parts):
        return "".join(part.text for part in parts if isinstance(part, TextPart))
    encoded = (encode_part(part, manifest, notes) for part in parts)
    return [item for item in encoded if item is not None]


def encode_part(part: Part, manifest: Manifest, notes: Notes) -> dict[str, Any] | None:
    """Encode one part of a system or user message.

    Raises:
        Unsupported: the service cannot be shown such a part.
    """
    match part:
        case TextPart():
            return encode_text(part)
        case ImagePart() if manifest.images:
            image: Any = source(part)
            if manifest.images == "object":
                image = {"url": image, **({"detail": part.detail} if part.detail else {})}
            elif part.detail:
                notes.dropped("messages.detail", "the service takes no detail for images")
            wire: dict[str, Any] = {"type": "image_url", "image_url": image}
        case AudioPart() if manifest.audio:
            wire = {"type": "input_audio", "input_audio": encode_audio(part, manifest)}
        case FilePart() if manifest.files:
            wire = encode_file(part, manifest)
        case VideoPart() if manifest.video:
            wire = {"type": "video_url", "video_url": {"url": source(part)}}
        case OpaquePart(dialect=dialect):
            if dialect == DIALECT:
                return dict(part.data)
            notes.dropped("messages", f"an item of {dialect!r} means nothing here")
            return None
        case RefusalPart() | ReasoningPart():
            notes.dropped("messages", f"a {part.type} part can only stand in the model's turn")
            return None
        case _:
            raise Unsupported(f"cannot be sent {part.type} parts", provider=manifest.name)
    return {**wire, **part.provider_data.get(DIALECT, {})}


def source(part: ImagePart | VideoPart | FilePart) -> str:
    """Return a URL, if need be a data URL."""
    if part.file_id is not None:
        raise Unsupported(f"an uploaded file cannot be sent as {part.type}; send bytes or a URL")
    return part.url if part.url is not None else part.data_url()


def encode_audio(part: AudioPart, manifest: Manifest) -> Any:
    if manifest.audio == "bare" and part.url is not None:
        return part.url
    if part.data is None:
        raise Unsupported("audio must be sent as bytes", provider=manifest.name)
    data = base64.b64encode(part.data).decode()
    if manifest.audio == "bare":
        return data
    form = AUDIO_FORMATS.get(part.media_type or "", (part.media_type or "").rpartition("/")[2])
    if not form:
        raise Unsupported("audio needs a `media_type`, such as audio/wav", provider=manifest.name)
    return {"data": part.data_url() if manifest.audio == "data_url" else data, "format": form}


def encode_file(part: FilePart, manifest: Manifest) -> dict[str, Any]:
    if manifest.files == "document_url":
        if part.file_id is not None:
            return {"type": "file", "file_id": part.file_id}
        named = {"document_name": part.name} if part.name else {}
        return {"type": "document_url", "document_url": source(part), **named}
    if part.file_id is not None:
        return {"type": "file", "file": {"file_id": part.file_id}}
    if part.url is not None:
        raise Unsupported("a document must be sent as bytes, not by URL", provider=manifest.name)
    name = part.name or "document.pdf"
    return {"type": "file", "file": {"filename": name, "file_data": part.data_url()}}


def encode_assistant(message: Message, manifest: Manifest, notes: Notes) -> dict[str, Any]:
    """Encode the model's own turn, with its calls, and its reasoning as the vendor wants it."""
    wire: dict[str, Any] = {"role": "assistant"}
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
                wire["refusal"] = text
            case AudioPart():
                wire |= part.provider_data.get(DIALECT, {})
            case OpaquePart(dialect=dialect) if dialect == DIALECT:
                content.append(dict(part.data))
            case OpaquePart(dialect=dialect):
                notes.dropped("messages", f"an item of {dialect!r} means nothing here")
            case Media() | ToolResultPart():
                notes.dropped("messages", f"{part.type} cannot be sent in the model's own turn")
    write_content(wire, content, manifest)
    if calls:
        wire["tool_calls"] = calls
    if thoughts:
        write_thoughts(wire, "".join(thoughts), manifest)
    if message.name is not None:
        wire["name"] = message.name
    return {**wire, **message.provider_data.get(DIALECT, {})}


def write_content(wire: dict[str, Any], content: list[dict[str, Any]], manifest: Manifest) -> None:
    if all(item.keys() == {"type", "text"} for item in content) and (
        len(content) < 2 or not manifest.text_parts
    ):
        wire["content"] = "".join(item["text"] for item in content) if content else None
    else:
        wire["content"] = content


def write_thoughts(wire: dict[str, Any], thoughts: str, manifest: Manifest) -> None:
    match manifest.reasoning_history:
        case "reasoning_content" | "reasoning" as name:
            wire[name] = thoughts
        case "tags":
            wire["content"] = f"<think>{thoughts}</think>{wire['content'] or ''}"
        case _:
            pass


def encode_call(part: ToolCallPart) -> dict[str, Any]:
    """Encode a tool call; what the service sent along with it goes back unchanged."""
    data = part.provider_data.get(DIALECT, {})
    if data.get("type") == "custom":
        custom = {"name": part.name, "input": part.arguments}
        return {"id": part.id, "custom": custom, **data}
    function = {"name": part.name, "arguments": part.arguments or "{}"}
    return {"id": part.id, "type": "function", "function": function, **data}


def merged_system(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Join the leading system messages, which are text, into one."""
    leading = 0
    while leading < len(messages) and messages[leading]["role"] in ("system", "developer"):
        leading += 1
    if leading < 2:
        return messages
    texts = []
    for message in messages[:leading]:
        content = message["content"]
        texts.append(
            content if isinstance(content, str) else "".join(item["text"] for item in content)
        )
    return [{**messages[0], "content": "\n\n".join(texts)}, *messages[leading:]]
