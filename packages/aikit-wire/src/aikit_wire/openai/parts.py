"""Encode the parts of messages for the OpenAI chat dialect."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any

from aicore.errors import Unsupported
from aicore.messages import (
    AudioPart,
    FilePart,
    ImagePart,
    Part,
    TextPart,
    VideoPart,
)

from aikit_wire.items import misplaced
from aikit_wire.ledger import Ledger
from aikit_wire.openai.manifest import DIALECT, Manifest

AUDIO_FORMATS = {"audio/wav": "wav", "audio/x-wav": "wav", "audio/mpeg": "mp3", "audio/mp3": "mp3"}


def encode_text(part: TextPart) -> dict[str, Any]:
    return {"type": "text", "text": part.text, **part.provider_data.get(DIALECT, {})}


def is_plain(content: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether content is text and nothing but text."""
    return all(item.keys() == {"type", "text"} for item in content)


def shortest(
    content: list[dict[str, Any]], manifest: Manifest, ledger: Ledger
) -> str | list[dict[str, Any]]:
    """Make one text of content that is one, or that the service takes in no other form."""
    plain = is_plain(content)
    if plain and len(content) == 1:
        return str(content[0]["text"])
    if manifest.text_parts or any(item.get("type") != "text" for item in content):
        return content
    if not plain:
        ledger.dropped("messages", "the service takes no data of its own on a text part")
    return "".join(item["text"] for item in content)


def encode_parts(parts: Iterable[Part], manifest: Manifest, ledger: Ledger) -> list[dict[str, Any]]:
    """Encode the parts of a system or user message that say something there.

    Raises:
        Unsupported: the service cannot be shown such a part.
    """
    encoded = (encode_part(part, manifest, ledger) for part in parts)
    return [item for item in encoded if item is not None]


def encode_part(part: Part, manifest: Manifest, ledger: Ledger) -> dict[str, Any] | None:
    match part:
        case TextPart():
            return encode_text(part)
        case ImagePart() if manifest.images:
            wire = encode_image(part, manifest, ledger)
        case AudioPart() if manifest.audio:
            wire = {"type": "input_audio", "input_audio": encode_audio(part, manifest)}
        case FilePart() if manifest.files:
            wire = encode_file(part, manifest)
        case VideoPart() if manifest.video:
            wire = {"type": "video_url", "video_url": {"url": source(part, manifest)}}
        case _:
            return misplaced(part, DIALECT, manifest.name, ledger)
    return {**wire, **part.provider_data.get(DIALECT, {})}


def source(part: ImagePart | VideoPart | FilePart, manifest: Manifest) -> str:
    """Return a URL, if need be a data URL."""
    if part.file_id is not None:
        raise Unsupported(
            f"an uploaded file cannot be sent as {part.type}; send bytes or a URL",
            provider=manifest.name,
        )
    return part.url if part.url is not None else part.data_url()


def encode_image(part: ImagePart, manifest: Manifest, ledger: Ledger) -> dict[str, Any]:
    if manifest.images == "data" and part.data is None:
        raise Unsupported("an image must be sent as bytes (`data`)", provider=manifest.name)
    image: Any = source(part, manifest)
    if manifest.images != "url":
        image = {"url": image, **({"detail": part.detail} if part.detail else {})}
    elif part.detail:
        ledger.dropped("messages.detail", "the service takes no detail for images")
    return {"type": "image_url", "image_url": image}


def encode_audio(part: AudioPart, manifest: Manifest) -> Any:
    if manifest.audio == "bare" and part.url is not None:
        return part.url
    if part.data is None:
        raise Unsupported("audio must be sent as bytes (`data`)", provider=manifest.name)
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
        return {"type": "document_url", "document_url": source(part, manifest), **named}
    if manifest.files == "file_url":
        return encode_file_url(part, manifest)
    if part.file_id is not None:
        return {"type": "file", "file": {"file_id": part.file_id}}
    if manifest.files == "file_or_url" and part.url is not None:
        named = {"filename": part.name} if part.name else {}
        return {"type": "file", "file": {**named, "file_data": part.url}}
    if part.data is None:
        raise Unsupported("a document must be sent as bytes (`data`)", provider=manifest.name)
    name = part.name or "document.pdf"
    return {"type": "file", "file": {"filename": name, "file_data": part.data_url()}}


def encode_file_url(part: FilePart, manifest: Manifest) -> dict[str, Any]:
    """Encode a document as Perplexity wants it: a URL, or bare base64 in its place."""
    data = None if part.data is None else base64.b64encode(part.data).decode()
    named = {"file_name": part.name} if part.name else {}
    return {"type": "file_url", "file_url": {"url": data or source(part, manifest)}, **named}
