"""Every provider of this repository keeps what the conformance suite asks of providers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aicore.plugins import PROVIDERS, found, load_provider
from aicore.providers import Spec
from aikit_testing.conformance import (
    Conformance,
    Reply,
    Scenario,
    anthropic_reply,
    cohere_reply,
    gemini_reply,
    responses_reply,
)
from aikit_testing.scripted import Script
from aikit_wire.openai.manifest import Manifest

from ..providers.bedrock_reply import bedrock_reply, claude_reply
from ..providers.llama_server import tiny
from ..providers.ollama_reply import ollama_reply
from ..providers.vertex_reply import claude_of_vertex, gemini_of_vertex, open_of_vertex
from ..providers.voyage_reply import voyage_reply
from ..providers.watsonx_reply import watsonx_reply


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


class TestTogetherAI(Conformance):
    provider = "togetherai"


class TestXAI(Conformance):
    provider = "xai"


class TestCerebras(Conformance):
    provider = "cerebras"


class TestDeepInfra(Conformance):
    provider = "deepinfra"


class TestFireworks(Conformance):
    provider = "fireworks"


class TestPerplexity(Conformance):
    provider = "perplexity"


class TestQwen(Conformance):
    provider = "qwen"
    texts_at_once = 10


class TestMoonshot(Conformance):
    provider = "moonshot"


class TestOpenRouter(Conformance):
    provider = "openrouter"


class TestHuggingFace(Conformance):
    provider = "huggingface"


class TestVercel(Conformance):
    provider = "vercel"


class TestGateway(Conformance):
    provider = "gateway"


class TestAzureOpenAI(Conformance):
    provider = "azure-openai"


class TestBedrockMantle(Conformance):
    provider = "bedrock-mantle"


class TestDatabricks(Conformance):
    provider = "databricks"


class TestGitHub(Conformance):
    provider = "github"


class TestGPUStack(Conformance):
    provider = "gpustack"


class TestMiniMax(Conformance):
    provider = "minimax"


class TestOllamaCloud(Conformance):
    provider = "ollama-cloud"


class TestPortkey(Conformance):
    provider = "portkey"


class TestSambaNova(Conformance):
    provider = "sambanova"


class TestSnowflake(Conformance):
    provider = "snowflake"


class TestWriter(Conformance):
    provider = "writer"


class TestZai(Conformance):
    provider = "zai"


class TestOpenAICompatible(Conformance):
    provider = "openai-compatible"


class TestAnthropic(Conformance):
    provider = "anthropic"

    def replies(self, scenario: Scenario, streaming: bool) -> Reply:
        return anthropic_reply(scenario, streaming)


class TestCohere(Conformance):
    provider = "cohere"
    texts_at_once = 96

    def replies(self, scenario: Scenario, streaming: bool) -> Reply:
        return cohere_reply(scenario, streaming)


class TestVoyage(Conformance):
    provider = "voyage"
    texts_at_once = 128

    def replies(self, scenario: Scenario, streaming: bool) -> Reply:
        return voyage_reply(scenario, streaming)


class TestGoogle(Conformance):
    provider = "google"
    texts_at_once = 100

    def replies(self, scenario: Scenario, streaming: bool) -> Reply:
        return gemini_reply(scenario, streaming)


class TestGoogleVertex(Conformance):
    """Gemini in express mode."""

    provider = "google-vertex"
    texts_at_once = 250

    def replies(self, scenario: Scenario, streaming: bool) -> Reply:
        return gemini_of_vertex(scenario, streaming)


class OfAProject(Conformance):
    """Asks models of a project, with an access token."""

    key_setting = "auth_token"

    @pytest.fixture(autouse=True)
    def _without_credentials(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """Let google-auth find nothing on this machine, nor look for one of Google's."""
        monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
        monkeypatch.setenv("NO_GCE_CHECK", "true")

    def settings(self, url: str) -> Mapping[str, Any]:
        return {"base_url": url, "project": "mine", "location": "global"}


class TestGoogleVertexProject(OfAProject):
    provider = "google-vertex"
    texts_at_once = 250

    def replies(self, scenario: Scenario, streaming: bool) -> Reply:
        return gemini_of_vertex(scenario, streaming)


class TestGoogleVertexClaude(OfAProject):
    provider = "google-vertex"
    model = "claude-next"

    def replies(self, scenario: Scenario, streaming: bool) -> Reply:
        return claude_of_vertex(scenario, streaming)


class TestGoogleVertexOpen(OfAProject):
    provider = "google-vertex"
    model = "acme/open-1-maas"

    def replies(self, scenario: Scenario, streaming: bool) -> Reply:
        return open_of_vertex(scenario, streaming)


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


class TestBedrock(Conformance):
    provider = "bedrock"
    model = "amazon.nova-lite"

    def replies(self, scenario: Scenario, streaming: bool) -> Reply:
        return bedrock_reply(scenario, streaming)


class TestBedrockInvokedClaude(Conformance):
    provider = "bedrock"
    model = "us.anthropic.claude-sonnet-4-6"

    def settings(self, url: str) -> Mapping[str, Any]:
        return {"base_url": url, "api": "invoke"}

    def replies(self, scenario: Scenario, streaming: bool) -> Reply:
        return claude_reply(scenario, streaming)


class TestBedrockCompletions(Conformance):
    provider = "bedrock"
    model = "meta.llama3-70b-instruct"

    def replies(self, scenario: Scenario, streaming: bool) -> Reply:
        return bedrock_reply(scenario, streaming)


class TestBedrockEmbeddings(Conformance):
    provider = "bedrock"
    model = "amazon.titan-embed-text-v2"
    texts_at_once = 1

    def replies(self, scenario: Scenario, streaming: bool) -> Reply:
        return bedrock_reply(scenario, streaming)


class TestWatsonx(Conformance):
    provider = "watsonx"
    key_setting = "auth_token"

    def settings(self, url: str) -> Mapping[str, Any]:
        return {"base_url": url, "project_id": "p1", "iam_url": f"{url}/identity/token"}

    def replies(self, scenario: Scenario, streaming: bool) -> Reply:
        return watsonx_reply(scenario, streaming)


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
    tested = {cls.provider for cls in classes if issubclass(cls, Conformance)} - {""}
    ours = {name for name, (plugin, *_) in found(PROVIDERS).items() if is_ours(plugin.distribution)}
    assert tested < ours
    proven = [behaviour(load_provider(name)) for name in tested]
    left_out = {name for name in ours - tested if behaviour(load_provider(name)) not in proven}
    assert not left_out, "add a class for each new provider that is like no other"


def behaviour(spec: Spec) -> Any:
    """Return what sets a provider apart, besides its name, its address and the name of its key."""
    if not isinstance(spec, Manifest):
        return spec
    return replace(spec, name="", base_url="", base_url_env="", api_key_env=())


def is_ours(distribution: str) -> bool:
    return distribution == "aikit-testing" or distribution.startswith("aikit-provider-")
