"""Content codings: what a body was compressed with, undone piece by piece."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any, Protocol

STEP = 1 << 18
"""So many bytes at most come out of a step, however well they were compressed."""
CODINGS = 4
"""A body that was compressed more often than this was made to do harm."""


class Undecodable(Exception):
    """A body is not what its content coding says."""


class Coding(Protocol):
    """Undoes one content coding."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what some bytes become, in pieces of at most about `STEP` bytes."""

    def end(self) -> None:
        """Say that the body has ended.

        Raises:
            Undecodable: its coding has not.
        """


class Zlib:
    """gzip and deflate (RFC 1952, RFC 1950)."""

    def __init__(self, *, gzip: bool) -> None:
        self._gzip = gzip
        self._stream = zlib.decompressobj(GZIP) if gzip else None
        self._start = b""
        self._fed = self._over = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._fed = True
        if self._over:
            return
        if self._stream is None:
            data = self._start = self._start + data
            if len(data) < 2:
                return
            self._stream = zlib.decompressobj(wrapping(data))
        try:
            while data or not self._stream.eof:
                out = self._stream.decompress(data, STEP)
                if out:
                    yield out
                data = self._stream.unconsumed_tail
                if self._stream.eof:
                    data = self._member(self._stream.unused_data)
                elif not data and len(out) < STEP:
                    return
        except zlib.error as error:
            raise Undecodable(str(error)) from None

    def _member(self, rest: bytes) -> bytes:
        """Return what follows in another member (RFC 1952, section 2.2), or nothing.

        Anything else after the end is dropped, as browsers do.
        """
        if self._gzip and rest.startswith(MEMBER):
            self._stream = zlib.decompressobj(GZIP)
            return rest
        self._over = not MEMBER.startswith(rest)
        return b""

    def end(self) -> None:
        if self._fed and (self._stream is None or not self._stream.eof):
            raise Undecodable("it breaks off")


GZIP = zlib.MAX_WBITS | 16
MEMBER = b"\x1f\x8b"


def wrapping(start: bytes) -> int:
    """Tell whether `deflate` has its zlib wrapper; some servers leave it out.

    RFC 9110, section 8.4.1.2; the check of the two bytes is RFC 1950, section 2.2.
    """
    wrapped = start[0] & 0x0F == 8 and int.from_bytes(start[:2], "big") % 31 == 0
    return zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS


class Brotli:
    """br (RFC 7932), with the package `brotli`."""

    def __init__(self, library: Any) -> None:
        self._stream = library.Decompressor()
        self._error = library.error
        self._fed = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._fed = True
        try:
            while out := self._stream.process(data, output_buffer_limit=STEP // 2):
                yield out
                data = b""
        except self._error as error:
            raise Undecodable(str(error)) from None

    def end(self) -> None:
        if self._fed and not self._stream.is_finished():
            raise Undecodable("it breaks off")


class Zstandard:
    """zstd (RFC 8878), with Python 3.14 or the package `backports.zstd`."""

    def __init__(self, library: Any) -> None:
        self._library = library
        self._stream = library.ZstdDecompressor()
        self._fed = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._fed = True
        try:
            while True:
                if self._stream.eof:
                    if not (data := self._stream.unused_data or data):
                        return
                    self._stream = self._library.ZstdDecompressor()
                if out := self._stream.decompress(data, STEP):
                    yield out
                data = b""
                if self._stream.needs_input:
                    return
        except self._library.ZstdError as error:
            raise Undecodable(str(error)) from None

    def end(self) -> None:
        if self._fed and not self._stream.eof:
            raise Undecodable("it breaks off")


@lru_cache
def known() -> dict[str, Callable[[], Coding]]:
    """Return the codings that can be undone here, by name; some need packages of their own."""
    codings: dict[str, Callable[[], Coding]] = {
        "gzip": lambda: Zlib(gzip=True),
        "deflate": lambda: Zlib(gzip=False),
    }
    if (brotli := first_of("brotli")) and hasattr(brotli.Decompressor, "can_accept_more_data"):
        codings["br"] = lambda: Brotli(brotli)
    if zstd := first_of("compression.zstd", "backports.zstd"):
        codings["zstd"] = lambda: Zstandard(zstd)
    return codings


def first_of(*names: str) -> Any:
    for name in names:
        try:
            return import_module(name)
        except ImportError:
            continue
    return None


@lru_cache
def accepted() -> str:
    """Return what to ask for in `accept-encoding`."""
    return ", ".join(known())


def codings_of(field: str) -> Sequence[Coding]:
    """Return what undoes the codings of a body, the last one applied first.

    A name that nobody knows is passed over: some servers write there what is no coding.

    Raises:
        Undecodable: there are too many.
    """
    names = [name.strip().lower().removeprefix("x-") for name in field.split(",")]
    found = [make() for name in reversed(names) if (make := known().get(name))]
    if len(found) > CODINGS:
        raise Undecodable(f"it has more than {CODINGS} content codings")
    return found


def undo(codings: Sequence[Coding], data: bytes) -> Iterator[bytes]:
    """Yield what some bytes of a body become; nothing is undone before it is asked for."""
    if not codings:
        yield data
        return
    for piece in codings[0].feed(data):
        yield from undo(codings[1:], piece)
