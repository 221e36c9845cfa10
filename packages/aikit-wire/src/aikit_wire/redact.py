"""Keep keys out of everything that people read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

MASK = "**********"
LOOKS_SECRET = re.compile(
    r"\b(?:(?:sk|pk|rk|gsk|xai|hf|r8|pplx|csk|fw|tgp|nvapi|key)[-_]|AIza)[A-Za-z0-9_-]{16,}"
    r"|(?<=Bearer )(?=[^\s\"',;]*\d)[^\s\"',;]{8,}",
)
"""Keys by the prefixes of their vendors, and what follows `Bearer` and is no word."""


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """Mask the given secrets, and whatever looks like a vendor's key, in a text."""
    for secret in secrets:
        secret = secret.strip()  # as it is sent
        if len(secret) >= 4:
            text = text.replace(secret, MASK)
    return LOOKS_SECRET.sub(MASK, text)


def redacted_json(value: Any, secrets: Iterable[str] = ()) -> Any:
    """Mask secrets in every text of a JSON value; how the service escaped them does not matter."""
    secrets = tuple(secrets)
    match value:
        case str():
            return redacted(value, secrets)
        case list():
            return [redacted_json(item, secrets) for item in value]
        case dict():
            return {name: redacted_json(item, secrets) for name, item in value.items()}
        case _:
            return value
