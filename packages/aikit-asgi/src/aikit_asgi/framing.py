"""The bytes of a response's head, and how its body is delimited (RFC 9112)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from http import HTTPStatus
from typing import NamedTuple, TypeAlias

Fields: TypeAlias = Iterable[tuple[bytes, bytes]]

TOKEN = frozenset(
    b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)
"""What the name of a field may hold (RFC 9110, section 5.6.2)."""
CONTROLS = bytes({*range(32), 127} - set(b"\t"))
"""What no value of a field may hold: a line break in one would begin another field, or a body."""
BODILESS = frozenset({204, 304})
CLOSE = b"connection: close\r\n"
CHUNKED = b"transfer-encoding: chunked\r\n"
FRAMING = frozenset({b"content-length", b"transfer-encoding", b"connection"})


class Delimited(NamedTuple):
    """How the client knows where a body ends: by its length, by chunks, or by the connection's."""

    length: int | None
    """Bytes of the body; None if nobody has told them."""
    chunked: bool
    silent: bool
    """There is no body, whatever the app sends: the answer to HEAD, or one that has none."""
    keep_alive: bool


@lru_cache(600)
def status_line(status: int) -> bytes:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    return b"HTTP/1.1 %d %b\r\n" % (status, phrase.encode())


@lru_cache(256)
def field_name(name: bytes) -> bytes:
    """Return the lower-case name of a field.

    Raises:
        ValueError: it is no token.
    """
    if not name or not TOKEN.issuperset(name):
        raise ValueError(f"{name[:100]!r} cannot be the name of a field of a response")
    return name.lower()


def framed(
    method: str, version: str, status: int, common: Fields, fields: Fields, keep_alive: bool
) -> tuple[bytes, Delimited]:
    """Return the head of the response to a request of some method and version of HTTP.

    Raises:
        ValueError: a field of it is not valid.
    """
    parts, lines, length = [status_line(status)], 2, None
    for name, value in common:
        parts += (name, b": ", value, b"\r\n")
        lines += 1
    for name, value in fields:
        name = field_name(name)
        if name in FRAMING:
            if name == b"transfer-encoding":
                continue  # it is for the server to choose
            if name == b"content-length":
                if not value.isdigit() or (length is not None and length != int(value)):
                    raise ValueError(f"{value!r} is no content-length of a response")
                length = int(value)
            elif b"close" in [token.strip() for token in value.lower().split(b",")]:
                keep_alive = False
                continue
        parts += (name, b": ", value, b"\r\n")
        lines += 1
    silent = method == "HEAD" or status in BODILESS
    chunked = length is None and not silent
    if chunked and version == "1.0":
        chunked = keep_alive = False
    if chunked:
        parts.append(CHUNKED)
        lines += 1
    if not keep_alive:
        parts.append(CLOSE)
        lines += 1
    parts.append(b"\r\n")
    head = b"".join(parts)
    if len(head) - len(head.translate(None, CONTROLS)) != 2 * lines:
        raise ValueError("a field of a response holds a line break or another control character")
    return head, Delimited(length, chunked, silent, keep_alive)
