"""A frame of a streamed body, what decodes it, and when a fault in it comes to light."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

MAX_BYTES: Final = 16 * 1024 * 1024
"""The longest line, event or message that a decoder accepts unless told otherwise, in bytes."""

HeaderValue = bool | int | bytes | str | datetime | UUID
"""A typed header of an AWS message; a timestamp becomes an aware `datetime` in UTC."""


class FrameError(ValueError):
    """A streamed body breaks its format, passes a size limit or ends inside a message."""


@dataclass(slots=True)  # not frozen: that would cost four times as much
class Frame:
    """One unit of a streamed body.

    `data` is an SSE event's data lines joined with a line feed, a JSON line without its end, or an
    AWS message's payload. `event` is the SSE event name or the AWS event, exception or error name,
    empty without one. `id` is the last SSE event id so far. Only AWS messages have `headers`.
    """

    data: bytes
    event: str = ""
    id: str = ""
    headers: Mapping[str, HeaderValue] | None = None


class FrameDecoder(Protocol):
    """What turns the reads of one body into frames; the next body needs a decoder of its own."""

    def feed(self, data: bytes) -> list[Frame]:
        """Return the frames that `data` completes; raises `FrameError`."""
        ...

    def close(self) -> list[Frame]:
        """Return the frames that the end of the body completes; raises `FrameError`."""
        ...


class DeferringDecoder(ABC):
    """Feeding and closing, with a fault held back until the frames before it are returned."""

    def __init__(self, *, max_bytes: int = MAX_BYTES) -> None:
        self._limit = max_bytes
        self._fault = ""

    def feed(self, data: bytes) -> list[Frame]:
        """Return the frames that `data` completes; raises `FrameError`."""
        return self._advance(data)

    def close(self) -> list[Frame]:
        """Return the frames that the end of the body completes; raises `FrameError`."""
        return self._advance(None)

    def _advance(self, data: bytes | None) -> list[Frame]:
        if self._fault:
            raise FrameError(self._fault)
        frames: list[Frame] = []
        try:
            if data is None:
                self._finish(frames)
            else:
                self._take(data, frames)
        except FrameError as fault:
            self._fault = str(fault)
            if not frames:
                raise
        return frames

    def _too_long(self, what: str) -> FrameError:
        return FrameError(
            f"{what} of the stream is longer than {self._limit} bytes: "
            "pass a larger `max_bytes` if the service means it"
        )

    @abstractmethod
    def _take(self, data: bytes, frames: list[Frame]) -> None:
        """Append to `frames` what `data` completes."""

    @abstractmethod
    def _finish(self, frames: list[Frame]) -> None:
        """Append to `frames` what the end of the body completes."""
