"""Requests become bodies of Ollama's, and what those cannot say is told."""

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
    ReasoningPart,
    RefusalPart,
    SourcePart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    VideoPart,
)
from aicore.models import ModelInfo
from aicore.requests import (
    ChatRequest,
    CompleteRequest,
    EmbedRequest,
    JSONSchema,
    NamedTool,
    PromptCache,
    ProviderTool,
    Reasoning,
    Tool,
)
from aikit_models import find
from aikit_provider_ollama.encode import (
    Defaults,
    encode_chat,
    encode_completion,
    encode_embed,
)
from aikit_wire.encoded import Encoded
from aikit_wire.openai.manifest import FIELDS

from tests.docs.pages import code, page

PNG = b"\x89PNG\r\n\x1a\n"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
WEATHER = Tool("weather", "The weather.", SCHEMA)
WEATHER_BODY = {
    "type": "function",
    "function": {"name": "weather", "description": "The weather.", "parameters": SCHEMA},
}


def chat(
    *messages: Message,
    model: ModelInfo | None = None,
    defaults: Defaults | None = None,
    **fields: Any,
) -> Encoded:
    fields = {"model": "m", "messages": messages or (Message.user("Hi"),)} | fields
    return encode_chat(ChatRequest(**fields), "ollama", defaults or Defaults(), model)


def sent(*messages: Message, **fields: Any) -> list[dict[str, Any]]:
    """Return the messages of a request that loses nothing."""
    encoded = chat(*messages, **fields)
    assert encoded.warnings == ()
    found: list[dict[str, Any]] = encoded.body["messages"]
    return found


def told(encoded: Encoded) -> list[tuple[str | None, str]]:
    return [(warning.setting, warning.action) for warning in encoded.warnings]


# Settings


def test_a_request_says_whether_to_stream_because_the_default_is_yes() -> None:
    hi = [{"role": "user", "content": "Hi"}]
    assert chat().body == {"model": "m", "messages": hi, "stream": False}
    assert chat(streaming=True).body == {"model": "m", "messages": hi, "stream": True}


def test_sampling_settings_are_options() -> None:
    encoded = chat(
        max_tokens=5,
        temperature=0.5,
        top_p=0.9,
        top_k=40,
        stop="END",
        seed=7,
        presence_penalty=0.1,
        frequency_penalty=0.2,
        logprobs=True,
        top_logprobs=2,
        n=1,
        modalities=("text",),
    )
    assert encoded.body["options"] == {
        "num_predict": 5,
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 40,
        "stop": ["END"],
        "seed": 7,
        "presence_penalty": 0.1,
        "frequency_penalty": 0.2,
    }
    assert (encoded.body["logprobs"], encoded.body["top_logprobs"]) == (True, 2)
    assert encoded.warnings == ()


DROPPED: dict[str, Any] = {
    "n": 2,
    "logit_bias": {"1": 1},
    "service_tier": "x",
    "user": "u",
    "metadata": {"a": "b"},
    "parallel_tool_calls": False,
    "modalities": ("audio",),
    "prompt_cache": PromptCache(key="k", ttl="1h"),
}


def test_what_the_service_does_not_know_is_dropped_as_the_page_says() -> None:
    encoded = chat(**DROPPED)
    assert encoded.body.keys() == {"model", "messages", "stream"}
    assert all(action == "dropped" for _, action in told(encoded))
    (row,) = (row for row in page("docs/providers.md").tables("Provider")[1] if "`ollama`" in row)
    names = {
        (setting or "").replace("prompt_cache.", "prompt_cache_") for setting, _ in told(encoded)
    }
    assert {*code(row[1])} == names
    assert names <= FIELDS.keys()


def test_settings_of_the_provider_yield_to_the_call_and_that_to_its_own_options() -> None:
    defaults = Defaults({"num_ctx": 1, "seed": 1, "top_k": 1}, "10m")
    own = {"options": {"seed": 3}, "keep_alive": 0, "truncate": False}
    other = {"vllm": {"min_p": 0.1}}
    encoded = chat(defaults=defaults, top_k=2, seed=2, provider_options={"ollama": own, **other})
    assert encoded.body["options"] == {"num_ctx": 1, "seed": 3, "top_k": 2}
    assert (encoded.body["keep_alive"], encoded.body["truncate"]) == (0, False)
    assert "min_p" not in encoded.body
    assert chat(defaults=defaults).body["keep_alive"] == "10m"
    assert "options" not in chat(provider_options={"ollama": {"options": None}}).body


def test_options_that_are_no_mapping_are_refused() -> None:
    with pytest.raises(BadInput, match="must be a mapping"):
        chat(provider_options={"ollama": {"options": [1]}})


def test_a_response_format_is_a_format() -> None:
    assert "format" not in chat(response_format="text").body
    assert chat(response_format="json").body["format"] == "json"
    assert chat(response_format=JSONSchema(SCHEMA)).body["format"] == SCHEMA
    encoded = chat(response_format=JSONSchema(SCHEMA, description="d", strict=True))
    assert told(encoded) == [
        ("response_format.description", "dropped"),
        ("response_format.strict", "dropped"),
    ]


GPT_OSS = find("ollama", "gpt-oss:20b")


@pytest.mark.parametrize(
    ("wanted", "model", "think", "warned"),
    [
        (None, None, None, []),
        (Reasoning(), None, True, []),
        (Reasoning("none"), None, False, []),
        (Reasoning("high"), None, True, [("reasoning.effort", "rewritten")]),
        (Reasoning("high"), GPT_OSS, "high", []),
        (Reasoning("low"), GPT_OSS, "low", []),
        (Reasoning("minimal"), GPT_OSS, "low", [("reasoning.effort", "rewritten")]),
        (Reasoning("max"), GPT_OSS, "high", [("reasoning.effort", "rewritten")]),
        (Reasoning("none"), GPT_OSS, None, [("reasoning.effort", "dropped")]),
        (Reasoning(budget_tokens=9), None, True, [("reasoning.budget_tokens", "dropped")]),
    ],
)
def test_reasoning_is_asked_for_as_the_model_takes_it(
    wanted: Reasoning | None, model: ModelInfo | None, think: Any, warned: list[Any]
) -> None:
    encoded = chat(reasoning=wanted, model=model)
    assert encoded.body.get("think") == think
    assert type(encoded.body.get("think")) is type(think)
    assert told(encoded) == warned


# Tools


def test_tools_are_functions() -> None:
    own = {"ollama": {"x": 1, "function": {"lazy": True}}}
    tools = [WEATHER, Tool("now", provider_data=own), ProviderTool("ollama", {"type": "search"})]
    assert chat(tools=tools).body["tools"] == [
        WEATHER_BODY,
        {
            "type": "function",
            "x": 1,
            "function": {
                "name": "now",
                "parameters": {"type": "object", "properties": {}},
                "lazy": True,
            },
        },
        {"type": "search"},
    ]
    encoded = chat(tools=[Tool("now", strict=True), ProviderTool("claude", {})])
    assert told(encoded) == [("tools.strict", "dropped"), ("tools", "dropped")]


@pytest.mark.parametrize(
    ("choice", "offered", "warned"),
    [
        (None, ["weather", "now"], []),
        ("auto", ["weather", "now"], []),
        ("none", [], [("tool_choice", "rewritten")]),
        ("required", ["weather", "now"], [("tool_choice", "dropped")]),
        (NamedTool("now"), ["now"], [("tool_choice", "rewritten")]),
    ],
)
def test_no_tool_can_be_forced(choice: Any, offered: list[str], warned: list[Any]) -> None:
    encoded = chat(tools=[WEATHER, Tool("now")], tool_choice=choice)
    names = [tool["function"]["name"] for tool in encoded.body.get("tools", ())]
    assert (names, told(encoded)) == (offered, warned)


def test_no_tool_left_out_is_nothing_to_tell() -> None:
    assert told(chat(tool_choice="none")) == []


# Messages


def test_texts_of_a_message_are_one_content_and_pictures_stand_beside_it() -> None:
    image = base64.b64encode(PNG).decode()
    assert sent(
        Message.system("Be brief."),
        Message.user("Look: ", ImagePart(data=PNG), "what is it?"),
        Message.user(ImagePart(data=PNG)),
        Message("user", "Hm", provider_data={"ollama": {"x": 1}}),
    ) == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Look: what is it?", "images": [image]},
        {"role": "user", "content": "", "images": [image]},
        {"role": "user", "content": "Hm", "x": 1},
    ]


def test_the_models_turn_goes_back_with_its_thoughts_and_calls() -> None:
    call = ToolCallPart("1", "weather", '{"city": "Łódź"}')
    turn = Message.assistant(ReasoningPart("Let me"), ReasoningPart(" see."), "I look.", call)
    image = Message.assistant(ImagePart(data=PNG))
    empty = Message.assistant(ToolCallPart("2", "now", ""))
    assert sent(Message.user("Hi"), turn, image, empty)[1:] == [
        {
            "role": "assistant",
            "content": "I look.",
            "thinking": "Let me see.",
            "tool_calls": [{"function": {"name": "weather", "arguments": {"city": "Łódź"}}}],
        },
        {"role": "assistant", "content": "", "images": [base64.b64encode(PNG).decode()]},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"function": {"name": "now", "arguments": {}}}],
        },
    ]


def test_results_name_their_tools_in_the_order_of_the_calls() -> None:
    calls = [ToolCallPart("a", "weather", "{}"), ToolCallPart("b", "weather", "{}")]
    late = ToolResultPart("b", "late")
    early = ToolResultPart("a", "early", name="weather", provider_data={"ollama": {"x": 1}})
    stray = ToolResultPart("c", "stray")
    expected = [
        {"role": "tool", "content": "early", "tool_name": "weather", "x": 1},
        {"role": "tool", "content": "late", "tool_name": "weather"},
        {"role": "tool", "content": "stray"},
    ]
    for results in ([Message.tool(stray, late, early)], [*map(Message.tool, (late, stray, early))]):
        assert sent(Message.assistant(*calls), *results)[1:] == expected


def test_an_id_that_the_server_gave_goes_back_with_call_and_result() -> None:
    own = {"ollama": {"id": "call_x", "function": {"index": 0}}}
    call = ToolCallPart("call_x", "weather", "{}", provider_data=own)
    function = {"name": "weather", "arguments": {}, "index": 0}
    assert sent(Message.assistant(call), Message.tool(ToolResultPart("call_x", "Rain"))) == [
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": "call_x", "function": function}],
        },
        {"role": "tool", "content": "Rain", "tool_name": "weather", "tool_call_id": "call_x"},
    ]


def test_what_stands_beside_results_follows_after_the_last() -> None:
    calls = [ToolCallPart("a", "camera", "{}"), ToolCallPart("b", "now", "{}")]
    shot = ToolResultPart("a", ["Here:", ImagePart(data=PNG)], "camera")
    encoded = chat(
        Message.assistant(*calls),
        Message.tool(shot),
        Message(
            "tool", [ToolResultPart("b", "7", is_error=True)], provider_data={"ollama": {"x": 1}}
        ),
        Message.user("And?"),
    )
    assert encoded.body["messages"][1:] == [
        {"role": "tool", "content": "Here:", "tool_name": "camera"},
        {"role": "tool", "content": "7", "tool_name": "now", "x": 1},
        {
            "role": "user",
            "content": "Attached to the result of camera:",
            "images": [base64.b64encode(PNG).decode()],
        },
        {"role": "user", "content": "And?"},
    ]
    assert told(encoded) == [("messages", "rewritten"), ("messages", "noted")]


@pytest.mark.parametrize("given", ["[1]", "{", '"text"', "[" * 100_000])
def test_arguments_that_are_no_object_are_put_into_one(given: str) -> None:
    encoded = chat(Message.assistant(ToolCallPart("a", "f", given)))
    (call,) = encoded.body["messages"][0]["tool_calls"]
    assert call["function"]["arguments"] == {"arguments": given}
    assert told(encoded) == [("messages", "rewritten")]


ELSEWHERE = OpaquePart("claude", {})


@pytest.mark.parametrize(
    ("message", "body", "warned"),
    [
        (Message.user(ELSEWHERE, "Hi"), "Hi", [("messages", "dropped")]),
        (Message.user(RefusalPart("no"), "Hi"), "Hi", [("messages", "dropped")]),
        (Message.user(ReasoningPart("no"), "Hi"), "Hi", [("messages", "dropped")]),
        (Message.user(SourcePart(url="u"), "Hi"), "Hi", [("messages", "dropped")]),
        (Message("user", "Hi", "Ada"), "Hi", [("messages.name", "dropped")]),
        (Message.user(), None, [("messages", "dropped")]),
        (Message.assistant(ELSEWHERE, "Hi"), "Hi", [("messages", "dropped")]),
        (Message.assistant(SourcePart(url="u"), "Hi"), "Hi", [("messages", "noted")]),
        (Message.assistant(RefusalPart("no")), "no", [("messages", "rewritten")]),
        (
            Message.assistant(AudioPart(data=b"x", transcript="no")),
            "no",
            [("messages", "rewritten")],
        ),
        (Message.assistant(AudioPart(data=b"x")), "", [("messages", "dropped")]),
    ],
)
def test_what_has_no_place_in_a_message_is_told(
    message: Message, body: str | None, warned: list[Any]
) -> None:
    encoded = chat(message)
    assert [item["content"] for item in encoded.body["messages"]] == (
        [] if body is None else [body]
    )
    assert told(encoded) == warned


def test_a_picture_loses_its_detail() -> None:
    encoded = chat(Message.user(ImagePart(data=PNG, detail="low")))
    assert told(encoded) == [("messages.detail", "dropped")]


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        (AudioPart(data=b"x"), "audio parts cannot be sent"),
        (VideoPart(url="https://a.example/b"), "video parts cannot be sent"),
        (FilePart(data=b"x"), "file parts cannot be sent"),
        (ImagePart(url="https://a.example/b"), "a URL cannot be sent as image"),
        (ImagePart(file_id="f"), "an uploaded file cannot be sent as image"),
        (ToolCallPart("1", "f"), "role `assistant`"),
        (ToolResultPart("1", [FilePart(data=b"x")]), "file parts cannot be sent"),
    ],
)
def test_what_cannot_be_shown_is_refused(part: Any, reason: str) -> None:
    with pytest.raises(Unsupported, match=reason):
        chat(Message("user", [TextPart("Hi"), part]))


# Other endpoints


def test_a_completion_has_a_prompt_and_perhaps_a_suffix() -> None:
    request = CompleteRequest(
        model="m",
        prompt="def f(",
        suffix="return",
        max_tokens=9,
        logprobs=True,
        user="u",
        streaming=True,
        provider_options={"ollama": {"raw": True}},
    )
    encoded = encode_completion(request, "ollama", Defaults(keep_alive=60))
    assert encoded.body == {
        "model": "m",
        "prompt": "def f(",
        "suffix": "return",
        "logprobs": True,
        "options": {"num_predict": 9},
        "keep_alive": 60,
        "stream": True,
        "raw": True,
    }
    assert told(encoded) == [("user", "dropped")]


def test_embeddings_take_several_texts() -> None:
    request = EmbedRequest(
        model="m",
        inputs=("a", "b"),
        dimensions=8,
        task="query",
        provider_options={"ollama": {"truncate": False}},
    )
    encoded = encode_embed(request, "ollama", Defaults())
    expected = {"model": "m", "input": ["a", "b"], "dimensions": 8, "truncate": False}
    assert encoded.body == expected
    assert told(encoded) == [("task", "dropped")]
