"""JSON schemas are written in the service's own subset, or refused with a reason."""

from __future__ import annotations

from typing import Any

import pytest
from aicore.errors import Unsupported
from aikit_wire.gemini.schema import openapi_schema
from aikit_wire.gemini.surface import Target
from aikit_wire.ledger import Ledger
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from .sample import ACME

TEXT = {"type": "string"}
GOLDEN: dict[str, tuple[Any, Any, set[str]]] = {
    "types are in capitals": (
        {"type": "array", "items": {"type": "integer", "format": "int32", "minimum": 0}},
        {"type": "ARRAY", "items": {"type": "INTEGER", "format": "int32", "minimum": 0}},
        set(),
    ),
    "references are written out": (
        {
            "$defs": {"City": {"type": "object", "properties": {"name": TEXT}}},
            "type": "object",
            "properties": {
                "from": {"$ref": "#/$defs/City", "description": "Where it starts."},
                "to": {"$ref": "#/$defs/City"},
            },
            "required": ["from"],
        },
        {
            "type": "OBJECT",
            "properties": {
                "from": {
                    "type": "OBJECT",
                    "properties": {"name": {"type": "STRING"}},
                    "description": "Where it starts.",
                },
                "to": {"type": "OBJECT", "properties": {"name": {"type": "STRING"}}},
            },
            "required": ["from"],
        },
        set(),
    ),
    "a reference with signs in it": (
        {"definitions": {"a/b c": TEXT}, "$ref": "#/definitions/a~1b%20c"},
        {"type": "STRING"},
        set(),
    ),
    "null is nullable": (
        {"type": ["string", "null"], "default": None},
        {"type": "STRING", "nullable": True, "default": None},
        set(),
    ),
    "a union with null": (
        {"anyOf": [TEXT, {"type": "null"}], "title": "Name", "default": None},
        {"type": "STRING", "nullable": True, "title": "Name", "default": None},
        set(),
    ),
    "a union of two and null": (
        {"anyOf": [TEXT, {"type": "number"}, {"type": "null"}]},
        {"anyOf": [{"type": "STRING"}, {"type": "NUMBER"}], "nullable": True},
        set(),
    ),
    "several types": (
        {"type": ["string", "integer"], "description": "Either."},
        {"anyOf": [{"type": "STRING"}, {"type": "INTEGER"}], "description": "Either."},
        set(),
    ),
    "nothing but null": ({"type": "null"}, {"type": "NULL"}, set()),
    "one of": (
        {"oneOf": [TEXT, {"type": "boolean"}], "anyOf": [{"type": "integer"}]},
        {"anyOf": [{"type": "INTEGER"}, {"type": "STRING"}, {"type": "BOOLEAN"}]},
        {"schema"},
    ),
    "all of": (
        {
            "allOf": [
                {"$ref": "#/$defs/A"},
                {"type": "object", "properties": {"b": TEXT}, "required": ["b"]},
            ],
            "$defs": {"A": {"type": "object", "properties": {"a": TEXT}, "required": ["a"]}},
            "description": "Both.",
        },
        {
            "type": "OBJECT",
            "properties": {"a": {"type": "STRING"}, "b": {"type": "STRING"}},
            "required": ["a", "b"],
            "description": "Both.",
        },
        set(),
    ),
    "an enum of texts": (
        {"enum": ["red", "blue", None]},
        {"type": "STRING", "enum": ["red", "blue"], "nullable": True},
        set(),
    ),
    "an enum of numbers": (
        {"type": "integer", "enum": [1, 2]},
        {"type": "INTEGER"},
        {"schema.enum"},
    ),
    "a constant": ({"const": "a"}, {"type": "STRING", "enum": ["a"]}, set()),
    "a constant null": ({"const": None}, {"type": "NULL"}, set()),
    "keywords that are not known": (
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {"mail": {"type": "string", "format": "email"}},
            "additionalProperties": False,
            "patternProperties": {},
        },
        {"type": "OBJECT", "properties": {"mail": {"type": "STRING"}}},
        {"schema.additionalProperties", "schema.patternProperties", "schema.format"},
    ),
    "anything": ({"type": "array", "items": True}, {"type": "ARRAY", "items": {}}, set()),
    "fields that are called like keywords": (
        {"type": "object", "properties": {"$ref": TEXT, "oneOf": TEXT}},
        {
            "type": "OBJECT",
            "properties": {"$ref": {"type": "STRING"}, "oneOf": {"type": "STRING"}},
        },
        set(),
    ),
}


def written(schema: Any) -> tuple[dict[str, Any], set[str | None]]:
    ledger = Ledger("acme")
    wire = openapi_schema(schema, "schema", Target(ACME, {}, ledger))
    return wire, {warning.setting for warning in ledger.warnings}


@pytest.mark.parametrize("name", GOLDEN)
def test_a_schema_is_written_in_the_services_subset(name: str) -> None:
    schema, wire, told = GOLDEN[name]
    assert written(schema) == (wire, told)


TREE: dict[str, Any] = {
    "$defs": {
        "Node": {
            "type": "object",
            "properties": {"children": {"type": "array", "items": {"$ref": "#/$defs/Node"}}},
        }
    },
    "$ref": "#/$defs/Node",
}
LAUGHS: dict[str, Any] = {
    "$defs": {
        f"L{n}": {"anyOf": [{"$ref": f"#/$defs/L{n + 1}"}, {"$ref": f"#/$defs/L{n + 1}"}]}
        for n in range(30)
    }
    | {"L30": TEXT},
    "$ref": "#/$defs/L0",
}
DEEP: dict[str, Any] = {}
for _ in range(2000):
    DEEP = {"items": DEEP}


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        (TREE, "#/$defs/Node refers to itself, and must not"),
        ({"$ref": "#"}, "# refers to itself"),
        ({"$ref": "#/$defs/None"}, "#/$defs/None is not in it"),
        ({"$ref": "https://a.example/schema"}, "https://a.example/schema is not in it"),
        ({"allOf": [TEXT, {"type": "integer"}]}, "the members of `allOf` disagree on 'type'"),
        ({"type": "object", "properties": {"a": False}}, "False is no schema"),
        (LAUGHS, "it has more than 10000 parts"),
        (DEEP, "it is nested too deeply"),
    ],
)
def test_a_schema_that_cannot_be_written_is_refused(schema: Any, why: str) -> None:
    with pytest.raises(Unsupported) as raised:
        written(schema)
    assert why in raised.value.message
    assert "the schema of `schema` cannot be sent" in raised.value.message


class Address(BaseModel):
    street: str
    number: int | None = None


class Person(BaseModel):
    name: str
    home: Address
    others: list[Address] = []


def test_a_pydantic_model_is_written_without_loss() -> None:
    wire, told = written(Person.model_json_schema())
    assert wire["properties"]["others"]["items"] == wire["properties"]["home"]
    assert wire["properties"]["home"]["properties"]["number"] == {
        "type": "INTEGER",
        "nullable": True,
        "title": "Number",
        "default": None,
    }
    assert not told


KEYWORDS = st.sampled_from(["type", "enum", "format", "title", "minLength", "x-mine", "required"])
SCHEMAS: st.SearchStrategy[Any] = st.recursive(
    st.dictionaries(KEYWORDS, st.sampled_from(["string", "a"]), max_size=3)
    | st.just({"type": ["null", "string"]}),
    lambda inner: (
        st.fixed_dictionaries({"type": st.just("array"), "items": inner})
        | st.fixed_dictionaries({"properties": st.dictionaries(st.text(max_size=3), inner)})
        | st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=3)})
        | st.fixed_dictionaries({"allOf": st.lists(inner, max_size=1)})
    ),
    max_leaves=8,
)
ALLOWED = {"type", "format", "enum", "nullable", "items", "properties", "anyOf", "title"}


@given(SCHEMAS)
def test_only_keywords_of_the_service_are_written(schema: Any) -> None:
    def check(wire: Any) -> None:
        assert wire.keys() <= ALLOWED | {"minLength", "required"}
        for item in (
            wire.get("items"),
            *wire.get("anyOf", ()),
            *wire.get("properties", {}).values(),
        ):
            if item is not None:
                check(item)

    check(written(schema)[0])
