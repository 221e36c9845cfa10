"""Arguments come before aikit.toml, aikit.toml before the environment; mistakes are named."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from aicore.errors import BadConfig
from aikit.config import Config, load

pytestmark = pytest.mark.usefixtures("nowhere")


def write(path: Path | str, text: str) -> Path:
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_without_anything_there_is_nothing() -> None:
    assert load(None) == Config(None, {})


def test_the_file_of_the_folder_is_read() -> None:
    write("aikit.toml", 'model = "groq:a"\n[providers.groq]\napi_key = "k"\n')
    assert load(None) == Config("groq:a", {"groq": {"api_key": "k"}})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("mine.toml", 'model = "groq:a"'),
        ("mine.json", '{"model": "groq:a"}'),
        ("mine.yaml", "model: groq:a"),
    ],
)
def test_another_file_is_read_instead(name: str, text: str) -> None:
    write("aikit.toml", 'model = "openai:b"')
    assert load(write(name, text)).model == "groq:a"
    assert load(name).model == "groq:a"


def test_the_model_comes_from_the_argument_then_the_file_then_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AIKIT_MODEL", "openai:environment")
    assert load(None).model == "openai:environment"
    write("aikit.toml", 'model = "openai:file"')
    assert load(None).model == "openai:file"
    assert load(None, "openai:argument").model == "openai:argument"


def test_a_model_that_is_no_text_is_refused() -> None:
    wrong: Any = 5
    with pytest.raises(BadConfig, match="`model` must be text, such as 'provider:name', not int"):
        load(None, wrong)


def test_settings_are_merged_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    write("m/own.toml", 'base_url = "http://manifest"\nquery = {a = "manifest"}\n')
    monkeypatch.setenv("AIKIT_MANIFEST_PATH", "m")
    write("aikit.toml", '[providers.own]\nbase_url = "http://file"\nheaders = {a = "file"}\n')
    given: dict[str, dict[str, Any]] = {
        "own": {"headers": {"a": "argument"}},
        "groq": {"api_key": "k"},
    }
    assert load(None, None, given).providers == {
        "own": {
            "use": "openai-compatible",
            "query": {"a": "manifest"},
            "base_url": "http://file",
            "headers": {"a": "argument"},
        },
        "groq": {"api_key": "k"},
    }
    places = f"{Path('m', 'own.toml')}, aikit.toml"
    assert load(None, None, given).sources == {"own": places}
    assert given == {"own": {"headers": {"a": "argument"}}, "groq": {"api_key": "k"}}


def test_manifests_come_from_files_and_folders_in_every_format(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write("some/a.toml", 'base_url = "http://a"')
    write("some/b.json", '{"base_url": "http://b", "name": "bee"}')
    write("some/c.yml", "base_url: http://c")
    write("some/README.md", "not a manifest")
    write("d.yaml", "base_url: http://d")
    monkeypatch.setenv("AIKIT_MANIFEST_PATH", os.pathsep.join(["some", "", "d.yaml"]))
    assert load(None).providers == {
        name: {"use": "openai-compatible", "base_url": url}
        for name, url in [
            ("a", "http://a"),
            ("bee", "http://b"),
            ("c", "http://c"),
            ("d", "http://d"),
        ]
    }


def test_a_configuration_does_not_show_its_settings() -> None:
    assert "sekret" not in repr(load(None, None, {"groq": {"api_key": "sekret"}}))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("modle = 'a'", "aikit.toml: nothing here understands 'modle'; did you mean 'model'?"),
        ("[provider.groq]", "did you mean 'providers'?"),
        ("zzz = 1", "known are model, providers"),
        ("model = 5", "'model' must be text, such as 'provider:name'"),
        ("providers = ['groq']", r"write providers as tables: [providers.NAME]"),
        ("[providers]\ngroq = 'key'", "the settings of provider 'groq' must be a table"),
        ("model = ", "aikit.toml: not valid TOML"),
    ],
)
def test_a_mistake_in_the_file_is_named(text: str, says: str) -> None:
    write("aikit.toml", text)
    with pytest.raises(BadConfig) as caught:
        load(None)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("missing.toml", "missing.toml: No such file"),
        (".", "cannot read this format"),
        ("aikit.ini", "cannot read this format; use .json, .toml"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(path: str, says: str) -> None:
    with pytest.raises(BadConfig) as caught:
        load(path)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({}, "m/x.toml: No such file"),
        ({"m/x.toml": "name = 5"}, "m/x.toml: 'name' must be text"),
        ({"m/x.toml": "= 5"}, "m/x.toml: not valid TOML"),
        (
            {"m/x.toml": "name = 'a'", "m/y.toml": "name = 'a'"},
            "m/y.toml: another manifest is named 'a' already",
        ),
    ],
)
def test_a_mistake_in_a_manifest_is_named(
    files: dict[str, str], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in files.items():
        write(name, text)
    monkeypatch.setenv("AIKIT_MANIFEST_PATH", "m" if len(files) > 1 else "m/x.toml")
    with pytest.raises(BadConfig) as caught:
        load(None)
    assert says in str(caught.value)


def test_a_folder_of_manifests_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AIKIT_MANIFEST_PATH", "nowhere")
    with pytest.raises(BadConfig, match="nowhere: No such file or folder; AIKIT_MANIFEST_PATH"):
        load(None)


@pytest.mark.parametrize("settings", [{}, {"api_key": "k"}])
def test_settings_of_a_misspelt_provider_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(BadConfig) as caught:
        load(None, None, {"antropic": settings})
    assert "`providers`: no provider 'antropic'; did you mean 'anthropic'?" in str(caught.value)
    write("aikit.toml", '[providers.gorq]\napi_key = "sekret"\n')
    with pytest.raises(BadConfig) as caught:
        load(None)
    assert "aikit.toml: [providers.gorq]: no provider 'gorq'; did you mean 'groq'?" in str(
        caught.value
    )
    assert "sekret" not in str(caught.value)


def test_a_misspelt_provider_that_is_not_installed_is_named_with_its_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("aicore.plugins.found", lambda group: {"groq": ()})
    with pytest.raises(BadConfig, match=r"aikit-provider-mistral brings it: `pip install"):
        load(None, None, {"mistrl": {}})
    assert load(None, None, {"mistral": {}}).providers == {"mistral": {}}


def test_a_provider_of_ones_own_has_any_name() -> None:
    given: dict[str, dict[str, Any]] = {"antropic": {"use": "anthropic"}, "parrot": {"times": 2}}
    assert load(None, None, given).providers == given


@pytest.mark.parametrize("providers", [["groq"], "groq", {"groq": "key"}, {"groq": None}])
def test_settings_of_a_wrong_type_are_refused(providers: Any) -> None:
    with pytest.raises(BadConfig, match="must be a table"):
        load(None, None, providers)
