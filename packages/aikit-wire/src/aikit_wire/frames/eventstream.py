"""Frames of AWS event-stream messages.

Source: "Event stream encoding" in the Amazon Lex V2 developer guide; header types: botocore 1.44.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from struct import unpack
from typing import Final
from uuid import UUID
from zlib import crc32

from aikit_wire.frames.frame import MAX_BYTES, DeferringDecoder, Frame, FrameError, HeaderValue

_PRELUDE_BYTES: Final = 12
_OVERHEAD_BYTES: Final = 16
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class EventStreamDecoder(DeferringDecoder):
    """Messages of `application/vnd.amazon.eventstream`, both checksums of each verified.

    A body that ends inside a message was cut off, and `close` raises `FrameError`.
    """

    def __init__(self, *, max_bytes: int = MAX_BYTES) -> None:
        super().__init__(max_bytes=max_bytes)
        self._buffer = bytearray()
        self._awaited = _PRELUDE_BYTES

    def _take(self, data: bytes, frames: list[Frame]) -> None:
        buffer = self._buffer
        buffer += data
        start = 0
        while len(buffer) - start >= self._awaited:
            if self._awaited == _PRELUDE_BYTES:
                self._awaited = self._message_bytes(buffer[start : start + _PRELUDE_BYTES])
            else:
                frames.append(_decode_message(bytes(buffer[start : start + self._awaited])))
                start += self._awaited
                self._awaited = _PRELUDE_BYTES
        del buffer[:start]

    def _message_bytes(self, prelude: bytearray) -> int:
        total, headers, checksum = unpack(">III", prelude)
        if crc32(prelude[:8]) != checksum:
            raise FrameError("the prelude of an AWS message fails its checksum")
        if total > self._limit:
            raise self._too_long(f"an AWS message of {total} bytes")
        if total < _OVERHEAD_BYTES + headers:
            raise FrameError(f"an AWS message of {total} bytes cannot hold {headers} of headers")
        return int(total)

    def _finish(self, frames: list[Frame]) -> None:
        if self._buffer:
            raise FrameError(
                f"the AWS event stream was cut off, {len(self._buffer)} bytes into a message"
            )


def _decode_message(message: bytes) -> Frame:
    if crc32(message[:-4]) != int.from_bytes(message[-4:], "big"):
        raise FrameError("an AWS message fails its checksum")
    payload = _PRELUDE_BYTES + int.from_bytes(message[4:8], "big")
    headers = _decode_headers(message[_PRELUDE_BYTES:payload])
    names = (headers.get(key) for key in (":event-type", ":exception-type", ":error-code"))
    event = next((name for name in names if isinstance(name, str)), "")
    return Frame(message[payload:-4], event, headers=headers)


def _decode_headers(block: bytes) -> dict[str, HeaderValue]:
    source = BytesIO(block)

    def take(size: int) -> bytes:
        taken = source.read(size)
        if len(taken) < size:
            raise FrameError("a header of an AWS message passes the end of the headers")
        return taken

    headers: dict[str, HeaderValue] = {}
    try:
        while length := source.read(1):
            name = take(length[0]).decode()
            if name in headers:
                raise FrameError(f"an AWS message repeats its header {name!r}")
            headers[name] = _decode_value(take(1)[0], take)
    except (UnicodeDecodeError, OverflowError) as error:
        raise FrameError(f"a header of an AWS message has no valid value: {error}") from error
    return headers


def _decode_value(kind: int, take: Callable[[int], bytes]) -> HeaderValue:
    def integer(size: int, *, signed: bool = True) -> int:
        return int.from_bytes(take(size), "big", signed=signed)

    match kind:
        case 0 | 1:
            return kind == 0  # the type is the value
        case 2 | 3 | 4 | 5:
            return integer(1 << (kind - 2))
        case 6:
            return take(integer(2, signed=False))
        case 7:
            return take(integer(2, signed=False)).decode()
        case 8:
            return _EPOCH + timedelta(milliseconds=integer(8))
        case 9:
            return UUID(bytes=take(16))
        case _:
            raise FrameError(f"a header of an AWS message has the unknown type {kind}")
