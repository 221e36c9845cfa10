"""Values are strict, and cheap to import."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
from dataclasses import FrozenInstanceError, dataclass, replace
from typing import Any

import pytest
from aicore.errors import BadInput
from aicore.messages import ImagePart, Message, Part, TextPart, ToolResultPart
from aicore.requests import ChatRequest
from aicore.responses import Candidate, Response, Step
from aicore.usage import Usage
from aicore.values import Value, adapter, check, from_json, to_json

PICTURE = ImagePart(data=b"\x89PNG\r\n\x1a\n", detail="low")
VALUES: list[Any] = [
    Message("user", ["look", PICTURE], provider_data={"claude": {"cache": True}}),
    ToolResultPart("c1", "4", name="add", is_error=True),
    ChatRequest(model="m", messages=(Message.user("hi"),), stop=("END",), seed=1),
    Response(steps=(Step((Candidate((TextPart("hi"),)),)),)),
    Usage(input_tokens=1, raw={"prompt_tokens": 1}),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_copies_pickles_and_replacements_are_equal(value: Any) -> None:
    assert copy.copy(value) == value
    assert copy.deepcopy(value) == value
    assert pickle.loads(pickle.dumps(value)) == value
    assert replace(value) == value


def test_of_many_faults_the_first_ten_are_named() -> None:
    document = json.dumps({f"x{number}": 1 for number in range(12)})
    with pytest.raises(BadInput) as caught:
        from_json(Usage, document)
    assert str(caught.value).startswith("x0: Unexpected keyword argument; x1: ")
    assert str(caught.value).endswith("; x9: Unexpected keyword argument; and 2 more")


def test_a_value_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        VALUES[0].role = "assistant"


def test_unknown_fields_are_refused_and_named() -> None:
    with pytest.raises(BadInput, match=r"^text\.colour: "):
        from_json(Part, '{"type": "text", "text": "x", "colour": "red"}')


def test_every_wrong_field_is_named_and_no_input_is_repeated() -> None:
    with pytest.raises(BadInput) as caught:
        from_json(ChatRequest, '{"model": 5, "messages": [{"role": "sk-123", "parts": []}]}')
    assert "model: " in str(caught.value)
    assert "messages.0.role: " in str(caught.value)
    assert "sk-123" not in str(caught.value)


def test_text_that_is_not_json_is_refused() -> None:
    with pytest.raises(BadInput, match=r"^value: Invalid JSON"):
        from_json(Message, "{")


def test_fields_that_are_none_are_left_out_of_json() -> None:
    assert to_json(Usage(input_tokens=1)) == (
        b'{"input_tokens":1,"estimated":false,"lower_bound":false}'
    )


@pytest.mark.parametrize("data", [object(), "\ud800"], ids=["an object", "half a character"])
def test_what_has_no_json_is_refused(data: object) -> None:
    with pytest.raises(BadInput, match="Usage cannot be written as JSON"):
        to_json(Usage(raw={"x": data}))


@pytest.mark.parametrize("text", ["+/8=", "-_8=", "-_8"])
def test_both_alphabets_of_base64_are_read(text: str) -> None:
    assert from_json(Part, f'{{"type": "image", "data": "{text}"}}').data == b"\xfb\xff"


def test_an_adapter_is_made_once_and_has_a_schema() -> None:
    assert adapter(Part) is adapter(Part)
    schema = adapter(Part).json_schema()
    assert schema["discriminator"]["propertyName"] == "type"
    assert "tool_call" in schema["discriminator"]["mapping"]


@dataclass(frozen=True)
class Thing(Value):
    number: Any = None
    flag: Any = None


TYPES: dict[str, tuple[type, ...]] = {"number": (int, float), "flag": (bool,)}


class Seven(int):
    """A subclass, as numpy and enums have them."""


@pytest.mark.parametrize("thing", [Thing(), Thing(1, True), Thing(0.5, False), Thing(Seven(7))])
def test_fields_that_fit_pass(thing: Thing) -> None:
    check(thing, TYPES)


@pytest.mark.parametrize(
    ("thing", "message"),
    [
        (Thing(number=True), "`number` must be int or float, not bool"),
        (Thing(number="1"), "`number` must be int or float, not str"),
        (Thing(flag=1), "`flag` must be bool, not int"),
    ],
)
def test_fields_that_do_not_fit_are_named(thing: Thing, message: str) -> None:
    with pytest.raises(BadInput) as caught:
        check(thing, TYPES)
    assert str(caught.value) == message


def test_pydantic_is_not_loaded_before_json_is_wanted() -> None:
    code = (
        "import sys, aicore.calls, aicore.fold, aicore.guard, aicore.pump, aicore.providers,"
        " aicore.turn\n"
        "from aicore.requests import ChatRequest\n"
        "ChatRequest(model='m', messages='x')\n"
        "print(sorted({'pydantic', 'pydantic_core'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
