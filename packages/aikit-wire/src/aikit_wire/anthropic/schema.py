"""Adapt JSON schemas to what the service can enforce.

The subset is that of the vendor's documents on structured outputs, as its SDK applies it
(anthropic 2: `transform_schema`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aikit_wire.ledger import Ledger

KEPT = frozenset({"$ref", "type", "required", "title", "default"})
FORMATS = frozenset(
    {
        *("date-time", "time", "date", "duration", "email", "hostname"),
        *("uri", "ipv4", "ipv6", "uuid"),
    }
)


def enforceable(schema: Mapping[str, Any], lost: set[str]) -> dict[str, Any]:
    """Return a schema that the service enforces; a schema of that kind already stays as it is.

    Objects take no properties that are not named, and `oneOf` becomes `anyOf`. Keywords that
    cannot be enforced are told to the model in the description, and added to `lost`.
    """

    def sub(item: Any) -> Any:
        return enforceable(item, lost) if isinstance(item, Mapping) else item

    adapted: dict[str, Any] = {}
    told: dict[str, Any] = {}
    for name, value in schema.items():
        match name:
            case "properties" | "$defs" | "definitions" if isinstance(value, Mapping):
                adapted[name] = {key: sub(item) for key, item in value.items()}
            case "items" if isinstance(value, Mapping):
                adapted[name] = sub(value)
            case "anyOf" | "oneOf" | "allOf" if isinstance(value, list):
                adapted["anyOf" if name == "oneOf" else name] = [sub(item) for item in value]
            case "enum" if isinstance(value, list) and all(map(is_plain, value)):
                adapted[name] = value
            case "const" if is_plain(value):
                adapted[name] = value
            case "format" if isinstance(value, str) and value in FORMATS:
                adapted[name] = value
            case "minItems" if value in (0, 1):
                adapted[name] = value
            case _ if name in KEPT:
                adapted[name] = value
            case "description" | "$schema" | "$id" | "$comment":
                pass
            case "additionalProperties" if isinstance(value, bool):
                pass
            case _:
                told[name] = value
    lost.update(told)
    if is_object(schema):
        adapted.setdefault("properties", {})
        adapted["additionalProperties"] = False
    if description := described(schema.get("description"), told):
        adapted["description"] = description
    return adapted


def is_plain(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float)


def is_object(schema: Mapping[str, Any]) -> bool:
    kinds = schema.get("type")
    named = kinds == "object" or (isinstance(kinds, list) and "object" in kinds)
    return named or (kinds is None and "properties" in schema)


def described(text: Any, told: Mapping[str, Any]) -> Any:
    """Add to a description what the schema can no longer say."""
    if not told:
        return text
    rules = ", ".join(f"{name}: {json.dumps(told[name], default=str)}" for name in told)
    return f"{text}\n\n{{{rules}}}" if text else f"{{{rules}}}"


def tell(lost: set[str], setting: str, ledger: Ledger) -> None:
    """Tell which keywords of a schema are not enforced."""
    if lost:
        names = ", ".join(sorted(lost))
        ledger.rewritten(setting, f"{names}: told in the descriptions, not enforced")
