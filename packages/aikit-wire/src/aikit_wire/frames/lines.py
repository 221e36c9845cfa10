"""Lines across the borders of reads, and the frames of newline-delimited JSON."""

from abc import abstractmethod
from typing import Final

from aikit_wire.frames.frame import MAX_BYTES, DeferringDecoder, Frame

LF: Final = 10  # `10 in data` takes a quarter of the time that `b"\n" in data` takes
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class LineDecoder(DeferringDecoder):
    """Lines ended by LF after at most one byte order mark, none of them longer than the limit.

    Only new bytes are searched and the beginning of a line is not copied again, so the work stays
    proportional to the bytes even when a long line arrives byte by byte.
    """

    def __init__(self, *, max_bytes: int = MAX_BYTES) -> None:
        super().__init__(max_bytes=max_bytes)
        self._partial = bytearray()
        self._at_start = True

    def _take_text(self, data: bytes, frames: list[Frame]) -> None:
        """Hand on the lines that `data` completes, up to the first that is too long."""
        if self._at_start:
            data = bytes(self._partial) + data
            self._partial.clear()
            if len(data) < len(_BYTE_ORDER_MARK) and _BYTE_ORDER_MARK.startswith(data):
                self._partial += data
                return
            self._at_start = False
            data = data.removeprefix(_BYTE_ORDER_MARK)
        if LF not in data:
            self._partial += data
            if len(self._partial) > self._limit:
                raise self._too_long("a line")
            return
        waiting = len(self._partial) + len(data)
        lines = data.split(b"\n")
        tail = lines.pop()
        if self._partial:
            self._partial += lines[0]
            lines[0] = bytes(self._partial)
            self._partial.clear()
        self._partial += tail
        if waiting > self._limit:
            for number, line in enumerate((*lines, self._partial)):
                if len(line) > self._limit:
                    self._take_lines(lines[:number], frames)
                    raise self._too_long("a line")
        self._take_lines(lines, frames)

    def _finish(self, frames: list[Frame]) -> None:
        if self._partial:
            last = bytes(self._partial)
            self._partial.clear()
            self._take_lines([last], frames)

    @abstractmethod
    def _take_lines(self, lines: list[bytes], frames: list[Frame]) -> None:
        """Append to `frames` what these lines complete."""


class NDJSONDecoder(LineDecoder):
    """One frame per line that is not blank; lines end with LF or CRLF, the last one may lack it."""

    def _take(self, data: bytes, frames: list[Frame]) -> None:
        self._take_text(data, frames)

    def _take_lines(self, lines: list[bytes], frames: list[Frame]) -> None:
        frames += [Frame(line.removesuffix(b"\r")) for line in lines if line.strip(b" \t\r")]
