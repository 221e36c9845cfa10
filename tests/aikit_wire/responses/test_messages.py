"""How conversations are said in items."""

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
from aikit_wire.openai.manifest import Manifest

from .answers import answered, body, encoded, reasons, said, thought, told, whole

DIALECT = "openai-responses"
PNG = b"\x89PNG\r\n\x1a\n"
PNG_URL = "data:image/png;base64,iVBORw0KGgo="


def own(**fields: Any) -> dict[str, Any]:
    return {DIALECT: fields}


def content(part: Any, **settings: Any) -> Any:
    (item,) = body(Message.user("See:", part), **settings)["input"]
    return item["content"][1]


def test_the_first_system_message_is_the_instructions() -> None:
    found = body(Message.system("Be brief."), Message.system("Be kind."), "Hi")
    assert found["instructions"] == "Be brief."
    assert found["input"] == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Hi"},
    ]


@pytest.mark.parametrize(
    "message",
    [
        Message.system("One.", "Two."),
        Message.system(TextPart("Hi", provider_data=own(prompt_cache_breakpoint={}))),
        Message("system", "Hi", provider_data=own(role="developer")),
        Message.system(""),
    ],
)
def test_a_system_message_that_is_more_than_text_stays_an_item(message: Message) -> None:
    found = body(message, "Hi")
    assert "instructions" not in found
    assert found["input"][0]["role"] in ("system", "developer")


def test_media_are_said_in_the_words_of_the_api() -> None:
    assert content(ImagePart(data=PNG, detail="low")) == {
        "type": "input_image",
        "image_url": PNG_URL,
        "detail": "low",
    }
    assert content(ImagePart(url="https://a.example/b.png")) == {
        "type": "input_image",
        "image_url": "https://a.example/b.png",
    }
    assert content(ImagePart(file_id="file_1")) == {"type": "input_image", "file_id": "file_1"}
    assert content(FilePart(file_id="file_1")) == {"type": "input_file", "file_id": "file_1"}
    assert content(FilePart(url="https://a.example/b.pdf")) == {
        "type": "input_file",
        "file_url": "https://a.example/b.pdf",
    }
    assert content(FilePart(data=b"%PDF-1", name="b.pdf")) == {
        "type": "input_file",
        "filename": "b.pdf",
        "file_data": "data:application/pdf;base64,JVBERi0x",
    }
    assert content(FilePart(data=b"%PDF-1"))["filename"] == "document.pdf"
    assert content(AudioPart(data=b"RIFF", media_type="audio/wav")) == {
        "type": "input_audio",
        "input_audio": {"data": "UklGRg==", "format": "wav"},
    }
    marked = TextPart("Hi", provider_data=own(prompt_cache_breakpoint={"mode": "explicit"}))
    assert content(marked) == {
        "type": "input_text",
        "text": "Hi",
        "prompt_cache_breakpoint": {"mode": "explicit"},
    }
    strange = OpaquePart(DIALECT, {"type": "input_smell", "data": "rose"})
    assert content(strange) == {"type": "input_smell", "data": "rose"}


@pytest.mark.parametrize(
    ("part", "manifest", "message"),
    [
        (VideoPart(url="https://a.example/b.mp4"), {}, "video parts cannot be sent"),
        (ImagePart(data=PNG), {"images": ""}, "image parts cannot be sent"),
        (ImagePart(url="https://a.example"), {"images": "data"}, "must be sent as bytes"),
        (FilePart(file_id="f"), {"responses_files": ""}, "file parts cannot be sent"),
        (FilePart(data=b"%PDF"), {"responses_files": "referred"}, "file parts cannot be sent"),
        (AudioPart(data=b"a"), {"audio": ""}, "audio parts cannot be sent"),
        (ToolCallPart("1", "f"), {}, "can only stand in the model's turn"),
    ],
)
def test_a_part_that_cannot_be_shown_is_an_error(
    part: Any, manifest: dict[str, Any], message: str
) -> None:
    with pytest.raises(Unsupported, match=message) as caught:
        body(Message.user(part), manifest=Manifest(name="acme", **manifest))
    assert caught.value.provider == "acme"


def test_parts_of_the_models_turn_are_left_out_of_the_users() -> None:
    found = encoded(Message.user(RefusalPart("No"), ReasoningPart("Hm"), SourcePart(), "Hi"))
    assert found.body["input"] == [{"role": "user", "content": "Hi"}]
    assert told(found) == [("messages", "dropped")] * 3


def test_what_means_nothing_here_is_left_out_with_a_warning() -> None:
    item = OpaquePart("claude", {"type": "x"})
    found = encoded(Message("user", ["Hi", item], name="Ada"), Message.assistant("Yes", item))
    assert found.body["input"] == [
        {"role": "user", "content": "Hi"},
        {"type": "message", "role": "assistant", "content": "Yes"},
    ]
    assert told(found) == [("messages.name", "dropped"), ("messages", "dropped")]
    assert "'claude' means nothing here" in reasons(found)


def test_a_message_of_nothing_is_told() -> None:
    found = encoded("Hi", Message.user(OpaquePart("claude", {})), Message.assistant())
    assert len(found.body["input"]) == 1
    assert [item for item in told(found) if item == ("messages", "dropped")]
    assert "a user message with nothing to send" in reasons(found)
    assert "a assistant message with nothing to send" in reasons(found)


def test_results_are_items_and_what_stands_beside_them_a_message() -> None:
    results = Message(
        "tool",
        [
            ToolResultPart("call_1", "4"),
            ToolResultPart("call_2", ["See:", ImagePart(data=PNG)], is_error=True),
            "And now?",
        ],
    )
    found = encoded("Hi", results)
    assert found.body["input"][1:] == [
        {"type": "function_call_output", "call_id": "call_1", "output": "4"},
        {
            "type": "function_call_output",
            "call_id": "call_2",
            "output": [
                {"type": "input_text", "text": "See:"},
                {"type": "input_image", "image_url": PNG_URL},
            ],
        },
        {"role": "user", "content": "And now?"},
    ]
    assert told(found) == [("messages", "noted")]
    empty = body("Hi", Message.tool(ToolResultPart("call_1", [])))
    assert empty["input"][1]["output"] == ""


def test_the_result_of_a_custom_tool_is_an_item_of_its_own_kind() -> None:
    call = ToolCallPart("call_1", "sql", "SELECT 1", provider_data=own(type="custom_tool_call"))
    talk = Message.assistant(call), Message.tool(ToolResultPart("call_1", "1"))
    _, asked, result = body("Hi", *talk)["input"]
    assert asked == {
        "type": "custom_tool_call",
        "call_id": "call_1",
        "name": "sql",
        "input": "SELECT 1",
    }
    assert result == {"type": "custom_tool_call_output", "call_id": "call_1", "output": "1"}


def test_items_of_the_users_own_stand_in_their_place() -> None:
    output = {"type": "computer_call_output", "call_id": "c", "output": {"type": "screenshot"}}
    found = body(Message.user("One", OpaquePart(DIALECT, output), "Two"))
    assert found["input"] == [
        {"role": "user", "content": "One"},
        output,
        {"role": "user", "content": "Two"},
    ]


def test_own_data_of_a_message_stands_in_its_item() -> None:
    found = body(Message("user", "Hi", provider_data=own(id="msg_0")))
    assert found["input"] == [{"role": "user", "content": "Hi", "id": "msg_0"}]


def test_a_turn_that_somebody_else_has_written_is_said_in_short() -> None:
    turn = Message.assistant("One.", "Two.", ToolCallPart("call_1", "f", ""))
    assert body("Hi", turn)["input"][1:] == [
        {
            "type": "message",
            "role": "assistant",
            "content": [
                {"type": "output_text", "text": "One."},
                {"type": "output_text", "text": "Two."},
            ],
        },
        {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"},
    ]


def test_what_the_api_cannot_be_given_back_is_told() -> None:
    turn = Message.assistant(
        "Hi", ReasoningPart("Hm"), SourcePart(url="https://a.example"), AudioPart(data=b"a")
    )
    found = encoded("Hi", turn)
    assert found.body["input"][1:] == [{"type": "message", "role": "assistant", "content": "Hi"}]
    assert told(found) == [("messages", "noted"), ("messages", "noted"), ("messages", "dropped")]
    assert "thoughts of another service are not sent back" in reasons(found)
    assert "sources are not sent back" in reasons(found)
    assert "audio cannot be sent in the model's own turn" in reasons(found)


def test_messages_without_ids_do_not_run_together() -> None:
    answer = whole(said("One.", phase="commentary"), said("Two.", phase="final_answer"))
    for item in answer["output"]:
        del item["id"]
    turn = answered(answer).message
    _, *sent = body("Hi", turn)["input"]
    assert sent == answer["output"]


def test_what_the_service_holds_is_not_sent_again() -> None:
    turn = answered(whole(said("Four."))).message
    talk = [Message.system("Be brief."), Message.user("2+2?"), turn, Message.user("Sure?")]
    found = body(*talk, options={"previous_response_id": "resp_1"})
    assert (found["instructions"], found["previous_response_id"]) == ("Be brief.", "resp_1")
    assert found["input"] == [{"role": "user", "content": "Sure?"}]
    other = body(*talk, options={"previous_response_id": "resp_2"})
    assert len(other["input"]) == 3


def test_thoughts_and_ids_of_another_account_stay_here() -> None:
    turn = answered(
        whole(
            thought("Hm", encrypted_content="c2VjcmV0"),
            {"type": "web_search_call", "id": "ws_1"},
            said("Hi"),
        ),
        provider="elsewhere",
    ).message
    found = encoded("Hi", turn)
    assert found.body["input"][1:] == [{"type": "message", "role": "assistant", "content": "Hi"}]
    assert told(found) == [("messages", "noted"), ("messages", "dropped")]
