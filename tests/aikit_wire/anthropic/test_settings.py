"""Settings of a request: each is sent, rewritten with a warning, or dropped with one."""

from __future__ import annotations

from typing import Any

import pytest
from aicore.models import ModelInfo
from aicore.requests import (
    ChatRequest,
    CountTokensRequest,
    JSONSchema,
    NamedTool,
    PromptCache,
    ProviderTool,
    Reasoning,
    Tool,
)
from aikit_wire.anthropic.encode import encode_chat, encode_count, without_betas

from .answers import body_of, encoded, model, reasons, told

DIALECT = "anthropic-messages"
TOOL = Tool("f", "Does it.", {"type": "object", "properties": {"a": {"type": "integer"}}})
SEARCH = ProviderTool(DIALECT, {"type": "web_search_20250305", "name": "web_search"})
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}


def request(**settings: Any) -> ChatRequest:
    return ChatRequest(model="claude-1", messages="Hi", **settings)  # type: ignore[arg-type]


def test_settings_that_the_service_has_are_sent() -> None:
    found = encoded(
        temperature=0.5,
        top_p=0.9,
        top_k=5,
        stop=("END", "."),
        service_tier="standard_only",
        user="u1",
        streaming=True,
        n=1,
        modalities=("text",),
    )
    assert found.body == {
        "model": "claude-1",
        "max_tokens": 5000,
        "messages": [{"role": "user", "content": "Hi"}],
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 5,
        "stop_sequences": ["END", "."],
        "service_tier": "standard_only",
        "metadata": {"user_id": "u1"},
        "stream": True,
    }
    assert not found.warnings


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("seed", 7),
        ("presence_penalty", 0.5),
        ("frequency_penalty", 0.5),
        ("logit_bias", {"1": 2.0}),
        ("logprobs", True),
        ("top_logprobs", 3),
        ("n", 2),
        ("modalities", ("text", "audio")),
    ],
)
def test_settings_that_the_service_has_not_are_dropped(setting: str, value: Any) -> None:
    found = encoded(**{setting: value})
    assert found.body == body_of()
    assert told(found) == [(setting, "dropped")]


def test_of_metadata_only_the_user_is_taken() -> None:
    found = encoded(metadata={"user_id": "u1", "trace": "t"})
    assert found.body["metadata"] == {"user_id": "u1"}
    assert told(found) == [("metadata.trace", "dropped")]
    assert body_of(user="u2", metadata={"user_id": "u1"})["metadata"] == {"user_id": "u2"}


def test_a_limit_is_always_sent_and_noted_when_nobody_gave_one() -> None:
    found = encode_chat(request(), "anthropic", ModelInfo(id="m", max_output_tokens=64000))
    assert (found.body["max_tokens"], told(found)) == (64000, [("max_tokens", "noted")])
    found = encode_chat(request(), "anthropic")
    assert (found.body["max_tokens"], told(found)) == (32000, [("max_tokens", "noted")])


def test_temperature_ends_at_one() -> None:
    found = encoded(temperature=1.5)
    assert (found.body["temperature"], told(found)) == (1, [("temperature", "rewritten")])


def test_a_model_that_takes_no_sampling_gets_none() -> None:
    info = model(temperature=False, top_p=False, top_k=False)
    found = encoded("Hi", info, temperature=1, top_p=0.9, top_k=5)
    assert not {"temperature", "top_p", "top_k"} & found.body.keys()
    assert told(found) == [(name, "dropped") for name in ("temperature", "top_p", "top_k")]


def test_a_model_that_takes_one_of_the_two_gets_the_temperature() -> None:
    found = encoded("Hi", model(top_p_with_temperature=False), temperature=0.5, top_p=0.9)
    assert (found.body["temperature"], "top_p" in found.body) == (0.5, False)
    assert told(found) == [("top_p", "dropped")]
    assert body_of(info=model(top_p_with_temperature=False), top_p=0.9)["top_p"] == 0.9


@pytest.mark.parametrize("reasoning", ["high", Reasoning(budget_tokens=2000)])
def test_a_model_that_thinks_takes_no_sampling_but_the_usual(reasoning: Any) -> None:
    found = encoded(reasoning=reasoning, temperature=0.5, top_p=0.9, top_k=5)
    assert told(found) == [(name, "dropped") for name in ("temperature", "top_p", "top_k")]
    found = encoded(reasoning=reasoning, temperature=1, top_p=0.95)
    assert (found.body["temperature"], found.body["top_p"]) == (1, 0.95)
    assert not found.warnings


OLD = model(reasoning=True, adaptive_thinking=False, effort=False, thinking_budget=True)
NEW = model(reasoning=True, adaptive_thinking=True, effort=True, thinking_budget=False)
ADAPTIVE = {"type": "adaptive"}


@pytest.mark.parametrize(
    ("info", "wanted", "sent", "warned"),
    [
        (None, "high", {"thinking": ADAPTIVE, "output_config": {"effort": "high"}}, []),
        (NEW, "max", {"thinking": ADAPTIVE, "output_config": {"effort": "max"}}, []),
        (
            NEW,
            "minimal",
            {"thinking": ADAPTIVE, "output_config": {"effort": "low"}},
            [("reasoning.effort", "rewritten")],
        ),
        (NEW, Reasoning(), {"thinking": ADAPTIVE}, []),
        (
            NEW,
            Reasoning(budget_tokens=2000),
            {"thinking": ADAPTIVE},
            [("reasoning.budget_tokens", "rewritten")],
        ),
        (
            None,
            Reasoning(budget_tokens=2000),
            {"thinking": {"type": "enabled", "budget_tokens": 2000}},
            [],
        ),
        (
            None,
            Reasoning("low", 2000),
            {
                "thinking": {"type": "enabled", "budget_tokens": 2000},
                "output_config": {"effort": "low"},
            },
            [],
        ),
        (
            OLD,
            "low",
            {"thinking": {"type": "enabled", "budget_tokens": 2048}},
            [("reasoning.effort", "rewritten")],
        ),
        (
            OLD,
            "high",
            {"thinking": {"type": "enabled", "budget_tokens": 4999}},
            [("reasoning.effort", "rewritten"), ("reasoning.budget_tokens", "rewritten")],
        ),
        (
            OLD,
            Reasoning("low", 2000),
            {"thinking": {"type": "enabled", "budget_tokens": 2000}},
            [("reasoning.effort", "dropped")],
        ),
        (
            OLD,
            Reasoning(budget_tokens=10),
            {"thinking": {"type": "enabled", "budget_tokens": 1024}},
            [("reasoning.budget_tokens", "rewritten")],
        ),
        (None, False, {"thinking": {"type": "disabled"}}, []),
        (model(thinking_off=False), False, {}, [("reasoning", "dropped")]),
        (model(thinking_between_tools=True), False, {"thinking": {"type": "between_tools"}}, []),
        (model(reasoning=False), "high", {}, [("reasoning", "dropped")]),
        (model(reasoning=False), False, {}, []),
    ],
)
def test_reasoning_is_asked_for_as_the_model_takes_it(
    info: Any, wanted: Any, sent: Any, warned: Any
) -> None:
    found = encoded("Hi", info, reasoning=wanted)
    names = ("thinking", "output_config")
    assert {name: found.body[name] for name in names if name in found.body} == sent
    assert told(found) == warned


def test_a_budget_that_no_limit_leaves_room_for_is_dropped() -> None:
    found = encoded(reasoning=Reasoning(budget_tokens=1024), max_tokens=1024)
    assert "thinking" not in found.body
    assert told(found) == [("reasoning", "dropped")]


def test_tools_are_sent_with_their_own_data() -> None:
    marked = Tool("g", provider_data={DIALECT: {"cache_control": {"type": "ephemeral"}}})
    found = encoded(tools=[TOOL, marked, SEARCH])
    assert found.body["tools"] == [
        {"name": "f", "description": "Does it.", "input_schema": TOOL.parameters},
        {
            "name": "g",
            "input_schema": {"type": "object", "properties": {}},
            "cache_control": {"type": "ephemeral"},
        },
        SEARCH.data,
    ]
    assert not found.warnings
    assert body_of(tools=[Tool("h", None, {})])["tools"][0]["input_schema"] == {"type": "object"}


def test_a_tool_of_another_dialect_is_dropped() -> None:
    found = encoded(tools=[ProviderTool("openai-chat", {"type": "x"})])
    assert "tools" not in found.body
    assert told(found) == [("tools", "dropped")]


def test_a_strict_tool_is_held_to_what_can_be_enforced() -> None:
    parameters = {"type": "object", "properties": {"a": {"type": "integer", "minimum": 1}}}
    found = encoded(tools=[Tool("f", None, parameters, strict=True)])
    [tool] = found.body["tools"]
    assert tool["strict"] is True
    assert tool["input_schema"]["additionalProperties"] is False
    assert tool["input_schema"]["properties"]["a"]["description"] == "{minimum: 1}"
    assert told(found) == [("tools.parameters", "rewritten")]
    assert "minimum" in reasons(found.warnings)
    loose = encoded(tools=[Tool("f", None, parameters, strict=False)])
    assert loose.body["tools"][0]["strict"] is False
    assert loose.body["tools"][0]["input_schema"] == parameters


def test_a_model_without_strict_tools_gets_plain_ones() -> None:
    found = encoded("Hi", model(json_schema=False), tools=[Tool("f", strict=True)])
    assert "strict" not in found.body["tools"][0]
    assert told(found) == [("tools.strict", "dropped")]
    plain = encoded("Hi", model(json_schema=False), tools=[Tool("f", strict=False)])
    assert ("strict" in plain.body["tools"][0], plain.warnings) == (False, ())


@pytest.mark.parametrize(
    ("settings", "choice"),
    [
        ({}, None),
        ({"tool_choice": "auto"}, {"type": "auto"}),
        ({"tool_choice": "none"}, {"type": "none"}),
        ({"tool_choice": "required"}, {"type": "any"}),
        ({"tool_choice": NamedTool("f")}, {"type": "tool", "name": "f"}),
        ({"parallel_tool_calls": False}, {"type": "auto", "disable_parallel_tool_use": True}),
        ({"parallel_tool_calls": True}, {"type": "auto", "disable_parallel_tool_use": False}),
        (
            {"tool_choice": NamedTool("f"), "parallel_tool_calls": False},
            {"type": "tool", "name": "f", "disable_parallel_tool_use": True},
        ),
        ({"tool_choice": "none", "parallel_tool_calls": False}, {"type": "none"}),
    ],
)
def test_every_tool_choice_is_sent(settings: Any, choice: Any) -> None:
    found = encoded(tools=[TOOL], **settings)
    assert found.body.get("tool_choice") == choice
    assert not found.warnings


def test_a_choice_among_no_tools_is_dropped() -> None:
    assert told(encoded(tool_choice="required")) == [("tool_choice", "dropped")]
    assert encoded(tool_choice="none").body == body_of()
    assert encoded(tool_choice="none").warnings == ()


def test_a_tool_cannot_be_forced_on_a_model_that_thinks_by_a_budget() -> None:
    wanted: Any = {"tools": [TOOL], "tool_choice": "required"}
    found = encoded(reasoning=Reasoning(budget_tokens=2000), **wanted)
    assert found.body["tool_choice"] == {"type": "auto"}
    assert told(found) == [("tool_choice", "rewritten")]
    assert encoded(reasoning="low", **wanted).body["tool_choice"] == {"type": "any"}


def test_a_tool_cannot_be_forced_on_some_models() -> None:
    info = model(forced_tool_choice=False)
    found = encoded("Hi", info, tools=[TOOL], tool_choice=NamedTool("f"))
    assert found.body["tool_choice"] == {"type": "auto"}
    assert told(found) == [("tool_choice", "rewritten")]


def test_a_schema_for_the_answer_is_enforced_by_the_service() -> None:
    found = encoded(response_format=JSONSchema(SCHEMA, description="An a."), reasoning="low")
    assert found.body["output_config"] == {
        "effort": "low",
        "format": {
            "type": "json_schema",
            "schema": {**SCHEMA, "additionalProperties": False, "description": "An a."},
        },
    }
    assert not found.warnings
    bounded = {"type": "object", "properties": {"a": {"type": "string", "maxLength": 3}}}
    assert told(encoded(response_format=JSONSchema(bounded))) == [("response_format", "rewritten")]


WITHOUT = model(json_schema=False)


@pytest.mark.parametrize(
    ("settings", "choice", "warned"),
    [
        ({}, {"type": "any"}, []),
        ({"tools": [TOOL]}, {"type": "any"}, []),
        ({"tools": [TOOL], "tool_choice": "none"}, {"type": "tool", "name": "answer_in_json"}, []),
        ({"tools": [TOOL], "tool_choice": NamedTool("f")}, {"type": "tool", "name": "f"}, []),
        (
            {"reasoning": Reasoning(budget_tokens=2000)},
            {"type": "auto"},
            [("response_format", "rewritten")],
        ),
    ],
)
def test_a_model_that_takes_no_schema_answers_by_a_tool(
    settings: Any, choice: Any, warned: Any
) -> None:
    found = encoded("Hi", WITHOUT, response_format=JSONSchema(SCHEMA), **settings)
    assert found.body["tools"][-1]["name"] == "answer_in_json"
    assert found.body["tools"][-1]["input_schema"] == SCHEMA
    assert found.body["tool_choice"] == choice
    assert "output_config" not in found.body
    assert told(found) == warned


def test_json_of_any_shape_is_asked_for_in_the_prompt() -> None:
    found = encoded(response_format="json")
    assert found.body["system"] == "Answer with JSON only."
    assert told(found) == [("response_format", "rewritten")]
    assert encoded(response_format="text").body == body_of()


def test_the_prompt_cache_is_marked_and_knows_no_keys() -> None:
    assert body_of(prompt_cache=PromptCache())["cache_control"] == {"type": "ephemeral"}
    found = encoded(prompt_cache=PromptCache(key="k", ttl="1h"))
    assert found.body["cache_control"] == {"type": "ephemeral", "ttl": "1h"}
    assert told(found) == [("prompt_cache.key", "dropped")]


def test_options_are_laid_over_the_body_and_into_its_objects() -> None:
    options = {"anthropic": {"thinking": {"display": "summarized"}, "inference_geo": "us"}}
    body = body_of(reasoning="low", provider_options=options)
    assert body["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert body["inference_geo"] == "us"
    other: Any = {"groq": {"a": 1}, "anthropic": {"max_tokens": 0}}
    assert body_of(provider_options=other)["max_tokens"] == 0


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        (
            {"tools": [ProviderTool(DIALECT, {"type": "computer_20251124"})]},
            "computer-use-2025-11-24",
        ),
        ({"tools": [SEARCH]}, ""),
        ({"mcp_servers": [{"type": "url"}]}, "mcp-client-2025-04-04"),
        (
            {
                "mcp_servers": [{"type": "url"}],
                "tools": [ProviderTool(DIALECT, {"type": "mcp_toolset"})],
            },
            "mcp-client-2025-11-20",
        ),
        (
            {"context_management": {"edits": [{"type": "compact_20260112"}]}},
            "context-management-2025-06-27,compact-2026-01-12",
        ),
        ({"output_config": {"task_budget": {"total": 9}}}, "task-budgets-2026-03-13"),
        ({"container": {"skills": [{}]}}, "skills-2025-10-02"),
        ({"container": "container_1"}, ""),
        ({"speed": "fast", "anthropic_beta": ["mine"]}, "mine,fast-mode-2026-02-01"),
        ({"anthropic_beta": ["mine"]}, "mine"),
        ({"tools": "no list", "output_config": 3, "messages": [3, {"content": [3]}]}, ""),
    ],
)
def test_beta_features_are_named(settings: Any, names: str) -> None:
    tools = settings.pop("tools", ())
    options = {"tools": tools, **settings} if isinstance(tools, str) else settings
    extra = {} if isinstance(tools, str) else {"tools": tools}
    found = encoded(provider_options={"anthropic": options}, **extra)
    plain, told = without_betas(found)
    assert ",".join(told) == names
    assert "anthropic_beta" not in plain.body


def test_a_beta_feature_may_be_named_by_itself() -> None:
    _, names = without_betas(encoded(provider_options={"anthropic": {"anthropic_beta": "mine"}}))
    assert names == ("mine",)


def test_uploaded_files_need_their_beta_wherever_they_stand() -> None:
    from aicore.messages import FilePart, Message, OpaquePart, ToolResultPart

    file = FilePart(file_id="file_1")
    upload = OpaquePart(DIALECT, {"type": "container_upload", "file_id": "file_1"})
    for parts in ([file], [upload], [ToolResultPart("a", [file])]):
        found = encoded([Message("user", parts)])
        assert found.body["anthropic_beta"] == ["files-api-2025-04-14"]


def test_counting_asks_for_what_the_model_reads() -> None:
    asked = CountTokensRequest(
        model="claude-1",
        messages="Hi",  # type: ignore[arg-type]
        tools=(TOOL,),
        reasoning="low",  # type: ignore[arg-type]
        response_format=JSONSchema(SCHEMA),
        temperature=0.5,
        seed=3,
        stop=("x",),
        max_tokens=100,
        streaming=True,
    )
    found = encode_count(asked, "anthropic")
    assert found.body.keys() == {
        *("model", "messages", "tools", "thinking", "output_config"),
    }
    assert {action for _, action in told(found)} == {"noted"}
    assert {name for name, _ in told(found)} == {"temperature", "seed", "stop", "max_tokens"}
