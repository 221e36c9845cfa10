"""What a request wants is sent in Gemini's words, or a warning says what became of it."""

from __future__ import annotations

from typing import Any

import pytest
from aicore.errors import BadInput, Unsupported
from aicore.messages import Message
from aicore.requests import (
    ChatRequest,
    EmbedRequest,
    JSONSchema,
    PromptCache,
    Reasoning,
    Tool,
)
from aikit_wire.encoded import refuse_if_strict
from aikit_wire.gemini.encode import encode_count, encode_embed
from aikit_wire.gemini.surface import Surface

from .sample import ACME, HI, body, encoded, ledger

VERTEX = Surface(name="acme", call_ids=False, labels=True, service_tier=False, whole_count=False)
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = Tool("weather", "Look outside.", SCHEMA)


@pytest.mark.parametrize(
    ("setting", "value", "wire"),
    [
        ("max_tokens", 5, {"maxOutputTokens": 5}),
        ("temperature", 0.5, {"temperature": 0.5}),
        ("top_p", 0.9, {"topP": 0.9}),
        ("top_k", 40, {"topK": 40}),
        ("stop", ["a", "b"], {"stopSequences": ["a", "b"]}),
        ("seed", 7, {"seed": 7}),
        ("presence_penalty", 0.5, {"presencePenalty": 0.5}),
        ("frequency_penalty", -0.5, {"frequencyPenalty": -0.5}),
        ("logprobs", True, {"responseLogprobs": True}),
        ("top_logprobs", 3, {"logprobs": 3, "responseLogprobs": True}),
        ("n", 2, {"candidateCount": 2}),
        ("modalities", ["text", "image"], {"responseModalities": ["TEXT", "IMAGE"]}),
        ("response_format", "json", {"responseMimeType": "application/json"}),
        ("response_format", "text", {"responseMimeType": "text/plain"}),
    ],
)
def test_a_setting_stands_where_the_service_wants_it(setting: str, value: Any, wire: Any) -> None:
    assert body(**{setting: value}) == {"contents": [HI], "generationConfig": wire}
    assert not encoded(**{setting: value}).warnings


def test_nothing_that_was_not_set_is_sent() -> None:
    assert body() == {"contents": [HI]}


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("logit_bias", {"1": 5}),
        ("user", "ada"),
        ("metadata", {"a": "b"}),
        ("parallel_tool_calls", False),
        ("prompt_cache", PromptCache(key="k")),
    ],
)
def test_what_the_service_has_no_word_for_is_dropped_and_told(setting: str, value: Any) -> None:
    found = encoded(**{setting: value})
    assert found.body == {"contents": [HI]}
    assert ledger(found) == {(setting, "dropped")}
    with pytest.raises(Unsupported, match=setting):
        refuse_if_strict(found, "acme", "m1")


def test_that_calls_may_be_parallel_needs_no_word() -> None:
    found = encoded(parallel_tool_calls=True)
    assert (found.body, ledger(found)) == (
        {"contents": [HI]},
        {("parallel_tool_calls", "noted")},
    )
    refuse_if_strict(found, "acme", "m1")


def test_a_setting_that_a_model_is_known_to_lack_is_dropped() -> None:
    found = encoded(features={"seed": False}, seed=7, top_k=3)
    assert found.body["generationConfig"] == {"topK": 3}
    assert ledger(found) == {("seed", "dropped")}


def test_labels_and_tiers_go_where_a_surface_has_them() -> None:
    assert body(service_tier="flex")["serviceTier"] == "flex"
    found = encoded(surface=VERTEX, service_tier="flex", metadata={"team": "a"})
    assert found.body == {"contents": [HI], "labels": {"team": "a"}}
    assert ledger(found) == {("service_tier", "dropped")}


def test_options_of_the_provider_are_joined_with_what_the_request_says() -> None:
    options = {
        "safetySettings": [{"category": "HARM_CATEGORY_HATE_SPEECH", "threshold": "BLOCK_NONE"}],
        "cachedContent": "cachedContents/1",
        "generationConfig": {"thinkingConfig": {"includeThoughts": False}, "seed": 8},
    }
    sent = body(
        temperature=0.5,
        seed=7,
        reasoning="low",
        provider_options={"acme": options, "other": {"x": 1}},
    )
    assert sent == {
        "contents": [HI],
        "safetySettings": options["safetySettings"],
        "cachedContent": "cachedContents/1",
        "generationConfig": {
            "temperature": 0.5,
            "seed": 8,
            "thinkingConfig": {"includeThoughts": False, "thinkingLevel": "low"},
        },
    }


def test_an_answer_is_held_to_a_json_schema_as_it_is() -> None:
    sent = body(response_format=JSONSchema(SCHEMA, description="A city."))
    assert sent["generationConfig"] == {
        "responseMimeType": "application/json",
        "responseJsonSchema": {**SCHEMA, "description": "A city."},
    }


def test_keywords_that_answers_need_not_keep_to_are_named() -> None:
    schema = {
        "type": "object",
        "properties": {"pattern": {"type": "string", "pattern": "^a"}},
        "anyOf": [{"items": {"uniqueItems": True}}],
        "$defs": {"A": True},
    }
    (warning,) = encoded(response_format=JSONSchema(schema)).warnings
    assert (warning.setting, warning.action) == ("response_format", "noted")
    assert "'pattern', 'uniqueItems'" in warning.reason


def test_models_that_know_no_json_schema_get_the_services_own() -> None:
    features = {"full_json_schema": False}
    schema = {**SCHEMA, "additionalProperties": False}
    found = encoded(features=features, response_format=JSONSchema(schema), tools=[WEATHER])
    wire = {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}, "required": ["city"]}
    assert found.body["generationConfig"]["responseSchema"] == wire
    (declared,) = found.body["tools"][0]["functionDeclarations"]
    assert declared == {"name": "weather", "description": "Look outside.", "parameters": wire}
    assert ledger(found) == {("response_format.additionalProperties", "dropped")}


@pytest.mark.parametrize(
    ("features", "tools"),
    [({"json_schema": False}, []), ({"json_schema_with_tools": False}, [WEATHER])],
)
def test_a_format_that_cannot_be_enforced_stands_in_the_prompt(
    features: dict[str, bool], tools: list[Tool]
) -> None:
    messages = [Message.system("Be brief."), Message.user("Hi")]
    wanted = JSONSchema(SCHEMA, description="A city.")
    found = encoded(messages, features, response_format=wanted, tools=tools)
    instruction, brief = found.body["systemInstruction"]["parts"]
    assert '"required":["city"]' in instruction["text"]
    assert "A city." in instruction["text"]
    assert brief == {"text": "Be brief."}
    assert "generationConfig" not in found.body
    assert ledger(found) == {("response_format", "rewritten")}
    plain = encoded(features=features, response_format="json", tools=tools)
    assert plain.body["systemInstruction"] == {"parts": [{"text": "Answer with JSON only."}]}


def test_without_tools_a_schema_is_enforced() -> None:
    found = encoded(features={"json_schema_with_tools": False}, response_format="json")
    assert found.body["generationConfig"] == {"responseMimeType": "application/json"}


THREE = {"thinking_level": True, "reasoning": True, "reasoning_off": False}
TWO = {"thinking_level": False, "reasoning": True}
PRO = {**TWO, "reasoning_off": False}
OLD = {"reasoning": False}


@pytest.mark.parametrize(
    ("reasoning", "features", "wire", "told"),
    [
        (Reasoning(), {}, {"includeThoughts": True}, ""),
        (Reasoning(effort="low"), {}, {"includeThoughts": True, "thinkingLevel": "low"}, ""),
        (Reasoning(budget_tokens=9), {}, {"includeThoughts": True, "thinkingBudget": 9}, ""),
        (Reasoning(effort="none"), {}, {"thinkingBudget": 0}, ""),
        (Reasoning("high"), THREE, {"includeThoughts": True, "thinkingLevel": "high"}, ""),
        (Reasoning(None, 9), THREE, {"includeThoughts": True, "thinkingBudget": 9}, ""),
        (
            Reasoning("low", 9),
            THREE,
            {"includeThoughts": True, "thinkingLevel": "low"},
            "reasoning.budget_tokens dropped",
        ),
        (
            Reasoning("low", 9),
            {},
            {"includeThoughts": True, "thinkingBudget": 9},
            "reasoning.effort dropped",
        ),
        (
            Reasoning("xhigh"),
            THREE,
            {"includeThoughts": True, "thinkingLevel": "high"},
            "reasoning.effort rewritten",
        ),
        (
            Reasoning("max"),
            {"xhigh_effort": True},
            {"includeThoughts": True, "thinkingLevel": "xhigh"},
            "reasoning.effort rewritten",
        ),
        (
            Reasoning("minimal"),
            {**THREE, "minimal_effort": False},
            {"includeThoughts": True, "thinkingLevel": "low"},
            "reasoning.effort rewritten",
        ),
        (Reasoning("none"), THREE, {"thinkingLevel": "minimal"}, "reasoning rewritten"),
        (
            Reasoning("none"),
            {**THREE, "minimal_effort": False},
            {"thinkingLevel": "low"},
            "reasoning rewritten",
        ),
        (Reasoning("none"), TWO, {"thinkingBudget": 0}, ""),
        (Reasoning("none"), PRO, {"thinkingBudget": 128}, "reasoning rewritten"),
        (
            Reasoning("medium"),
            TWO,
            {"includeThoughts": True, "thinkingBudget": 8192},
            "reasoning.effort rewritten",
        ),
        (
            Reasoning("max"),
            TWO,
            {"includeThoughts": True, "thinkingBudget": 24_576},
            "reasoning.effort rewritten",
        ),
        (
            Reasoning("low", 9),
            TWO,
            {"includeThoughts": True, "thinkingBudget": 9},
            "reasoning.effort dropped",
        ),
        (Reasoning("low"), OLD, None, "reasoning dropped"),
        (Reasoning("none"), OLD, None, ""),
    ],
)
def test_thinking_is_asked_for_in_the_way_that_a_model_takes(
    reasoning: Reasoning, features: dict[str, bool], wire: Any, told: str
) -> None:
    found = encoded(features=features, reasoning=reasoning)
    assert found.body.get("generationConfig", {}).get("thinkingConfig") == wire
    assert {f"{item.setting} {item.action}" for item in found.warnings} == {told} - {""}


def test_a_conversation_alone_is_counted_as_it_is() -> None:
    assert encode_count(ChatRequest(model="m1", messages=(Message.user("Hi"),)), ACME).body == {
        "contents": [HI]
    }


def test_tools_and_instructions_are_counted_with_the_request_they_stand_in() -> None:
    request = ChatRequest(model="m1", messages=(Message.system("Be."), Message.user("Hi")))
    whole = {"systemInstruction": {"parts": [{"text": "Be."}]}, "contents": [HI]}
    assert encode_count(request, ACME).body == {
        "generateContentRequest": {"model": "models/m1", **whole}
    }
    assert encode_count(request, VERTEX).body == whole


def test_texts_to_embed_share_their_settings() -> None:
    request = EmbedRequest(
        model="m1",
        inputs=("a", "b"),
        task="RETRIEVAL_DOCUMENT",
        dimensions=3,
        user="ada",
        provider_options={"acme": {"title": "T"}},
    )
    found = encode_embed(request, request.inputs, ACME)
    common = {
        "model": "models/m1",
        "taskType": "RETRIEVAL_DOCUMENT",
        "outputDimensionality": 3,
        "title": "T",
    }
    assert found.body == {
        "requests": [{**common, "content": {"parts": [{"text": text}]}} for text in "ab"]
    }
    assert ledger(found) == {("user", "dropped")}


def test_requests_to_embed_may_be_written_out() -> None:
    own = [{"model": "models/m1", "content": {"parts": [{"inlineData": {"data": "AA=="}}]}}]
    request = EmbedRequest(model="m1", inputs=("",), provider_options={"acme": {"requests": own}})
    assert encode_embed(request, request.inputs, ACME).body == {"requests": own}


def test_a_model_has_a_path() -> None:
    assert Surface(name="g").path("gemini-x") == "models/gemini-x"
    assert Surface(name="g").path("tunedModels/mine") == "tunedModels/mine"
    assert Surface(name="g").path("a?b c") == "models/a%3Fb%20c"


def test_options_without_a_form_in_json_are_refused() -> None:
    with pytest.raises(BadInput):
        encoded(provider_options={"acme": {"x": object()}}).content()
