"""What becomes of settings, tools and options."""

from __future__ import annotations

from typing import Any

import pytest
from aicore.messages import Message
from aicore.models import ModelInfo
from aicore.requests import (
    CountTokensRequest,
    JSONSchema,
    NamedTool,
    PromptCache,
    ProviderTool,
    Reasoning,
    Tool,
)
from aikit_wire.openai.manifest import Manifest
from aikit_wire.responses.encode import encode_count

from .answers import ACME, body, encoded, reasons, told

DIALECT = "openai-responses"
THOUGHTS = "reasoning.encrypted_content"
LOGPROBS = "message.output_text.logprobs"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
WEATHER = Tool("weather", "The weather.", SCHEMA)


def info(**features: bool) -> ModelInfo:
    return ModelInfo(id="m", features=features)


def test_unset_means_unset() -> None:
    assert body("Hi") == {"model": "m", "input": [{"role": "user", "content": "Hi"}]}


@pytest.mark.parametrize(
    ("setting", "value", "fields"),
    [
        ("max_tokens", 9, {"max_output_tokens": 9}),
        ("temperature", 0.0, {"temperature": 0.0}),
        ("top_p", 0.5, {"top_p": 0.5}),
        ("service_tier", "flex", {"service_tier": "flex"}),
        ("parallel_tool_calls", False, {"parallel_tool_calls": False}),
        ("metadata", {"a": "b"}, {"metadata": {"a": "b"}}),
        ("user", "u1", {"safety_identifier": "u1"}),
        ("streaming", True, {"stream": True}),
        ("logprobs", True, {"include": [LOGPROBS]}),
        ("logprobs", False, {}),
        ("top_logprobs", 3, {"top_logprobs": 3, "include": [LOGPROBS]}),
        ("n", 1, {}),
        ("modalities", ("text",), {}),
        ("reasoning", Reasoning("high"), {"reasoning": {"effort": "high"}}),
        ("reasoning", False, {"reasoning": {"effort": "none"}}),
        ("reasoning", Reasoning(), {}),
        ("prompt_cache", PromptCache("k"), {"prompt_cache_key": "k"}),
        ("prompt_cache", PromptCache(ttl="24h"), {"prompt_cache_retention": "24h"}),
        ("prompt_cache", PromptCache(ttl="30m"), {"prompt_cache_options": {"ttl": "30m"}}),
        ("response_format", "text", {"text": {"format": {"type": "text"}}}),
        ("response_format", "json", {"text": {"format": {"type": "json_object"}}}),
        ("tool_choice", "required", {"tool_choice": "required"}),
    ],
)
def test_every_setting_has_its_place(setting: str, value: Any, fields: dict[str, Any]) -> None:
    found = encoded("Hi", **{setting: value})
    assert found.body == {**body("Hi"), **fields}
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("top_k", 3),
        ("stop", "."),
        ("seed", 0),
        ("presence_penalty", 0.0),
        ("frequency_penalty", 1.0),
        ("logit_bias", {"1": 2}),
        ("n", 2),
    ],
)
def test_what_the_api_has_not_is_dropped_with_a_warning(setting: str, value: Any) -> None:
    found = encoded("Hi", **{setting: value})
    assert found.body == body("Hi")
    assert told(found) == [(setting, "dropped")]
    assert found.warnings[0].provider == "acme"


XAI: dict[str, Any] = {
    "responses_fields": {"user": "user", "logprobs": "logprobs", "seed": "seed", "metadata": ""}
}


@pytest.mark.parametrize(
    ("setting", "value", "fields"),
    [
        ("user", "u1", {"user": "u1"}),
        ("seed", 7, {"seed": 7}),
        ("logprobs", True, {"logprobs": True}),
        ("top_logprobs", 3, {"logprobs": True, "top_logprobs": 3}),
        ("logprobs", False, {}),
        ("max_tokens", 9, {"max_output_tokens": 9}),
    ],
)
def test_a_service_may_have_names_of_its_own(
    setting: str, value: Any, fields: dict[str, Any]
) -> None:
    found = encoded("Hi", manifest=Manifest(name="acme", **XAI), **{setting: value})
    assert found.body == {**body("Hi"), **fields}
    assert found.warnings == ()


def test_a_service_may_lack_what_others_have() -> None:
    lacking = dict.fromkeys(("metadata", "prompt_cache_key", "prompt_cache_ttl"), "")
    manifest = Manifest(name="acme", responses_fields=lacking)
    found = encoded(
        "Hi", manifest=manifest, metadata={"a": "b"}, prompt_cache=PromptCache("k", "24h")
    )
    assert found.body == body("Hi")
    assert told(found) == [
        ("metadata", "dropped"),
        ("prompt_cache.key", "dropped"),
        ("prompt_cache.ttl", "dropped"),
    ]


def test_a_service_of_many_vendors_takes_a_budget_lists_and_modalities() -> None:
    names = {name: name for name in ("stop", "modalities")}
    manifest = Manifest(name="acme", responses_fields=names, reasoning_request="reasoning")
    wishes: dict[str, Any] = {"stop": ".", "modalities": ("text", "image")}
    found = encoded("Hi", manifest=manifest, reasoning=Reasoning("low", 99), **wishes)
    assert found.warnings == ()
    assert found.body == {
        **body("Hi"),
        "stop": ["."],
        "modalities": ["text", "image"],
        "reasoning": {"effort": "low", "max_tokens": 99},
    }


def test_other_answers_than_text_are_dropped_with_a_hint() -> None:
    found = encoded("Hi", modalities=("text", "audio"))
    assert told(found) == [("modalities", "dropped")]
    assert "image_generation tool" in reasons(found)


SAMPLED: dict[str, Any] = {"temperature": 0.5, "top_p": 0.5, "top_logprobs": 2, "logprobs": True}


@pytest.mark.parametrize(
    ("features", "effort", "dropped"),
    [
        ({"sampling_while_reasoning": False}, None, True),
        ({"sampling_while_reasoning": False}, "low", True),
        ({"sampling_while_reasoning": False}, "none", False),
        ({"sampling_while_reasoning": False, "reasoning_by_default": False}, None, False),
        ({"sampling_while_reasoning": False, "reasoning_by_default": False}, "low", True),
        ({}, None, False),
    ],
)
def test_a_model_that_reasons_is_not_told_how_to_sample(
    features: dict[str, bool], effort: str | None, dropped: bool
) -> None:
    reasoning = None if effort is None else Reasoning(effort)
    found = encoded("Hi", info=info(**features), reasoning=reasoning, **SAMPLED)
    assert ("temperature" not in found.body) is dropped
    assert ("include" not in found.body) is dropped
    assert len(found.warnings) == (4 if dropped else 0)


def test_what_is_known_of_how_a_model_reasons_is_minded() -> None:
    plain = info(reasoning=False)
    assert told(encoded("Hi", info=plain, reasoning="high")) == [("reasoning", "dropped")]
    assert encoded("Hi", info=plain, reasoning=False) == encoded("Hi")
    always = encoded("Hi", info=info(reasoning_off=False), reasoning=False)
    assert told(always) == [("reasoning", "dropped")]
    assert "reasoning" not in always.body
    budget = encoded("Hi", reasoning=Reasoning("low", 99))
    assert told(budget) == [("reasoning.budget_tokens", "dropped")]
    assert budget.body["reasoning"] == {"effort": "low"}


@pytest.mark.parametrize(
    ("model", "options", "include"),
    [
        (info(reasoning=True), {}, [THOUGHTS]),
        (info(reasoning=True), {"store": False}, [THOUGHTS]),
        (info(reasoning=True), {"include": [THOUGHTS]}, [THOUGHTS]),
        (info(reasoning=True), {"include": ["a"]}, ["a", THOUGHTS]),
        (info(reasoning=False), {"store": False}, None),
        (info(), {"store": True}, None),
        (info(), {"store": False}, [THOUGHTS]),
        (None, {}, None),
        (None, {"store": False}, [THOUGHTS]),
        (None, {"include": ["a"]}, ["a"]),
    ],
)
def test_thoughts_are_asked_for_where_there_may_be_some(
    model: ModelInfo | None, options: dict[str, Any], include: list[str] | None
) -> None:
    given = dict(options)
    assert body("Hi", info=model, options=options).get("include") == include
    assert options == given


def test_options_lie_over_settings_and_say_nothing_of_the_way() -> None:
    found = body(
        "Hi",
        reasoning="low",
        response_format="json",
        temperature=0.5,
        options={
            "api": "responses",
            "reasoning": {"summary": "auto"},
            "text": {"verbosity": "low"},
            "temperature": 1,
            "truncation": "auto",
            "store": False,
        },
    )
    assert found["reasoning"] == {"effort": "low", "summary": "auto"}
    assert found["text"] == {"format": {"type": "json_object"}, "verbosity": "low"}
    assert (found["temperature"], found["truncation"], found["store"]) == (1, "auto", False)
    assert "api" not in found


def test_a_schema_is_flat() -> None:
    wanted = JSONSchema(SCHEMA, "place", "A place.", strict=True)
    assert body("Hi", response_format=wanted)["text"]["format"] == {
        "type": "json_schema",
        "name": "place",
        "schema": SCHEMA,
        "description": "A place.",
        "strict": True,
    }


def test_a_schema_stands_in_the_prompt_of_a_service_that_knows_none() -> None:
    found = encoded(
        "Hi", response_format=JSONSchema(SCHEMA), manifest=Manifest(name="acme", json_schema="")
    )
    assert found.body["text"] == {"format": {"type": "json_object"}}
    assert '"city"' in found.body["instructions"]
    assert told(found) == [("response_format", "rewritten")]


def test_tools_are_flat_and_those_of_the_service_as_they_are() -> None:
    search = ProviderTool(DIALECT, {"type": "web_search"})
    lazy = Tool("late", strict=False, provider_data={DIALECT: {"defer_loading": True}})
    found = encoded("Hi", tools=[WEATHER, lazy, search, ProviderTool("claude", {"type": "x"})])
    assert found.body["tools"] == [
        {
            "type": "function",
            "name": "weather",
            "description": "The weather.",
            "parameters": SCHEMA,
        },
        {
            "type": "function",
            "name": "late",
            "parameters": {"type": "object", "properties": {}},
            "strict": False,
            "defer_loading": True,
        },
        {"type": "web_search"},
    ]
    assert told(found) == [("tools", "dropped")]


OWN = [
    {"type": "web_search"},
    {"type": "custom", "name": "sql"},
    {"type": "mcp", "server_label": "wiki", "server_url": "https://a.example"},
]


@pytest.mark.parametrize(
    ("name", "choice"),
    [
        ("weather", {"type": "function", "name": "weather"}),
        ("sql", {"type": "custom", "name": "sql"}),
        ("web_search", {"type": "web_search"}),
        ("wiki", {"type": "mcp", "server_label": "wiki"}),
        ("other", {"type": "function", "name": "other"}),
    ],
)
def test_one_tool_can_be_demanded_whoever_runs_it(name: str, choice: dict[str, Any]) -> None:
    tools = [*(ProviderTool(DIALECT, data) for data in OWN), WEATHER]
    assert body("Hi", tools=tools, tool_choice=NamedTool(name))["tool_choice"] == choice


def test_a_choice_without_a_setting_goes_by_the_options() -> None:
    allowed = {"type": "allowed_tools", "mode": "auto", "tools": []}
    found = body("Hi", tool_choice="auto", options={"tool_choice": allowed})
    assert found["tool_choice"] == allowed


def test_a_count_asks_for_what_is_input_alone() -> None:
    request = CountTokensRequest(
        model="m",
        messages=(Message.system("Be brief."), Message("user", "Hi", name="Ada")),
        tools=(WEATHER,),
        tool_choice="auto",
        temperature=0.5,
        seed=3,
        max_tokens=9,
        provider_options={"acme": {"store": False, "truncation": "auto", "api": "chat"}},
    )
    found = encode_count(request, ACME, None)
    assert found.body.keys() == {
        "model",
        "input",
        "instructions",
        "tools",
        "tool_choice",
        "truncation",
    }
    assert told(found) == [("messages.name", "dropped")]
