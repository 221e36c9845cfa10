"""Encode the parts of messages for the Gemini dialect."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from aicore.errors import BadInput, Unsupported
from aicore.media import type_of_name
from aicore.messages import (
    ImagePart,
    Media,
    Message,
    Part,
    PartData,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

from aikit_wire.gemini.surface import DIALECT, Target

YOUTUBE = ("youtube.com", "youtu.be")


def own(part: PartData) -> Mapping[str, Any]:
    """Return what the dialect keeps on a part; it goes back to the service as it came."""
    return part.provider_data.get(DIALECT, {})


def merged(body: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Add what is given: objects in it are joined, everything else is replaced."""
    joined = dict(body)
    for name, value in given.items():
        before = joined.get(name)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            value = merged(before, value)
        joined[name] = value
    return joined


def encode_text(part: TextPart) -> dict[str, Any]:
    return {"text": part.text, **own(part)}


def encode_media(part: Media, target: Target) -> dict[str, Any]:
    """Encode media: bytes inline, anything else by its address.

    Raises:
        BadInput: bytes come without a media type that is known.
    """
    if isinstance(part, ImagePart) and part.detail not in (None, "auto"):
        target.ledger.dropped(
            "messages.detail",
            "the service looks at all media alike: say `mediaResolution` in `provider_options`",
        )
    kind = part.media_type
    if part.data is not None:
        if kind is None:
            raise BadInput("media need a `media_type`, such as image/png")
        data = base64.b64encode(part.data).decode()
        return merged({"inlineData": {"mimeType": kind, "data": data}}, own(part))
    address = part.url if part.url is not None else uploaded(part.file_id or "", target)
    kind = kind or (None if is_youtube(address) else type_of_name(urlsplit(address).path))
    file = {"fileUri": address, **({"mimeType": kind} if kind else {})}
    return merged({"fileData": file}, own(part))


def uploaded(file_id: str, target: Target) -> str:
    """Return the URI of an uploaded file, which may be given by its name (`files/abc`).

    Raises:
        Unsupported: files cannot be uploaded to the service.
    """
    if "://" in file_id:
        return file_id
    if not target.surface.files:
        name = target.surface.name
        raise Unsupported(f"{name!r} keeps no files: give a `gs://` address", provider=name)
    return f"{target.surface.files}{file_id}"


def fetched(messages: Iterable[Message], target: Target) -> Callable[[Media], bool]:
    """Return what tells which media with a URL the service must be given as bytes.

    It fetches public HTTPS addresses itself where the model takes them, films from YouTube, and
    what was uploaded; but nothing for the response of a function.
    """
    results = [part for item in messages for part in item.parts if isinstance(part, ToolResultPart)]
    inside = {id(item) for part in results for item in part.parts}

    def wanted(part: Media) -> bool:
        url = part.url or ""
        if not url.lower().startswith(("http://", "https://")):
            return False
        if id(part) in inside and target.has("tool_result_media"):
            return True
        if is_youtube(url) or (target.surface.files and url.startswith(target.surface.files)):
            return False
        return target.lacks("media_urls") or url[:5].lower() == "http:"

    return wanted


def is_youtube(url: str) -> bool:
    """Tell whether a URL is a film that the service fetches from YouTube itself."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    return any(host == name or host.endswith(f".{name}") for name in YOUTUBE)


def encode_call(part: ToolCallPart, target: Target) -> dict[str, Any]:
    """Encode a function call; an id that the service did not give is not sent as if it were its."""
    call = {"id": part.id, "name": part.name, "args": arguments(part, target)}
    return identified(merged({"functionCall": call}, own(part)), "functionCall", target)


def identified(wire: dict[str, Any], field: str, target: Target) -> dict[str, Any]:
    """Take an id out that is none, or that the surface does not take."""
    if not (target.surface.call_ids and wire[field].get("id")):
        wire[field].pop("id", None)
    return wire


def arguments(part: ToolCallPart, target: Target) -> dict[str, Any]:
    """Read the arguments of a call, which are an object here and nothing else."""
    try:
        read = json.loads(part.arguments or "{}")
    except (ValueError, RecursionError):
        read = part.arguments
    if isinstance(read, dict):
        return read
    target.ledger.rewritten("messages", "arguments that are no object are sent as `input` of one")
    return {"input": read}


def encode_response(part: ToolResultPart, name: str, id: str, target: Target) -> dict[str, Any]:
    """Encode a function's response; media stand in it where the model takes them there.

    The service reads the fields `output` and `error` of a response, and one that has neither is
    the output itself (google-genai 3.6: `types.FunctionResponse`).
    """
    text = part.text
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        read = None
    if part.is_error:
        answer = {"error": read if isinstance(read, dict) else text}
    else:
        answer = read if isinstance(read, dict) else {"output": text}
    told: dict[str, Any] = {"id": id, "name": name, "response": answer}
    if target.has("tool_result_media") and (media := media_of(part)):
        told["parts"] = [encode_media(item, target) for item in media]
    return identified(merged({"functionResponse": told}, own(part)), "functionResponse", target)


def media_of(part: ToolResultPart) -> list[Media]:
    return [item for item in part.parts if isinstance(item, Media)]


def misplaced(part: Part, target: Target) -> Unsupported:
    """Make the error for a part that cannot stand where it does."""
    return Unsupported(
        f"a {part.type} part cannot be sent there; leave it out or put it where it belongs",
        provider=target.surface.name,
    )
