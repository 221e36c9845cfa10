"""Requests as OpenAI clients send them are read whole; what cannot be read is named."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from aicore.errors import AIError
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
from aicore.requests import (
    ChatRequest,
    JSONSchema,
    NamedTool,
    PromptCache,
    ProviderTool,
    Reasoning,
    Tool,
)
from aikit_asgi.openai.read import Form, read_chat, read_embed
from aikit_asgi.statuses import RequestError, status_of
from hypothesis import given as given_any
from hypothesis import strategies as st

HELLO = [{"role": "user", "content": "Hello"}]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
WAV = b"RIFF0000WAVE"
PDF = b"%PDF-1.7"


PDF_URL = f"data:application/pdf;base64,{base64.b64encode(PDF).decode()}"


def chat(**body: Any) -> ChatRequest:
    return read_chat({"model": "fixture:echo", "messages": HELLO, **body})[0]


def rest(**body: Any) -> dict[str, Any]:
    return read_chat({"model": "fixture:echo", "messages": HELLO, **body})[1]


def form(**body: Any) -> Form:
    return read_chat({"model": "fixture:echo", "messages": HELLO, **body})[2]


def message(**item: Any) -> Message:
    return chat(messages=[item]).messages[0]


def part(**item: Any) -> Part:
    return message(role="user", content=[item]).parts[0]


def own(**data: Any) -> dict[str, Any]:
    return {"openai-chat": data}


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_the_shortest_request_sets_nothing() -> None:
    read = read_chat({"model": "fixture:echo", "messages": HELLO})
    request = ChatRequest(model="fixture:echo", messages=(Message.user("Hello"),))
    assert read == (request, {}, Form())


VALUES = st.sampled_from([None, True, 0, 1, -1, 7, 0.5, "", "auto", [], ["a"], {}, {"a": {"b": 1}}])
MESSAGES = st.sampled_from([HELLO, [*HELLO, {"role": "tool", "content": "b"}], [], "Hello", 1])
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("temperature", "max_tokens", "max_completion_tokens", "stop"), VALUES),
        **dict.fromkeys(("n", "seed", "logprobs", "logit_bias", "metadata", "user"), VALUES),
        **dict.fromkeys(("parallel_tool_calls", "modalities", "provider_options"), VALUES),
        "model": st.sampled_from(["m", "", 1, None]),
        "messages": MESSAGES,
        "stream": st.booleans(),
    },
)


def told(body: dict[str, Any]) -> object:
    """Return what becomes of a body: all that is read, in its order, or the error."""
    try:
        request, _, form = read_chat(body)
    except AIError as error:
        return type(error), str(error), getattr(error, "param", None)
    return list(vars(request).items()), form


@given_any(st.booleans(), SETTINGS, st.randoms(use_true_random=False))
def test_the_short_way_comes_to_what_the_long_way_does(
    whole: bool, settings: dict[str, Any], random: Any
) -> None:
    least = {"model": "m", "messages": HELLO} if whole else {}
    items = list((settings | least).items())
    random.shuffle(items)
    body = dict(items)
    assert told(body) == told({**body, "unheard_of": 1})


@pytest.mark.parametrize(
    ("name", "value", "setting"),
    [
        ("temperature", 0, "temperature"),
        ("top_p", 0.5, "top_p"),
        ("top_k", 3, "top_k"),
        ("seed", 7, "seed"),
        ("presence_penalty", -1.5, "presence_penalty"),
        ("frequency_penalty", 2, "frequency_penalty"),
        ("logit_bias", {"50256": -100}, "logit_bias"),
        ("logprobs", True, "logprobs"),
        ("top_logprobs", 20, "top_logprobs"),
        ("n", 3, "n"),
        ("service_tier", "flex", "service_tier"),
        ("parallel_tool_calls", False, "parallel_tool_calls"),
        ("metadata", {"team": "a"}, "metadata"),
        ("user", "u-1", "user"),
        ("max_tokens", 9, "max_tokens"),
        ("max_completion_tokens", 9, "max_tokens"),
        ("stream", True, "streaming"),
        ("provider_options", {"groq": {"a": 1}}, "provider_options"),
    ],
)
def test_a_field_becomes_its_setting(name: str, value: Any, setting: str) -> None:
    read, more, _ = read_chat({"model": "m", "messages": HELLO, name: value})
    assert getattr(read, setting) == value
    assert more == {}


@pytest.mark.parametrize(
    ("given", "setting", "expected"),
    [
        ({"stop": "\n"}, "stop", ("\n",)),
        ({"stop": ["a", "b"]}, "stop", ("a", "b")),
        ({"modalities": ["text", "audio"]}, "modalities", ("text", "audio")),
        ({"max_tokens": 9, "max_completion_tokens": 5}, "max_tokens", 5),
        ({"max_completion_tokens": 5, "max_tokens": 9}, "max_tokens", 5),
        ({"max_tokens": 9, "max_completion_tokens": None}, "max_tokens", 9),
        ({"reasoning_effort": "xhigh"}, "reasoning", Reasoning("xhigh")),
        ({"prompt_cache_key": "k"}, "prompt_cache", PromptCache("k")),
        ({"prompt_cache_retention": "24h"}, "prompt_cache", PromptCache(None, "24h")),
        ({"response_format": {"type": "text"}}, "response_format", "text"),
        ({"response_format": {"type": "json_object"}}, "response_format", "json"),
        ({"tool_choice": "auto"}, "tool_choice", "auto"),
        ({"tool_choice": "any"}, "tool_choice", "required"),
        (
            {"tool_choice": {"type": "function", "function": {"name": "f"}}},
            "tool_choice",
            NamedTool("f"),
        ),
        ({"function_call": "none"}, "tool_choice", "none"),
        ({"function_call": {"name": "f"}}, "tool_choice", NamedTool("f")),
        ({"function_call": {"name": "f"}, "tool_choice": "required"}, "tool_choice", "required"),
    ],
)
def test_a_field_is_read_into_its_setting(given: Any, setting: str, expected: Any) -> None:
    assert getattr(chat(**given), setting) == expected


def test_a_schema_keeps_its_name_and_strictness() -> None:
    shape = {"name": "place", "schema": SCHEMA, "strict": True, "description": "where"}
    wanted = {"type": "json_schema", "json_schema": shape}
    read = chat(response_format=wanted).response_format
    assert read == JSONSchema(SCHEMA, "place", "where", True)
    assert chat(
        response_format={"type": "json_schema", "json_schema": {"schema": SCHEMA}}
    ).response_format == JSONSchema(SCHEMA)


@pytest.mark.parametrize(
    "name",
    ["temperature", "stop", "tools", "functions", "tool_choice", "stream", "response_format"],
)
def test_null_is_as_good_as_absent(name: str) -> None:
    assert chat(**{name: None}) == chat()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("store", True),
        ("prediction", {"type": "content", "content": "x"}),
        ("audio", {"voice": "alloy", "format": "wav"}),
        ("verbosity", "low"),
        ("safety_identifier", "s"),
        ("prompt_cache_options", {"mode": "explicit", "ttl": "30m"}),
        ("web_search_options", {}),
        ("moderation", {"model": "omni"}),
        ("min_p", 0.1),
        ("response_format", {"type": "grammar", "grammar": "root ::= x"}),
        ("response_format", {"type": "json_object", "schema": SCHEMA}),
        ("tool_choice", {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}}),
        ("tool_choice", {"type": "custom", "custom": {"name": "shell"}}),
    ],
)
def test_what_has_no_place_is_handed_back(name: str, value: Any) -> None:
    assert rest(**{name: value}) == {name: value}
    assert chat(**{name: value}) == chat()


def test_the_form_of_the_answer_is_read_from_the_request() -> None:
    shell = {"type": "custom", "custom": {"name": "shell"}}
    assert form(stream_options={"include_usage": True, "include_obfuscation": False}) == Form(True)
    assert form(stream_options=None) == form(stream_options={}) == Form()
    assert form(tools=[shell]) == Form(custom=frozenset({"shell"}))
    assert form(functions=[{"name": "f"}]) == Form(functions=True)


def test_tools_keep_what_only_their_dialect_knows() -> None:
    weather = {"name": "get_weather", "description": "sun?", "parameters": SCHEMA, "strict": True}
    search = {"type": "web_search"}
    given = [
        {"type": "function", "function": weather},
        {"function": {"name": "now", "parameters": None}},
        {"type": "function", "function": {"name": "a"}, "cache_control": {"type": "ephemeral"}},
        {"type": "function", "function": {"name": "b", "examples": [1]}},
        search,
    ]
    assert chat(tools=given).tools == (
        Tool("get_weather", "sun?", SCHEMA, True),
        Tool("now"),
        Tool("a", provider_data=own(cache_control={"type": "ephemeral"})),
        Tool("b", provider_data=own(function={"name": "b", "examples": [1]})),
        ProviderTool("openai-chat", search),
    )


def test_functions_are_tools() -> None:
    assert chat(functions=[{"name": "f", "parameters": SCHEMA}]).tools == (Tool("f", None, SCHEMA),)


def test_roles_are_read() -> None:
    assert message(role="system", content="s", name="n") == Message("system", "s", "n")
    developer = message(role="developer", content="d")
    assert developer == Message("system", "d", provider_data=own(role="developer"))
    assert message(role="user", content=None) == Message("user", ())
    assert message(role="user", content="x", cache=1).provider_data == own(cache=1)


def test_a_turn_of_the_model_is_read_whole() -> None:
    note = {"type": "url_citation", "url_citation": {"url": "https://a.test", "start_index": 1}}
    read = message(
        role="assistant",
        content="Sunny.",
        reasoning_content="hm",
        refusal="no",
        tool_calls=[
            {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}},
            {"id": "2", "function": {"name": "g", "arguments": {"ä": 2}}, "index": 1},
            {"id": "3", "type": "custom", "custom": {"name": "sh", "input": "ls"}},
            {"id": "4", "type": "function", "function": {"name": "h"}, "extra_content": {"g": 1}},
        ],
        annotations=[note],
        audio={"id": "audio_1", "data": "ignored"},
        parsed={"not": "sent"},
        prefix=True,
    )
    assert read.parts == (
        ReasoningPart("hm"),
        TextPart("Sunny."),
        RefusalPart("no"),
        ToolCallPart("1", "f", '{"a":1}'),
        ToolCallPart("2", "g", '{"ä": 2}'),
        ToolCallPart("3", "sh", "ls", provider_data=own(type="custom")),
        ToolCallPart("4", "h", "{}", provider_data=own(extra_content={"g": 1})),
        SourcePart(url="https://a.test", start=1, provider_data=own(**note)),
    )
    assert read.provider_data == own(prefix=True, audio={"id": "audio_1"})


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_thoughts_are_found_under_both_their_names(name: str) -> None:
    read = message(role="assistant", content=None, **{name: ""})
    assert read == Message.assistant(ReasoningPart(""))
    both = message(role="assistant", reasoning_content="a", reasoning="a")
    assert both == Message.assistant(ReasoningPart("a"))
    kept = message(role="assistant", content="x", reasoning_details=[1])
    assert kept.provider_data == own(reasoning_details=[1])


def test_a_message_as_the_client_dumps_it_is_a_message() -> None:
    empty = dict.fromkeys(["refusal", "annotations", "audio", "function_call", "tool_calls"])
    assert message(role="assistant", content="x", **empty) == Message.assistant("x")


def test_calls_and_results_of_functions_find_each_other() -> None:
    call = {"name": "f", "arguments": "{}"}
    read = chat(
        messages=[
            {"role": "assistant", "content": None, "function_call": call},
            {"role": "function", "name": "f", "content": "1"},
        ]
    )
    assert read.messages == (
        Message.assistant(ToolCallPart("f", "f", "{}")),
        Message.tool(ToolResultPart("f", "1", "f")),
    )


def test_a_result_is_text_or_parts() -> None:
    assert message(role="tool", tool_call_id="1", content="7") == Message.tool(
        ToolResultPart("1", "7")
    )
    url = {"type": "image_url", "image_url": {"url": "https://a.test/x"}}
    read = message(role="tool", tool_call_id="1", content=[{"type": "text", "text": "a"}, url], x=1)
    (result,) = read.parts
    assert isinstance(result, ToolResultPart)
    assert result.parts == (TextPart("a"), ImagePart(url="https://a.test/x"))
    assert result.provider_data == own(x=1)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"type": "text", "text": "a"}, TextPart("a")),
        (
            {"type": "text", "text": "a", "prompt_cache_breakpoint": {"mode": "explicit"}},
            TextPart("a", provider_data=own(prompt_cache_breakpoint={"mode": "explicit"})),
        ),
        ({"type": "refusal", "refusal": "no"}, RefusalPart("no")),
        (
            {"type": "image_url", "image_url": {"url": "https://a.test/x", "detail": "low"}},
            ImagePart(url="https://a.test/x", detail="low"),
        ),
        ({"type": "image_url", "image_url": "https://a.test/x"}, ImagePart(url="https://a.test/x")),
        (
            {"type": "image_url", "image_url": {"url": "https://a.test/x", "max_pixels": 5}},
            ImagePart(
                url="https://a.test/x",
                provider_data=own(image_url={"url": "https://a.test/x", "max_pixels": 5}),
            ),
        ),
        (
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}},
            ImagePart(data=b"\x89PNG", media_type="image/png"),
        ),
        (
            {"type": "video_url", "video_url": {"url": "https://a.test/v"}},
            VideoPart(url="https://a.test/v"),
        ),
        (
            {"type": "input_audio", "input_audio": {"data": b64(WAV), "format": "wav"}},
            AudioPart(data=WAV, media_type="audio/wav"),
        ),
        (
            {"type": "input_audio", "input_audio": {"data": b64(WAV), "format": "mp3"}},
            AudioPart(data=WAV, media_type="audio/mpeg"),
        ),
        (
            {"type": "input_audio", "input_audio": {"data": f"data:;base64,{b64(WAV)}"}},
            AudioPart(data=WAV, media_type="audio/wav"),
        ),
        (
            {
                "type": "file",
                "file": {
                    "filename": "a.pdf",
                    "file_data": f"data:application/pdf;base64,{b64(PDF)}",
                },
            },
            FilePart(data=PDF, media_type="application/pdf", name="a.pdf"),
        ),
        (
            {"type": "file", "file": {"file_data": b64(PDF)}},
            FilePart(data=PDF, media_type="application/pdf"),
        ),
        ({"type": "file", "file": {"file_id": "file-1"}}, FilePart(file_id="file-1")),
        ({"type": "new", "new": 1}, OpaquePart("openai-chat", {"type": "new", "new": 1})),
        (
            {"type": "input_audio", "input_audio": "https://a.test/x.mp3"},
            OpaquePart(
                "openai-chat", {"type": "input_audio", "input_audio": "https://a.test/x.mp3"}
            ),
        ),
    ],
)
def test_a_content_part_is_read(item: dict[str, Any], expected: Part) -> None:
    assert part(**item) == expected


def test_text_may_stand_among_parts() -> None:
    assert message(role="user", content=["a", {"type": "text", "text": "b"}]).text == "ab"


def calling(**call: Any) -> dict[str, Any]:
    return {"messages": [{"role": "assistant", "tool_calls": [call]}]}


def saying(content: Any, **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": content, **more}]}


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"model": None}, "model"),
        ({"model": 7}, "model"),
        ({"messages": None}, "messages"),
        ({"messages": "Hello"}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": ["Hello"]}, "messages[0]"),
        ({"messages": [*HELLO, {"content": "x"}]}, "messages[1].role"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0]"),
        ({"messages": [{"role": "tool", "tool_call_id": 7, "content": "x"}]}, "messages[0]"),
        ({"messages": [{"role": "assistant", "audio": "x"}]}, "messages[0]"),
        ({"messages": [{"role": "assistant", "function_call": "f"}]}, "messages[0]"),
        ({"messages": [{"role": "assistant", "annotations": "x"}]}, "messages[0].annotations"),
        (saying(7), "messages[0].content"),
        (saying({"type": "text", "text": "x"}), "messages[0].content"),
        (saying(["a", 7]), "messages[0].content[1]"),
        (saying([{"text": "x"}]), "messages[0].content[0]"),
        (saying([{"type": "text"}]), "messages[0].content[0]"),
        (saying([{"type": "image_url", "image_url": {}}]), "messages[0].content[0]"),
        (
            saying([{"type": "image_url", "image_url": {"url": "data:image/png;base64,?"}}]),
            "messages[0].content[0]",
        ),
        (
            saying([{"type": "input_audio", "input_audio": {"data": "?"}}]),
            "messages[0].content[0]",
        ),
        (
            saying([{"type": "input_audio", "input_audio": {"data": "é"}}]),
            "messages[0].content[0]",
        ),
        (calling(id="1"), "messages[0].tool_calls[0]"),
        (calling(function={"name": "f"}), "messages[0].tool_calls[0]"),
        (calling(id="1", function={"name": 7}), "messages[0].tool_calls[0]"),
        (calling(id="1", type="custom"), "messages[0].tool_calls[0]"),
        ({"temperature": "hot"}, "temperature"),
        ({"max_completion_tokens": 0}, "max_completion_tokens"),
        ({"max_tokens": True}, "max_tokens"),
        ({"stream": "false"}, "stream"),
        ({"stop": [7]}, "stop"),
        ({"stop": 7}, "stop"),
        ({"n": 0, "user": 7}, "user"),
        ({"metadata": "x"}, "metadata"),
        ({"provider_options": "x"}, "provider_options"),
        ({"provider_options": {"groq": 1}}, "provider_options"),
        ({"stream_options": "x"}, "stream_options"),
        ({"tools": {"type": "function"}}, "tools"),
        ({"tools": ["f"]}, "tools[0]"),
        ({"tools": [{"type": "function"}]}, "tools[0]"),
        ({"tools": [{"type": "function", "function": {"name": 7}}]}, "tools[0]"),
        ({"tools": [{"type": "custom"}]}, "tools[0]"),
        ({"tools": [{"type": "custom", "custom": {"name": ["f"]}}]}, "tools[0].name"),
        ({"tools": [{"type": "custom", "custom": ["f"]}]}, "tools[0]"),
        ({"functions": 7}, "functions"),
        ({"functions": [{}]}, "functions[0]"),
        ({"tool_choice": "always"}, "tool_choice"),
        ({"tool_choice": 7}, "tool_choice"),
        ({"function_call": 7}, "function_call"),
        ({"response_format": "json"}, "response_format"),
        ({"response_format": {"type": "json_schema"}}, "response_format"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"schema": 7}}},
            "response_format",
        ),
        ({"reasoning_effort": 7}, "reasoning_effort"),
        ({"prompt_cache_key": 7}, "prompt_cache_key"),
    ],
)
def test_what_cannot_be_read_is_a_400_that_names_it(wrong: Any, param: str) -> None:
    with pytest.raises(RequestError) as caught:
        chat(**wrong)
    assert caught.value.param == param
    assert status_of(caught.value) == 400


def test_a_message_speaks_of_the_field_that_the_client_wrote() -> None:
    with pytest.raises(RequestError, match="`max_completion_tokens` must be at least 1, not 0"):
        chat(max_completion_tokens=0)


def test_texts_to_embed_are_read() -> None:
    one, more, as_base64 = read_embed({"model": "m", "input": "a", "encoding_format": None})
    assert (one.inputs, more, as_base64) == (("a",), {}, False)
    many, more, as_base64 = read_embed(
        {
            "model": "m",
            "input": ["a", "b"],
            "dimensions": 8,
            "user": "u",
            "task": "search",
            "encoding_format": "base64",
            "truncate": "END",
        }
    )
    assert (many.inputs, many.dimensions, many.user, many.task) == (("a", "b"), 8, "u", "search")
    assert (more, as_base64) == ({"truncate": "END"}, True)


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"input": None}, "input"),
        ({"input": 7}, "input"),
        ({"input": []}, "input"),
        ({"input": [1, 2]}, "input"),
        ({"model": None}, "model"),
        ({"dimensions": "8"}, "dimensions"),
        ({"encoding_format": "hex"}, "encoding_format"),
        ({"provider_options": []}, "provider_options"),
        ({"provider_options": [1]}, "provider_options"),
    ],
)
def test_what_cannot_be_embedded_is_named(wrong: Any, param: str) -> None:
    with pytest.raises(RequestError) as caught:
        read_embed({"model": "m", "input": "a", **wrong})
    assert caught.value.param == param
