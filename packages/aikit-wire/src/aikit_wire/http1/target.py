"""Where a URL leads: the server to connect to, and what to ask it for."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from aicore.errors import BadConfig

PORTS = {"http": 80, "https": 443}
REGISTERED_NAME = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=%-]+")
"""RFC 3986, section 3.2.2."""
IN_PATH = "!$%&'()*+,-./:;=@[\\]^_|~"
IN_QUERY = IN_PATH + "?`{}"
"""What stays as it is; anything else is percent-encoded, as browsers do (WHATWG URL)."""


class Origin(NamedTuple):
    """What connections are kept for; `host` is a name in ASCII or an IP address.

    `name` is what TLS checks the certificate for, where that is not the host.
    """

    tls: bool
    host: str
    port: int
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A URL made ready: `path` has the query in it, `shown` is host and port for messages."""

    origin: Origin
    shown: str
    host_field: str
    path: str = field(repr=False)
    authorization: str | None = field(repr=False)


@lru_cache(maxsize=256)
def target_of(url: str) -> Target:
    """Take a URL apart; done once for each, because a program asks few and asks them often.

    Raises:
        BadConfig: it cannot be used.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise BadConfig(f"`base_url` is not a URL: {error}") from None
    shown, host = parts.netloc.rpartition("@")[2], parts.hostname or ""
    try:
        port = parts.port
    except ValueError:
        raise unusable(shown, "its port is no number up to 65535") from None
    if not url.isprintable():
        raise unusable("", "it holds a character that cannot be printed")
    if parts.scheme not in PORTS:
        raise unusable(shown, "it begins with neither http:// nor https://")
    if not host:
        raise unusable(shown, "it names no host")
    name = host if ":" in host else ascii_name(host, shown)
    literal = f"[{name}]" if ":" in name else name
    default = PORTS[parts.scheme]
    query = f"?{quote(parts.query, IN_QUERY)}" if parts.query else ""
    return Target(
        Origin(parts.scheme == "https", name, default if port is None else port),
        shown,
        literal if port in (None, default) else f"{literal}:{port}",
        (quote(parts.path, IN_PATH) or "/") + query,
        basic(parts.username, parts.password),
    )


def ascii_name(host: str, shown: str) -> str:
    """Return a name as DNS, TLS and the Host field want it."""
    if not host.isascii():
        import idna

        try:
            return idna.encode(host).decode("ascii")
        except idna.IDNAError as error:
            raise unusable(shown, f"{host!r} is no host name ({error})") from None
    labels = host.removesuffix(".").split(".")
    if not REGISTERED_NAME.fullmatch(host) or not all(0 < len(label) < 64 for label in labels):
        raise unusable(shown, f"{host!r} is no host name")  # DNS and TLS would trip over it
    return host


def basic(user: str | None, password: str | None) -> str | None:
    """Return what a user and password in the URL are sent as (RFC 7617)."""
    if user is None and password is None:
        return None
    pair = f"{unquote(user or '')}:{unquote(password or '')}"
    return f"Basic {b64encode(pair.encode()).decode('ascii')}"


def unusable(shown: str, reason: str) -> BadConfig:
    return BadConfig(f"cannot send to {shown or 'this URL'}: {reason}; check `base_url`")
