"""Tell by the start of a body what cuts it into frames, whatever it was declared to be."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from pydantic_core import from_json

from aikit_wire.exchange import BODY_BYTES
from aikit_wire.frames import FrameDecoder, NDJSONDecoder, SSEDecoder, decoder_for

Framing: TypeAlias = Callable[[bytes, str], FrameDecoder | None]
"""Tells by the start of a body and its content type what cuts it into frames.

None says that it is a whole answer, as far as can be seen.
"""

EVENT_STREAM = (b"data:", b"event:", b"id:", b"retry:", b":")


def sse_or_whole(start: bytes, content_type: str) -> FrameDecoder | None:
    """Tell server-sent events from one JSON object, whatever they were declared to be."""
    start = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    declared = "text/event-stream" in content_type.lower()
    if start.startswith(EVENT_STREAM) or (declared and start[:1] not in b"{[<"):
        return SSEDecoder()
    return None


def lines_or_whole(start: bytes, content_type: str) -> FrameDecoder | None:
    """Tell JSON lines from one JSON object, whatever they were declared to be.

    A first line that is an object is one of lines, or all there is of a whole answer. Where it is
    longer than the start it is taken for that, for an object over several lines breaks early.
    """
    start = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start.startswith(b"{"):
        return None
    if isinstance(decoder_for(content_type), NDJSONDecoder):
        return NDJSONDecoder()
    line, ended, _ = start.partition(b"\n")
    if is_object(line) if ended else len(start) >= LONG_LINE:
        return NDJSONDecoder(max_bytes=BODY_BYTES)
    return None


LONG_LINE = 1000


def is_object(line: bytes) -> bool:
    try:
        return isinstance(from_json(line), dict)
    except ValueError:
        return False
