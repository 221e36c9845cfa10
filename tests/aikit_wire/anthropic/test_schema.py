"""Schemas, before and after they are adapted to what the service enforces."""

from __future__ import annotations

from typing import Any

import pytest
from aikit_wire.anthropic.schema import enforceable
from pydantic import BaseModel, Field

CLOSED = {"type": "object", "additionalProperties": False}

GOLDEN: dict[str, tuple[Any, Any, set[str]]] = {
    "closed objects": (
        {"type": "object", "properties": {"a": {"type": "object"}}, "required": ["a"]},
        {**CLOSED, "properties": {"a": {**CLOSED, "properties": {}}}, "required": ["a"]},
        set(),
    ),
    "open objects are closed": (
        {"type": "object", "properties": {}, "additionalProperties": True},
        {**CLOSED, "properties": {}},
        set(),
    ),
    "values of any name cannot be enforced": (
        {"type": "object", "additionalProperties": {"type": "integer"}},
        {
            **CLOSED,
            "properties": {},
            "description": '{additionalProperties: {"type": "integer"}}',
        },
        {"additionalProperties"},
    ),
    "bounds are told": (
        {"type": "integer", "minimum": 1, "maximum": 9, "description": "A number."},
        {"type": "integer", "description": "A number.\n\n{minimum: 1, maximum: 9}"},
        {"minimum", "maximum"},
    ),
    "patterns are told": (
        {"type": "string", "pattern": "^a"},
        {"type": "string", "description": '{pattern: "^a"}'},
        {"pattern"},
    ),
    "known formats stay": (
        {"type": "string", "format": "date"},
        {"type": "string", "format": "date"},
        set(),
    ),
    "other formats are told": (
        {"type": "string", "format": "color"},
        {"type": "string", "description": '{format: "color"}'},
        {"format"},
    ),
    "one of is any of": (
        {"oneOf": [{"type": "string", "minLength": 1}, {"type": "null"}]},
        {"anyOf": [{"type": "string", "description": "{minLength: 1}"}, {"type": "null"}]},
        {"minLength"},
    ),
    "nullable by a list of types": (
        {"type": ["object", "null"], "properties": {"a": True}},
        {
            "type": ["object", "null"],
            "properties": {"a": True},
            "additionalProperties": False,
        },
        set(),
    ),
    "an object without its type": (
        {"properties": {"a": {"type": "string"}}},
        {"properties": {"a": {"type": "string"}}, "additionalProperties": False},
        set(),
    ),
    "lists": (
        {"type": "array", "items": {"type": "object"}, "minItems": 1},
        {"type": "array", "items": {**CLOSED, "properties": {}}, "minItems": 1},
        set(),
    ),
    "longer lists are told": (
        {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 3},
        {
            "type": "array",
            "items": {"type": "string"},
            "description": "{minItems: 2, maxItems: 3}",
        },
        {"minItems", "maxItems"},
    ),
    "choices": ({"enum": ["a", 1, None]}, {"enum": ["a", 1, None]}, set()),
    "a constant": ({"const": "a", "title": "A"}, {"const": "a", "title": "A"}, set()),
    "choices of objects are told": (
        {"enum": [{"a": 1}]},
        {"description": '{enum: [{"a": 1}]}'},
        {"enum"},
    ),
    "definitions": (
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$ref": "#/$defs/A",
            "$defs": {"A": {"type": "object", "properties": {"n": {"type": "number"}}}},
        },
        {
            "$ref": "#/$defs/A",
            "$defs": {"A": {**CLOSED, "properties": {"n": {"type": "number"}}}},
        },
        set(),
    ),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_a_schema_becomes_what_the_service_enforces(name: str) -> None:
    schema, adapted, lost = GOLDEN[name]
    found = set[str]()
    assert enforceable(schema, found) == adapted
    assert found == lost


@pytest.mark.parametrize("name", GOLDEN)
def test_what_can_be_enforced_stays_as_it_is(name: str) -> None:
    adapted = GOLDEN[name][1]
    found = set[str]()
    assert enforceable(adapted, found) == adapted
    assert not found


class Town(BaseModel):
    name: str = Field(description="Its name.", min_length=1)
    people: int | None = None


def test_the_schema_of_a_model_keeps_its_fields() -> None:
    lost = set[str]()
    adapted = enforceable(Town.model_json_schema(), lost)
    assert adapted["required"] == ["name"]
    assert adapted["properties"]["name"]["description"] == "Its name.\n\n{minLength: 1}"
    assert adapted["properties"]["people"]["anyOf"] == [{"type": "integer"}, {"type": "null"}]
    assert lost == {"minLength"}
