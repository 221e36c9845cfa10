"""The bytes of a response's head, and how its body is delimited (RFC 9112)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from http import HTTPStatus
from typing import TypeAlias

Fields: TypeAlias = Iterable[tuple[bytes, bytes]]

TOKEN = frozenset(b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
"""What the name of a field may hold (RFC 9110, section 5.6.2)."""
CONTROLS = bytes({*range(32), 127} - set(b"\t"))
"""What no value of a field may hold: a line break in one would begin another field, or a body."""
NO_CONTENT = 204
BODILESS = frozenset({NO_CONTENT, 304})
CLOSE = b"connection: close\r\n"
CHUNKED = b"transfer-encoding: chunked\r\n"
CONTENT_LENGTH, TRANSFER_ENCODING = b"content-length: ", b"transfer-encoding: "
FRAMING = frozenset({CONTENT_LENGTH, TRANSFER_ENCODING, b"connection: "})


@lru_cache(600)
def status_line(status: int) -> bytes:
    """Return how a final response of a status begins.

    Raises:
        ValueError: it is no status of one; those below 200 announce another response.
    """
    if not 200 <= status <= 999:
        raise ValueError(f"{status!r} cannot be the status of a response")
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    return b"HTTP/1.1 %d %b\r\n" % (status, phrase.encode())


@lru_cache(256)
def field(name: bytes) -> bytes:
    """Return how the line of a field begins.

    Raises:
        ValueError: it is no name of a field.
    """
    if not name or not TOKEN.issuperset(name):
        raise ValueError(f"{name[:100]!r} cannot be the name of a field of a response")
    return name.lower() + b": "


@lru_cache(8)
def line(name: bytes, value: bytes) -> bytes:
    return b"%b: %b\r\n" % (name, value)


def framed(
    method: str, version: str, status: int, common: Fields, fields: Fields, keep_alive: bool
) -> tuple[bytes, int | None, bool, bool, bool]:
    """Return the head of the response to a request of some method and version of HTTP.

    With it, how its client knows where the body ends: the length of the body, if it was told;
    whether it is sent in chunks; whether none is sent, whatever the app says (to HEAD, or with
    statuses that have none); and whether the connection stays open after it.

    Raises:
        ValueError: the status or a field is not valid.
    """
    lines, length = [status_line(status)], None
    for name, value in common:  # the date, which changes once a second
        lines.append(line(name, value))
    for name, value in fields:
        begin = field(name)
        if begin in FRAMING:
            if begin == TRANSFER_ENCODING:
                continue  # it is for the server to choose
            if begin == CONTENT_LENGTH:
                if not value.isdigit() or length not in (None, int(value)):
                    raise ValueError(f"{value!r} is no content-length of a response")
                if length is not None or status == NO_CONTENT:
                    continue  # once, and never of what has no content (RFC 9110, section 8.6)
                length = int(value)
            elif b"close" in [token.strip() for token in value.lower().split(b",")]:
                keep_alive = False
                continue
        lines.append(b"%b%b\r\n" % (begin, value))
    silent = method == "HEAD" or status in BODILESS
    chunked = length is None and not silent
    if chunked:
        if version == "1.0":
            chunked = keep_alive = False
        else:
            lines.append(CHUNKED)
    if not keep_alive:
        lines.append(CLOSE)
    lines.append(b"\r\n")
    head = b"".join(lines)
    if len(head) - len(head.translate(None, CONTROLS)) != 2 * len(lines):
        raise ValueError("a field of a response holds a line break or another control character")
    return head, length, chunked, silent, keep_alive


def refusal(status: int, common: Fields, text: bytes) -> bytes:
    """Return a whole response to what is no request, behind which the connection is closed."""
    fields = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(text))]
    head, *_ = framed("GET", "1.1", status, common, fields, False)
    return head + text
