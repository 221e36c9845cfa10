"""Media types and `data:` URLs."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import unquote_to_bytes

from aicore.errors import BadInput

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


def type_of_name(name: str) -> str | None:
    """Return the media type that a file name's ending stands for, or None."""
    import mimetypes

    return mimetypes.guess_type(name)[0]


def data_url(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def read_data_url(url: str) -> tuple[str | None, bytes]:
    """Split a `data:` URL (RFC 2397) into its media type, if it names one, and its bytes.

    Raises:
        BadInput: it has no comma, or its base64 is not valid.
    """
    head, comma, body = url[5:].partition(",")
    if not comma:
        raise BadInput("a data URL needs a comma before its data")
    media_type, *parameters = head.split(";")
    data = unquote_to_bytes(body)
    if parameters and parameters[-1].strip().lower() == "base64":
        try:
            data = base64.b64decode(data + b"=" * (-len(data) % 4), validate=True)
        except binascii.Error as error:
            raise BadInput(f"the data URL is not valid base64: {error}") from None
    return media_type or None, data
