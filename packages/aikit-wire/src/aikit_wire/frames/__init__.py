"""Bytes of a streamed body become frames: server-sent events, JSON lines, AWS messages.

The borders of the network reads never show: the same body gives the same frames however it is cut.
What was complete before a fault is returned first; the fault is raised by the next call at latest.
"""

from aikit_wire.frames.eventstream import EventStreamDecoder
from aikit_wire.frames.frame import MAX_BYTES, Frame, FrameDecoder, FrameError, HeaderValue
from aikit_wire.frames.lines import NDJSONDecoder
from aikit_wire.frames.sse import SSEDecoder

__all__ = [
    "MAX_BYTES",
    "EventStreamDecoder",
    "Frame",
    "FrameDecoder",
    "FrameError",
    "HeaderValue",
    "NDJSONDecoder",
    "SSEDecoder",
    "decoder_for",
]


def decoder_for(content_type: str, *, max_bytes: int = MAX_BYTES) -> FrameDecoder | None:
    """Return a new decoder for a body of this `Content-Type`, `None` if such bodies have no frames.

    Parameters such as `charset` are ignored: all three formats fix their own.
    """
    match content_type.partition(";")[0].strip().lower():
        case "text/event-stream":
            return SSEDecoder(max_bytes=max_bytes)
        case (
            "application/x-ndjson"
            | "application/ndjson"
            | "application/jsonl"
            | "application/x-jsonl"
            | "application/jsonlines"
            | "application/x-jsonlines"
            | "application/stream+json"
        ):
            return NDJSONDecoder(max_bytes=max_bytes)
        case "application/vnd.amazon.eventstream":
            return EventStreamDecoder(max_bytes=max_bytes)
        case _:
            return None
