"""Which header fields can be sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from aicore.errors import BadInput

HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
"""RFC 9110, section 5.6.2."""


def check_headers(headers: Mapping[str, Any]) -> None:
    """Refuse a header that cannot be sent, without showing what it holds.

    Raises:
        BadInput: its name is no name for a header, or its value is not printable ASCII.
    """
    values = [*headers.values()]
    if TEXT.issuperset(map(type, values)) and all(map(is_header_name, headers)):
        text = "".join(values)
        if text.isascii() and text.isprintable() and [*map(str.strip, values)] == values:
            return  # nearly always
    for name, value in headers.items():
        if not is_header_name(name):
            raise BadInput(f"{name!r} is no name for a header")
        if not (isinstance(value, str) and value.isascii() and value.isprintable()):
            raise BadInput(f"the value of header {name!r} must be text of printable ASCII")
        if value != value.strip():
            raise BadInput(f"the value of header {name!r} has spaces around it")


TEXT = frozenset({str})


@lru_cache(maxsize=1024)
def is_header_name(name: str) -> bool:
    """Tell whether it is one; the few names that a program sends are looked at once."""
    return HEADER_NAME.fullmatch(name) is not None
