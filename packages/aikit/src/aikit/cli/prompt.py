"""Put a prompt together from an argument, from what is piped in, and from files."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import click
from aicore.errors import BadInput
from aicore.media import sniff, type_of_name
from aicore.messages import AudioPart, FilePart, ImagePart, Message, Part, VideoPart

KINDS: Mapping[str, type[AudioPart | ImagePart | VideoPart | FilePart]] = {
    "audio": AudioPart,
    "image": ImagePart,
    "video": VideoPart,
}
"""The part for each kind of media type; everything else is a document."""


def user_message(prompt: str | None, attachments: Iterable[Path]) -> Message:
    """Make the user's message: files first, then the prompt and, after it, what is piped in.

    Raises:
        BadInput: what is piped in is no text.
        UsageError: there is nothing to ask.
    """
    texts = [text for text in (prompt, piped()) if text]
    parts: list[str | Part] = [attachment(path) for path in attachments]
    if texts:
        parts.append("\n\n".join(texts))
    if not parts:
        raise click.UsageError(
            "No prompt: give it as an argument or pipe it in.", click.get_current_context()
        )
    return Message("user", parts)


def piped() -> str:
    """Return what is piped into the program, without the white space at its end."""
    if sys.stdin is None or sys.stdin.isatty():
        return ""
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig").rstrip()
    except UnicodeDecodeError:
        raise BadInput("what is piped in is not UTF-8 text; give files with --attach") from None


def attachment(path: Path) -> Part:
    """Read a file as the kind of part that its media type asks for."""
    with path.open("rb") as file:
        media_type = sniff(file.read(16)) or type_of_name(path.name) or ""
    return KINDS.get(media_type.partition("/")[0], FilePart).from_path(path)
