"""Google's two ways to write a schema: OpenAPI's, with types in capitals, and JSON Schema."""

from __future__ import annotations

from typing import Any

from ..corpus import Json
from .names import one


def json_schema(schema: Any) -> Any:
    """Say in JSON Schema what a schema in either form says.

    `nullable` is a type or a member of a union there, and a list of no required fields is none.
    """
    if not isinstance(schema, dict):
        return schema
    read: Json = {}
    for given, value in schema.items():
        name = one(given) if given in ("any_of", "max_items", "min_items") else given
        match name:
            case "properties" | "$defs":
                read[name] = {key: json_schema(item) for key, item in value.items()}
            case "items" | "additionalProperties":
                read[name] = json_schema(value)
            case "anyOf" | "oneOf" | "allOf" | "prefixItems":
                read[name] = [json_schema(item) for item in value]
            case "type" if isinstance(value, str):
                read[name] = value.lower()
            case "required" if not value:
                pass
            case "nullable":
                pass
            case _:
                read[name] = value
    if schema.get("nullable"):
        if "type" in read:
            read["type"] = [read["type"], "null"]
        else:
            read["anyOf"] = [*read.get("anyOf", ()), {"type": "null"}]
    return read
