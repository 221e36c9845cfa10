"""Encode the parts of what is said to the model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aicore.errors import Unsupported
from aicore.messages import (
    AudioPart,
    FilePart,
    ImagePart,
    Part,
    TextPart,
)

from aikit_wire.items import misplaced
from aikit_wire.ledger import Ledger
from aikit_wire.openai.manifest import Manifest
from aikit_wire.openai.parts import encode_audio
from aikit_wire.responses.dialect import DIALECT, own

Content = list[dict[str, Any]]


def encode_parts(parts: Iterable[Part], manifest: Manifest, ledger: Ledger) -> Content:
    """Encode parts as content.

    Raises:
        Unsupported: the service cannot be shown such a part.
    """
    encoded = (encode_part(part, manifest, ledger) for part in parts)
    return [item for item in encoded if item is not None]


def encode_part(part: Part, manifest: Manifest, ledger: Ledger) -> dict[str, Any] | None:
    match part:
        case TextPart():
            wire: dict[str, Any] = {"type": "input_text", "text": part.text}
        case ImagePart() if manifest.images:
            wire = encode_image(part, manifest)
        case FilePart() if can_show(part, manifest):
            wire = encode_file(part)
        case AudioPart() if manifest.audio:
            wire = {"type": "input_audio", "input_audio": encode_audio(part, manifest)}
        case _:
            return misplaced(part, DIALECT, manifest.name, ledger)
    return {**wire, **own(part.provider_data)}


def encode_image(part: ImagePart, manifest: Manifest) -> dict[str, Any]:
    if manifest.images == "data" and part.data is None:
        raise Unsupported("an image must be sent as bytes (`data`)", provider=manifest.name)
    wire: dict[str, Any] = {"type": "input_image"}
    if part.file_id is not None:
        wire["file_id"] = part.file_id
    else:
        wire["image_url"] = part.url if part.url is not None else part.data_url()
    return {**wire, "detail": part.detail} if part.detail else wire


def can_show(part: FilePart, manifest: Manifest) -> bool:
    """Tell whether the service takes a document so: sent along, or by its URL or id."""
    return manifest.responses_files == "any" or (
        manifest.responses_files == "referred" and part.data is None
    )


def encode_file(part: FilePart) -> dict[str, Any]:
    wire: dict[str, Any] = {"type": "input_file"}
    if part.file_id is not None:
        return {**wire, "file_id": part.file_id}
    named = {"filename": part.name} if part.name else {}
    if part.url is not None:
        return {**wire, **named, "file_url": part.url}
    return {**wire, "filename": part.name or "document.pdf", "file_data": part.data_url()}


def shortest(content: Content) -> str | Content:
    """Make one text of content that is one text and nothing else."""
    if len(content) == 1 and content[0].keys() == {"type", "text"}:
        return str(content[0]["text"])
    return content
