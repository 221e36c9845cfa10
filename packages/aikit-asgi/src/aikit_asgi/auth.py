"""API keys: kept as hashes, compared in constant time."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Protocol

from aicore.errors import BadConfig

PREFIX = "sha256:"
DIGEST = re.compile(r"[0-9a-f]{64}")


class Auth(Protocol):
    """Decides who a request comes from."""

    def owner(self, headers: Mapping[str, str]) -> str | None:
        """Return who sent a request with these headers, or None to refuse it.

        Names of headers are in lower case; values are decoded as Latin-1, as HTTP has them.
        """


def hashed(key: str) -> str:
    """Return the hash of a key, in the form that configuration files may hold."""
    return PREFIX + sha256(key.encode()).hexdigest()


class APIKeys:
    """Accepts the given keys as `Authorization: Bearer KEY` or `x-api-key: KEY`.

    A key may be given itself or as `hashed` returns it; only hashes are kept. With a mapping the
    values name the keys' owners; otherwise an owner is named by the first digits of the hash.

    Raises:
        BadConfig: there is no key, or one that no client could send.
    """

    def __init__(self, keys: str | Iterable[str] | Mapping[str, str]) -> None:
        if isinstance(keys, str):
            keys = (keys,)
        named = keys if isinstance(keys, Mapping) else dict.fromkeys(keys, "")
        if not named:
            raise BadConfig("there must be at least one API key")
        self._owners: dict[bytes, str] = {}
        for key, owner in named.items():
            digest = digest_of(key)
            self._owners[digest.encode()] = owner or f"key-{digest[:8]}"

    def __repr__(self) -> str:
        return f"<APIKeys: {len(self._owners)}>"

    def owner(self, headers: Mapping[str, str]) -> str | None:
        given = presented(headers)
        if given is None:
            return None
        digest = sha256(given.encode("latin-1")).hexdigest().encode()
        found = None
        for known, owner in self._owners.items():  # all of them, whatever is found
            if hmac.compare_digest(known, digest):
                found = owner
        return found


def digest_of(key: str) -> str:
    """Return the digits of a key's hash; the key may be a hash already.

    Raises:
        BadConfig: no client could send this key, or it is no hash. The message does not show it.
    """
    if key.startswith(PREFIX):
        digest = key.removeprefix(PREFIX).lower()
        if not DIGEST.fullmatch(digest):
            raise BadConfig(f"what follows {PREFIX!r} in an API key must be 64 hex digits")
        return digest
    if not key or key != key.strip() or not key.isprintable():
        raise BadConfig("an API key must be printable text without spaces around it")
    return hashed(key).removeprefix(PREFIX)


def presented(headers: Mapping[str, str]) -> str | None:
    """Return the key that a request carries, if it carries one."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip()
    return headers.get("x-api-key") or None
