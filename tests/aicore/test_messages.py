"""Messages take what people write and hold ordered parts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aicore.errors import BadInput
from aicore.messages import (
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    as_message,
    said,
)
from aicore.values import to_json

PNG = b"\x89PNG\r\n\x1a\n..."


def test_a_message_takes_a_string_a_part_or_a_mixed_list() -> None:
    hi = TextPart("hi")
    assert Message("user", "hi") == Message("user", hi) == Message("user", ["hi"])
    assert Message.user("hi", ImagePart(data=PNG)).parts == (hi, ImagePart(data=PNG))
    assert Message.system("hi").role == "system"
    assert Message.assistant("hi").role == "assistant"


@pytest.mark.parametrize("role", ["system", "user", "assistant"])
def test_a_message_made_the_short_way_is_the_same(role: Any) -> None:
    short, long = said(role, "Hello"), Message(role, "Hello")
    assert short == long
    assert repr(short) == repr(long)
    assert to_json(short) == to_json(long)
    with pytest.raises(AttributeError):
        short.role = "user"  # type: ignore[misc]


def test_text_joins_the_text_parts_only() -> None:
    message = Message.assistant("a", ReasoningPart("hm"), "b", ToolCallPart("c1", "add"))
    assert message.text == "ab"
    assert message.tool_calls == (ToolCallPart("c1", "add", "{}"),)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (5, "parts must be a string or parts, not int"),
        ([5], "int cannot stand among these parts"),
        ({"type": "text", "text": "x"}, "dict cannot stand among these parts"),
        (b"bytes", "int cannot stand among these parts"),
    ],
)
def test_what_is_no_part_is_refused(parts: Any, message: str) -> None:
    with pytest.raises(BadInput) as caught:
        Message("user", parts)
    assert str(caught.value) == message


def test_an_unknown_role_is_refused_with_the_known_ones() -> None:
    role: Any = "bot"
    with pytest.raises(BadInput, match="system, user, assistant, tool, not 'bot'"):
        Message(role, "x")


@pytest.mark.parametrize("kind", [TextPart, ReasoningPart, RefusalPart])
def test_text_must_be_text(kind: Any) -> None:
    with pytest.raises(BadInput, match="`text` must be str"):
        kind(5)


def test_arguments_must_be_json_text() -> None:
    arguments: Any = {"x": 1}
    with pytest.raises(BadInput, match="`arguments` must be str, not dict"):
        ToolCallPart("c1", "add", arguments)


def test_a_tool_result_takes_text_or_parts() -> None:
    result = ToolResultPart("c1", ["4", ImagePart(data=PNG), "5"])
    assert result.text == "45"
    assert ToolResultPart("c1", "4") == ToolResultPart("c1", (TextPart("4"),))
    assert ToolResultPart("c1", "4") != ToolResultPart("c1", "4", is_error=True)
    assert replace(result, is_error=True).parts == result.parts
    assert Message.tool(result) == Message("tool", result)


@pytest.mark.parametrize("value", [{"t": 18}, [{"t": 18}], 18, None])
def test_a_tool_result_of_another_kind_is_told_how_to_become_text(value: Any) -> None:
    with pytest.raises(BadInput, match=r"give what a tool returned as text: json\.dumps\(result\)"):
        ToolResultPart("c1", value)


def test_a_tool_result_holds_no_calls_and_no_results() -> None:
    call: Any = ToolCallPart("c2", "add")
    with pytest.raises(BadInput, match="ToolCallPart cannot stand among these parts"):
        ToolResultPart("c1", call)
    flag: Any = 1
    with pytest.raises(BadInput, match="`is_error` must be bool"):
        ToolResultPart("c1", "4", is_error=flag)


@pytest.mark.parametrize(
    ("sources", "found"),
    [
        ({}, "none of them"),
        ({"data": b"x", "url": "https://example.test"}, "data and url"),
        ({"url": "https://example.test", "file_id": "f"}, "url and file_id"),
    ],
)
def test_media_has_exactly_one_source(sources: dict[str, Any], found: str) -> None:
    with pytest.raises(BadInput, match=f"found {found}"):
        ImagePart(**sources)


def test_a_field_of_media_is_checked() -> None:
    data: Any = "not bytes"
    with pytest.raises(BadInput, match="`data` must be bytes, not str"):
        ImagePart(data=data)


def test_a_data_url_becomes_bytes() -> None:
    part = ImagePart(url="DATA:image/png;base64,iVBORw==")
    assert (part.data, part.url, part.media_type) == (b"\x89PNG", None, "image/png")
    assert part.data_url() == "data:image/png;base64,iVBORw=="
    assert replace(part, name="a.png").data == b"\x89PNG"
    assert ImagePart(url="data:image/png,x", media_type="image/webp").media_type == "image/webp"


def test_the_media_type_is_read_from_the_bytes_unless_given() -> None:
    assert ImagePart(data=PNG).media_type == "image/png"
    assert ImagePart(data=PNG, media_type="image/apng").media_type == "image/apng"
    assert AudioPart(data=b"?").media_type is None


def test_a_data_url_needs_bytes_of_a_known_type() -> None:
    for part in (ImagePart(url="https://example.test/a.png"), ImagePart(data=b"?")):
        with pytest.raises(BadInput, match="needs `data` and a `media_type`"):
            part.data_url()


def test_a_file_brings_its_name_and_its_type(tmp_path: Path) -> None:
    picture, notes = tmp_path / "a.jpeg", tmp_path / "b.txt"
    picture.write_bytes(PNG)
    notes.write_bytes(b"hello")
    assert ImagePart.from_path(picture) == ImagePart(
        data=PNG, media_type="image/png", name="a.jpeg"
    )
    part = FilePart.from_path(str(notes), name="notes")
    assert (part.media_type, part.name, part.data) == ("text/plain", "notes", b"hello")


def test_bytes_and_provider_data_stay_out_of_a_repr() -> None:
    part = ImagePart(data=b"x" * 1000, provider_data={"claude": {"signature": "s3cret"}})
    assert len(repr(part)) < 200
    assert "s3cret" not in repr(part)


@pytest.mark.parametrize(
    "value",
    [
        Message.user("hi"),
        {"role": "user", "content": "hi"},
        {"role": "user", "parts": [{"type": "text", "text": "hi"}]},
        {"role": "user", "content": ["hi"]},
        {"role": "user", "content": (TextPart("hi"),)},
        {"role": "user", "content": TextPart("hi")},
    ],
)
def test_a_message_may_be_given_as_a_mapping(value: Any) -> None:
    assert as_message(value) == Message.user("hi")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("hi", "a message is a Message or a mapping, not str"),
        ({"role": "bot", "content": "hi"}, "not a message: role: Input should be"),
        ({"role": "user"}, "a message needs `content`"),
        ({"role": "user", "content": 5}, "not a message: parts: "),
        ({"role": "user", "content": [{"type": "text"}]}, "not a message: parts.0.text.text: "),
    ],
)
def test_what_is_no_message_is_refused(value: Any, message: str) -> None:
    with pytest.raises(BadInput) as caught:
        as_message(value)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    "value",
    [
        {"role": "developer", "content": "hi"},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c1"}]},
        {"role": "tool", "content": "18", "tool_call_id": "c1"},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x"}}]},
        {"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]},
    ],
)
def test_what_only_messages_of_openai_have_is_told_from_a_mistake(value: Any) -> None:
    with pytest.raises(BadInput) as caught:
        as_message(value)
    assert str(caught.value) == (
        "this is OpenAI's message format, of which only `role` and `content` text are read here: "
        "use Message, ToolCallPart, ImagePart (docs/messages.md)"
    )


def test_text_parts_are_written_alike_in_both_formats() -> None:
    value = {"role": "user", "content": [{"type": "text", "text": "hi"}]}
    assert as_message(value) == Message.user("hi")
