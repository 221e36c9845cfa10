"""A manifest is a document that users write, and what is wrong in one is said exactly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from aicore.errors import BadConfig
from aicore.responses import FinishReason
from aikit_wire.manifests import load_manifest, read_manifest
from aikit_wire.openai.manifest import FIELDS, FINISH_REASONS, Manifest
from aikit_wire.openai.operators import OPERATORS

TOML = """
name = "acme"
base_url = "https://llm.acme.example/v1"
base_url_env = "ACME_URL"
api_key_env = ["ACME_KEY", "ACME_TOKEN"]
token_env = ["ACME_BEARER"]
key_required = false
auth = "header"
auth_header = "x-acme-key"
chat_path = "/chat"
completions_path = "/complete"
embeddings_path = "/embed"
rerank_path = "/rank"
models_path = "/list"
responses_path = "/respond"
count_path = "/count"
responses_files = "referred"
counted_call_ids = true
abilities = ["chat", "models"]
embed_limit = 16
system_role = "developer"
developer_role = true
merge_system = true
text_parts = false
images = "data"
files = "document_url"
audio = "data_url"
video = true
message_names = false
tool_result_name = true
required_choice = "any"
named_choice = false
tools_beside_none = false
strict_tools = false
json_schema = "plain"
reasoning_request = "enable_thinking"
reasoning_fields = ["thoughts"]
reasoning_history = "tags"
thinking_budget = true
tool_media = true
tool_tags = ["hermes-*"]
stream_usage = false
reasoning_beside_output = true
cost = "cost"
vectors = "int8"
encode = ["short_tool_ids"]

[responses_paths]
"old-*" = "/v0/respond"

[responses_fields]
seed = "dice"

[headers]
x-team = "blue"

[headers_env]
x-project = "ACME_PROJECT"

[query]
api-version = "7"

[fields]
max_tokens = "max_new_tokens"
seed = ""

[options]
safe = true
depth = { most = 3 }

[efforts]
minimal = "low"

[think_tags]
"deep-*" = "inside"

[finish_reasons]
done = "stop"
"""


@pytest.fixture
def document() -> dict[str, Any]:
    import tomllib

    return tomllib.loads(TOML)


def test_the_example_sets_every_field_to_something_else(document: dict[str, Any]) -> None:
    manifest, default = read_manifest(document), Manifest(name="other")
    assert list(document.keys() ^ Manifest.__dataclass_fields__.keys()) == []
    for name in Manifest.__dataclass_fields__:
        assert getattr(manifest, name) != getattr(default, name), name


@pytest.mark.parametrize("name", list(Manifest.__dataclass_fields__))
def test_every_field_can_be_set_by_a_document(name: str, document: dict[str, Any]) -> None:
    given = {"name": "acme", "base_url": "http://localhost:1/v1", name: document[name]}
    found = getattr(read_manifest(given), name)
    assert (sorted(found) if isinstance(found, tuple | frozenset) else found) == document[name]


def test_toml_json_and_yaml_say_the_same(tmp_path: Path, document: dict[str, Any]) -> None:
    (tmp_path / "a.toml").write_text(TOML)
    (tmp_path / "b.json").write_text(json.dumps(document))
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(document))
    (tmp_path / "d.yml").write_text(yaml.safe_dump(document))
    expected = read_manifest(document)
    for file in sorted(tmp_path.iterdir()):
        assert load_manifest(file) == expected, file
    assert load_manifest(str(tmp_path / "a.toml")) == expected


def test_the_name_of_a_file_is_the_default_name(tmp_path: Path) -> None:
    (tmp_path / "lab.toml").write_text('base_url = "http://lab/v1"')
    assert load_manifest(tmp_path / "lab.toml") == Manifest(name="lab", base_url="http://lab/v1")


def test_what_is_wrong_in_a_file_is_told_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "lab.toml").write_text('base_url = "http://lab/v1"\nvideos = true')
    with pytest.raises(BadConfig) as caught:
        load_manifest(tmp_path / "lab.toml")
    assert str(caught.value) == (
        f"{tmp_path / 'lab.toml'}: no field 'videos'; did you mean 'video'?"
    )


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="nowhere"):
        load_manifest(tmp_path / "nowhere.toml")


SLIPS = [
    ({"base_ulr": "x"}, "no field 'base_ulr'; did you mean 'base_url'?"),
    ({"api_key": "x"}, "no field 'api_key'; did you mean 'api_key_env'?"),
    (
        {"responses_fields": {"sede": "x"}},
        "`responses_fields` knows no setting 'sede'; did you mean 'seed'?",
    ),
    ({"zzz": 1}, "no field 'zzz'; known: name, base_url,"),
    ({5: 1}, "no field 5; known: name,"),
    ({"fields": {"max_token": "m"}}, "`fields` knows no setting 'max_token'; did you mean"),
    ({"encode": ["short_tool_id"]}, "`encode` knows no operator 'short_tool_id'; did you mean"),
]


@pytest.mark.parametrize(("slip", "message"), SLIPS)
def test_an_unknown_name_is_told_with_the_nearest_right_one(
    slip: dict[Any, Any], message: str
) -> None:
    with pytest.raises(BadConfig) as caught:
        read_manifest({"name": "acme", "base_url": "http://acme/v1", **slip})
    assert f"provider 'acme': {message}" in str(caught.value)


WRONG: list[tuple[str, Any]] = [
    ("name", 5),
    ("base_url", 5),
    ("base_url_env", ["A"]),
    ("api_key_env", "ACME_KEY"),
    ("token_env", "ACME_BEARER"),
    ("key_required", "perhaps"),
    ("auth", "basic"),
    ("auth_header", None),
    ("headers", ["x"]),
    ("headers_env", {"x": 1}),
    ("query", "a=b"),
    ("chat_path", 5),
    ("completions_path", None),
    ("embeddings_path", []),
    ("rerank_path", 7),
    ("models_path", {}),
    ("responses_path", 5),
    ("responses_paths", ["a"]),
    ("count_path", None),
    ("abilities", ["fly"]),
    ("responses_fields", {"seed": None}),
    ("responses_files", True),
    ("counted_call_ids", "perhaps"),
    ("embed_limit", "many"),
    ("fields", {"seed": None}),
    ("options", "x"),
    ("system_role", "boss"),
    ("developer_role", "perhaps"),
    ("merge_system", "perhaps"),
    ("text_parts", []),
    ("images", "pixels"),
    ("files", True),
    ("audio", "loud"),
    ("video", "perhaps"),
    ("message_names", "perhaps"),
    ("tool_result_name", 5),
    ("tool_media", "perhaps"),
    ("required_choice", "must"),
    ("tools_beside_none", "perhaps"),
    ("named_choice", {}),
    ("strict_tools", "perhaps"),
    ("json_schema", True),
    ("reasoning_request", "please"),
    ("efforts", ["low"]),
    ("thinking_budget", "perhaps"),
    ("reasoning_fields", "reasoning"),
    ("reasoning_history", "diary"),
    ("think_tags", {"m": "between"}),
    ("tool_tags", "hermes"),
    ("stream_usage", "perhaps"),
    ("reasoning_beside_output", "perhaps"),
    ("cost", "price"),
    ("vectors", "int4"),
    ("finish_reasons", {"done": "finished"}),
    ("encode", "short_tool_ids"),
]


def test_a_wrong_value_is_known_for_every_field() -> None:
    assert [name for name, _ in WRONG] == list(Manifest.__dataclass_fields__)


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_is_told_with_the_name_of_its_field(name: str, value: Any) -> None:
    with pytest.raises(BadConfig, match=f"here: {name}"):
        read_manifest({"name": "acme", "base_url": "http://acme/v1", name: value}, where="here")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("base_url", "", "needs a base_url, such as http"),
        ("base_url", "acme.example/v1", "base_url must begin with https:// or http://"),
        ("chat_path", "chat/completions", "chat_path must begin with a slash"),
        ("models_path", "", "models_path must begin with a slash, as in `/models`"),
        ("embed_limit", 0, "embed_limit must be at least 1"),
    ],
)
def test_a_value_that_cannot_work_is_told(field: str, value: Any, message: str) -> None:
    with pytest.raises(BadConfig, match=message):
        read_manifest({"name": "acme", "base_url": "http://acme/v1", field: value})


def test_a_manifest_without_a_name_is_refused() -> None:
    with pytest.raises(BadConfig, match="name"):
        read_manifest({"base_url": "http://acme/v1"})


def test_the_address_may_come_from_a_variable_alone() -> None:
    assert read_manifest({"name": "acme", "base_url_env": "ACME_URL"}).base_url == ""


def test_settings_without_another_name_keep_the_dialects_own() -> None:
    manifest = read_manifest({"name": "a", "base_url": "http://a", "fields": {"seed": "dice"}})
    assert {name: manifest.wire_name(name) for name in FIELDS} == {**FIELDS, "seed": "dice"}


def test_finish_reasons_of_the_vendor_come_before_those_that_all_share() -> None:
    manifest = Manifest(name="a", finish_reasons={"done": "stop", "eos": "other"})
    assert manifest.finish_reason("done") == "stop"
    assert manifest.finish_reason("eos") == "other"
    assert manifest.finish_reason("model_length") == "length"
    assert manifest.finish_reason("never heard of") == "other"


def test_all_shared_finish_reasons_are_of_the_unified_vocabulary() -> None:
    assert set(FINISH_REASONS.values()) <= set(get_args(FinishReason))


def test_operators_are_known_by_the_names_of_their_functions() -> None:
    assert all(name == operator.__name__ for name, operator in OPERATORS.items())
