"""What every request passes: its path, its id, its size, its kind and its key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

from aicore.context import new_id

from aikit_asgi.auth import Auth
from aikit_asgi.faults import WrongKey
from aikit_asgi.http import Scope
from aikit_asgi.limits import Limits
from aikit_asgi.statuses import RequestError

OPEN = frozenset({"/healthz"})
"""Paths that need no key."""

REQUEST_ID = re.compile(rb"[\x21-\x7e]{1,128}")
JSON = re.compile(rb"application/(?:[\w.-]+\+)?json\s*(?:;.*)?", re.IGNORECASE)

Headers: TypeAlias = Mapping[bytes, bytes]
"""The headers of a request by lower-case name, as they came."""


def headers_of(scope: Scope) -> tuple[Headers, int]:
    """Return the headers of a request, and how many bytes they are."""
    headers: dict[bytes, bytes] = {}
    size = 0
    for name, value in scope["headers"]:
        headers[name.lower()] = value
        size += len(name) + len(value)
    return headers, size


def text_of(headers: Headers) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in headers.items()}


def normal_path(scope: Scope) -> str:
    """Return the path below the mount point, without a slash at its end.

    Hosts differ: some leave the prefix in `path` and name it in `root_path`, some cut it off,
    and Litestar cuts it off, adds a slash at the end and leaves `root_path` empty. A proxy may have
    cut off the first part of it only: Starlette keeps that part as `app_root_path`.
    """
    path: str = scope["path"]
    if (root := scope.get("root_path")) and (root := root.rstrip("/")):
        mounted = root.removeprefix(scope.get("app_root_path", "").rstrip("/"))
        for prefix in (root, mounted):
            if prefix and (path == prefix or path.startswith(f"{prefix}/")):
                path = path[len(prefix) :]
                break
    return path.rstrip("/") or "/"


def named(headers: Headers) -> str:
    """Return the request id that the client chose, or a new one."""
    given = headers.get(b"x-request-id")
    return given.decode() if given and REQUEST_ID.fullmatch(given) else new_id()


def admitted(
    scope: Scope, path: str, headers: Headers, size: int, auth: Auth | None, limits: Limits
) -> str | None:
    """Return who a request comes from.

    Raises:
        RequestError: it is too large or of the wrong kind, or its key is missing or wrong.
    """
    if size > limits.headers:
        raise RequestError(f"the headers are longer than {limits.headers} bytes", 431)
    method = scope["method"]
    if path in OPEN or method == "OPTIONS":
        return None
    owner = auth.owner(text_of(headers)) if auth else None
    if auth and owner is None:
        raise WrongKey
    if method == "POST":
        check_body(headers, limits)
    return owner


def check_body(headers: Headers, limits: Limits) -> None:
    """Refuse a body by what the headers tell of it.

    A browser sends JSON to another site only if that site has agreed, and any other kind of body
    without asking. So a page of a stranger cannot have a gateway on its reader's own machine work
    for it, even where that asks for no key.

    Raises:
        RequestError: it is too long (413), or is not said to be JSON (415).
    """
    length = headers.get(b"content-length", b"")
    if length.isdigit() and int(length[:20]) > limits.body:
        raise RequestError(f"the body is longer than {limits.body} bytes", 413)
    kind = headers.get(b"content-type", b"")
    if kind != b"application/json" and not JSON.fullmatch(kind):
        raise RequestError("send JSON, with `content-type: application/json`", 415)
