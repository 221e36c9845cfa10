"""Conversations become contents, in their order, with what the service wants back."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from aicore.errors import BadInput, Unsupported
from aicore.messages import (
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    OpaquePart,
    Part,
    ReasoningPart,
    RefusalPart,
    SourcePart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    VideoPart,
)
from aicore.requests import NamedTool, ProviderTool, Tool
from aikit_wire.gemini.messages import UNSIGNED
from aikit_wire.gemini.surface import Surface

from .sample import HI, Json, body, encoded, ledger

PNG = b"\x89PNG\r\n\x1a\nrest"
SIGNED = {"gemini": {"thoughtSignature": "c2ln"}}
CALL = ToolCallPart("call_1", "weather", '{"city": "Oslo"}')
THREE = {"thought_signatures": True, "tool_result_media": True}


def contents(*messages: Message, **settings: Any) -> list[Json]:
    found: list[Json] = body(list(messages), **settings)["contents"]
    return found


def parts(*parts: str | Part, role: Any = "user", **settings: Any) -> list[Json]:
    """Return what becomes of the parts of one message."""
    found: list[Json] = contents(Message(role, parts), **settings)[0]["parts"]
    return found


def test_system_messages_at_the_start_are_instructions() -> None:
    sent = body(
        [Message.system("Be brief.", "Be kind."), Message.system("Rhyme."), Message.user("Hi")]
    )
    texts = [{"text": "Be brief."}, {"text": "Be kind."}, {"text": "Rhyme."}]
    assert sent == {"systemInstruction": {"parts": texts}, "contents": [HI]}


def test_a_later_system_message_is_the_users_and_says_what_it_is() -> None:
    found = encoded([Message.user("Hi"), Message.system("Rhyme."), Message.user("Go")])
    assert found.body["contents"][1] == {
        "role": "user",
        "parts": [{"text": "<system>Rhyme.</system>"}],
    }
    assert ledger(found) == {("messages", "rewritten")}


def test_a_conversation_of_instructions_gets_an_empty_turn() -> None:
    found = encoded([Message.system("Greet.")])
    assert found.body["contents"] == [{"role": "user", "parts": [{"text": ""}]}]
    assert ledger(found) == {("messages", "noted")}


@pytest.mark.parametrize("first", [Message.user("Hi"), Message.assistant("Hello")])
def test_models_without_instructions_find_them_in_the_users_first_turn(first: Message) -> None:
    found = encoded([Message.system("Be."), first], {"system_message": False})
    assert "systemInstruction" not in found.body
    assert found.body["contents"][0]["role"] == "user"
    assert found.body["contents"][0]["parts"][0] == {"text": "Be."}
    assert ledger(found) == {("messages", "rewritten")}


def test_instructions_are_text() -> None:
    with pytest.raises(Unsupported, match="show the image in a user message"):
        encoded([Message.system(ImagePart(data=PNG)), Message.user("Hi")])


def test_bytes_are_sent_inline() -> None:
    data = base64.b64encode(PNG).decode()
    assert parts(ImagePart(data=PNG)) == [{"inlineData": {"mimeType": "image/png", "data": data}}]
    (sound,) = parts(AudioPart(data=b"x", media_type="audio/wav"))
    assert sound["inlineData"]["mimeType"] == "audio/wav"


def test_bytes_need_a_media_type() -> None:
    with pytest.raises(BadInput, match="media_type"):
        parts(FilePart(data=b"x"))


@pytest.mark.parametrize(
    ("part", "file"),
    [
        (
            ImagePart(url="https://a.example/b.png?x=1"),
            {"fileUri": "https://a.example/b.png?x=1", "mimeType": "image/png"},
        ),
        (FilePart(url="https://a.example/b"), {"fileUri": "https://a.example/b"}),
        (
            VideoPart(url="https://www.youtube.com/watch?v=1"),
            {"fileUri": "https://www.youtube.com/watch?v=1"},
        ),
        (VideoPart(url="https://youtu.be/1.mp4"), {"fileUri": "https://youtu.be/1.mp4"}),
        (
            VideoPart(url="gs://bucket/a", media_type="video/mp4"),
            {"fileUri": "gs://bucket/a", "mimeType": "video/mp4"},
        ),
        (FilePart(file_id="files/abc"), {"fileUri": "https://acme.example/v1beta/files/abc"}),
        (
            FilePart(file_id="https://acme.example/v1beta/files/abc", media_type="text/plain"),
            {"fileUri": "https://acme.example/v1beta/files/abc", "mimeType": "text/plain"},
        ),
    ],
)
def test_anything_else_is_sent_by_its_address(part: Part, file: Json) -> None:
    assert parts(part) == [{"fileData": file}]


def test_data_of_the_dialect_on_a_part_goes_along() -> None:
    clipped = {"gemini": {"videoMetadata": {"startOffset": "2s"}}}
    (film,) = parts(VideoPart(file_id="files/a", provider_data=clipped))
    assert film["videoMetadata"] == {"startOffset": "2s"}
    assert parts(TextPart("Hi", provider_data={"openai-chat": {"x": 1}})) == [{"text": "Hi"}]


def test_data_inside_what_is_sent_is_joined_with_it() -> None:
    named = {"gemini": {"inlineData": {"displayName": "A"}}}
    (shown,) = parts(ImagePart(data=PNG, provider_data=named))
    assert shown["inlineData"].keys() == {"mimeType", "data", "displayName"}
    quiet = {"gemini": {"functionResponse": {"scheduling": "SILENT"}}}
    (told,) = parts(ToolResultPart("a", "1", "f", provider_data=quiet))
    response = {"id": "a", "name": "f", "response": {"output": "1"}, "scheduling": "SILENT"}
    assert told == {"functionResponse": response}


def test_how_closely_to_look_is_no_matter_of_one_picture() -> None:
    assert ledger(encoded(Message.user(ImagePart(data=PNG, detail="high")))) == {
        ("messages.detail", "dropped")
    }
    assert not encoded(Message.user(ImagePart(data=PNG, detail="auto"))).warnings


def test_a_turn_of_the_model_goes_back_as_it_came() -> None:
    code = {"executableCode": {"code": "1", "language": "PYTHON"}, "thoughtSignature": "YQ=="}
    turn = Message.assistant(
        ReasoningPart("Hm.", provider_data={"gemini": {"thought": True}}),
        OpaquePart("gemini", code),
        TextPart("One.", provider_data=SIGNED),
        ImagePart(data=PNG, provider_data=SIGNED),
        ToolCallPart("a", "f", "{}", provider_data=SIGNED),
    )
    assert contents(turn) == [
        {
            "role": "model",
            "parts": [
                {"text": "Hm.", "thought": True},
                code,
                {"text": "One.", "thoughtSignature": "c2ln"},
                {
                    "inlineData": {
                        "mimeType": "image/png",
                        "data": base64.b64encode(PNG).decode(),
                    },
                    "thoughtSignature": "c2ln",
                },
                {"functionCall": {"id": "a", "name": "f", "args": {}}, "thoughtSignature": "c2ln"},
            ],
        }
    ]


def test_what_other_models_said_is_kept_as_far_as_it_can_be() -> None:
    turn = Message.assistant(
        ReasoningPart("Hm."),
        RefusalPart("I won't."),
        SourcePart(url="https://a.example"),
        OpaquePart("anthropic-messages", {"type": "server_tool_use"}),
    )
    found = encoded([Message.user("Hi"), turn])
    assert found.body["contents"][1] == {"role": "model", "parts": [{"text": "I won't."}]}
    assert [(item.action, item.reason) for item in found.warnings] == [
        ("noted", "thoughts of other models are not sent"),
        ("noted", "a refusal is sent as text"),
        ("noted", "sources are not sent back to the model"),
        ("dropped", "an item of 'anthropic-messages' means nothing here"),
    ]


@pytest.mark.parametrize("role", ["user", "assistant"])
def test_a_message_of_which_nothing_is_left_is_left_out(role: Any) -> None:
    found = encoded(
        [Message.user("Hi"), Message(role, OpaquePart("other", {})), Message.user("Go")]
    )
    assert len(found.body["contents"]) == 2
    assert ledger(found) == {("messages", "dropped")}


def test_a_call_and_its_result_have_the_same_id_and_name() -> None:
    call, result = contents(
        Message.assistant(CALL), Message.tool(ToolResultPart("call_1", "Rain.", "weather"))
    )
    function = {"id": "call_1", "name": "weather", "args": {"city": "Oslo"}}
    assert call == {"role": "model", "parts": [{"functionCall": function}]}
    answer = {"name": "weather", "response": {"output": "Rain."}, "id": "call_1"}
    assert result == {"role": "user", "parts": [{"functionResponse": answer}]}


def test_an_id_that_the_service_did_not_give_is_not_sent() -> None:
    nameless = ToolCallPart(
        "call_x_0", "f", "{}", provider_data={"gemini": {"functionCall": {"id": ""}}}
    )
    call, result = contents(
        Message.assistant(nameless), Message.tool(ToolResultPart("call_x_0", "1"))
    )
    assert call["parts"] == [{"functionCall": {"name": "f", "args": {}}}]
    assert result["parts"] == [{"functionResponse": {"name": "f", "response": {"output": "1"}}}]


def test_a_surface_without_ids_gets_none() -> None:
    surface = Surface(name="acme", call_ids=False)
    call, result = contents(
        Message.assistant(CALL), Message.tool(ToolResultPart("call_1", "1")), surface=surface
    )
    assert "id" not in call["parts"][0]["functionCall"]
    assert "id" not in result["parts"][0]["functionResponse"]


def test_a_result_that_names_no_function_is_refused() -> None:
    with pytest.raises(BadInput, match="the result of call 'x' needs a `name`"):
        contents(Message.tool(ToolResultPart("x", "1")))


def test_the_results_of_a_turn_stand_in_one_content() -> None:
    second = ToolCallPart("call_2", "time", "{}")
    turns = contents(
        Message.assistant(CALL, second),
        Message.tool(ToolResultPart("call_1", "Rain.")),
        Message.tool(ToolResultPart("call_2", "Noon.")),
        Message.user("Well?"),
    )
    assert [len(turn["parts"]) for turn in turns] == [2, 2, 1]
    names = [part["functionResponse"]["name"] for part in turns[1]["parts"]]
    assert names == ["weather", "time"]


@pytest.mark.parametrize(
    ("text", "failed", "response"),
    [
        ("Rain.", False, {"output": "Rain."}),
        ("", False, {"output": ""}),
        ('{"sky": "grey", "error": null}', False, {"sky": "grey", "error": None}),
        ("[1, 2]", False, {"output": "[1, 2]"}),
        ("No network.", True, {"error": "No network."}),
        ('{"code": 5}', True, {"error": {"code": 5}}),
    ],
)
def test_a_response_is_an_object(text: str, failed: bool, response: Json) -> None:
    _, result = contents(
        Message.assistant(CALL), Message.tool(ToolResultPart("call_1", text, is_error=failed))
    )
    assert result["parts"][0]["functionResponse"]["response"] == response


@pytest.mark.parametrize(
    ("arguments", "args", "told"),
    [
        ("", {}, set()),
        ('{"a": 1}', {"a": 1}, set()),
        ("[1]", {"input": [1]}, {("messages", "rewritten")}),
        ("SELECT 1", {"input": "SELECT 1"}, {("messages", "rewritten")}),
        ("[" * 5000, {"input": "[" * 5000}, {("messages", "rewritten")}),
    ],
)
def test_arguments_are_an_object(arguments: str, args: Json, told: Any) -> None:
    found = encoded([Message.user("Hi"), Message.assistant(ToolCallPart("a", "f", arguments))])
    assert found.body["contents"][1]["parts"][0]["functionCall"]["args"] == args
    assert ledger(found) == told


def test_media_of_a_result_stand_in_it_where_the_model_takes_them() -> None:
    shown = ToolResultPart("call_1", ["Here.", ImagePart(data=PNG)])
    turns = [Message.assistant(CALL), Message.tool(shown)]
    inline = {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(PNG).decode()}}
    found = encoded(turns, THREE)
    (response,) = found.body["contents"][1]["parts"]
    assert response["functionResponse"]["parts"] == [inline]
    assert not found.warnings
    found = encoded(turns)
    response, label, picture = found.body["contents"][1]["parts"]
    assert "parts" not in response["functionResponse"]
    assert label == {"text": "Attached to the result of weather:"}
    assert picture == inline
    assert ledger(found) == {("messages", "rewritten")}


def test_the_first_call_of_another_models_turn_says_that_it_bears_no_signature() -> None:
    second = ToolCallPart("call_2", "time", "{}")
    (turn,) = contents(Message.assistant("Wait.", CALL, second), features=THREE)
    assert [part.get("thoughtSignature") for part in turn["parts"]] == [None, UNSIGNED, None]
    signed = ToolCallPart("a", "f", "{}", provider_data=SIGNED)
    (turn,) = contents(Message.assistant(signed, second), features=THREE)
    assert [part.get("thoughtSignature") for part in turn["parts"]] == ["c2ln", None]
    (turn,) = contents(Message.assistant(CALL))
    assert "thoughtSignature" not in turn["parts"][0]


def test_calls_and_results_stand_where_they_belong() -> None:
    with pytest.raises(Unsupported, match="a tool_call part cannot be sent there"):
        contents(Message.user(CALL))
    with pytest.raises(Unsupported, match="a tool_result part cannot be sent there"):
        contents(Message.assistant(ToolResultPart("a", "1", "f")))


def test_what_only_a_model_says_is_not_sent_as_the_users() -> None:
    found = encoded(Message.user("Hi", ReasoningPart("Hm.")))
    assert found.body["contents"] == [HI]
    assert ledger(found) == {("messages", "dropped")}


def test_who_speaks_has_no_name_here() -> None:
    assert ledger(encoded([Message("user", "Hi", "ada")])) == {("messages.name", "dropped")}


def test_data_of_the_dialect_on_a_message_goes_along() -> None:
    message = Message("user", "Hi", provider_data={"gemini": {"x": 1}})
    assert contents(message) == [{**HI, "x": 1}]


WEATHER = Tool("weather", parameters={"type": "object", "properties": {}})
SEARCH = ProviderTool("gemini", {"googleSearch": {}})


@pytest.mark.parametrize(
    ("choice", "calling"),
    [
        ("auto", {"mode": "AUTO"}),
        ("none", {"mode": "NONE"}),
        ("required", {"mode": "ANY"}),
        (NamedTool("weather"), {"mode": "ANY", "allowedFunctionNames": ["weather"]}),
    ],
)
def test_every_choice_of_tools_has_a_mode(choice: Any, calling: Json) -> None:
    sent = body(tools=[WEATHER], tool_choice=choice)
    assert sent["toolConfig"] == {"functionCallingConfig": calling}


def test_strict_tools_are_called_with_valid_arguments() -> None:
    strict = Tool("weather", strict=True)
    for choice, mode in ((None, "VALIDATED"), ("auto", "VALIDATED"), ("required", "ANY")):
        sent = body(tools=[strict], tool_choice=choice)
        assert sent["toolConfig"]["functionCallingConfig"]["mode"] == mode


def test_a_function_is_declared_with_its_json_schema() -> None:
    own = {"gemini": {"behavior": "NON_BLOCKING"}}
    tool = Tool("f", "Does.", {"type": "object"}, provider_data=own)
    assert body(tools=[tool, WEATHER])["tools"] == [
        {
            "functionDeclarations": [
                {
                    "name": "f",
                    "description": "Does.",
                    "parametersJsonSchema": {"type": "object"},
                    "behavior": "NON_BLOCKING",
                },
                {
                    "name": "weather",
                    "parametersJsonSchema": {"type": "object", "properties": {}},
                },
            ]
        }
    ]


def test_tools_of_the_service_stand_beside_functions() -> None:
    assert body(tools=[SEARCH]) == {"contents": [HI], "tools": [{"googleSearch": {}}]}
    sent = body(tools=[SEARCH, WEATHER])
    assert [list(entry) for entry in sent["tools"]] == [["functionDeclarations"], ["googleSearch"]]
    assert sent["toolConfig"] == {"includeServerSideToolInvocations": True}


def test_tools_of_another_service_are_left_out() -> None:
    found = encoded(tools=[ProviderTool("openai-responses", {"type": "web_search"})])
    assert found.body == {"contents": [HI]}
    assert ledger(found) == {("tools", "dropped")}
