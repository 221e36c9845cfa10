"""Every provider of this repository keeps what the conformance suite asks of providers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aikit_testing.conformance import Conformance


class TestOpenAI(Conformance):
    provider = "openai"


class TestGroq(Conformance):
    provider = "groq"


class TestDeepSeek(Conformance):
    provider = "deepseek"


class TestMistral(Conformance):
    provider = "mistral"


class TestVLLM(Conformance):
    provider = "vllm"


class TestLMStudio(Conformance):
    provider = "lmstudio"


class TestOpenAICompatible(Conformance):
    provider = "openai-compatible"


class TestFixture(Conformance):
    provider = "fixture"
    model = "echo"
    over_http = False

    def settings(self, url: str) -> Mapping[str, Any]:
        return {}


class TestLlamaCpp(Conformance):
    provider = "llamacpp"
    model = "chat"
    over_http = False

    def settings(self, url: str) -> Mapping[str, Any]:
        from ..providers.llama_server import tiny

        return {"models": {"chat": tiny("chat")}, "n_threads": 1}
