"""Each row says what its vendor's documents say, and has one name in every place."""

from __future__ import annotations

import importlib
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

import pytest
from aicore.errors import BadConfig
from aicore.messages import (
    FilePart,
    ImagePart,
    Message,
    ReasoningPart,
    TextPart,
    ToolResultPart,
)
from aicore.providers import Spec
from aicore.requests import ChatRequest, JSONSchema, Reasoning, Tool
from aicore.secrets import SecretLike
from aicore.values import from_json, to_json
from aikit_wire.openai.encode import encode_chat
from aikit_wire.openai.manifest import FIELDS, Manifest
from aikit_wire.responses.provider import path_of
from aikit_wire.responses.sampling import FIELDS as RESPONSES_FIELDS

PACKAGES = Path(__file__).parents[2] / "packages"
LONGEST = 30
"""How many lines of code a row may have."""

SAMPLING = (
    "max_tokens",
    "temperature",
    "top_p",
    "top_k",
    "stop",
    "seed",
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "top_logprobs",
    "n",
    "service_tier",
    "parallel_tool_calls",
    "modalities",
    "metadata",
    "user",
    "prompt_cache_key",
    "prompt_cache_ttl",
)


@dataclass(frozen=True)
class Sheet:
    """What a vendor's documents say, as far as a row has a word for it."""

    base_url: str
    key: str
    max_tokens: str
    dropped: frozenset[str]
    renamed: dict[str, str]
    effort: dict[str, Any]
    no_effort: dict[str, Any]
    reasoning: tuple[str, ...]
    history: str
    abilities: str = "chat complete embed models"
    required: str = "required"
    more: dict[str, Any] = field(default_factory=dict)


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SHAPE = JSONSchema({"type": "object", "properties": {"city": {"type": "string"}}})
EFFORT = {"reasoning_effort": "high"}
NO_EFFORT = {"reasoning_effort": "none"}
NEAREST = {"minimal": "low", "xhigh": "high", "max": "high"}
BOTH = ("reasoning_content", "reasoning")
UNNAMED = words("top_k service_tier modalities metadata prompt_cache_key prompt_cache_ttl")
"""Settings for which the dialect has no word."""

SHEETS: dict[str, Sheet] = {
    "openai": Sheet(
        base_url="https://api.openai.com/v1",
        key="OPENAI_API_KEY",
        max_tokens="max_completion_tokens",
        dropped=words("top_k"),
        renamed={
            "max_tokens": "max_completion_tokens",
            "prompt_cache_ttl": "prompt_cache_retention",
        },
        effort=EFFORT,
        no_effort=NO_EFFORT,
        reasoning=("reasoning_content", "reasoning"),
        history="",
        abilities="chat responses jobs count_tokens complete embed models",
        more={
            "base_url_env": "OPENAI_BASE_URL",
            "headers_env": {
                "openai-organization": "OPENAI_ORG_ID",
                "openai-project": "OPENAI_PROJECT_ID",
            },
            "files": "file",
            "audio": "base64",
            "json_schema": "strict",
            "embed_limit": 2048,
        },
    ),
    "groq": Sheet(
        base_url="https://api.groq.com/openai/v1",
        key="GROQ_API_KEY",
        max_tokens="max_completion_tokens",
        dropped=words(
            "top_k presence_penalty frequency_penalty logit_bias logprobs top_logprobs n "
            "modalities metadata prompt_cache_key prompt_cache_ttl"
        ),
        renamed={"max_tokens": "max_completion_tokens"},
        effort=EFFORT,
        no_effort=NO_EFFORT,
        reasoning=("reasoning",),
        history="reasoning",
        abilities="chat embed models",
        more={"files": "", "audio": "", "text_parts": False, "images": "object"},
    ),
    "deepseek": Sheet(
        base_url="https://api.deepseek.com",
        key="DEEPSEEK_API_KEY",
        max_tokens="max_tokens",
        dropped=words(
            "top_k seed n logit_bias service_tier parallel_tool_calls modalities metadata user "
            "prompt_cache_key prompt_cache_ttl"
        ),
        renamed={},
        effort={"thinking": {"type": "enabled"}, "reasoning_effort": "high"},
        no_effort={"thinking": {"type": "disabled"}},
        reasoning=("reasoning_content",),
        history="reasoning_content",
        abilities="chat responses models",
        more={
            "files": "",
            "audio": "",
            "json_schema": "",
            "strict_tools": False,
            "text_parts": False,
            "encode": ("keep_reasoning_field",),
        },
    ),
    "mistral": Sheet(
        base_url="https://api.mistral.ai/v1",
        key="MISTRAL_API_KEY",
        max_tokens="max_tokens",
        dropped=words("logit_bias top_logprobs modalities metadata user prompt_cache_ttl"),
        renamed={"seed": "random_seed"},
        effort=EFFORT,
        no_effort=NO_EFFORT,
        reasoning=("reasoning_content", "reasoning"),
        history="thinking_parts",
        abilities="chat embed models",
        more={
            "stream_usage": False,
            "files": "document_url",
            "audio": "bare",
            "embed_limit": 32,
            "tool_result_name": True,
            "message_names": False,
            "encode": ("short_tool_ids", "refusal_as_text"),
        },
    ),
    "vllm": Sheet(
        base_url="http://localhost:8000/v1",
        key="VLLM_API_KEY",
        max_tokens="max_tokens",
        dropped=words("service_tier modalities metadata prompt_cache_key prompt_cache_ttl"),
        renamed={},
        effort={"chat_template_kwargs": {"enable_thinking": True}},
        no_effort={"chat_template_kwargs": {"enable_thinking": False}},
        reasoning=("reasoning", "reasoning_content"),
        history="reasoning",
        abilities="chat complete embed models rerank",
        more={
            "base_url_env": "VLLM_API_BASE",
            "key_required": False,
            "merge_system": True,
            "files": "",
            "video": True,
        },
    ),
    "lmstudio": Sheet(
        base_url="http://localhost:1234/v1",
        key="LM_STUDIO_API_KEY",
        max_tokens="max_tokens",
        dropped=words(
            "n parallel_tool_calls service_tier modalities metadata prompt_cache_key "
            "prompt_cache_ttl"
        ),
        renamed={},
        effort=EFFORT,
        no_effort=NO_EFFORT,
        reasoning=("reasoning_content", "reasoning"),
        history="",
        abilities="chat responses complete embed models",
        more={"key_required": False, "images": "data", "files": "", "audio": ""},
    ),
}
SHEETS |= {
    "togetherai": Sheet(
        base_url="https://api.together.xyz/v1",
        key="TOGETHER_API_KEY TOGETHER_AI_API_KEY",
        max_tokens="max_tokens",
        dropped=words("service_tier modalities metadata prompt_cache_key prompt_cache_ttl"),
        renamed={"top_logprobs": "logprobs"},
        effort=EFFORT,
        no_effort={"reasoning": {"enabled": False}},
        reasoning=BOTH,
        history="",
        abilities="chat complete embed models rerank",
        more={"base_url_env": "TOGETHER_BASE_URL", "files": "", "audio": "", "video": True},
    ),
    "xai": Sheet(
        base_url="https://api.x.ai/v1",
        key="XAI_API_KEY",
        max_tokens="max_completion_tokens",
        dropped=words(
            "stop presence_penalty frequency_penalty top_k logit_bias modalities metadata "
            "prompt_cache_key prompt_cache_ttl"
        ),
        renamed={
            "max_tokens": "max_completion_tokens",
            "parallel_tool_calls": "parallel_function_calling",
        },
        effort=EFFORT,
        no_effort=NO_EFFORT,
        reasoning=("reasoning_content",),
        history="",
        abilities="chat responses models",
        more={
            "files": "",
            "audio": "",
            "reasoning_beside_output": True,
            "cost": "cost_in_usd_ticks",
            "encode": ("open_tool_schemas",),
        },
    ),
    "cerebras": Sheet(
        base_url="https://api.cerebras.ai/v1",
        key="CEREBRAS_API_KEY",
        max_tokens="max_completion_tokens",
        dropped=words(
            "presence_penalty frequency_penalty top_k modalities metadata prompt_cache_ttl"
        ),
        renamed={"max_tokens": "max_completion_tokens"},
        effort=EFFORT,
        no_effort=NO_EFFORT,
        reasoning=("reasoning",),
        history="reasoning",
        abilities="chat complete models",
        more={"files": "", "audio": "", "efforts": NEAREST},
    ),
    "deepinfra": Sheet(
        base_url="https://api.deepinfra.com/v1/openai",
        key="DEEPINFRA_API_KEY",
        max_tokens="max_tokens",
        dropped=UNNAMED,
        renamed={},
        effort=EFFORT,
        no_effort=NO_EFFORT,
        reasoning=("reasoning_content",),
        history="",
        more={"files": "", "audio": ""},
    ),
    "fireworks": Sheet(
        base_url="https://api.fireworks.ai/inference/v1",
        key="FIREWORKS_API_KEY",
        max_tokens="max_tokens",
        dropped=words("modalities metadata prompt_cache_ttl"),
        renamed={},
        effort=EFFORT,
        no_effort=NO_EFFORT,
        reasoning=("reasoning_content",),
        history="reasoning_content",
        abilities="chat complete embed models rerank",
        more={"files": "", "audio": "", "efforts": NEAREST},
    ),
    "perplexity": Sheet(
        base_url="https://api.perplexity.ai",
        key="PERPLEXITY_API_KEY",
        max_tokens="max_tokens",
        dropped=(UNNAMED - {"top_k"})
        | words("seed n logit_bias logprobs top_logprobs user parallel_tool_calls"),
        renamed={},
        effort=EFFORT,
        no_effort=NO_EFFORT,
        reasoning=BOTH,
        history="",
        abilities="chat embed",
        more={
            "embeddings_path": "/v1/embeddings",
            "files": "file_url",
            "audio": "",
            "json_schema": "plain",
            "stream_usage": False,
            "cost": "cost.total_cost",
            "vectors": "int8",
            "think_tags": {"sonar-reasoning*": "outside"},
        },
    ),
    "qwen": Sheet(
        base_url="https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        key="DASHSCOPE_API_KEY ALIBABA_API_KEY",
        max_tokens="max_tokens",
        dropped=words(
            "frequency_penalty logit_bias service_tier metadata prompt_cache_key prompt_cache_ttl"
        ),
        renamed={},
        effort={"enable_thinking": True},
        no_effort={"enable_thinking": False},
        reasoning=("reasoning_content",),
        history="",
        abilities="chat embed models",
        more={"files": "", "audio": "data_url", "video": True, "embed_limit": 10},
    ),
    "moonshot": Sheet(
        base_url="https://api.moonshot.ai/v1",
        key="MOONSHOT_API_KEY MOONSHOTAI_API_KEY",
        max_tokens="max_tokens",
        dropped=(UNNAMED - {"prompt_cache_key"})
        | words("seed logit_bias logprobs top_logprobs user"),
        renamed={},
        effort={"thinking": {"type": "enabled"}, "reasoning_effort": "high"},
        no_effort={"thinking": {"type": "disabled"}},
        reasoning=("reasoning_content",),
        history="reasoning_content",
        abilities="chat models",
        required="",
        more={
            "images": "data",
            "files": "",
            "audio": "",
            "video": True,
            "json_schema": "plain",
            "thinking_budget": True,
            "efforts": {"minimal": "low", "medium": "high", "xhigh": "max"},
        },
    ),
    "openrouter": Sheet(
        base_url="https://openrouter.ai/api/v1",
        key="OPENROUTER_API_KEY",
        max_tokens="max_completion_tokens",
        dropped=words("metadata prompt_cache_key prompt_cache_ttl"),
        renamed={"max_tokens": "max_completion_tokens"},
        effort={"reasoning": {"effort": "high"}},
        no_effort={"reasoning": {"effort": "none"}},
        reasoning=("reasoning",),
        abilities="chat responses complete embed models rerank",
        history="reasoning",
        more={
            "reasoning_history": "reasoning_details",
            "files": "file_or_url",
            "audio": "base64",
            "video": True,
            "tool_media": True,
            "cost": "cost",
        },
    ),
    "huggingface": Sheet(
        base_url="https://router.huggingface.co/v1",
        key="HF_TOKEN HUGGINGFACE_API_KEY",
        max_tokens="max_tokens",
        dropped=UNNAMED,
        renamed={},
        effort=EFFORT,
        no_effort=NO_EFFORT,
        reasoning=BOTH,
        history="",
        abilities="chat models",
        more={"files": "", "audio": ""},
    ),
    "vercel": Sheet(
        base_url="https://api.v0.dev/v1",
        key="VERCEL_API_KEY",
        max_tokens="max_completion_tokens",
        dropped=UNNAMED,
        renamed={"max_tokens": "max_completion_tokens"},
        effort=EFFORT,
        no_effort=NO_EFFORT,
        reasoning=BOTH,
        history="",
        abilities="chat",
        more={"images": "data", "files": "", "audio": ""},
    ),
    "gateway": Sheet(
        base_url="https://ai-gateway.vercel.sh/v1",
        key="AI_GATEWAY_API_KEY VERCEL_AI_GATEWAY_API_KEY VERCEL_OIDC_TOKEN",
        max_tokens="max_tokens",
        dropped=UNNAMED,
        renamed={},
        effort=EFFORT,
        no_effort=NO_EFFORT,
        reasoning=BOTH,
        history="",
        abilities="chat embed models",
    ),
    "azure-openai": Sheet(
        base_url="{AZURE_OPENAI_ENDPOINT}/openai/v1",
        key="AZURE_OPENAI_API_KEY AZURE_API_KEY",
        max_tokens="max_completion_tokens",
        dropped=words("top_k"),
        renamed={
            "max_tokens": "max_completion_tokens",
            "prompt_cache_ttl": "prompt_cache_retention",
        },
        effort=EFFORT,
        no_effort=NO_EFFORT,
        reasoning=BOTH,
        abilities="chat responses jobs complete embed models",
        history="",
        more={
            "auth": "header",
            "auth_header": "api-key",
            "token_env": ("AZURE_OPENAI_AD_TOKEN",),
            "files": "",
            "developer_role": True,
        },
    ),
}
ROWS = [*SHEETS, "openai-compatible"]


def entry(name: str) -> EntryPoint:
    (found,) = entry_points(group="aikit.providers", name=name)
    return found


def specs(name: str) -> list[Spec]:
    return list(entry(name).load().aikit_providers())


def row(name: str) -> Manifest:
    (manifest,) = specs(name)
    assert isinstance(manifest, Manifest)
    return manifest


@pytest.fixture(params=SHEETS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("name", ROWS)
def test_a_row_has_one_name_in_every_place(name: str) -> None:
    found = entry(name)
    module = f"aikit_provider_{name.replace('-', '_')}"
    folder = PACKAGES / f"aikit-provider-{name}"
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert found.dist is not None
    assert found.dist.name == project["name"] == f"aikit-provider-{name}"
    assert found.value == module
    assert project["entry-points"]["aikit.providers"] == {name: module}
    assert [spec.name for spec in specs(name)] == [name]
    assert (folder / "src" / module / "py.typed").exists()


@pytest.mark.parametrize("name", ROWS)
def test_a_row_is_one_short_module(name: str) -> None:
    module = importlib.import_module(entry(name).value)
    assert module.__file__ is not None
    source = Path(module.__file__)
    assert [path.name for path in source.parent.glob("*.py")] == ["__init__.py"]
    docstring, *code = filter(None, source.read_text().splitlines())
    assert docstring.startswith('"""')
    assert len(code) <= LONGEST


def test_the_address_and_the_key_are_the_vendors(name: str) -> None:
    manifest, sheet = row(name), SHEETS[name]
    assert manifest.base_url == sheet.base_url
    assert manifest.api_key_env == tuple(sheet.key.split())
    assert manifest.abilities == words(sheet.abilities)


def test_what_a_sheet_says_more_is_so(name: str) -> None:
    manifest, more = row(name), SHEETS[name].more
    assert {field: getattr(manifest, field) for field in more} == more


def test_settings_have_the_vendors_names_or_are_dropped(name: str) -> None:
    manifest, sheet = row(name), SHEETS[name]
    names = {setting: manifest.wire_name(setting) for setting in SAMPLING}
    assert {setting for setting, wire in names.items() if not wire} == sheet.dropped
    assert names["max_tokens"] == sheet.max_tokens
    changed = {setting: wire for setting, wire in names.items() if wire not in ("", setting)}
    assert changed == sheet.renamed
    assert manifest.fields.keys() <= FIELDS.keys()


def sent(name: str, **settings: Any) -> dict[str, Any]:
    given = {"model": "m1", "messages": "Hi", **settings}
    return encode_chat(ChatRequest(**given), row(name)).body


def test_reasoning_is_asked_for_as_the_vendor_wants(name: str) -> None:
    sheet, plain = SHEETS[name], sent(name)
    for effort, expected in (("high", sheet.effort), ("none", sheet.no_effort)):
        body = sent(name, reasoning=effort)
        assert {key: value for key, value in body.items() if key not in plain} == expected


def test_the_responses_api_of_a_row_has_the_names_of_its_own(name: str) -> None:
    fields = row(name).responses_fields
    assert fields.keys() <= RESPONSES_FIELDS.keys()
    assert not fields or "responses" in row(name).abilities


def test_bedrock_mantle_has_two_addresses_for_responses() -> None:
    manifest = many("bedrock-mantle")
    assert path_of(manifest, "openai.gpt-oss-120b") == "/v1/responses"
    assert path_of(manifest, "openai.gpt-5.5") == "/openai/v1/responses"


def test_a_budget_is_never_dropped_in_silence(name: str) -> None:
    request = ChatRequest(
        model="m1", messages=(Message.user("Hi"),), reasoning=Reasoning(None, 512)
    )
    encoded = encode_chat(request, row(name))
    told = {warning.setting for warning in encoded.warnings}
    assert "reasoning.budget_tokens" in told or "512" in str(encoded.body)


def test_reasoning_is_read_and_sent_back_where_the_vendor_has_it(name: str) -> None:
    manifest, sheet = row(name), SHEETS[name]
    assert manifest.reasoning_fields == sheet.reasoning
    turn = Message.assistant(ReasoningPart("why"), "so")
    (message,) = sent(name, messages=turn)["messages"]
    expected: dict[str, Any] = {"role": "assistant", "content": "so"}
    if sheet.history == "thinking_parts":
        thought = {"type": "thinking", "thinking": [{"type": "text", "text": "why"}]}
        expected["content"] = [thought, {"type": "text", "text": "so"}]
    elif sheet.history:
        expected[sheet.history] = "why"
    assert message == expected


def test_a_call_can_be_required(name: str) -> None:
    body = sent(name, tools=[Tool("f")], tool_choice="required")
    assert body.get("tool_choice", "") == SHEETS[name].required


def test_deepseek_gets_thoughts_on_every_turn_once_it_has_some() -> None:
    turns = Message.assistant("a"), Message.assistant(ReasoningPart("why"), "b")
    messages = sent("deepseek", messages=turns)["messages"]
    assert [message["reasoning_content"] for message in messages] == ["", "why"]


def test_mistral_gets_ids_that_it_takes_and_no_stream_options() -> None:
    calls = {
        "role": "assistant",
        "parts": [{"type": "tool_call", "id": "call_123", "name": "f"}],
    }
    body = sent("mistral", messages=[calls], streaming=True)
    (call,) = body["messages"][0]["tool_calls"]
    assert len(call["id"]) == 9
    assert body["stream"] is True
    assert "stream_options" not in body


def test_mistral_is_offered_no_tools_that_it_must_not_call() -> None:
    asked = ChatRequest(
        model="m1", messages=(Message.user("Hi"),), tools=(Tool("f"),), tool_choice="none"
    )
    encoded = encode_chat(asked, row("mistral"))
    assert not encoded.body.keys() & {"tools", "tool_choice"}
    assert [(item.setting, item.action) for item in encoded.warnings] == [("tools", "noted")]
    bare = encode_chat(replace(asked, tools=()), row("mistral"))
    assert bare.warnings == ()
    assert encode_chat(asked, row("groq")).body["tool_choice"] == "none"


def test_a_row_is_written_in_the_words_of_a_document(name: str) -> None:
    assert from_json(Manifest, to_json(row(name))) == row(name)


class Settings:
    """Lends a provider its settings and nothing else."""

    http_client = None

    def __init__(self, name: str, settings: Mapping[str, Any]) -> None:
        self.name = name
        self.settings = settings

    def secret(self, setting: str, *variables: str) -> SecretLike | None:
        return None

    def model(self, id: str) -> None:
        return None

    def store(self, name: str) -> Any:
        raise AssertionError("no row needs a store")


def opened(settings: Mapping[str, Any], name: str = "acme") -> Any:
    (spec,) = specs("openai-compatible")
    return spec(Settings(name, settings))


@pytest.mark.parametrize("name", sorted(SHEETS.keys() - {"azure-openai"}))
async def test_a_row_opens_with_its_own_address_or_another(name: str) -> None:
    elsewhere = {"base_url": "http://x/v1/"}
    for settings, address in (({}, row(name).base_url), (elsewhere, "http://x/v1")):
        provider = row(name)(Settings(name, settings))
        assert provider.service.base_url == address
        await provider.aclose()


async def test_any_service_is_described_by_its_settings() -> None:
    provider = opened(
        {
            "base_url": "https://acme.example/v1",
            "api_key": "k1",
            "timeouts": {"connect": 1},
            "headers": {"x-team": "blue"},
            "fields": {"max_tokens": "max_new_tokens"},
            "reasoning_fields": ["thoughts"],
        }
    )
    manifest = provider.manifest
    assert (manifest.name, manifest.base_url) == ("acme", "https://acme.example/v1")
    assert (manifest.key_required, manifest.headers) == (False, {"x-team": "blue"})
    assert manifest.wire_name("max_tokens") == "max_new_tokens"
    assert manifest.reasoning_fields == ("thoughts",)
    await provider.aclose()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "provider 'acme' needs a base_url"),
        ({"base_url": "http://x", "vidoe": True}, "no field 'vidoe'; did you mean 'video'"),
        ({"base_url": "http://x", "audio": "loud"}, "provider 'acme': audio"),
    ],
)
def test_what_is_wrong_in_the_settings_is_told(settings: Mapping[str, Any], message: str) -> None:
    with pytest.raises(BadConfig, match=message):
        opened(settings)


MORE = {
    "ai21": ("https://api.ai21.com/studio/v1", "AI21_API_KEY"),
    "atlascloud": ("https://api.atlascloud.ai/v1", "ATLASCLOUD_API_KEY"),
    "baseten": ("https://inference.baseten.co/v1", "BASETEN_API_KEY"),
    "bedrock-mantle": ("https://bedrock-mantle.{AWS_REGION}.api.aws", "AWS_BEARER_TOKEN_BEDROCK"),
    "cloudflare": (
        "https://api.cloudflare.com/client/v4/accounts/{CLOUDFLARE_ACCOUNT_ID}/ai/v1",
        "CLOUDFLARE_API_TOKEN",
    ),
    "crusoe": ("https://api.inference.crusoecloud.com/v1", "CRUSOE_API_KEY"),
    "databricks": ("{DATABRICKS_HOST}/serving-endpoints", "DATABRICKS_TOKEN"),
    "edenai": ("https://api.edenai.run/v3", "EDENAI_API_KEY"),
    "featherless": ("https://api.featherless.ai/v1", "FEATHERLESS_API_KEY"),
    "github": ("https://models.github.ai", "GITHUB_TOKEN"),
    "gmicloud": ("https://api.gmi-serving.com/v1", "GMI_CLOUD_APIKEY GMI_API_KEY"),
    "gpustack": ("http://localhost/v1", "GPUSTACK_API_KEY"),
    "heroku": ("https://us.inference.heroku.com/v1", "HEROKU_INFERENCE_KEY"),
    "inception": ("https://api.inceptionlabs.ai/v1", "INCEPTION_API_KEY"),
    "llama-api": ("https://api.llama.com/compat/v1", "LLAMA_API_KEY"),
    "meta": ("https://api.meta.ai/v1", "MODEL_API_KEY"),
    "minimax": ("https://api.minimax.io/v1", "MINIMAX_API_KEY"),
    "nebius": ("https://api.studio.nebius.ai/v1", "NEBIUS_API_KEY"),
    "novita": ("https://api.novita.ai/v3/openai", "NOVITA_API_KEY"),
    "nscale": ("https://inference.api.nscale.com/v1", "NSCALE_API_KEY"),
    "ollama-cloud": ("https://ollama.com/v1", "OLLAMA_API_KEY"),
    "ovhcloud": ("https://oai.endpoints.kepler.ai.cloud.ovh.net/v1", "OVHCLOUD_API_KEY"),
    "portkey": ("https://api.portkey.ai/v1", "PORTKEY_API_KEY"),
    "requesty": ("https://router.requesty.ai/v1", "REQUESTY_API_KEY"),
    "sambanova": ("https://api.sambanova.ai/v1", "SAMBANOVA_API_KEY"),
    "siliconflow": ("https://api.siliconflow.cn/v1", "SILICONFLOW_API_KEY"),
    "snowflake": (
        "https://{SNOWFLAKE_ACCOUNT}.snowflakecomputing.com/api/v2/cortex/v1",
        "SNOWFLAKE_TOKEN",
    ),
    "telnyx": ("https://api.telnyx.com/v2/ai", "TELNYX_API_KEY"),
    "upstage": ("https://api.upstage.ai/v1/solar", "UPSTAGE_API_KEY"),
    "writer": ("https://api.writer.com/v1", "WRITER_API_KEY"),
    "zai": ("https://api.z.ai/api/paas/v4", "ZAI_API_KEY"),
}


def test_the_one_distribution_of_many_has_their_addresses_and_keys() -> None:
    rows = {spec.name: spec for spec in specs("zai") if isinstance(spec, Manifest)}
    named = {entry.name for entry in entry_points(group="aikit.providers") if is_of_many(entry)}
    assert rows.keys() == named == MORE.keys()
    told = {name: (row.base_url, " ".join(row.api_key_env)) for name, row in rows.items()}
    assert told == MORE


def is_of_many(entry: EntryPoint) -> bool:
    return entry.value == "aikit_provider_more"


def test_listing_many_providers_imports_none_of_them() -> None:
    code = (
        "import sys; from aikit import Kit; from aicore.plugins import found, PROVIDERS\n"
        "Kit(); assert 'zai' in found(PROVIDERS)\n"
        "loaded = [name for name in sys.modules if name.startswith('aikit_provider')]\n"
        "assert not loaded, loaded\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def many(name: str) -> Manifest:
    return next(spec for spec in specs(name) if spec.name == name and isinstance(spec, Manifest))


def test_where_one_of_many_differs_it_says_so() -> None:
    assert many("portkey").auth_header == "x-portkey-api-key"
    assert many("writer").chat_path == "/chat"
    assert many("github").models_path == "/catalog/models"
    assert many("zai").finish_reason("model_context_window_exceeded") == "length"
    assert many("minimax").think_tags == {"*": "outside"}
    assert not many("gpustack").key_required


@pytest.mark.parametrize(("wanted", "said"), [("json", "JSON only"), (SHAPE, '"city"')])
def test_a_service_without_response_formats_is_asked_in_the_prompt(wanted: Any, said: str) -> None:
    request = ChatRequest(model="m1", messages=(Message.user("Hi"),), response_format=wanted)
    encoded = encode_chat(request, many("minimax"))
    assert "response_format" not in encoded.body
    assert said in encoded.body["messages"][0]["content"]
    (warning,) = encoded.warnings
    assert (warning.setting, warning.action) == ("response_format", "rewritten")
    plain = encode_chat(replace(request, response_format="text"), many("minimax"))
    assert not plain.warnings
    assert len(plain.body["messages"]) == 1


@pytest.mark.parametrize(
    ("asked", "used"), [("minimal", "low"), ("high", "high"), ("xhigh", "high"), ("max", "high")]
)
def test_an_effort_that_the_service_does_not_know_becomes_the_nearest(
    asked: str, used: str
) -> None:
    request = ChatRequest(model="m1", messages=(Message.user("Hi"),), reasoning=Reasoning(asked))
    encoded = encode_chat(request, row("fireworks"))
    assert encoded.body["reasoning_effort"] == used
    assert [warning.setting for warning in encoded.warnings] == (
        [] if asked == used else ["reasoning.effort"]
    )


def test_moonshot_takes_a_budget_beside_the_switch() -> None:
    body = sent("moonshot", reasoning=Reasoning(None, 2048))
    assert body["thinking"] == {"type": "enabled", "budget_tokens": 2048}


def test_together_is_asked_for_log_probabilities_with_a_number() -> None:
    assert sent("togetherai", logprobs=True)["logprobs"] == 1
    body = sent("togetherai", logprobs=True, top_logprobs=3)
    assert (body["logprobs"], "top_logprobs" in body) == (3, False)
    assert sent("togetherai", top_logprobs=2)["logprobs"] == 2
    assert sent("togetherai", logprobs=False)["logprobs"] == 0


def test_perplexity_and_openrouter_are_shown_documents_in_their_own_ways() -> None:
    page = FilePart(url="https://a.example/b.pdf", name="b.pdf")
    data = FilePart(data=b"%PDF-1.7", media_type="application/pdf")
    shown = [
        sent(name, messages=Message("user", (part,)))["messages"][0]["content"][0]
        for name in ("perplexity", "openrouter")
        for part in (page, data)
    ]
    assert shown == [
        {"type": "file_url", "file_url": {"url": page.url}, "file_name": "b.pdf"},
        {"type": "file_url", "file_url": {"url": "JVBERi0xLjc="}},
        {"type": "file", "file": {"filename": "b.pdf", "file_data": page.url}},
        {
            "type": "file",
            "file": {
                "filename": "document.pdf",
                "file_data": "data:application/pdf;base64,JVBERi0xLjc=",
            },
        },
    ]


def test_pictures_stay_in_a_tool_result_where_the_service_takes_them_there() -> None:
    result = ToolResultPart("c1", [TextPart("see"), ImagePart(url="https://a.example/b.png")])
    (message,) = sent("openrouter", messages=Message.tool(result))["messages"]
    assert [part["type"] for part in message["content"]] == ["text", "image_url"]
    messages = sent("togetherai", messages=Message.tool(result))["messages"]
    assert [message["role"] for message in messages] == ["tool", "user"]
