"""Each row says what its vendor's documents say, and has one name in every place."""

from __future__ import annotations

import importlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

import pytest
from aicore.errors import BadConfig
from aicore.messages import Message, ReasoningPart
from aicore.providers import Spec
from aicore.requests import ChatRequest, Reasoning, Tool
from aicore.secrets import SecretLike
from aicore.values import from_json, to_json
from aikit_wire.openai.encode import encode_chat
from aikit_wire.openai.manifest import FIELDS, Manifest

PACKAGES = Path(__file__).parents[2] / "packages"
LONGEST = 35
"""How many lines a row may have."""

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
    more: dict[str, Any] = field(default_factory=dict)


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


EFFORT = {"reasoning_effort": "high"}
NO_EFFORT = {"reasoning_effort": "none"}

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
        abilities="chat responses count_tokens complete embed models",
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
    assert len(source.read_text().splitlines()) <= LONGEST


def test_the_address_and_the_key_are_the_vendors(name: str) -> None:
    manifest, sheet = row(name), SHEETS[name]
    assert manifest.base_url == sheet.base_url
    assert manifest.api_key_env == (sheet.key,)
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


def test_a_budget_is_never_dropped_in_silence(name: str) -> None:
    request = ChatRequest(
        model="m1", messages=(Message.user("Hi"),), reasoning=Reasoning(None, 512)
    )
    encoded = encode_chat(request, row(name))
    told = {warning.setting for warning in encoded.warnings}
    assert "reasoning.budget_tokens" in told


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
    assert sent(name, tools=[Tool("f")], tool_choice="required")["tool_choice"] == "required"


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


@pytest.mark.parametrize("name", SHEETS)
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
