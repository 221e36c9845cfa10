"""The head of a request as bytes."""

from __future__ import annotations

from aicore.errors import BadInput

from aikit_wire.headers import check_headers, is_header_name
from aikit_wire.http1.codings import accepted
from aikit_wire.http1.target import Target
from aikit_wire.transport import HTTPRequest

OURS = frozenset(
    {
        *("connection", "keep-alive", "upgrade", "te", "trailer", "expect"),
        *("content-length", "transfer-encoding"),
    }
)
"""Fields about the connection and the framing of the message, which are the transport's own.

Whoever sets them by hand makes two parties disagree on where a message ends (request smuggling,
RFC 9112, section 11.2).
"""
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
"""They say `content-length: 0` when they have none (RFC 9110, section 8.6)."""


def encode_head(request: HTTPRequest, target: Target) -> bytes:
    """Encode method, path and headers; the body follows as it is.

    Raises:
        BadInput: a header cannot be sent.
    """
    check_headers(request.headers)
    if not is_header_name(request.method):
        raise BadInput(f"{request.method!r} is no HTTP method")
    fields = {
        "host": target.host_field,
        "accept": "*/*",
        "accept-encoding": accepted(),
        "user-agent": "aikit/1",
    }
    for name, value in request.headers.items():
        fields[name.lower()] = value
    if not OURS.isdisjoint(fields):
        names = ", ".join(sorted(OURS & fields.keys()))
        raise BadInput(f"the transport sets the header {names} itself; leave it out")
    if target.authorization is not None:
        fields["authorization"] = target.authorization
    if request.body is not None:
        fields["content-length"] = str(len(request.body))
    elif request.method in WITH_BODY:
        fields["content-length"] = "0"
    lines = [f"{name}: {value}\r\n" for name, value in fields.items()]
    return f"{request.method} {target.path} HTTP/1.1\r\n{''.join(lines)}\r\n".encode("ascii")
