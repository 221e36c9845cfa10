"""A provider gets its settings, its secrets and its stores from the host that opens it."""

from __future__ import annotations

from typing import Any

import pytest
from aicore.errors import AIError, BadConfig, MissingKey, PluginError, UnknownProvider
from aicore.models import ModelInfo
from aicore.providers import Host
from aicore.secrets import Secret
from aikit.host import KitHost, open_provider
from aikit_wire.openai.provider import OpenAIProvider
from pydantic import SecretStr

from .plugins import Installer, provider

pytestmark = pytest.mark.usefixtures("nowhere")


def find(provider: str, model: str) -> ModelInfo | None:
    return ModelInfo(id=model, provider=provider)


def host(name: str = "own", **settings: Any) -> KitHost:
    return KitHost(name, settings, None, find)


def test_a_secret_comes_from_the_settings_then_the_variables_then_the_own_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert host("my-own").secret("api_key", "FIRST", "SECOND") is None
    monkeypatch.setenv("MY_OWN_API_KEY", "own")
    assert host("my-own").secret("api_key", "FIRST", "SECOND") == Secret("own")
    monkeypatch.setenv("SECOND", "second")
    assert host("my-own").secret("api_key", "FIRST", "SECOND") == Secret("second")
    monkeypatch.setenv("FIRST", "first")
    assert host("my-own").secret("api_key", "FIRST", "SECOND") == Secret("first")
    assert host("my-own", api_key="set").secret("api_key", "FIRST") == Secret("set")


def test_an_empty_variable_is_none_and_an_empty_setting_asks_for_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FIRST", "")
    monkeypatch.setenv("SECOND", "second")
    assert host().secret("api_key", "FIRST", "SECOND") == Secret("second")
    assert host(api_key="").secret("api_key", "SECOND") is None
    assert host(api_key=SecretStr("")).secret("api_key", "SECOND") is None


def test_a_secret_of_another_library_is_taken_as_it_is() -> None:
    given = SecretStr("sekret")
    assert host(api_key=given).secret("api_key") is given


@pytest.mark.parametrize("value", [5, True, ["k"], b"k"])
def test_a_secret_that_is_no_text_is_refused_without_showing_it(value: Any) -> None:
    with pytest.raises(BadConfig, match="'api_key' of provider 'own' must be text"):
        host(api_key=value).secret("api_key")


async def test_stores_are_kept_by_name() -> None:
    mine = host()
    await mine.store("a").set("k", b"1")
    assert await mine.store("a").get("k") == b"1"
    assert await mine.store("b").get("k") is None
    assert await host().store("a").get("k") is None


def test_a_host_knows_the_models_of_its_provider() -> None:
    found = host("own").model("m")
    assert found
    assert (found.provider, found.id) == ("own", "m")
    accepted: Host = host()
    assert accepted.http_client is None


def test_the_settings_are_handed_over_without_the_one_that_names_the_plugin(
    install: Installer,
) -> None:
    made = provider("echo")
    install(providers=[made])
    open_provider("mine", {"use": "echo", "a": 1}, "client", find)
    assert [(host.name, host.settings, host.http_client) for host in made.hosts] == [
        ("mine", {"a": 1}, "client")
    ]


def test_an_alias_has_its_own_name_key_and_options(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = open_provider("fast", {"use": "groq", "api_key": "k"}, None, find)
    assert isinstance(opened, OpenAIProvider)
    assert opened.manifest.name == "fast"
    assert opened.service.base_url == "https://api.groq.com/openai/v1"


@pytest.mark.parametrize(
    ("name", "settings", "says"),
    [
        ("opnai", {}, "no provider 'opnai'; did you mean 'openai'?"),
        ("own", {"use": "openai-compatibel"}, "did you mean 'openai-compatible'?"),
        ("own", {}, "no provider 'own' is known; installed are: "),
        ("lab", {"base_url": "http://x"}, "The settings of [providers.lab] were seen, but none"),
        ("lab", {"base_url": "http://x"}, 'add `use = "openai-compatible"`, or another provider'),
    ],
)
def test_a_provider_that_is_not_installed_is_named(
    name: str, settings: dict[str, Any], says: str
) -> None:
    with pytest.raises(UnknownProvider) as caught:
        open_provider(name, settings, None, find)
    assert says in str(caught.value)


def test_a_wrong_setting_is_told_with_its_provider_and_its_file() -> None:
    settings = {"use": "openai-compatible", "base_url": "http://x", "vidoe": True}
    with pytest.raises(BadConfig) as caught:
        open_provider("lab", settings, None, find, "manifests/lab.yaml")
    assert str(caught.value).startswith(
        "manifests/lab.yaml: provider 'lab': no field 'vidoe'; did you mean 'video'?"
    )


@pytest.mark.parametrize(("name", "settings"), [("lab", {}), ("lab", {"use": "nope", "a": 1})])
def test_only_settings_that_say_no_provider_are_told_so(
    name: str, settings: dict[str, Any]
) -> None:
    with pytest.raises(UnknownProvider) as caught:
        open_provider(name, settings, None, find)
    assert "were seen" not in str(caught.value)


def test_a_provider_that_cannot_be_opened_is_broken(install: Installer) -> None:
    made = provider("echo")
    made.hosts = ()  # type: ignore[assignment]
    install(providers=[made])
    with pytest.raises(PluginError, match="'echo' is broken: it cannot be opened") as caught:
        open_provider("echo", {}, None, find)
    assert isinstance(caught.value.__cause__, AttributeError)


def test_an_error_that_says_what_is_wrong_passes(install: Installer) -> None:
    class Picky:
        name = "picky"

        def __call__(self, host: Host) -> Any:
            raise MissingKey("no key")

    install(providers=[Picky()])  # type: ignore[list-item]
    with pytest.raises(MissingKey):
        open_provider("picky", {}, None, find)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"base_ulr": "x"}, "provider 'groq' has no setting 'base_ulr'; did you mean 'base_url'?"),
        ({"zzz": 1}, "has no setting 'zzz'; known: api_key, base_url"),
        ({"base_url": 5}, "provider 'groq': 'base_url' must be text"),
        ({"headers": "x"}, "provider 'groq': 'headers' must be a table"),
        ({"query": ["x"]}, "provider 'groq': 'query' must be a table"),
        ({"timeouts": 5}, "provider 'groq': 'timeouts' must be a table"),
        ({"headers": {"a": 5}}, "provider 'groq': the values of 'headers' must be text"),
        ({"timeouts": {"raed": 5}}, "'timeouts' has no phase 'raed'; did you mean 'read'?"),
        ({"timeouts": {"read": "5"}}, "the timeout 'read' must be seconds, or None"),
        ({"timeouts": {"read": True}}, "the timeout 'read' must be seconds, or None"),
        ({"api_key": 5}, "'api_key' of provider 'groq' must be text"),
    ],
)
def test_a_wrong_setting_of_a_provider_is_named(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(BadConfig) as caught:
        open_provider("groq", settings, None, find)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "needs a base_url"),
        ({"base_url": "http://x", "chat_paht": "/x"}, "did you mean 'chat_path'?"),
        ({"base_url": "http://x", "auth": "basic"}, "auth"),
        ({"base_url": "http://x", "headers": {"authorization": ["sekret"]}}, "headers"),
    ],
)
def test_a_wrong_field_of_a_manifest_is_named(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(AIError) as caught:
        open_provider("own", {"use": "openai-compatible", **settings}, None, find)
    assert type(caught.value) is BadConfig
    assert says in str(caught.value)
    assert "sekret" not in str(caught.value)
