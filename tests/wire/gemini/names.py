"""Google's field names, which its parser takes in two spellings."""

from __future__ import annotations

import re
from typing import Any

FREE = frozenset(
    {
        "args",
        "labels",
        "parameters",
        "parametersJsonSchema",
        "response",
        "responseJsonSchema",
        "responseSchema",
    }
)
"""Fields whose content is the caller's, and so are the names in it."""


def camel(value: Any) -> Any:
    """Write all field names in camelCase; the parser takes snake_case for the same."""
    if isinstance(value, list):
        return [camel(item) for item in value]
    if not isinstance(value, dict):
        return value
    renamed = {one(name): item for name, item in value.items()}
    return {name: item if name in FREE else camel(item) for name, item in renamed.items()}


def one(name: str) -> str:
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), name)


def listed(value: Any) -> list[Any]:
    """Read a repeated field; its parser takes one value for a list of one."""
    return value if isinstance(value, list) else [value]
