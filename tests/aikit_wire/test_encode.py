"""What a request wants is sent in the vendor's words, or a warning says what became of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
from aicore.errors import BadInput, Unsupported
from aicore.messages import Message
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
from aikit_wire.encoded import Encoded, refuse_if_strict
from aikit_wire.openai.encode import encode_chat, encode_completion, encode_embed
from aikit_wire.openai.manifest import FIELDS, Manifest
from hypothesis import given
from hypothesis import strategies as st

from .rows import ALL

ACME = Manifest(name="acme")
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
WEATHER = Tool("weather", "Look outside.", SCHEMA)


def body(manifest: Manifest = ACME, **settings: Any) -> dict[str, Any]:
    """Return what is sent for settings, without model and messages."""
    sent = json.loads(chat(manifest, **settings).content())
    assert sent.pop("model") == "m1"
    if sent["messages"] == [{"role": "user", "content": "Hi"}]:
        del sent["messages"]
    assert isinstance(sent, dict)
    return sent


def chat(manifest: Manifest = ACME, **settings: Any) -> Encoded:
    return encode_chat(ChatRequest(**{"model": "m1", "messages": "Hi", **settings}), manifest)


def changed(request: Any, name: str, value: Any) -> Any:
    return replace(request, **{name: value})


def ledger(encoded: Encoded) -> set[tuple[str | None, str]]:
    assert all(warning.provider for warning in encoded.warnings)
    return {(warning.setting, warning.action) for warning in encoded.warnings}


def test_a_bare_request_sends_the_model_and_the_messages_alone() -> None:
    assert chat().body == {"model": "m1", "messages": [{"role": "user", "content": "Hi"}]}
    assert chat().warnings == ()


SETTINGS: dict[str, Any] = {
    "max_tokens": 10,
    "temperature": 0,
    "top_p": 0.5,
    "top_k": 40,
    "stop": ("a", "b"),
    "seed": 0,
    "presence_penalty": 0.25,
    "frequency_penalty": -1,
    "logit_bias": {"50256": -100},
    "logprobs": False,
    "top_logprobs": 0,
    "n": 2,
    "service_tier": "flex",
    "parallel_tool_calls": False,
    "modalities": ("text", "audio"),
    "metadata": {"team": "blue"},
    "user": "u1",
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_setting_is_sent_under_the_name_that_the_service_has_for_it(setting: str) -> None:
    value = SETTINGS[setting]
    sent = list(value) if isinstance(value, tuple) else value
    assert body(replace(ACME, fields={setting: "called"}), **{setting: value}) == {"called": sent}
    if FIELDS[setting]:
        assert body(**{setting: value}) == {FIELDS[setting]: sent}


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_setting_without_a_name_is_dropped_with_a_warning(setting: str) -> None:
    encoded = chat(replace(ACME, fields={setting: ""}), **{setting: SETTINGS[setting]})
    assert encoded.body.keys() == {"model", "messages"}
    assert ledger(encoded) == {(setting, "dropped")}


def test_a_prompt_cache_is_two_settings() -> None:
    cache = PromptCache(key="k", ttl="24h")
    assert ledger(chat(prompt_cache=cache)) == {
        ("prompt_cache.key", "dropped"),
        ("prompt_cache.ttl", "dropped"),
    }
    named = replace(ACME, fields={"prompt_cache_key": "key", "prompt_cache_ttl": "keep"})
    assert body(named, prompt_cache=cache) == {"key": "k", "keep": "24h"}
    assert body(named, prompt_cache=PromptCache(key="k")) == {"key": "k"}


def test_a_stream_asks_for_its_usage_where_it_must() -> None:
    assert body(streaming=True) == {"stream": True, "stream_options": {"include_usage": True}}
    assert body(replace(ACME, stream_usage=False), streaming=True) == {"stream": True}


def test_options_of_the_provider_have_the_last_word() -> None:
    options = {"acme": {"temperature": 1, "extra": [1]}, "other": {"never": 1}}
    assert body(temperature=0, provider_options=options) == {"temperature": 1, "extra": [1]}


def test_options_of_the_manifest_come_first() -> None:
    manifest = replace(ACME, options={"safe": True, "temperature": 1})
    assert body(manifest) == {"safe": True, "temperature": 1}
    assert body(manifest, temperature=0) == {"safe": True, "temperature": 0}


def test_operators_change_the_whole_body() -> None:
    message = {"role": "tool", "parts": [{"type": "tool_result", "call_id": "a-b", "parts": []}]}
    manifest = replace(ACME, encode=("short_tool_ids",))
    (sent,) = chat(manifest, messages=[message]).body["messages"]
    assert sent["tool_call_id"] != "a-b"


def test_a_tool_is_sent_with_what_it_says() -> None:
    assert body(tools=[WEATHER]) == {
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "weather",
                    "description": "Look outside.",
                    "parameters": SCHEMA,
                },
            }
        ]
    }
    assert body(tools=[Tool("now")])["tools"][0]["function"] == {
        "name": "now",
        "parameters": {"type": "object", "properties": {}},
    }


def test_a_tool_may_carry_data_of_the_dialect() -> None:
    tool = Tool("now", provider_data={"openai-chat": {"cache": 1}, "other": {"never": 1}})
    assert body(tools=[tool])["tools"][0]["cache"] == 1
    assert "never" not in body(tools=[tool])["tools"][0]


@pytest.mark.parametrize("strict", [True, False])
def test_strict_tools_are_told_where_the_service_knows_them(strict: bool) -> None:
    tool = replace(WEATHER, strict=strict)
    assert body(tools=[tool])["tools"][0]["function"]["strict"] is strict
    encoded = chat(replace(ACME, strict_tools=False), tools=[tool])
    assert "strict" not in encoded.body["tools"][0]["function"]
    assert ledger(encoded) == {("tools.strict", "dropped")}


def test_a_tool_of_the_service_is_sent_as_it_is() -> None:
    search = ProviderTool("openai-chat", {"type": "browser_search"})
    assert body(tools=[search]) == {"tools": [{"type": "browser_search"}]}


def test_a_tool_of_another_dialect_is_dropped_with_a_warning() -> None:
    encoded = chat(tools=[ProviderTool("anthropic", {"type": "bash"})])
    assert "tools" not in encoded.body
    assert ledger(encoded) == {("tools", "dropped")}


def test_no_tools_are_not_sent_as_an_empty_list() -> None:
    assert body(tools=[]) == {}


@pytest.mark.parametrize("choice", ["auto", "none", "required"])
def test_a_tool_choice_is_sent_by_its_name(choice: str) -> None:
    assert body(tools=[WEATHER], tool_choice=choice)["tool_choice"] == choice


def test_the_word_for_required_may_be_another() -> None:
    manifest = replace(ACME, required_choice="any")
    assert body(manifest, tools=[WEATHER], tool_choice="required")["tool_choice"] == "any"
    assert body(manifest, tools=[WEATHER], tool_choice="auto")["tool_choice"] == "auto"


def test_a_call_that_cannot_be_required_is_dropped_with_a_warning() -> None:
    encoded = chat(replace(ACME, required_choice=""), tools=[WEATHER], tool_choice="required")
    assert "tool_choice" not in encoded.body
    assert ledger(encoded) == {("tool_choice", "dropped")}


def test_one_tool_is_demanded_by_name() -> None:
    assert body(tools=[WEATHER], tool_choice=NamedTool("weather"))["tool_choice"] == {
        "type": "function",
        "function": {"name": "weather"},
    }


@pytest.mark.parametrize(("word", "sent"), [("required", "required"), ("any", "any"), ("", None)])
def test_where_no_tool_can_be_named_only_that_one_is_offered(word: Any, sent: str | None) -> None:
    manifest = replace(ACME, named_choice=False, required_choice=word)
    tools = [Tool("now"), WEATHER, ProviderTool("openai-chat", {"type": "x"})]
    encoded = chat(manifest, tools=tools, tool_choice=NamedTool("weather"))
    assert [tool["function"]["name"] for tool in encoded.body["tools"]] == ["weather"]
    assert encoded.body.get("tool_choice") == sent
    expected = {("tool_choice", "rewritten")} | (set() if sent else {("tool_choice", "dropped")})
    assert ledger(encoded) == expected


@pytest.mark.parametrize(("wanted", "kind"), [("text", "text"), ("json", "json_object")])
def test_the_kind_of_answer_is_asked_for(wanted: str, kind: str) -> None:
    assert body(response_format=wanted) == {"response_format": {"type": kind}}


def test_a_schema_is_sent_with_what_it_says() -> None:
    wanted = JSONSchema(SCHEMA, name="place", description="Where", strict=True)
    sent = {"name": "place", "schema": SCHEMA, "description": "Where", "strict": True}
    assert body(response_format=wanted) == {
        "response_format": {"type": "json_schema", "json_schema": sent}
    }
    assert body(response_format=JSONSchema(SCHEMA))["response_format"]["json_schema"] == {
        "name": "answer",
        "schema": SCHEMA,
    }


def test_a_service_without_strict_mode_gets_the_schema_alone() -> None:
    manifest = replace(ACME, json_schema="plain")
    encoded = chat(manifest, response_format=JSONSchema(SCHEMA, strict=False))
    assert "strict" not in encoded.body["response_format"]["json_schema"]
    assert ledger(encoded) == {("response_format.strict", "dropped")}
    assert ledger(chat(manifest, response_format=JSONSchema(SCHEMA))) == set()


@pytest.mark.parametrize("role", ["system", "developer", "user"])
@pytest.mark.parametrize("merge", [True, False])
def test_a_service_without_schemas_reads_it_in_the_prompt(role: Any, merge: bool) -> None:
    manifest = replace(ACME, json_schema="", system_role=role, merge_system=merge)
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
    wanted = JSONSchema(SCHEMA, description="Where it is.")
    encoded = chat(manifest, messages=messages, response_format=wanted)
    sent = encoded.body["messages"]
    assert encoded.body["response_format"] == {"type": "json_object"}
    assert sent[0]["role"] == role
    assert "JSON" in sent[0]["content"]
    assert json.dumps(SCHEMA, separators=(",", ":")) in sent[0]["content"]
    assert "Where it is." in sent[0]["content"]
    assert len(sent) == (2 if merge and role != "user" else 3)
    assert ledger(encoded) == {("response_format", "rewritten")}


REASONING: list[tuple[str, Reasoning, dict[str, Any], set[tuple[str, str]]]] = [
    ("reasoning_effort", Reasoning("high"), {"reasoning_effort": "high"}, set()),
    ("reasoning_effort", Reasoning("none"), {"reasoning_effort": "none"}, set()),
    ("reasoning_effort", Reasoning(), {}, set()),
    (
        "reasoning_effort",
        Reasoning(None, 9),
        {},
        {("reasoning.budget_tokens", "dropped")},
    ),
    (
        "thinking",
        Reasoning("high"),
        {"thinking": {"type": "enabled"}, "reasoning_effort": "high"},
        set(),
    ),
    ("thinking", Reasoning("none"), {"thinking": {"type": "disabled"}}, set()),
    ("thinking", Reasoning(), {"thinking": {"type": "enabled"}}, set()),
    (
        "thinking",
        Reasoning(None, 9),
        {"thinking": {"type": "enabled"}},
        {("reasoning.budget_tokens", "dropped")},
    ),
    (
        "enable_thinking",
        Reasoning("low", 9),
        {"enable_thinking": True, "thinking_budget": 9},
        {("reasoning.effort", "rewritten")},
    ),
    ("enable_thinking", Reasoning("none"), {"enable_thinking": False}, set()),
    (
        "reasoning",
        Reasoning("low", 9),
        {"reasoning": {"effort": "low", "max_tokens": 9}},
        set(),
    ),
    ("reasoning", Reasoning("none"), {"reasoning": {"effort": "none"}}, set()),
    (
        "chat_template_kwargs",
        Reasoning("low", 9),
        {"chat_template_kwargs": {"enable_thinking": True}},
        {("reasoning.effort", "rewritten"), ("reasoning.budget_tokens", "dropped")},
    ),
    (
        "chat_template_kwargs",
        Reasoning("none"),
        {"chat_template_kwargs": {"enable_thinking": False}},
        set(),
    ),
    ("", Reasoning("low", 9), {}, {("reasoning", "dropped")}),
]


@pytest.mark.parametrize(("way", "wanted", "sent", "told"), REASONING)
def test_reasoning_is_asked_for_in_the_vendors_way(
    way: Any, wanted: Reasoning, sent: dict[str, Any], told: set[tuple[str, str]]
) -> None:
    manifest = replace(ACME, reasoning_request=way)
    assert body(manifest, reasoning=wanted) == sent
    assert ledger(chat(manifest, reasoning=wanted)) == told


def test_reasoning_joins_what_the_manifest_says_in_the_same_place() -> None:
    manifest = replace(
        ACME,
        reasoning_request="chat_template_kwargs",
        options={"chat_template_kwargs": {"fast": True}},
    )
    assert body(manifest, reasoning="low") == {
        "chat_template_kwargs": {"fast": True, "enable_thinking": True}
    }


EVERYTHING = ChatRequest(
    model="m1",
    messages=(Message.user("Hi"),),
    **SETTINGS,
    tools=(replace(WEATHER, strict=True), ProviderTool("anthropic", {"type": "bash"})),
    tool_choice="required",
    response_format=JSONSchema(SCHEMA, strict=True),
    reasoning=Reasoning("high", 100),
    prompt_cache=PromptCache("k", "24h"),
    provider_options={name: {"vendor_field": 1} for name in ALL},
    streaming=True,
)
UNSET: Mapping[str, Any] = {
    "tools": (),
    "provider_options": {},
    "streaming": False,
    "model": "m2",
    "messages": "Ho",
}


def told(encoded: Encoded) -> tuple[bytes, object]:
    return encoded.content(), encoded.warnings


def test_the_request_with_everything_has_every_field() -> None:
    bare = ChatRequest(model="", messages=(Message.user("-"),))
    for name in ChatRequest.__dataclass_fields__:
        assert getattr(EVERYTHING, name) != getattr(bare, name), name


@pytest.mark.parametrize("name", ChatRequest.__dataclass_fields__)
@pytest.mark.parametrize("manifest", ALL.values(), ids=ALL)
def test_no_setting_is_dropped_in_silence(manifest: Manifest, name: str) -> None:
    without = changed(EVERYTHING, name, UNSET.get(name))
    assert told(encode_chat(EVERYTHING, manifest)) != told(encode_chat(without, manifest))


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("reasoning", Reasoning("high")),
        ("reasoning", Reasoning(None, 100)),
        ("prompt_cache", PromptCache("k")),
        ("prompt_cache", PromptCache(None, "24h")),
        ("tools", (WEATHER,)),
        ("tools", (replace(WEATHER, strict=True),)),
        ("tool_choice", NamedTool("weather")),
    ],
)
@pytest.mark.parametrize("manifest", ALL.values(), ids=ALL)
def test_no_part_of_a_setting_is_dropped_in_silence(
    manifest: Manifest, name: str, other: Any
) -> None:
    if name == "reasoning" and manifest.reasoning_request == "":
        assert ("reasoning", "dropped") in ledger(encode_chat(EVERYTHING, manifest))
    else:
        altered = changed(EVERYTHING, name, other)
        assert told(encode_chat(EVERYTHING, manifest)) != told(encode_chat(altered, manifest))


@given(st.sampled_from(sorted(ALL)), st.sets(st.sampled_from(sorted(SETTINGS))))
def test_any_settings_together_are_each_sent_or_told(name: str, wanted: set[str]) -> None:
    manifest = ALL[name]
    encoded = chat(manifest, **{setting: SETTINGS[setting] for setting in wanted})
    dropped = {warning.setting for warning in encoded.warnings}
    sent = {setting for setting in wanted if manifest.wire_name(setting) in encoded.body}
    assert sent | dropped == wanted
    assert not sent & dropped


@pytest.mark.parametrize("manifest", ALL.values(), ids=ALL)
def test_a_strict_call_is_refused_for_what_would_be_lost_and_names_it_all(
    manifest: Manifest,
) -> None:
    encoded = encode_chat(EVERYTHING, manifest)
    lost = [it.setting for it in encoded.warnings if it.action != "noted"]
    with pytest.raises(Unsupported) as caught:
        refuse_if_strict(encoded, manifest.name, "m1")
    assert lost
    assert all(str(setting) in caught.value.message for setting in lost)
    assert str(caught.value).count(f"{manifest.name}: ") == 1
    assert (caught.value.provider, caught.value.model) == (manifest.name, "m1")


def test_a_strict_call_that_loses_nothing_passes() -> None:
    refuse_if_strict(chat(temperature=0, streaming=True), "acme", "m1")


def test_a_strict_call_passes_what_is_only_noted() -> None:
    thought = {"role": "assistant", "parts": [{"type": "reasoning", "text": "why"}, "so"]}
    encoded = chat(messages=[{"role": "user", "content": "Hi"}, thought])
    assert ledger(encoded) == {("messages", "noted")}
    refuse_if_strict(encoded, "acme", "m1")


def test_the_same_warning_is_told_once() -> None:
    tools = [Tool("a", strict=True), Tool("b", strict=True)]
    assert len(chat(replace(ACME, strict_tools=False), tools=tools).warnings) == 1


def test_any_mapping_can_stand_in_a_request() -> None:
    frozen = MappingProxyType({"type": "object", "properties": MappingProxyType({})})
    sent = body(
        tools=[Tool("now", parameters=frozen)],
        response_format=JSONSchema(frozen),
        provider_options={"acme": {"extra": frozen}},
    )
    plain = {"type": "object", "properties": {}}
    assert sent["tools"][0]["function"]["parameters"] == plain
    assert sent["response_format"]["json_schema"]["schema"] == plain
    assert sent["extra"] == plain


LOOP: list[Any] = []
LOOP.append(LOOP)


@pytest.mark.parametrize("value", [{1, 2}, b"bytes", float("nan"), float("inf"), "\ud800", LOOP])
def test_what_has_no_form_in_json_is_refused(value: Any) -> None:
    encoded = chat(provider_options={"acme": {"extra": value}})
    with pytest.raises(BadInput, match="the request cannot be written as JSON"):
        encoded.content()


def test_a_schema_that_has_no_form_in_json_is_refused() -> None:
    with pytest.raises(BadInput, match="a set has no form there"):
        chat(replace(ACME, json_schema=""), response_format=JSONSchema({"enum": {1}}))


def test_letters_are_sent_as_they_are() -> None:
    assert "Größe 🙂".encode() in chat(messages="Größe 🙂").content()


def completion(manifest: Manifest = ACME, **settings: Any) -> Encoded:
    return encode_completion(CompleteRequest(model="m1", prompt="Once", **settings), manifest)


def test_a_text_completion_has_a_prompt() -> None:
    assert completion(suffix="end.").body == {"model": "m1", "prompt": "Once", "suffix": "end."}


def test_a_text_completion_keeps_the_old_words() -> None:
    manifest = replace(ACME, fields={"max_tokens": "max_completion_tokens", "top_k": "top_k"})
    encoded = completion(manifest, max_tokens=5, top_k=3, stop="x", streaming=True)
    assert encoded.body == {
        "model": "m1",
        "prompt": "Once",
        "max_tokens": 5,
        "top_k": 3,
        "stop": ["x"],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert "stream_options" not in completion(replace(ACME, stream_usage=False)).body


@pytest.mark.parametrize(
    ("settings", "sent"),
    [
        ({"logprobs": True}, 0),
        ({"logprobs": True, "top_logprobs": 3}, 3),
        ({"top_logprobs": 3}, 3),
        ({"logprobs": False}, None),
        ({}, None),
    ],
)
def test_log_probabilities_of_a_text_completion_are_a_number(
    settings: dict[str, Any], sent: int | None
) -> None:
    assert completion(**settings).body.get("logprobs") == sent


@pytest.mark.parametrize("setting", ["metadata", "service_tier"])
def test_what_text_completions_do_not_have_is_dropped_with_a_warning(setting: str) -> None:
    manifest = replace(ACME, fields={setting: setting})
    encoded = completion(manifest, **{setting: SETTINGS[setting]})
    assert setting not in encoded.body
    assert ledger(encoded) == {(setting, "dropped")}


EVERY_COMPLETION = CompleteRequest(
    model="m1",
    prompt="Once",
    suffix="end",
    **{
        name: value
        for name, value in {**SETTINGS, "logprobs": True, "top_logprobs": 2}.items()
        if name in CompleteRequest.__dataclass_fields__
    },
    provider_options={name: {"vendor_field": 1} for name in ALL},
    streaming=True,
)


@pytest.mark.parametrize("name", CompleteRequest.__dataclass_fields__)
@pytest.mark.parametrize("manifest", ALL.values(), ids=ALL)
def test_no_setting_of_a_text_completion_is_dropped_in_silence(
    manifest: Manifest, name: str
) -> None:
    changes = {**UNSET, "prompt": "Twice", "logprobs": None, "top_logprobs": None}
    without = changed(EVERY_COMPLETION, name, changes.get(name))
    if name == "logprobs":  # the number of the likeliest tokens asks for them by itself
        without = replace(without, top_logprobs=None)
    assert told(encode_completion(EVERY_COMPLETION, manifest)) != told(
        encode_completion(without, manifest)
    )


@pytest.mark.parametrize("manifest", ALL.values(), ids=ALL)
@pytest.mark.parametrize("name", EmbedRequest.__dataclass_fields__)
def test_no_setting_of_an_embedding_is_dropped_in_silence(manifest: Manifest, name: str) -> None:
    every = EmbedRequest(
        model="m1",
        inputs=("a",),
        user="u",
        metadata={"k": "v"},
        dimensions=8,
        task="search",
        provider_options={name: {"vendor_field": 1} for name in ALL},
    )
    if name in ("inputs", "streaming"):  # inputs are given beside the request
        return
    without = changed(every, name, UNSET.get(name))
    assert told(encode_embed(every, every.inputs, manifest)) != told(
        encode_embed(without, without.inputs, manifest)
    )
