"""Sign requests as AWS wants it: Signature Version 4.

Source: "Create a signed AWS API request" in the IAM user guide; checked against botocore 1.44.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import quote, urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"
SIGNED = frozenset({"content-type", "host"})
"""Headers of a request that are signed, beside those that begin with `x-amz-`."""
DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request is signed with; a session token comes with keys that soon expire."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never show: AWS repeats the signed headers when a signature is wrong."""
        token = (self.session_token,) if self.session_token else ()
        return (self.secret_access_key, *token)


def signed_headers(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None,
    *,
    credentials: Credentials,
    region: str,
    service: str,
    now: datetime,
) -> dict[str, str]:
    """Return the headers of a request, of lower-case names, with those that sign it.

    The path of the URL is to be percent-encoded once; in what is signed it is encoded again.
    """
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    headers = {**headers, "x-amz-date": stamp}
    if credentials.session_token:
        headers["x-amz-security-token"] = credentials.session_token
    told = {
        name: " ".join(value.split())
        for name, value in {**headers, "host": host_of(url)}.items()
        if name in SIGNED or name.startswith("x-amz-")
    }
    names = ";".join(sorted(told))
    parts = urlsplit(url)
    canonical = "\n".join(
        (
            method,
            quote(parts.path or "/", safe="/-_.~"),
            query_of(parts.query),
            *(f"{name}:{told[name]}" for name in sorted(told)),
            "",
            names,
            sha256(body or b"").hexdigest(),
        )
    )
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    to_sign = f"{ALGORITHM}\n{stamp}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{credentials.secret_access_key}".encode()
    for step in scope.split("/"):
        key = hmac.digest(key, step.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    headers["authorization"] = (
        f"{ALGORITHM} Credential={credentials.access_key_id}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}"
    )
    return headers


def host_of(url: str) -> str:
    """Return what the header `host` will say: a port only where it is not the scheme's own."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2].lower()
    port = f":{DEFAULT_PORTS.get(parts.scheme)}"
    return host.removesuffix(port)


def query_of(query: str) -> str:
    """Write a query as it is signed: by name, encoded as it is sent."""
    pairs = sorted(item.partition("=")[::2] for item in query.split("&") if item)
    return "&".join(f"{name}={value}" for name, value in pairs)
