"""Conversations as the Messages dialect has them."""

from __future__ import annotations

from typing import Any

import pytest
from aicore.errors import Unsupported
from aicore.messages import (
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    OpaquePart,
    ReasoningPart,
    RefusalPart,
    SourcePart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    VideoPart,
)

from .answers import body_of, encoded, model, reasons, told

DIALECT = "anthropic-messages"
PNG = b"\x89PNG\r\n\x1a\n"
MARK = {DIALECT: {"cache_control": {"type": "ephemeral", "ttl": "1h"}}}
SIGNED = {"claude": {"signature": "c2ln"}}


def content_of(*parts: Any, role: Any = "user") -> Any:
    """Encode one message, with another after the model's, and return its content."""
    after = [Message.user("And?")] if role == "assistant" else []
    return body_of(Message(role, parts), *after)["messages"][0]["content"]


def test_one_text_is_content_by_itself_and_several_are_blocks() -> None:
    assert content_of("Hi") == "Hi"
    assert content_of("Hi", "there") == [
        {"type": "text", "text": "Hi"},
        {"type": "text", "text": "there"},
    ]


def test_leading_instructions_are_the_system_prompt() -> None:
    body = body_of(Message.system("Be brief."), Message.user("Hi"))
    assert body["system"] == "Be brief."
    assert body["messages"] == [{"role": "user", "content": "Hi"}]
    body = body_of(Message.system("Be brief."), Message.system("Be kind."), Message.user("Hi"))
    assert [item["text"] for item in body["system"]] == ["Be brief.", "Be kind."]


LATER = [
    Message.system("Be brief."),
    Message.user("Hi"),
    Message.assistant("Hello"),
    Message.user("Go on"),
    Message.system("Be kind."),
]


def test_later_instructions_stay_in_their_place_where_the_model_heeds_them_there() -> None:
    found = encoded(LATER, model(system_in_messages=True))
    assert found.body["system"] == "Be brief."
    last = {"role": "system", "content": [{"type": "text", "text": "Be kind."}]}
    assert found.body["messages"][-1] == last
    assert not found.warnings


@pytest.mark.parametrize("info", [None, model(system_in_messages=False)])
def test_later_instructions_else_stand_at_the_beginning_and_that_is_told(info: Any) -> None:
    found = encoded(LATER, info)
    assert [item["text"] for item in found.body["system"]] == ["Be brief.", "Be kind."]
    assert [turn["role"] for turn in found.body["messages"]] == ["user", "assistant", "user"]
    assert told(found) == [("messages", "rewritten")]


def test_an_item_of_the_dialect_keeps_its_instruction_in_place() -> None:
    item = {"type": "tool_addition", "tool": {"type": "tool_reference", "name": "f"}}
    found = encoded([Message.user("Hi"), Message.system(OpaquePart(DIALECT, item))])
    assert found.body["messages"][-1] == {"role": "system", "content": [item]}
    assert found.body["anthropic_beta"] == ["mid-conversation-tool-changes-2026-07-01"]


def test_neighbours_of_one_role_become_one_turn_and_results_come_first() -> None:
    call = ToolCallPart("toolu_1", "f", '{"a": 1}')
    body = body_of(
        Message.user("One"),
        Message.user("Two"),
        Message.assistant("I look."),
        Message.assistant(call),
        Message.user("By the way"),
        Message.tool(ToolResultPart("toolu_1", "4")),
    )
    first, second, third = body["messages"]
    assert [item["text"] for item in first["content"]] == ["One", "Two"]
    assert [item["type"] for item in second["content"]] == ["text", "tool_use"]
    assert third["role"] == "user"
    assert third["content"] == [
        {"type": "tool_result", "tool_use_id": "toolu_1", "content": "4"},
        {"type": "text", "text": "By the way"},
    ]


@pytest.mark.parametrize(
    ("part", "block"),
    [
        (TextPart("Hi", provider_data=MARK), {"type": "text", "text": "Hi"}),
        (
            ImagePart(data=PNG, provider_data=MARK),
            {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="},
            },
        ),
        (
            ImagePart(url="https://a.example/b.png", provider_data=MARK),
            {"type": "image", "source": {"type": "url", "url": "https://a.example/b.png"}},
        ),
        (
            ImagePart(file_id="file_1", provider_data=MARK),
            {"type": "image", "source": {"type": "file", "file_id": "file_1"}},
        ),
        (
            FilePart(data=b"%PDF-1.7", name="a.pdf", provider_data=MARK),
            {
                "type": "document",
                "source": {
                    "type": "base64",
                    "media_type": "application/pdf",
                    "data": "JVBERi0xLjc=",
                },
                "title": "a.pdf",
            },
        ),
        (
            FilePart(data="Grüße".encode(), media_type="text/markdown", provider_data=MARK),
            {
                "type": "document",
                "source": {"type": "text", "media_type": "text/plain", "data": "Grüße"},
            },
        ),
        (
            FilePart(data=b"{}", media_type="application/json; charset=utf-8", provider_data=MARK),
            {
                "type": "document",
                "source": {"type": "text", "media_type": "text/plain", "data": "{}"},
            },
        ),
        (
            FilePart(url="https://a.example/b.pdf", provider_data=MARK),
            {"type": "document", "source": {"type": "url", "url": "https://a.example/b.pdf"}},
        ),
        (
            FilePart(file_id="file_1", provider_data=MARK),
            {"type": "document", "source": {"type": "file", "file_id": "file_1"}},
        ),
        (
            ToolResultPart("toolu_1", "4", is_error=True, provider_data=MARK),
            {"type": "tool_result", "tool_use_id": "toolu_1", "content": "4", "is_error": True},
        ),
    ],
)
def test_what_is_shown_is_a_block_with_its_own_data(part: Any, block: Any) -> None:
    assert content_of(part) == [{**block, **MARK[DIALECT]}]


def test_an_item_of_the_dialect_goes_as_it_is() -> None:
    item = {"type": "search_result", "source": "https://a.example", "title": "A", "content": []}
    assert content_of(OpaquePart(DIALECT, item), "Hi")[0] == item


def test_a_result_holds_texts_and_pictures_and_may_hold_nothing() -> None:
    shown = content_of(ToolResultPart("toolu_1", ["a", ImagePart(data=PNG)]))
    assert [item["type"] for item in shown[0]["content"]] == ["text", "image"]
    assert content_of(ToolResultPart("toolu_1", "")) == [
        {"type": "tool_result", "tool_use_id": "toolu_1"}
    ]


def test_the_models_own_turn_goes_back_as_it_came() -> None:
    citation = {"type": "char_location", "cited_text": "b", "document_index": 0}
    turn = content_of(
        ReasoningPart("Hm", provider_data=SIGNED),
        ReasoningPart("", provider_data={"claude": {"redacted_data": "eA=="}}),
        TextPart("a"),
        SourcePart(provider_data={DIALECT: citation}),
        SourcePart(provider_data={DIALECT: citation}),
        OpaquePart(DIALECT, {"type": "server_tool_use", "id": "s"}),
        RefusalPart("No."),
        ToolCallPart("toolu_1", "f", '{"a": 1}', provider_data={DIALECT: {"caller": {"x": 1}}}),
        role="assistant",
    )
    assert turn == [
        {"type": "thinking", "thinking": "Hm", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "eA=="},
        {"type": "text", "text": "a", "citations": [citation, citation]},
        {"type": "server_tool_use", "id": "s"},
        {"type": "text", "text": "No."},
        {
            "type": "tool_use",
            "id": "toolu_1",
            "name": "f",
            "input": {"a": 1},
            "caller": {"x": 1},
        },
    ]


@pytest.mark.parametrize(
    ("role", "part", "setting", "action"),
    [
        ("user", ReasoningPart("Hm"), "messages", "dropped"),
        ("user", SourcePart(url="https://a.example"), "messages", "dropped"),
        ("user", RefusalPart("No."), "messages", "dropped"),
        ("user", OpaquePart("openai-chat", {}), "messages", "dropped"),
        ("user", ImagePart(data=PNG, detail="low"), "messages.detail", "dropped"),
        ("user", TextPart(""), "messages", "noted"),
        ("assistant", ImagePart(data=PNG), "messages", "dropped"),
        ("assistant", OpaquePart("openai-chat", {}), "messages", "dropped"),
        ("assistant", ReasoningPart("Hm"), "messages", "noted"),
        ("assistant", SourcePart(url="https://a.example"), "messages", "noted"),
        ("assistant", ToolCallPart("a", "f", "[1]"), "messages", "rewritten"),
        ("assistant", ToolCallPart("a", "f", '{"a": NaN}'), "messages", "rewritten"),
        ("assistant", ToolCallPart("a", "f", '{"a":'), "messages", "rewritten"),
    ],
)
def test_what_cannot_be_sent_is_told(role: Any, part: Any, setting: str, action: str) -> None:
    found = encoded([Message(role, ["Hi", part]), Message.user("And?")])
    assert told(found) == [(setting, action)]


def test_arguments_that_are_no_json_go_as_the_vendor_wants_them() -> None:
    [_, call] = content_of("Hi", ToolCallPart("a", "f", '{"a":'), role="assistant")
    assert call["input"] == {"INVALID_JSON": '{"a":'}
    [_, call] = content_of("Hi", ToolCallPart("a", "f", ""), role="assistant")
    assert call["input"] == {}


@pytest.mark.parametrize(
    ("id", "sent"), [("call|1.é", "call_1__"), ("", "call"), ("a-B_1", "a-B_1")]
)
def test_ids_of_other_vendors_get_a_form_that_is_accepted(id: str, sent: str) -> None:
    body = body_of(
        Message.user("Hi"),
        Message.assistant(ToolCallPart(id, "f")),
        Message.tool(ToolResultPart(id, "4")),
    )
    assert body["messages"][1]["content"][0]["id"] == sent
    assert body["messages"][2]["content"][0]["tool_use_id"] == sent


@pytest.mark.parametrize(
    ("part", "says"),
    [
        (AudioPart(data=b"RIFF0000WAVE"), "audio parts cannot be sent"),
        (VideoPart(url="https://a.example/b.mp4"), "video parts cannot be sent"),
        (ToolCallPart("a", "f"), "role `assistant`"),
        (FilePart(data=b"who knows"), "`media_type`"),
        (FilePart(data=b"\xff\xfe", media_type="text/plain"), "UTF-8"),
        (FilePart(data=b"PK", media_type="application/msword"), "make a PDF or text of it"),
        (ToolResultPart("a", [VideoPart(url="https://a.example/b.mp4")]), "video parts"),
    ],
)
def test_what_the_model_cannot_be_shown_is_an_error_that_says_what_to_do(
    part: Any, says: str
) -> None:
    with pytest.raises(Unsupported, match=says) as raised:
        content_of(part)
    assert raised.value.provider == "anthropic"


def test_names_and_empty_messages_are_left_out_with_a_warning() -> None:
    found = encoded([Message("user", "Hi", name="Ann"), Message.assistant(), Message.user("Yes")])
    assert [item["text"] for item in found.body["messages"][0]["content"]] == ["Hi", "Yes"]
    assert told(found) == [("messages.name", "dropped"), ("messages", "dropped")]
    assert "assistant message with nothing to send" in reasons(found.warnings)


def test_a_turn_to_go_on_with_ends_without_white_space() -> None:
    found = encoded([Message.user("Hi"), Message.assistant("Once ")])
    assert found.body["messages"][-1]["content"] == "Once"
    assert told(found) == [("messages", "rewritten")]
    assert encoded([Message.user("Hi"), Message.assistant("Once")]).warnings == ()
    only_space = encoded([Message.user("Hi"), Message.assistant(" \n")])
    assert [turn["role"] for turn in only_space.body["messages"]] == ["user"]
    within = encoded([Message.user("Hi"), Message.assistant("Once "), Message.user("More")])
    assert within.body["messages"][1]["content"] == "Once "


def test_a_messages_own_fields_are_sent_with_its_turn() -> None:
    message = Message("user", "Hi", provider_data={DIALECT: {"clear_at": "turn_end"}})
    assert body_of(message)["messages"] == [
        {"role": "user", "content": "Hi", "clear_at": "turn_end"}
    ]
