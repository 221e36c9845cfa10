"""Conversations are sent in the vendor's words, and nothing of them is lost in silence."""

from __future__ import annotations

import base64
from dataclasses import replace
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
from aicore.requests import ChatRequest, Tool
from aicore.values import from_json, to_json
from aikit_wire.encoded import Encoded
from aikit_wire.openai.encode import encode_chat
from aikit_wire.openai.manifest import DIALECT, Manifest

from .answers import Json, answered, whole
from .rows import ROWS

ACME = Manifest(name="acme")
PNG = b"\x89PNG\r\n\x1a\n"
WAV = b"RIFF\0\0\0\0WAVE"
PDF = b"%PDF-1.7"


def own(**fields: Any) -> dict[str, Any]:
    return {DIALECT: fields, "other": {"never": True}}


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def encoded(*messages: Message, manifest: Manifest = ACME, **changes: Any) -> Encoded:
    return encode_chat(ChatRequest(model="m1", messages=messages), replace(manifest, **changes))


def sent(*messages: Message, manifest: Manifest = ACME, **changes: Any) -> list[Json]:
    """Return the messages that are sent, when nothing is to be said about them."""
    found = encoded(*messages, manifest=manifest, **changes)
    assert found.warnings == ()
    wire: list[Json] = found.body["messages"]
    return wire


def told(*messages: Message, **changes: Any) -> tuple[list[Json], list[tuple[str, str]]]:
    """Return the messages that are sent, and what is said about them."""
    found = encoded(*messages, **changes)
    warnings = [(str(warning.action), warning.reason) for warning in found.warnings]
    return found.body["messages"], warnings


def content(*parts: Part | str, **changes: Any) -> Any:
    (message,) = sent(Message.user(*parts), **changes)
    return message["content"]


def test_one_text_is_sent_as_a_string() -> None:
    assert sent(Message.system("Be brief."), Message.user("Hi"), Message.assistant("Ho")) == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Ho"},
    ]


@pytest.mark.parametrize("make", [Message.system, Message.user, Message.assistant])
def test_several_texts_are_a_list_or_joined(make: Any) -> None:
    message = make("a", "b")
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    assert sent(message)[0]["content"] == parts
    assert sent(message, text_parts=False)[0]["content"] == "ab"


@pytest.mark.parametrize("make", [Message.user, Message.assistant])
def test_data_on_a_text_is_merged_into_its_part(make: Any) -> None:
    message = make(TextPart("a", provider_data=own(cache={"ttl": 5})))
    assert sent(message)[0]["content"] == [{"type": "text", "text": "a", "cache": {"ttl": 5}}]
    wire, warnings = told(message, text_parts=False)
    assert wire[0]["content"] == "a"
    assert warnings == [("dropped", "the service takes no data of its own on a text part")]


@pytest.mark.parametrize("role", ["system", "developer", "user"])
def test_the_role_of_instructions_is_the_services(role: Any) -> None:
    wire = sent(Message.system("a"), Message.user("b"), system_role=role)
    assert [message["role"] for message in wire] == [role, "user"]


def test_data_on_a_message_is_merged_into_it() -> None:
    message = Message("system", "a", provider_data=own(role="developer"))
    assert sent(message, developer_role=True) == [{"role": "developer", "content": "a"}]
    assert sent(message) == [{"role": "system", "content": "a"}]
    last = Message("assistant", "a", provider_data=own(prefix=True))
    assert sent(last) == [{"role": "assistant", "content": "a", "prefix": True}]


@pytest.mark.parametrize("role", ["user", "assistant", "system"])
def test_a_name_is_sent_or_dropped_with_a_warning(role: Any) -> None:
    message = Message(role, "a", name="ann")
    assert sent(message)[0]["name"] == "ann"
    wire, warnings = told(message, message_names=False)
    assert "name" not in wire[0]
    assert warnings == [("dropped", "the service takes no names of who speaks")]


def test_leading_instructions_are_merged_where_only_one_may_stand() -> None:
    messages = (
        Message.system("a", "b"),
        Message("system", "c", name="ann"),
        Message.user("d"),
        Message.system("e"),
    )
    assert sent(*messages, merge_system=True) == [
        {"role": "system", "content": "ab\n\nc", "name": "ann"},
        {"role": "user", "content": "d"},
        {"role": "system", "content": "e"},
    ]
    assert len(sent(*messages)) == 4
    assert sent(*messages[1:], merge_system=True) == sent(*messages[1:])


def test_of_merged_instructions_the_fields_of_the_first_stay() -> None:
    first = Message("system", "a", provider_data=own(x=1))
    second = Message("system", "b", provider_data=own(x=2, y=3))
    assert sent(first, second, merge_system=True) == [
        {"role": "system", "content": "a\n\nb", "x": 1, "y": 3}
    ]


def test_instructions_that_are_not_only_text_are_merged_as_a_list() -> None:
    cached = TextPart("b", provider_data=own(cache=1))
    messages = Message.system("a"), Message.system(cached), Message.user("c")
    assert sent(*messages, merge_system=True)[0] == {
        "role": "system",
        "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b", "cache": 1}],
    }


IMAGES: list[tuple[ImagePart, str, Any]] = [
    (ImagePart(url="https://a/b.png"), "object", {"url": "https://a/b.png"}),
    (ImagePart(url="https://a/b.png"), "url", "https://a/b.png"),
    (
        ImagePart(data=PNG, detail="low"),
        "object",
        {"url": f"data:image/png;base64,{b64(PNG)}", "detail": "low"},
    ),
    (
        ImagePart(data=PNG, detail="low"),
        "data",
        {"url": f"data:image/png;base64,{b64(PNG)}", "detail": "low"},
    ),
    (ImagePart(data=PNG), "url", f"data:image/png;base64,{b64(PNG)}"),
]


@pytest.mark.parametrize(("part", "images", "value"), IMAGES)
def test_an_image_is_sent_in_the_form_of_the_service(
    part: ImagePart, images: Any, value: Any
) -> None:
    assert content(part, images=images) == [{"type": "image_url", "image_url": value}]


def test_a_detail_that_cannot_be_sent_is_dropped_with_a_warning() -> None:
    message = Message.user(ImagePart(url="https://a/b.png", detail="low"))
    wire, warnings = told(message, images="url")
    assert wire[0]["content"] == [{"type": "image_url", "image_url": "https://a/b.png"}]
    assert warnings == [("dropped", "the service takes no detail for images")]


@pytest.mark.parametrize(
    ("media_type", "form"),
    [
        ("audio/wav", "wav"),
        ("audio/x-wav", "wav"),
        ("audio/mpeg", "mp3"),
        ("audio/mp3", "mp3"),
        ("audio/flac", "flac"),
    ],
)
def test_audio_is_sent_with_its_format(media_type: str, form: str) -> None:
    part = AudioPart(data=WAV, media_type=media_type)
    assert content(part) == [
        {"type": "input_audio", "input_audio": {"data": b64(WAV), "format": form}}
    ]


def test_audio_is_sent_as_a_data_url_or_bare() -> None:
    part = AudioPart(data=WAV)
    url = f"data:audio/wav;base64,{b64(WAV)}"
    assert content(part, audio="data_url")[0]["input_audio"] == {"data": url, "format": "wav"}
    assert content(part, audio="bare")[0]["input_audio"] == b64(WAV)
    assert content(AudioPart(url="https://a/b.wav"), audio="bare") == [
        {"type": "input_audio", "input_audio": "https://a/b.wav"}
    ]


def test_a_document_is_sent_as_bytes_with_a_name() -> None:
    url = f"data:application/pdf;base64,{b64(PDF)}"
    assert content(FilePart(data=PDF, name="a.pdf")) == [
        {"type": "file", "file": {"filename": "a.pdf", "file_data": url}}
    ]
    assert content(FilePart(data=PDF))[0]["file"]["filename"] == "document.pdf"


def test_a_document_that_was_uploaded_is_sent_by_its_id() -> None:
    assert content(FilePart(file_id="file-1")) == [{"type": "file", "file": {"file_id": "file-1"}}]
    assert content(FilePart(file_id="file-1"), files="document_url") == [
        {"type": "file", "file_id": "file-1"}
    ]


def test_mistral_takes_documents_by_url() -> None:
    url = f"data:application/pdf;base64,{b64(PDF)}"
    assert content(
        FilePart(url="https://a/b.pdf", name="b"), FilePart(data=PDF), files="document_url"
    ) == [
        {"type": "document_url", "document_url": "https://a/b.pdf", "document_name": "b"},
        {"type": "document_url", "document_url": url},
    ]


def test_a_video_is_sent_by_url() -> None:
    assert content(VideoPart(url="https://a/b.mp4"), video=True) == [
        {"type": "video_url", "video_url": {"url": "https://a/b.mp4"}}
    ]
    part = VideoPart(data=b"x", media_type="video/mp4")
    assert content(part, video=True)[0]["video_url"]["url"] == "data:video/mp4;base64,eA=="


@pytest.mark.parametrize(
    "part",
    [
        ImagePart(url="https://a/b.png", provider_data=own(cache=1)),
        AudioPart(data=WAV, provider_data=own(cache=1)),
        FilePart(data=PDF, provider_data=own(cache=1)),
        VideoPart(url="https://a/b.mp4", provider_data=own(cache=1)),
    ],
)
def test_data_on_media_is_merged_into_its_part(part: Part) -> None:
    (item,) = content(part, video=True)
    assert item["cache"] == 1
    assert "never" not in item


def test_parts_stay_in_their_order() -> None:
    found = content("a", ImagePart(data=PNG), "b", OpaquePart(DIALECT, {"type": "x"}), "c")
    assert [item["type"] for item in found] == ["text", "image_url", "text", "x", "text"]


UNSENDABLE: list[tuple[Part, dict[str, Any], str]] = [
    (ImagePart(data=PNG), {"images": ""}, "image parts cannot be sent; leave them out or ask"),
    (AudioPart(data=WAV), {"audio": ""}, "audio parts cannot be sent"),
    (FilePart(data=PDF), {"files": ""}, "file parts cannot be sent"),
    (VideoPart(url="https://a/b.mp4"), {}, "video parts cannot be sent"),
    (ImagePart(file_id="f"), {}, "an uploaded file cannot be sent as image; send bytes or a URL"),
    (VideoPart(file_id="f"), {"video": True}, "an uploaded file cannot be sent as video"),
    (ImagePart(url="https://a/b.png"), {"images": "data"}, "must be sent as bytes (`data`)"),
    (AudioPart(url="https://a/b.wav"), {}, "must be sent as bytes (`data`)"),
    (AudioPart(file_id="f"), {"audio": "bare"}, "must be sent as bytes (`data`)"),
    (AudioPart(data=b"x"), {}, "needs a `media_type`, such as audio/wav"),
    (FilePart(url="https://a/b.pdf"), {}, "must be sent as bytes (`data`)"),
    (ToolCallPart("a", "f"), {}, "give its message the role `assistant`"),
]


@pytest.mark.parametrize(("part", "changes", "message"), UNSENDABLE)
def test_what_cannot_be_sent_is_refused_and_says_what_to_do(
    part: Part, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(Unsupported) as caught:
        encoded(Message.user(part), **changes)
    assert message in caught.value.message
    assert caught.value.provider == "acme"


def test_bytes_of_no_known_type_are_refused() -> None:
    with pytest.raises(BadInput, match="media_type"):
        encoded(Message.user(ImagePart(data=b"?")))


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        (ReasoningPart("why"), "a reasoning part can only stand in the model's turn"),
        (RefusalPart("no"), "a refusal part can only stand in the model's turn"),
        (SourcePart(url="https://a"), "a source part can only stand in the model's turn"),
        (OpaquePart("claude", {"x": 1}), "an item of 'claude' means nothing here"),
    ],
)
def test_what_says_nothing_in_a_users_turn_is_dropped_with_a_warning(
    part: Part, reason: str
) -> None:
    assert told(Message.user("a", part)) == (
        [{"role": "user", "content": "a"}],
        [("dropped", reason)],
    )
    assert told(Message.user(part)) == ([], [("dropped", reason)])


@pytest.mark.parametrize("make", [Message.system, Message.user, Message.tool])
def test_an_empty_message_is_dropped_with_a_warning(make: Any) -> None:
    wire, warnings = told(make(), Message.user("a"))
    assert wire == [{"role": "user", "content": "a"}]
    assert warnings == [("dropped", f"a {make().role} message has no parts")]


def test_a_tool_result_is_a_message_of_its_own() -> None:
    results = ToolResultPart("c1", "sunny"), ToolResultPart("c2", "", name="f")
    assert sent(Message.tool(*results)) == [
        {"role": "tool", "tool_call_id": "c1", "content": "sunny"},
        {"role": "tool", "tool_call_id": "c2", "content": ""},
    ]
    assert sent(Message.tool(results[1]), tool_result_name=True)[0]["name"] == "f"
    assert "name" not in sent(Message.tool(results[0]), tool_result_name=True)[0]


def test_a_result_of_nothing_is_empty_text() -> None:
    for text_parts in (True, False):
        (wire,) = sent(Message.tool(ToolResultPart("c1", ())), text_parts=text_parts)
        assert wire["content"] == ""


def test_a_result_of_several_texts_is_a_list_or_joined() -> None:
    message = Message.tool(ToolResultPart("c1", ("a", "b"), provider_data=own(cache=1)))
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    assert sent(message)[0] == {
        "role": "tool",
        "tool_call_id": "c1",
        "content": parts,
        "cache": 1,
    }
    assert sent(message, text_parts=False)[0]["content"] == "ab"


def test_a_failed_result_is_told_by_its_text() -> None:
    wire, warnings = told(Message.tool(ToolResultPart("c1", "no such city", is_error=True)))
    assert wire[0]["content"] == "no such city"
    assert [action for action, _ in warnings] == ["noted"]


def test_results_in_a_users_message_come_before_what_the_user_says() -> None:
    message = Message("user", ("Go on.", ToolResultPart("c1", "sunny")), provider_data=own(x=1))
    assert sent(message) == [
        {"role": "tool", "tool_call_id": "c1", "content": "sunny"},
        {"role": "user", "content": "Go on.", "x": 1},
    ]


def test_data_on_a_message_of_results_goes_to_the_last_of_them() -> None:
    results = ToolResultPart("c1", "a"), ToolResultPart("c2", "b")
    wire = sent(Message("tool", results, provider_data=own(x=1)))
    assert [message.get("x") for message in wire] == [None, 1]


def test_text_in_a_tool_message_is_said_by_the_user() -> None:
    assert sent(Message("tool", "a")) == [{"role": "user", "content": "a"}]


@pytest.mark.parametrize("together", [True, False])
def test_media_of_parallel_results_follow_after_the_last_result(together: bool) -> None:
    shot = ToolResultPart("c1", ("done", ImagePart(data=PNG)))
    other = ToolResultPart("c2", "sunny")
    tools = [Message.tool(shot, other)] if together else [Message.tool(shot), Message.tool(other)]
    calls = Message.assistant(ToolCallPart("c1", "f"), ToolCallPart("c2", "g"))
    wire, warnings = told(Message.user("Go"), calls, *tools, Message.user("And now?"))
    assert [message["role"] for message in wire] == [
        "user",
        "assistant",
        "tool",
        "tool",
        "user",
        "user",
    ]
    assert [wire[2]["content"], wire[3]["content"], wire[5]["content"]] == [
        "done",
        "sunny",
        "And now?",
    ]
    assert wire[4]["content"][0]["text"] == "Attached to the result of c1:"
    assert wire[4]["content"][1]["type"] == "image_url"
    assert warnings == [("rewritten", "media of a tool result follow in a user message")]


def test_media_of_a_result_come_before_the_models_next_turn() -> None:
    shot = Message.tool(ToolResultPart("c1", ImagePart(data=PNG)))
    wire, _ = told(Message.assistant(ToolCallPart("c1", "f")), shot, Message.assistant("Nice."))
    assert [message["role"] for message in wire] == ["assistant", "tool", "user", "assistant"]


def test_media_of_a_result_that_cannot_be_shown_are_refused() -> None:
    with pytest.raises(Unsupported, match="image parts cannot be sent"):
        encoded(Message.tool(ToolResultPart("c1", ImagePart(data=PNG))), images="")


def test_a_call_is_sent_with_its_arguments_as_they_came() -> None:
    call = ToolCallPart("c1", "f", '{"x": 1 }', provider_data=own(extra_content={"google": 1}))
    assert sent(Message.assistant(call, ToolCallPart("c2", "g", ""))) == [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {
                    "id": "c1",
                    "type": "function",
                    "function": {"name": "f", "arguments": '{"x": 1 }'},
                    "extra_content": {"google": 1},
                },
                {"id": "c2", "type": "function", "function": {"name": "g", "arguments": "{}"}},
            ],
        }
    ]


def test_a_custom_call_is_sent_as_one() -> None:
    call = ToolCallPart("c1", "sql", "SELECT 1", provider_data=own(type="custom"))
    assert sent(Message.assistant(call))[0]["tool_calls"] == [
        {"id": "c1", "type": "custom", "custom": {"name": "sql", "input": "SELECT 1"}}
    ]


def test_refusals_are_sent_back() -> None:
    assert sent(Message.assistant(RefusalPart("No"), RefusalPart("."))) == [
        {"role": "assistant", "content": None, "refusal": "No."}
    ]


HISTORY: list[tuple[str, dict[str, Any]]] = [
    ("reasoning_content", {"content": "so", "reasoning_content": "why not"}),
    ("reasoning", {"content": "so", "reasoning": "why not"}),
    ("tags", {"content": "<think>why not</think>so"}),
    (
        "thinking_parts",
        {
            "content": [
                {"type": "thinking", "thinking": [{"type": "text", "text": "why"}]},
                {"type": "thinking", "thinking": [{"type": "text", "text": " not"}], "s": "c2ln"},
                {"type": "text", "text": "so"},
            ]
        },
    ),
]


@pytest.mark.parametrize(("way", "fields"), HISTORY)
def test_thoughts_are_sent_back_in_the_services_way(way: Any, fields: dict[str, Any]) -> None:
    signed = ReasoningPart(" not", provider_data=own(s="c2ln"))
    message = Message.assistant(ReasoningPart("why"), signed, "so")
    assert sent(message, reasoning_history=way) == [{"role": "assistant", **fields}]


def test_thoughts_that_are_not_sent_back_are_noted() -> None:
    wire, warnings = told(Message.assistant(ReasoningPart("why"), "so"))
    assert wire == [{"role": "assistant", "content": "so"}]
    assert warnings == [("noted", "thoughts of earlier turns are not sent back")]


def test_thoughts_in_tags_come_before_calls_and_lists() -> None:
    thought = ReasoningPart("why")
    (call,) = sent(Message.assistant(thought, ToolCallPart("c", "f")), reasoning_history="tags")
    assert call["content"] == "<think>why</think>"
    (parts,) = sent(Message.assistant(thought, "a", "b"), reasoning_history="tags")
    assert [item["text"] for item in parts["content"]] == ["<think>why</think>", "a", "b"]


def test_a_turn_that_says_nothing_is_empty_text() -> None:
    assert sent(Message.assistant()) == [{"role": "assistant", "content": ""}]
    wire, _ = told(Message.assistant(ReasoningPart("why")))
    assert wire == [{"role": "assistant", "content": ""}]
    assert sent(Message.assistant(""))[0]["content"] == ""


def test_speech_is_sent_back_by_its_id() -> None:
    by_data = AudioPart(data=b"x", provider_data=own(id="audio_1", expires_at=5))
    for part in (by_data, AudioPart(file_id="audio_1")):
        assert sent(Message.assistant(part)) == [
            {"role": "assistant", "content": None, "audio": {"id": "audio_1"}}
        ]


@pytest.mark.parametrize(
    ("part", "action"),
    [
        (AudioPart(data=WAV), "dropped"),
        (ImagePart(data=PNG), "dropped"),
        (ToolResultPart("c1", "a"), "dropped"),
        (OpaquePart("claude", {"x": 1}), "dropped"),
        (SourcePart(url="https://a"), "noted"),
    ],
)
def test_what_the_model_cannot_be_shown_of_its_own_turn_is_told(part: Part, action: str) -> None:
    wire, warnings = told(Message.assistant("a", part))
    assert wire == [{"role": "assistant", "content": "a"}]
    assert [given for given, _ in warnings] == [action]


ANSWERS: dict[str, Json] = {
    "deepseek": {
        "content": None,
        "reasoning_content": "Let me look.",
        "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
        ],
    },
    "groq": {"content": "Sunny.", "reasoning": "Let me look."},
    "vllm": {"content": "Sunny.", "reasoning": "Let me look."},
    "mistral": {
        "content": [
            {
                "type": "thinking",
                "thinking": [{"type": "text", "text": "Let me look."}],
                "signature": "c2ln",
                "closed": True,
            },
            {"type": "text", "text": "Sunny."},
            {"type": "reference", "reference_ids": [1]},
        ],
        "tool_calls": [
            {
                "id": "abcdefgh1",
                "type": "function",
                "function": {"name": "f", "arguments": '{"a": 1}'},
            }
        ],
    },
    "openai": {
        "content": "Sunny.",
        "tool_calls": [
            {
                "id": "c1",
                "type": "function",
                "function": {"name": "f", "arguments": "{}"},
                "extra_content": {"google": {"thought_signature": "c2ln"}},
            },
            {"id": "c2", "type": "custom", "custom": {"name": "sql", "input": "SELECT 1"}},
        ],
        "vendor_state": {"opaque": [1, 2]},
    },
    "lmstudio": {"content": None, "refusal": "No."},
    "azure-openai": {"content": "Sunny."},
    "cerebras": {"content": "Sunny.", "reasoning": "Let me look."},
    **{
        key: {"content": "Sunny.", "reasoning_content": "Let me look."}
        for key in ("fireworks", "moonshot")
    },
    "openrouter": {
        "content": "Sunny.",
        "reasoning_details": [
            {"type": "reasoning.text", "text": "Let me look.", "signature": "c2ln", "index": 0},
            {"type": "reasoning.encrypted", "data": "c2ln", "id": "rs_1", "index": 1},
        ],
    },
    **{key: {"content": "Sunny."} for key in ("perplexity", "qwen", "xai")},
}


@pytest.mark.parametrize("name", ROWS)
def test_an_answer_kept_as_json_is_sent_back_as_it_came(name: str) -> None:
    said = ANSWERS[name]
    answer = answered(whole(said, "stop", usage={"prompt_tokens": 1}), ROWS[name])
    kept = from_json(Message, to_json(answer.message))
    assert kept == answer.message
    (wire,) = sent(kept, manifest=ROWS[name])
    assert wire == {"role": "assistant", **said}


def test_what_stood_beside_a_message_is_not_sent_back() -> None:
    answer = whole({"content": "Sunny."})
    answer["choices"][0] |= {"content_filter_results": {"hate": {"filtered": False}}}
    message = answered(answer | {"system_fingerprint": "fp"}).message
    assert sent(message) == [{"role": "assistant", "content": "Sunny."}]


def test_a_spoken_answer_is_sent_back_by_its_id_alone() -> None:
    audio = {"id": "audio_1", "data": "UklGRgAA", "transcript": "Sunny.", "expires_at": 5}
    message = from_json(Message, to_json(answered(whole({"audio": audio})).message))
    assert sent(message) == [{"role": "assistant", "content": None, "audio": {"id": "audio_1"}}]


def test_a_conversation_of_mistral_goes_on_elsewhere_without_its_marks() -> None:
    message = answered(whole(ANSWERS["mistral"]), ROWS["mistral"]).message
    result = Message.tool(ToolResultPart("abcdefgh1", "21 °C"))
    found = encoded(message, result, manifest=ROWS["deepseek"])
    assistant, tool = found.body["messages"]
    assert assistant["reasoning_content"] == "Let me look."
    assert assistant["tool_calls"][0]["id"] == tool["tool_call_id"] == "abcdefgh1"


def test_a_conversation_from_elsewhere_goes_on_at_mistral() -> None:
    said = {**ANSWERS["openai"], "refusal": "Not that."}
    del said["vendor_state"]
    message = answered(whole(said), ROWS["openai"]).message
    results = Message.tool(ToolResultPart("c1", "a", name="f"), ToolResultPart("c2", "b"))
    request = ChatRequest(model="m", messages=(message, results), tools=(Tool("f"),))
    assistant, first, second = encode_chat(request, ROWS["mistral"]).body["messages"]
    assert assistant["content"] == "Sunny.Not that."
    assert "refusal" not in assistant
    assert [call["id"] for call in assistant["tool_calls"]] == [
        first["tool_call_id"],
        second["tool_call_id"],
    ]
    assert first["name"] == "f"
