"""Messages: ordered parts, each able to carry a provider's own data through any round trip."""

from __future__ import annotations

import base64
import binascii
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeAlias
from urllib.parse import unquote_to_bytes

from pydantic import Field, field_validator, model_validator

from aicore.frozen import Frozen

ProviderData: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Opaque JSON of a provider, keyed by wire dialect (`openai-chat`) or model family (`claude`).

A dialect merges what stands under its own key into what it sends, and leaves the rest alone.
"""

Role: TypeAlias = Literal["system", "user", "assistant", "tool"]

SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
)
RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}


def sniff(data: bytes) -> str | None:
    """Return the media type that the first bytes of `data` announce, or None."""
    for signature, media_type in SIGNATURES:
        if data.startswith(signature):
            return media_type
    return RIFF.get(data[8:12]) if data.startswith(b"RIFF") else None


class PartData(Frozen):
    """What every part has."""

    provider_data: ProviderData = Field(default_factory=dict, repr=False)


class TextPart(PartData):
    type: Literal["text"] = "text"
    text: str


class Media(PartData):
    """Bytes, a URL or the id of an uploaded file: exactly one of them.

    A `data:` URL is taken apart into bytes. `media_type` is read from the bytes when it is not
    given and they are of a common kind.
    """

    data: bytes | None = Field(default=None, repr=False)
    url: str | None = None
    file_id: str | None = None
    media_type: str | None = None
    name: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_source(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        given = [key for key in ("data", "url", "file_id") if values.get(key) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none of them"
            raise ValueError(f"give exactly one of data, url or file_id (found {found})")
        url = values.get("url")
        if isinstance(url, str) and url[:5].lower() == "data:":
            media_type, data = read_data_url(url)
            media_type = values.get("media_type") or media_type
            values = {**values, "url": None, "data": data, "media_type": media_type}
        elif isinstance(values.get("data"), bytes) and not values.get("media_type"):
            values = {**values, "media_type": sniff(values["data"])}
        return values

    @classmethod
    def from_path(cls, path: str | Path, **fields: Any) -> Self:
        """Read a file of this machine; its name and type come from the path."""
        path = Path(path)
        data = path.read_bytes()
        kind = sniff(data) or mimetypes.guess_type(path.name)[0]
        return cls(**{"data": data, "media_type": kind, "name": path.name, **fields})

    def data_url(self) -> str:
        """Return the bytes as a `data:` URL; only for a part that holds bytes.

        Raises:
            ValueError: the part refers to a URL or an uploaded file, or has no media type.
        """
        if self.data is None or self.media_type is None:
            raise ValueError("a data URL needs bytes and a media_type")
        return f"data:{self.media_type};base64,{base64.b64encode(self.data).decode()}"


def read_data_url(url: str) -> tuple[str | None, bytes]:
    """Split a `data:` URL (RFC 2397) into its media type, if it names one, and its bytes."""
    head, comma, body = url[5:].partition(",")
    if not comma:
        raise ValueError("a data URL needs a comma before its data")
    media_type, *parameters = head.split(";")
    data = unquote_to_bytes(body)
    if parameters and parameters[-1].strip().lower() == "base64":
        try:
            data = base64.b64decode(data + b"=" * (-len(data) % 4), validate=True)
        except binascii.Error as error:
            raise ValueError(f"the data URL is not valid base64: {error}") from None
    return media_type or None, data


class ImagePart(Media):
    type: Literal["image"] = "image"
    detail: Literal["auto", "low", "high", "original"] | None = None


class AudioPart(Media):
    type: Literal["audio"] = "audio"
    transcript: str | None = None


class VideoPart(Media):
    type: Literal["video"] = "video"


class FilePart(Media):
    """A document, such as a PDF."""

    type: Literal["file"] = "file"


class ReasoningPart(PartData):
    """What a model thought. Signatures and redacted thoughts are in `provider_data`."""

    type: Literal["reasoning"] = "reasoning"
    text: str


class RefusalPart(PartData):
    """The model's own words for not answering, where a service tells them apart from text."""

    type: Literal["refusal"] = "refusal"
    text: str


class ToolCallPart(PartData):
    """A model's wish to have a tool called; `arguments` is the JSON text exactly as it came."""

    type: Literal["tool_call"] = "tool_call"
    id: str
    name: str
    arguments: str = "{}"


ResultPart: TypeAlias = Annotated[
    TextPart | ImagePart | AudioPart | VideoPart | FilePart, Field(discriminator="type")
]


class ToolResultPart(PartData):
    """What a tool answered; `call_id` is the id of the call, and text may be given as a string."""

    type: Literal["tool_result"] = "tool_result"
    call_id: str
    parts: tuple[ResultPart, ...]
    name: str | None = None
    is_error: bool = False

    @field_validator("parts", mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return (TextPart(text=value),) if isinstance(value, str) else value

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, TextPart))


class SourcePart(PartData):
    """A citation; `start` and `end` are character offsets into the answer's text."""

    type: Literal["source"] = "source"
    url: str | None = None
    title: str | None = None
    id: str | None = None
    quote: str | None = None
    start: int | None = None
    end: int | None = None


class OpaquePart(PartData):
    """An item that aikit does not know, kept in its place so that it can be sent back.

    `dialect` names the wire format that `data` belongs to; other dialects leave it out and warn.
    """

    type: Literal["opaque"] = "opaque"
    dialect: str
    data: Any


Part: TypeAlias = Annotated[
    TextPart
    | ImagePart
    | AudioPart
    | VideoPart
    | FilePart
    | ReasoningPart
    | RefusalPart
    | ToolCallPart
    | ToolResultPart
    | SourcePart
    | OpaquePart,
    Field(discriminator="type"),
]


class Message(Frozen):
    """One turn of a conversation.

    `parts` may be given as a string, a part, or a list that mixes both; `content` is accepted as
    another name for it.
    """

    role: Role
    parts: tuple[Part, ...]
    name: str | None = None
    provider_data: ProviderData = Field(default_factory=dict, repr=False)

    @model_validator(mode="before")
    @classmethod
    def _accept_content(cls, values: Any) -> Any:
        if isinstance(values, dict) and "content" in values and "parts" not in values:
            values = {**values, "parts": values["content"]}
            del values["content"]
        return values

    @field_validator("parts", mode="before")
    @classmethod
    def _as_parts(cls, value: Any) -> Any:
        items = (value,) if isinstance(value, str | PartData | Mapping) else value
        if isinstance(items, list | tuple):
            return tuple(TextPart(text=item) if isinstance(item, str) else item for item in items)
        return items

    @classmethod
    def system(cls, *parts: str | Part) -> Message:
        return cls(role="system", parts=parts)  # type: ignore[arg-type]  # strings are lifted

    @classmethod
    def user(cls, *parts: str | Part) -> Message:
        return cls(role="user", parts=parts)  # type: ignore[arg-type]  # strings are lifted

    @classmethod
    def assistant(cls, *parts: str | Part) -> Message:
        return cls(role="assistant", parts=parts)  # type: ignore[arg-type]  # strings are lifted

    @classmethod
    def tool(cls, *results: ToolResultPart) -> Message:
        return cls(role="tool", parts=results)

    @property
    def text(self) -> str:
        """All text parts, joined."""
        return "".join(part.text for part in self.parts if isinstance(part, TextPart))

    @property
    def tool_calls(self) -> tuple[ToolCallPart, ...]:
        return tuple(part for part in self.parts if isinstance(part, ToolCallPart))
