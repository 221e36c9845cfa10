"""Tell a wrong `base_url` from a refused request, and make its answer readable."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

from aikit_wire.transport import HTTPRequest

MISSED = frozenset({404, 405})
NO_ROUTE: tuple[Any, ...] = ({"detail": "Not Found"}, {"detail": "Method Not Allowed"})
"""What Starlette answers where it has no route, and with it vLLM and other FastAPI servers."""
NO_ROUTE_CODES = frozenset({"unknown_url"})
"""What services call it; this one is Groq's."""

TAGS = re.compile(r"<!--.*?-->|<(script|style|svg)\b.*?</\1>|<[^<>]*>", re.DOTALL | re.IGNORECASE)
PAGE = 16_000
"""How much of a page is looked at; the expression above is not meant for megabytes."""


def address(url: str) -> str:
    """Return scheme, host and path of a URL: what may be shown of it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that is no URL"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def asked(request: HTTPRequest) -> str:
    """Say what was asked, such as `POST https://llm.example.com/v1/chat/completions`."""
    return f"{request.method} {address(request.url)}"


def misdirection(
    status: int | None,
    headers: Mapping[str, str],
    data: Any,
    codes: Iterable[str],
    request: HTTPRequest | None,
) -> str | None:
    """Say that a request went to a wrong address, or return None when nothing tells so.

    A redirect does, and so does a 404 or 405 that comes from no API: one whose body is no JSON,
    or that its server has for every path it does not know.
    """
    where = f": {asked(request)}" if request else ""
    if status is not None and 300 <= status < 400:
        return f"the service redirects{target(headers, request)}{where} (check base_url)"
    if status in MISSED and (
        not isinstance(data, dict | list)
        or data in NO_ROUTE
        or not NO_ROUTE_CODES.isdisjoint(codes)
    ):
        return f"no such address{where} (check base_url)"
    return None


def target(headers: Mapping[str, str], request: HTTPRequest | None) -> str:
    """Say where a redirect leads, as far as its answer tells."""
    location = headers.get("location")
    if not location:
        return ""
    try:
        return f" to {address(urljoin(request.url if request else '', location))}"
    except ValueError:
        return ""


def words(text: str) -> str:
    """Return what a person would read of a web page; any other text stays as it is."""
    if not text.startswith("<"):
        return text
    return " ".join(unescape(TAGS.sub(" ", text[:PAGE])).split())
