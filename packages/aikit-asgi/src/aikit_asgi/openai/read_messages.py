"""Read the messages of an OpenAI chat request; fields without a place of their own go along."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from aicore.errors import BadInput
from aicore.messages import (
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    OpaquePart,
    Part,
    ProviderData,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    VideoPart,
    said,
)
from aikit_wire.openai.candidate import read_annotation
from aikit_wire.openai.manifest import DIALECT

from aikit_asgi.openai.places import read_at, read_each
from aikit_asgi.statuses import RequestError

MESSAGE = frozenset({"role", "content", "name"})
RESULT = MESSAGE | {"tool_call_id"}
ANSWER = MESSAGE | {
    "refusal",
    "tool_calls",
    "function_call",
    "audio",
    "annotations",
    "reasoning_content",
    "reasoning",
    "parsed",  # the Python client's own; older ones send it back
    "warnings",
}
CALL = frozenset({"id", "type", "index", "function", "custom"})
PARTS = frozenset(
    {"text", "refusal", "image_url", "video_url", "input_audio", "file", "thinking", "document_url"}
)


def own(item: Mapping[str, Any], known: frozenset[str], **more: Any) -> ProviderData:
    """Keep what is not known as the dialect's own data."""
    extra = {name: item[name] for name in item if name not in known and item[name] is not None}
    return {DIALECT: {**extra, **more}} if extra or more else {}


def read_messages(body: Mapping[str, Any]) -> list[Message]:
    """Read the conversation; most messages are a role and text, and need no look at more.

    Raises:
        RequestError: a message means nothing; `param` names it.
    """
    messages: list[Message] = []
    for item in body["messages"]:
        if (
            type(item) is dict
            and len(item) == 2
            and (role := item.get("role")) in SPEAKERS
            and type(text := item.get("content")) is str
        ):
            messages.append(said(role, text))
        else:
            messages.append(read_at(f"messages[{len(messages)}]", read_message, item))
    return messages


SPEAKERS = ("user", "assistant", "system")


def read_message(item: Any) -> Message:
    if not isinstance(item, dict):
        raise BadInput("a message is an object with a `role` and `content`")
    name = item.get("name") if isinstance(item.get("name"), str) else None
    match item.get("role"):
        case "system" | "user" as role:
            return Message(role, read_content(item), name, provider_data=own(item, MESSAGE))
        case "developer":
            data = own(item, MESSAGE, role="developer")
            return Message("system", read_content(item), name, provider_data=data)
        case "assistant":
            return read_assistant(item, name)
        case "tool":
            return read_result(item, item["tool_call_id"], name)
        case "function":  # before there were tools, a result was found by its function's name
            return read_result(item, item["name"], name)
        case role:
            raise RequestError(f"unknown role {role!r}", param="role")


def read_result(item: Mapping[str, Any], call_id: str, name: str | None) -> Message:
    parts: Any = read_content(item)
    return Message.tool(ToolResultPart(call_id, parts, name, provider_data=own(item, RESULT)))


def read_assistant(item: Mapping[str, Any], name: str | None) -> Message:
    parts: list[Part] = []
    thoughts = (item.get(name) for name in ("reasoning_content", "reasoning"))
    if (thought := next((it for it in thoughts if isinstance(it, str)), None)) is not None:
        parts.append(ReasoningPart(thought))
    parts += read_content(item)
    if item.get("refusal"):
        parts.append(RefusalPart(item["refusal"]))
    parts += read_each(item, "tool_calls", read_call)
    if legacy := item.get("function_call"):
        call = {"id": legacy["name"], "function": legacy}
        parts.append(read_at("function_call", read_call, call))
    parts += read_each(item, "annotations", read_annotation)
    audio = item.get("audio")
    said = {"audio": {"id": audio["id"]}} if audio else {}
    return Message("assistant", parts, name, provider_data=own(item, ANSWER, **said))


def read_call(call: Mapping[str, Any]) -> ToolCallPart:
    """Read a tool call; a custom one has text where others have arguments."""
    if call.get("type") == "custom":
        custom, data = call["custom"], own(call, CALL, type="custom")
        return ToolCallPart(call["id"], custom["name"], custom["input"], provider_data=data)
    function = call["function"]
    arguments = function.get("arguments") or "{}"
    if isinstance(arguments, dict):
        arguments = json.dumps(arguments, ensure_ascii=False)
    return ToolCallPart(call["id"], function["name"], arguments, provider_data=own(call, CALL))


def read_content(item: Mapping[str, Any]) -> list[Part]:
    """Read the `content` of a message: text, parts, or nothing."""
    if isinstance(text := item.get("content"), str):
        return [TextPart(text)]
    return read_each(item, "content", read_part)


def read_part(item: Any) -> Part:
    """Read a content part; one of a kind that is not known here is kept as it is."""
    match item:
        case str():
            return TextPart(item)
        case {"type": "text", "text": str(text)}:
            return TextPart(text, provider_data=beside(item, "text"))
        case {"type": "refusal", "refusal": str(text)}:
            return RefusalPart(text)
        case {"type": "image_url", "image_url": str(url)}:
            return ImagePart(url=url, provider_data=beside(item, "image_url"))
        case {"type": "image_url", "image_url": {"url": str(url)} as image}:
            data = beside(item, "image_url", "url", "detail")
            return ImagePart(url=url, detail=image.get("detail"), provider_data=data)
        case {"type": "video_url", "video_url": str(url) | {"url": str(url)}}:
            return VideoPart(url=url, provider_data=beside(item, "video_url", "url"))
        case {"type": "input_audio", "input_audio": {"data": str(text)} as audio}:
            form = str(audio.get("format") or "wav")
            return AudioPart(
                media_type="audio/mpeg" if form == "mp3" else f"audio/{form}",
                provider_data=beside(item, "input_audio", "data", "format"),
                **source(text),
            )
        case {"type": "file", "file": {"file_data": str(text)} as file}:
            data = beside(item, "file", "file_data", "filename")
            return FilePart(name=file.get("filename"), provider_data=data, **source(text))
        case {"type": "file", "file": {"file_id": str(id)}}:
            return FilePart(file_id=id, provider_data=beside(item, "file", "file_id"))
        case {"type": str(kind)}:
            if kind in PARTS and not item.get(kind):
                raise KeyError(kind)
            return OpaquePart(DIALECT, item)
        case _:
            raise BadInput("a content part is an object with a `type`")


def beside(item: Mapping[str, Any], name: str, *inside: str) -> ProviderData:
    """Keep what stands in a part, or inside its field of this name, and is not known."""
    field = item[name]
    strange = isinstance(field, dict) and field.keys() - {*inside}
    return own(item, frozenset({"type", name}), **({name: field} if strange else {}))


def source(text: str) -> Mapping[str, Any]:
    """Tell whether text is a URL, perhaps a `data:` one, or plain base64.

    Raises:
        BadInput: it is neither.
    """
    if text.startswith(("data:", "https://", "http://")):
        return {"url": text}
    try:
        return {"data": base64.b64decode(text, validate=True)}
    except (binascii.Error, ValueError) as error:
        raise BadInput(f"not valid base64: {error}") from None
