"""Keep keys out of everything that people read."""

from __future__ import annotations

import re
from collections.abc import Iterable

MASK = "**********"
LOOKS_SECRET = re.compile(
    r"\b(?:sk|pk|rk|gsk|xai|hf|r8|pplx|csk|fw|AIza|key)[-_][A-Za-z0-9_-]{16,}"
    r"|(?<=Bearer )[^\s\"',;]{8,}",
)


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """Mask the given secrets, and whatever looks like a vendor's key, in a text."""
    for secret in secrets:
        if len(secret) >= 4:
            text = text.replace(secret, MASK)
    return LOOKS_SECRET.sub(MASK, text)
