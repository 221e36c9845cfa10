"""Cut bodies of AWS into frames, and read the failures that stand among them."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping

from aicore.errors import AIError
from aikit_wire.errors import read_error
from aikit_wire.frames import EventStreamDecoder, Frame, FrameDecoder
from pydantic_core import from_json

STREAM = "application/vnd.amazon.eventstream"

STATUSES: Mapping[str, int] = {
    "internalServerException": 500,
    "modelStreamErrorException": 424,
    "modelTimeoutException": 408,
    "serviceUnavailableException": 503,
    "throttlingException": 429,
    "validationException": 400,
}
"""The status that a failure within a stream would have had before it (botocore 1.44)."""


def eventstream_or_whole(start: bytes, content_type: str) -> FrameDecoder | None:
    """Tell AWS's event stream from one JSON object, whatever it was declared to be."""
    if start.lstrip()[:1] in (b"{", b"[", b"<", b""):
        return None
    return EventStreamDecoder()


def refusal(frame: Frame, provider: str, model: str, secrets: Iterable[str]) -> AIError | None:
    """Make the error that a frame stands for, if it stands for one."""
    headers = frame.headers or {}
    kind = headers.get(":message-type")
    if kind not in ("exception", "error"):
        return None
    return read_error(
        STATUSES.get(frame.event),
        {"x-amzn-errortype": frame.event},
        frame.data or str(headers.get(":error-message", "")).encode(),
        provider=provider,
        model=model,
        secrets=secrets,
    )


def unwrapped(frame: Frame) -> bytes:
    """Return the JSON that a `chunk` of InvokeModelWithResponseStream holds.

    Raises:
        ValueError: it holds none.
    """
    chunk = from_json(frame.data)
    return base64.b64decode(chunk["bytes"], validate=True)
