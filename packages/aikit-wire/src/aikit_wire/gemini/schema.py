"""Write a JSON schema in the subset of OpenAPI 3.0 that Gemini's `Schema` is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from aicore.errors import Unsupported

from aikit_wire.gemini.surface import Target

KEPT = frozenset(
    {
        "default",
        "description",
        "example",
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minItems",
        "minLength",
        "minProperties",
        "minimum",
        "nullable",
        "pattern",
        "propertyOrdering",
        "required",
        "title",
    }
)
"""Keywords that mean the same in both (google-genai 3.6: `types.Schema`)."""

SILENT = frozenset({"$schema", "$id", "$anchor", "$comment", "$defs", "definitions", "examples"})
"""Keywords that say nothing about a value, or that have been followed."""

FORMATS = frozenset({"enum", "date-time", "float", "double", "int32", "int64"})
"""Other values of `format` are refused by the service."""

LARGEST = 10_000
"""How many schemas one may come to when its references are written out."""


def openapi_schema(schema: Mapping[str, Any], setting: str, target: Target) -> dict[str, Any]:
    """Return a schema as the service's `Schema` says it; what it cannot say is dropped and told.

    References are written out, unions become `anyOf`, and null becomes `nullable`. `setting` is
    the name under which warnings speak of it.

    Raises:
        Unsupported: it refers to itself or to something that is not in it, or is too large.
    """
    writer = _Writer(schema, setting, target)
    try:
        return writer.written(schema, ())
    except RecursionError:
        raise writer.refused("it is nested too deeply") from None


class _Writer:
    """Writes one schema; `followed` are the references that lead to where it is."""

    def __init__(self, root: Mapping[str, Any], setting: str, target: Target) -> None:
        self._root = root
        self._setting = setting
        self._target = target
        self._size = 0

    def written(self, schema: Any, followed: tuple[str, ...]) -> dict[str, Any]:
        self._size += 1
        if self._size > LARGEST:
            raise self.refused(f"written out, it has more than {LARGEST} parts")
        if schema is True:
            return {}
        if not isinstance(schema, Mapping):
            raise self.refused(f"{schema!r} is no schema that a value could fit")
        if "$ref" in schema:
            reference = str(schema["$ref"])
            if reference in followed:
                raise self.refused(f"{reference} refers to itself, and must not")
            beside = {name: value for name, value in schema.items() if name != "$ref"}
            return self.written({**self._found(reference), **beside}, (*followed, reference))
        wire: dict[str, Any] = {}
        for name, value in schema.items():
            match name:
                case "properties":
                    wire[name] = {key: self.written(item, followed) for key, item in value.items()}
                case "items":
                    wire[name] = self.written(value, followed)
                case "format" if value in FORMATS:
                    wire[name] = value
                case "type" | "enum" | "const" | "anyOf" | "oneOf" | "allOf":
                    pass
                case _ if name in KEPT:
                    wire[name] = value
                case _ if name not in SILENT:
                    self._dropped(name)
        self._add_type(wire, schema)
        if "oneOf" in schema:
            self._target.ledger.rewritten(self._setting, "`oneOf` of a schema is sent as `anyOf`")
        if members := [*schema.get("anyOf", ()), *schema.get("oneOf", ())]:
            wire = self._union(members, wire, followed)
        for member in schema.get("allOf", ()):
            wire = self._both(wire, self.written(member, followed))
        return wire

    def _add_type(self, wire: dict[str, Any], schema: Mapping[str, Any]) -> None:
        """Add type and enum, in which null is told apart from the rest."""
        given = schema.get("type")
        types = [given] if isinstance(given, str) else list(given or ())
        values = [schema["const"]] if "const" in schema else list(schema.get("enum", ()))
        if None in values and values != [None]:
            wire["nullable"] = True
            values = [value for value in values if value is not None]
        if values and all(isinstance(value, str) for value in values):
            wire["enum"] = values
            types = types or ["string"]
        elif values == [None]:
            types = ["null"]
        elif values:
            self._dropped("enum", "it can list texts only")
        if "null" in types and len(types) > 1:
            wire["nullable"] = True
            types.remove("null")
        if len(types) == 1:
            wire["type"] = types[0].upper()
        elif types:
            wire["anyOf"] = [{"type": item.upper()} for item in types]

    def _union(
        self, members: Iterable[Any], wire: dict[str, Any], followed: tuple[str, ...]
    ) -> dict[str, Any]:
        """Add `anyOf`; a member that is null only says that the rest may be null."""
        written = [self.written(member, followed) for member in members]
        rest = [member for member in written if member != {"type": "NULL"}]
        nullable = {"nullable": True} if len(rest) < len(written) else {}
        if len(rest) == 1:
            return {**rest[0], **wire, **nullable}
        return {**wire, "anyOf": rest, **nullable}

    def _both(self, one: dict[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
        """Join two schemas that must both be met."""
        for name, value in other.items():
            if name == "properties":
                one[name] = {**one.get(name, {}), **value}
            elif name == "required":
                one[name] = [*dict.fromkeys([*one.get(name, ()), *value])]
            elif one.setdefault(name, value) != value and name not in ("title", "description"):
                raise self.refused(f"the members of `allOf` disagree on {name!r}")
        return one

    def _found(self, reference: str) -> Mapping[str, Any]:
        """Follow a JSON pointer into the schema."""
        place: Any = self._root
        start, *steps = reference.split("/")
        for step in steps:
            key = unquote(step).replace("~1", "/").replace("~0", "~")
            place = place.get(key) if isinstance(place, Mapping) else None
        if start != "#" or not isinstance(place, Mapping):
            raise self.refused(f"{reference} is not in it")
        return place

    def _dropped(self, keyword: str, reason: str = "the service's schemas have no such") -> None:
        self._target.ledger.dropped(f"{self._setting}.{keyword}", reason)

    def refused(self, why: str) -> Unsupported:
        """Make the error that says why a schema cannot be sent."""
        return Unsupported(
            f"the schema of `{self._setting}` cannot be sent: {why}; change it, or ask a model "
            "that takes JSON schemas as they are",
            provider=self._target.surface.name,
        )
