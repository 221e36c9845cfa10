"""What a model is known to refuse is left out with a warning, before the service refuses it all."""

from __future__ import annotations

from typing import Any

import pytest
from aicore.messages import Message
from aicore.models import ModelInfo
from aicore.requests import ChatRequest, NamedTool, Reasoning, Tool
from aicore.responses import CallWarning
from aikit_models import find
from aikit_wire.openai.encode import encode_chat
from aikit_wire.openai.manifest import Manifest

ACME = Manifest(name="acme")
ADD = Tool("add", "Adds", {"type": "object"})


def encoded(info: ModelInfo | None, **settings: Any) -> tuple[dict[str, Any], list[CallWarning]]:
    request = ChatRequest(model="m", messages=(Message.user("Hi"),), **settings)
    found = encode_chat(request, ACME, info)
    return {
        name: value for name, value in found.body.items() if name not in ("model", "messages")
    }, list(found.warnings)


def model(**features: bool) -> ModelInfo:
    return ModelInfo(id="m", features=features)


def told(warnings: list[CallWarning]) -> list[tuple[str | None, str]]:
    return [(warning.setting, warning.action) for warning in warnings]


def test_a_setting_that_a_model_has_not_is_left_out() -> None:
    body, warnings = encoded(model(stop=False, seed=True), stop=["x"], seed=1, top_p=0.5)
    assert body == {"seed": 1, "top_p": 0.5}
    assert told(warnings) == [("stop", "dropped")]


@pytest.mark.parametrize("info", [None, model()])
def test_of_a_model_of_which_nothing_is_known_everything_is_sent(info: Any) -> None:
    body, warnings = encoded(info, stop=["x"], temperature=0.5, reasoning="low", tools=[ADD])
    assert body["stop"] == ["x"]
    assert (body["temperature"], body["reasoning_effort"]) == (0.5, "low")
    assert not warnings


THINKER = model(reasoning=True, sampling_while_reasoning=False)


def test_what_a_model_takes_only_while_it_does_not_reason_is_left_out_while_it_does() -> None:
    settings: Any = {"temperature": 0.5, "logit_bias": {"5": 1}, "presence_penalty": 0.5, "seed": 1}
    body, warnings = encoded(THINKER, **settings)
    assert body == {"seed": 1}
    assert {name for name, _ in told(warnings)} == settings.keys() - {"seed"}
    body, warnings = encoded(THINKER, reasoning="none", **settings)
    assert body == {**settings, "reasoning_effort": "none"}
    assert not warnings
    rests = model(sampling_while_reasoning=False, reasoning_by_default=False)
    assert encoded(rests, **settings) == (settings, [])


@pytest.mark.parametrize("wanted", ["low", Reasoning(budget_tokens=100)])
def test_a_model_that_does_not_reason_is_not_asked_to(wanted: Any) -> None:
    assert encoded(model(reasoning=False), reasoning="none") == ({}, [])
    body, warnings = encoded(model(reasoning=False), reasoning=wanted)
    assert (body, told(warnings)) == ({}, [("reasoning", "dropped")])


def test_a_model_that_cannot_be_kept_from_reasoning_is_not_asked_to() -> None:
    body, warnings = encoded(model(reasoning_off=False), reasoning="none")
    assert (body, told(warnings)) == ({}, [("reasoning", "dropped")])


def test_a_model_without_levels_is_only_told_to_think_or_not() -> None:
    body, warnings = encoded(model(effort=False), reasoning="high")
    assert (body, told(warnings)) == ({}, [("reasoning.effort", "rewritten")])
    for word in ("none", "default"):
        assert encoded(model(effort=False), reasoning=word) == ({"reasoning_effort": word}, [])


@pytest.mark.parametrize("choice", ["required", NamedTool("add")])
def test_a_model_that_cannot_be_made_to_call_a_tool_may_call_one(choice: Any) -> None:
    tools: Any = {"tools": [ADD], "tool_choice": choice}
    for info in (model(forced_tool_choice=False), model(forced_while_reasoning=False)):
        body, warnings = encoded(info, **tools)
        assert (body["tool_choice"], told(warnings)) == ("auto", [("tool_choice", "rewritten")])
    body, warnings = encoded(model(forced_while_reasoning=False), reasoning="none", **tools)
    assert body["tool_choice"] != "auto"
    assert not warnings


@pytest.mark.parametrize(
    ("provider", "name", "settings", "lost"),
    [
        ("openai", "o3", {"temperature": 0.5, "stop": ["x"]}, {"temperature", "stop"}),
        ("openai", "gpt-4o", {"temperature": 0.5, "stop": ["x"]}, set()),
        ("groq", "llama-3.3-70b-versatile", {"reasoning": "low"}, {"reasoning"}),
        ("groq", "qwen/qwen3-32b", {"reasoning": "low"}, {"reasoning.effort"}),
        ("groq", "openai/gpt-oss-120b", {"reasoning": "none"}, {"reasoning"}),
        ("xai", "grok-4.20-reasoning", {"reasoning": "high"}, {"reasoning.effort"}),
        ("xai", "grok-4.5", {"reasoning": "none"}, {"reasoning"}),
        ("mistral", "mistral-large-2512", {"reasoning": "high"}, {"reasoning"}),
        ("deepseek", "deepseek-reasoner", {"tool_choice": "required"}, {"tool_choice"}),
    ],
)
def test_the_catalog_knows_it_of_models(
    provider: str, name: str, settings: Any, lost: set[str]
) -> None:
    info = find(provider, name)
    assert info is not None
    _, warnings = encoded(info, tools=[ADD], **settings)
    assert {setting for setting, _ in told(warnings)} == lost
