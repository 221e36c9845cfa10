"""The little of HTTP that bare ASGI routes need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, Protocol, TypeAlias

from aicore.responses import CallWarning
from pydantic_core import to_json

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]


class Receive(Protocol):
    async def __call__(self) -> Message: ...


class Send(Protocol):
    async def __call__(self, message: Message, /) -> None: ...


class Gone(Exception):
    """The client has closed its connection; nobody is left to answer."""


class Reply:
    """Sends the answer to one request: adds headers that every answer has, and knows its state.

    Raises:
        Gone: the client has left, and the server says so.
    """

    __slots__ = ("_send", "complete", "headers", "started")

    def __init__(self, send: Send, *headers: tuple[bytes, bytes]) -> None:
        self._send = send
        self.headers = headers
        self.started = False
        self.complete = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            message["headers"] = [*message.get("headers", ()), *self.headers]
        try:
            await self._send(message)
        except OSError:
            raise Gone from None
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self.complete = True

    async def piece(self, body: bytes, more: bool) -> None:
        """Send a piece of a body that has begun: the last one, or one that `more` follow."""
        try:
            await self._send({"type": "http.response.body", "body": body, "more_body": more})
        except OSError:
            raise Gone from None
        self.complete = not more

    async def json(
        self, status: int, document: Any, headers: Mapping[str, str] | None = None
    ) -> None:
        """Answer with JSON in one piece; bytes are taken to be JSON already."""
        body = document if isinstance(document, bytes) else to_json(document, inf_nan_mode="null")
        own = [JSON, (b"content-length", b"%d" % len(body)), *self.headers]
        if headers:
            own[2:2] = raw(headers)
        start = {"type": "http.response.start", "status": status, "headers": own}
        self.started = True
        try:
            await self._send(start)
            await self._send({"type": "http.response.body", "body": body})
        except OSError:
            raise Gone from None
        self.complete = True


def raw(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


JSON = (b"content-type", b"application/json")

SSE_HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
)
"""No `connection`: HTTP/2 forbids it and strict WSGI bridges refuse it."""

WARNINGS = "x-aikit-warnings"


def warning_headers(warnings: Iterable[CallWarning]) -> dict[str, str]:
    """Tell warnings in a header of at most 2 kB; the body has them in full."""
    if not (text := "; ".join(map(str, warnings))):
        return {}
    safe = "".join(char if " " <= char <= "~" else "?" for char in text)
    return {WARNINGS: safe[:2000]}
