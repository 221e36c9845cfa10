"""How a key becomes headers."""

from __future__ import annotations

from typing import Literal, TypeAlias

from aicore.errors import BadInput, MissingKey
from aicore.secrets import SecretLike

Auth: TypeAlias = Literal["bearer", "header", "none"]


def auth_headers(auth: Auth, header: str, key: SecretLike | None) -> dict[str, str]:
    """Return the headers that carry the key: `Authorization: Bearer …`, or the bare key.

    White space around it, such as the line end of the file that it was read from, is no part of
    a key; an empty key is none.

    Raises:
        BadInput: the key holds a line break or other characters that no header may hold.
    """
    if auth == "none" or key is None:
        return {}
    value = key.get_secret_value().strip()
    if not value:
        return {}
    if not value.isprintable() or not value.isascii():
        raise BadInput("the API key holds characters that a header cannot carry; copy it again")
    return {header.lower(): f"Bearer {value}" if auth == "bearer" else value}


def missing_key(provider: str, variables: tuple[str, ...]) -> MissingKey:
    """Make the error that says how to give a key; its details name the variables to set."""
    places = [f"set {' or '.join(variables)}"] if variables else []
    places += ["pass `api_key=`", f"add `api_key` under [providers.{provider}] in aikit.toml"]
    return MissingKey(
        f"no API key for {provider!r}: {', or '.join(places)}",
        provider=provider,
        details={"variables": list(variables)},
    )
