"""The heads of requests: what their targets say, and how one is read once more."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import unquote

import httptools


def split(url: bytes) -> tuple[str, bytes, bytes]:
    """Return path, path as it came, and query of the target of a request.

    Raises:
        ValueError: it is no target, or not of ASCII.
        httptools.HttpParserInvalidURLError: likewise.
    """
    if url == b"*":
        return "*", url, b""
    parsed = httptools.parse_url(url)
    raw = parsed.path or b"/"
    path = raw.decode("ascii")
    return unquote(path) if "%" in path else path, raw, parsed.query or b""


split_again = lru_cache(256)(split)


def without_upgrade(
    parser: httptools.HttpRequestParser, url: bytes, headers: Sequence[tuple[bytes, bytes]]
) -> bytes:
    """Write the head of a request that asks for another protocol as one that does not."""
    version = parser.get_http_version().encode()
    lines = [b"%b %b HTTP/%b\r\n" % (parser.get_method(), url, version)]
    for name, value in headers:
        if name == b"connection":
            tokens = [token.strip() for token in value.lower().split(b",")]
            value = b", ".join([token for token in tokens if token != b"upgrade"])
        if name != b"upgrade":
            lines.append(b"%b: %b\r\n" % (name, value))
    return b"".join([*lines, b"\r\n"])
