"""What Bedrock is sent of a request over Converse, and what is told of the rest."""

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
from aicore.requests import JSONSchema, NamedTool, PromptCache, ProviderTool, Reasoning, Tool

from .bedrock_answers import Json, body_of, encoded, model, reasons, told

PNG = b"\x89PNG\r\n\x1a\n"
WEATHER = Tool("weather", "", {"properties": {"city": {"type": "string", "maxLength": 5}}})
CALLED = [
    Message.user("Hi"),
    Message.assistant(ToolCallPart("t1", "weather", '{"city": "Oslo"}')),
    Message.tool(ToolResultPart("t1", "Snow.", is_error=True)),
]


def content(*parts: Any, **settings: Any) -> Any:
    return body_of(Message.user(*parts), **settings)["messages"][0]["content"]


def test_settings_go_where_converse_has_them() -> None:
    found = encoded(
        max_tokens=5,
        temperature=0.5,
        stop=("END",),
        service_tier="flex",
        metadata={"team": "a"},
        provider_options={
            "bedrock": {"inferenceConfig": {"topP": 0.1}, "guardrailConfig": {"trace": "enabled"}}
        },
    )
    assert found.body == {
        "messages": [{"role": "user", "content": [{"text": "Hi"}]}],
        "inferenceConfig": {
            "maxTokens": 5,
            "temperature": 0.5,
            "stopSequences": ["END"],
            "topP": 0.1,
        },
        "serviceTier": {"type": "flex"},
        "requestMetadata": {"team": "a"},
        "guardrailConfig": {"trace": "enabled"},
    }
    assert not found.warnings


def test_what_converse_has_not_is_told() -> None:
    unknown: dict[str, Any] = {
        "seed": 1,
        "presence_penalty": 1,
        "frequency_penalty": 1,
        "logit_bias": {"1": 1},
        "logprobs": True,
        "top_logprobs": 1,
        "n": 2,
        "user": "u",
        "modalities": ("audio",),
    }
    found = encoded(**unknown)
    assert set(told(found)) == {(name, "dropped") for name in unknown}
    assert found.body.keys() == {"messages"}


def test_a_temperature_above_one_is_one() -> None:
    found = encoded(temperature=1.5)
    assert found.body["inferenceConfig"] == {"temperature": 1}
    assert told(found) == [("temperature", "rewritten")]


def test_what_the_model_is_known_not_to_take_is_left_out() -> None:
    facts = model(temperature=False, top_k=False, prompt_cache=False)
    found = encoded(info=facts, temperature=0.5, top_k=3, prompt_cache=PromptCache(key="a"))
    assert found.body.keys() == {"messages"}
    assert [name for name, _ in told(found)] == [
        *("temperature", "top_k"),
        *("prompt_cache.key", "prompt_cache"),
    ]
    found = encoded(info=model(top_p_with_temperature=False), temperature=0.5, top_p=0.5)
    assert found.body["inferenceConfig"] == {"temperature": 0.5}


@pytest.mark.parametrize(
    ("vendor", "extra"),
    [("anthropic", {"top_k": 3}), ("amazon", {"inferenceConfig": {"topK": 3}}), ("meta", None)],
)
def test_top_k_has_the_makers_name(vendor: str, extra: Json | None) -> None:
    found = encoded(vendor=vendor, top_k=3)
    assert found.body.get("additionalModelRequestFields") == extra
    assert told(found) == ([] if extra else [("top_k", "dropped")])


THOUGHTS: list[tuple[str, Reasoning, Json | None]] = [
    ("anthropic", Reasoning(None, 2000), {"thinking": {"type": "enabled", "budget_tokens": 2000}}),
    (
        "anthropic",
        Reasoning("low"),
        {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}},
    ),
    ("anthropic", Reasoning("none"), {"thinking": {"type": "disabled"}}),
    (
        "amazon",
        Reasoning("max"),
        {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "high"}},
    ),
    ("amazon", Reasoning("none"), {"reasoningConfig": {"type": "disabled"}}),
    ("openai", Reasoning("minimal"), {"reasoning_effort": "low"}),
    ("openai", Reasoning(None, 99), {"reasoning_effort": "medium"}),
    ("deepseek", Reasoning("high"), {"reasoning_effort": "high"}),
    ("zai", Reasoning("high"), {"reasoning_effort": "high"}),
    ("qwen", Reasoning("none"), {"reasoning_config": "none"}),
    ("xai", Reasoning("high"), {"reasoning": {"effort": "high"}}),
    ("meta", Reasoning("high"), None),
]


@pytest.mark.parametrize(("vendor", "wanted", "extra"), THOUGHTS)
def test_thoughts_are_asked_for_in_the_makers_words(
    vendor: str, wanted: Reasoning, extra: Json | None
) -> None:
    found = encoded(vendor=vendor, reasoning=wanted)
    assert found.body.get("additionalModelRequestFields") == extra


def test_a_model_that_cannot_think_or_cannot_stop_is_left_alone() -> None:
    found = encoded(vendor="amazon", info=model(reasoning=False), reasoning="low")
    assert told(found) == [("reasoning", "dropped")]
    assert not encoded(vendor="amazon", info=model(reasoning=False), reasoning=False).warnings
    found = encoded(vendor="openai", info=model(thinking_off=False), reasoning=False)
    assert "cannot be kept from thinking" in reasons(found.warnings)


def test_claude_takes_less_while_it_thinks() -> None:
    found = encoded(
        reasoning=Reasoning("low"), temperature=0.5, top_p=0.99, top_k=3, max_tokens=10, stop="a"
    )
    assert found.body["inferenceConfig"] == {"topP": 0.99, "maxTokens": 10, "stopSequences": ["a"]}
    assert told(found) == [("temperature", "dropped"), ("top_k", "dropped")]


def test_tools_are_sent_and_chosen() -> None:
    search = ProviderTool("bedrock-converse", {"systemTool": {"name": "nova_grounding"}})
    other = ProviderTool("openai-responses", {"type": "web_search"})
    found = encoded(tools=(WEATHER, search, other), tool_choice=NamedTool("weather"))
    config = found.body["toolConfig"]
    assert config["tools"] == [
        {
            "toolSpec": {
                "name": "weather",
                "inputSchema": {
                    "json": {
                        "type": "object",
                        "properties": {"city": {"type": "string", "maxLength": 5}},
                    }
                },
            }
        },
        {"systemTool": {"name": "nova_grounding"}},
    ]
    assert config["toolChoice"] == {"tool": {"name": "weather"}}
    assert told(found) == [("tools", "dropped")]


def test_a_strict_tool_has_what_can_be_enforced() -> None:
    strict = Tool("weather", "It.", WEATHER.parameters, strict=True)
    found = encoded(tools=(strict,))
    [tool] = found.body["toolConfig"]["tools"]
    assert tool["toolSpec"]["strict"] is True
    assert tool["toolSpec"]["inputSchema"]["json"]["additionalProperties"] is False
    assert told(found) == [("tools.parameters", "rewritten")]
    found = encoded(tools=(strict,), info=model(json_schema=False))
    assert "strict" not in found.body["toolConfig"]["tools"][0]["toolSpec"]
    assert told(found) == [("tools.strict", "dropped")]


@pytest.mark.parametrize("choice", ["required", NamedTool("weather")])
def test_a_model_that_cannot_be_made_to_call_a_tool_may(choice: Any) -> None:
    for settings in (
        {"info": model(forced_tool_choice=False)},
        {"reasoning": Reasoning(None, 2000)},
    ):
        found = encoded(tools=(WEATHER,), tool_choice=choice, **settings)
        assert found.body["toolConfig"]["toolChoice"] == {"auto": {}}
        assert told(found) == [("tool_choice", "rewritten")]


def test_no_choice_is_no_tools() -> None:
    found = encoded(tools=(WEATHER,), tool_choice="none", parallel_tool_calls=True)
    assert "toolConfig" not in found.body
    assert told(found) == [("tools", "noted"), ("parallel_tool_calls", "noted")]


def test_tools_that_were_called_are_told_even_so() -> None:
    found = encoded(CALLED, tools=(WEATHER,), tool_choice="none")
    assert found.body["toolConfig"]["tools"]
    assert told(found) == [("tool_choice", "rewritten")]
    found = encoded(CALLED, parallel_tool_calls=False, tool_choice="required")
    [tool] = found.body["toolConfig"]["tools"]
    assert tool["toolSpec"] == {"name": "weather", "inputSchema": {"json": {"type": "object"}}}
    assert told(found) == [("tools", "noted"), ("parallel_tool_calls", "dropped")]


def test_a_choice_among_no_tools_is_none() -> None:
    assert told(encoded(tool_choice="required")) == [("tool_choice", "dropped")]


CITY = JSONSchema({"type": "object", "properties": {}}, "city", "A city.")


def test_a_shape_is_enforced_or_asked_for_by_a_tool() -> None:
    shape = encoded(response_format=CITY).body["outputConfig"]["textFormat"]
    assert shape == {
        "type": "json_schema",
        "structure": {
            "jsonSchema": {
                "schema": '{"type": "object", "properties": {}, "additionalProperties": false}',
                "name": "city",
                "description": "A city.",
            }
        },
    }
    config = encoded(response_format=CITY, info=model(json_schema=False)).body["toolConfig"]
    assert config["tools"][0]["toolSpec"]["name"] == "answer_in_json"
    assert config["toolChoice"] == {"tool": {"name": "answer_in_json"}}
    both = encoded(response_format=CITY, info=model(json_schema=False), tools=(WEATHER,))
    assert both.body["toolConfig"]["toolChoice"] == {"any": {}}


def test_json_without_a_shape_is_asked_for_in_words() -> None:
    found = encoded(response_format="json")
    assert found.body["system"] == [{"text": "Answer with JSON only."}]
    assert told(found) == [("response_format", "rewritten")]


def test_the_prompt_is_marked_for_the_cache_at_its_end() -> None:
    body = encoded(prompt_cache=PromptCache(ttl="1h")).body
    mark = {"cachePoint": {"type": "default", "ttl": "1h"}}
    assert body["messages"][-1]["content"] == [{"text": "Hi"}, mark]


def test_media_are_bytes_or_in_s3() -> None:
    shown = content(
        ImagePart(data=PNG),
        VideoPart(url="s3://bucket/film.mp4"),
        AudioPart(data=b"abc", media_type="audio/wav"),
        "Look.",
    )
    assert shown == [
        {"image": {"format": "png", "source": {"bytes": "iVBORw0KGgo="}}},
        {"video": {"format": "mp4", "source": {"s3Location": {"uri": "s3://bucket/film.mp4"}}}},
        {"audio": {"format": "wav", "source": {"bytes": "YWJj"}}},
        {"text": "Look."},
    ]


def test_documents_have_names_of_their_own_that_the_service_takes() -> None:
    part = {"data": b"a", "media_type": "text/plain"}
    shown = content(
        FilePart(**part, name="My_report (final)  v2.txt"),  # type: ignore[arg-type]
        FilePart(**part, name="My report (final) v2"),  # type: ignore[arg-type]
        FilePart(data=b"%PDF-1.7", media_type="application/pdf"),
        FilePart(data=b"a", media_type="text/x-python", name="…"),
        "Read.",
    )
    named = [(block["document"]["name"], block["document"]["format"]) for block in shown[:4]]
    assert named == [
        ("My report (final) v2", "txt"),
        ("My report (final) v2 2", "txt"),
        ("document", "pdf"),
        ("document 2", "txt"),
    ]


def test_a_document_alone_gets_a_text_beside_it() -> None:
    found = encoded([Message.user(FilePart(data=b"a", media_type="text/csv"))])
    assert found.body["messages"][0]["content"][1] == {"text": "(a document)"}
    assert told(found) == [("messages", "noted")]


@pytest.mark.parametrize(
    "part",
    [
        ImagePart(data=b"a", media_type="image/tiff"),
        ImagePart(data=b"a"),
        FilePart(file_id="file-1"),
        FilePart(url="https://a.example/a.pdf", media_type="application/pdf"),
        ToolCallPart("t", "f"),
    ],
)
def test_what_cannot_be_shown_is_refused(part: Any) -> None:
    with pytest.raises(Unsupported):
        content(part)


def test_a_part_that_means_nothing_here_is_told() -> None:
    messages = [
        Message.user(
            "Hi", RefusalPart("No."), OpaquePart("ollama", {}), ImagePart(data=PNG, detail="low")
        ),
        Message.assistant(
            "So.",
            RefusalPart("No."),
            SourcePart(url="https://a.example"),
            ReasoningPart("Hm"),
            ToolResultPart("t", "x"),
            OpaquePart("ollama", {}),
            ToolCallPart("a b", "f", "[1]"),
            TextPart(""),
        ),
        Message("user", "Go on", name="Ada"),
    ]
    found = encoded(messages)
    said = found.body["messages"][1]["content"]
    assert said == [
        {"text": "So."},
        {"text": "No."},
        {"toolUse": {"toolUseId": "a_b", "name": "f", "input": {"INVALID_JSON": "[1]"}}},
    ]
    assert told(found) == [
        *(("messages", "dropped"), ("messages", "dropped"), ("messages.detail", "dropped")),
        *(("messages", "noted"), ("messages", "noted"), ("messages", "dropped")),
        *(("messages", "rewritten"), ("messages", "noted"), ("messages.name", "dropped")),
        ("tools", "noted"),
    ]


def test_turns_take_turns_and_instructions_stand_at_the_beginning() -> None:
    found = encoded(
        [
            Message.system("One."),
            Message.user("a"),
            Message.user("b"),
            Message.system("Two."),
            Message.assistant(""),
            Message.assistant("c \n"),
        ]
    )
    assert found.body["system"] == [{"text": "One."}, {"text": "Two."}]
    assert found.body["messages"] == [
        {"role": "user", "content": [{"text": "a"}, {"text": "b"}]},
        {"role": "assistant", "content": [{"text": "c"}]},
    ]
    found = encoded([Message.user("a"), Message.assistant(" ")])
    assert [turn["role"] for turn in found.body["messages"]] == ["user"]


def test_some_models_want_results_of_tools_in_a_turn_of_their_own() -> None:
    talk = [*CALLED, Message.user("And?")]
    facts = model(text_beside_tool_results=False)
    turns = encoded(talk, tools=(WEATHER,), info=facts).body["messages"]
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user", "assistant", "user"]
    result = {"toolUseId": "t1", "content": [{"text": "Snow."}], "status": "error"}
    assert turns[2]["content"] == [{"toolResult": result}]
    assert [turns[3]["content"], turns[4]["content"]] == [[{"text": "."}], [{"text": "And?"}]]
    assert len(encoded(talk, tools=(WEATHER,)).body["messages"]) == 3


def test_thoughts_of_claude_go_back_to_claude_alone() -> None:
    parts = (
        ReasoningPart("Hm", provider_data={"claude": {"signature": "c2ln"}}),
        ReasoningPart("", provider_data={"claude": {"redacted_data": "x"}}),
        TextPart("So."),
    )
    talk = [Message.user("a"), Message.assistant(*parts), Message.user("b")]
    said = encoded(talk).body["messages"][1]["content"]
    assert said == [
        {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "c2ln"}}},
        {"reasoningContent": {"redactedContent": "eA=="}},
        {"text": "So."},
    ]
    found = encoded(talk, vendor="amazon")
    assert found.body["messages"][1]["content"] == [{"text": "So."}]
    assert told(found) == [("messages", "noted")]
