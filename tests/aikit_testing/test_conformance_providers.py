"""Every provider of this repository keeps what the conformance suite asks of providers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aicore.plugins import PROVIDERS, found
from aikit_testing.conformance import (
    Conformance,
    Reply,
    Scenario,
    anthropic_reply,
    gemini_reply,
    responses_reply,
)
from aikit_testing.scripted import Script

from ..providers.llama_server import tiny
from ..providers.ollama_reply import ollama_reply


class TestOpenAI(Conformance):
    provider = "openai"
    texts_at_once = 2048


class Responses(Conformance):
    """Asks a provider of both of OpenAI's dialects in the newer one."""

    def settings(self, url: str) -> Mapping[str, Any]:
        return {"base_url": url, "api": "responses"}

    def replies(self, scenario: Scenario, streaming: bool) -> Reply:
        return responses_reply(scenario, streaming)


class TestOpenAIResponses(Responses):
    provider = "openai"
    texts_at_once = 2048


class TestDeepSeekResponses(Responses):
    provider = "deepseek"


class TestLMStudioResponses(Responses):
    provider = "lmstudio"


class TestGroq(Conformance):
    provider = "groq"


class TestDeepSeek(Conformance):
    provider = "deepseek"


class TestMistral(Conformance):
    provider = "mistral"
    texts_at_once = 32


class TestVLLM(Conformance):
    provider = "vllm"


class TestLMStudio(Conformance):
    provider = "lmstudio"


class TestOpenAICompatible(Conformance):
    provider = "openai-compatible"


class TestAnthropic(Conformance):
    provider = "anthropic"

    def replies(self, scenario: Scenario, streaming: bool) -> Reply:
        return anthropic_reply(scenario, streaming)


class TestGoogle(Conformance):
    provider = "google"
    texts_at_once = 100

    def replies(self, scenario: Scenario, streaming: bool) -> Reply:
        return gemini_reply(scenario, streaming)


class TestLlamaCpp(Conformance):
    provider = "llamacpp"
    model = "chat"
    over_http = False

    def settings(self, url: str) -> Mapping[str, Any]:
        return {"models": {"chat": tiny("chat")}, "n_threads": 1}


class TestOllama(Conformance):
    provider = "ollama"

    def replies(self, scenario: Scenario, streaming: bool) -> Reply:
        return ollama_reply(scenario, streaming)


class TestFixture(Conformance):
    provider = "fixture"
    model = "echo"
    over_http = False

    def settings(self, url: str) -> Mapping[str, Any]:
        return {}


class TestScripted(Conformance):
    provider = "scripted"
    over_http = False

    def settings(self, url: str) -> Mapping[str, Any]:
        return {"script": Script(lambda request: "Hello there, you!")}


def test_no_provider_is_left_out() -> None:
    classes = {value for value in globals().values() if isinstance(value, type)}
    tested = {cls.provider for cls in classes if issubclass(cls, Conformance)}
    ours = {name for name, (plugin, *_) in found(PROVIDERS).items() if is_ours(plugin.distribution)}
    assert tested - {""} == ours, "add a class for each new provider"


def is_ours(distribution: str) -> bool:
    return distribution == "aikit-testing" or distribution.startswith("aikit-provider-")
