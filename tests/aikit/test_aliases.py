"""Other names of providers: declared by distributions, read without importing anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aicore import plugins
from aicore.errors import BadConfig, PluginError, UnknownProvider
from aikit import Kit
from aikit.model_ids import split

KNOWN = ("acme", "acme-cloud", "openai")
Install = Callable[[str, str, str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Put the metadata of a distribution that declares an alias where it is found."""
    monkeypatch.syspath_prepend(tmp_path)

    def install(distribution: str, alias: str, provider: str) -> None:
        home = tmp_path / f"{distribution.replace('-', '_')}-1.0.dist-info"
        home.mkdir()
        (home / "METADATA").write_text(f"Name: {distribution}\nVersion: 1.0\n")
        lines = f"[{plugins.ALIASES}]\n{alias} = {provider}\n"
        (home / "entry_points.txt").write_text(lines)
        plugins.found.cache_clear()

    yield install
    plugins.found.cache_clear()


@pytest.mark.parametrize(
    ("id", "provider", "model"),
    [
        ("ac:big", "acme-cloud", "big"),
        ("ac/big", "acme-cloud", "big"),
        ("ac/openai/big:free", "acme-cloud", "openai/big:free"),
        ("acme:ac:big", "acme", "ac:big"),
    ],
)
def test_an_alias_stands_for_its_provider(
    id: str, provider: str, model: str, install: Install
) -> None:
    install("acme-models", "ac", "acme_cloud")
    assert split(id, KNOWN) == (provider, model)


def test_a_misspelt_alias_says_which_was_meant() -> None:
    with pytest.raises(UnknownProvider, match=r"'gemni'; did you mean 'gemini', an alias of 'goo"):
        split("gemni:gemini-3.5-flash", ("google",))
    with pytest.raises(UnknownProvider, match=r"alias of 'google'\? .*`pip install 'aikit\[google"):
        split("gemni:gemini-3.5-flash", KNOWN)


@pytest.mark.parametrize("id", ["openai:x", "openai/x", "ac/openai:x"])
def test_a_providers_own_name_goes_before(id: str, install: Install) -> None:
    install("thief", "openai", "acme")
    install("acme-models", "ac", "acme")
    name = id.replace("/", ":").split(":")[0]
    assert split(id, (*KNOWN, "ac"))[0] == name


def test_an_alias_that_two_distributions_claim_is_an_error_that_names_both(
    install: Install,
) -> None:
    install("acme-models", "ac", "acme")
    install("acme-fork", "ac", "acme")
    with pytest.raises(PluginError, match="acme-fork and acme-models both claim the alias 'ac'"):
        split("ac:big", KNOWN)


def test_an_alias_whose_provider_is_not_installed_says_what_to_install(install: Install) -> None:
    install("acme-models", "ac", "groq")
    with pytest.raises(
        UnknownProvider,
        match=r"'ac' is an alias of 'groq', which is not installed; .*aikit\[groq\]>=1",
    ):
        split("ac:big", KNOWN)
    install("others", "far", "nowhere")
    with pytest.raises(UnknownProvider, match=r"alias of 'nowhere', which is not installed$"):
        split("far:big", KNOWN)


def test_an_alias_of_what_is_not_installed_is_known_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(plugins, "found", lambda group: {})
    with pytest.raises(UnknownProvider, match=r"alias of 'google', .*'aikit\[google\]>=1'"):
        split("gemini:gemini-3.5-flash", KNOWN)


async def test_a_call_goes_to_the_provider_that_the_alias_stands_for() -> None:
    async with Kit() as kit:
        assert kit.split("gemini:gemini-3.5-flash") == ("google", "gemini-3.5-flash")
        assert "gemini" not in kit.providers()


def test_settings_are_by_the_providers_own_name() -> None:
    with pytest.raises(BadConfig, match=r"'gemini' is an alias, .* write 'google'"):
        Kit(providers={"gemini": {"api_key": "x"}})
    kit = Kit(providers={"gemini": {"use": "fixture"}})
    assert kit.split("gemini:echo") == ("gemini", "echo")


def test_settings_by_an_alias_of_what_is_not_installed_name_the_provider(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(plugins, "found", lambda group: {})
    with pytest.raises(BadConfig, match=r"'gemini' is an alias, .* write 'google'"):
        Kit(providers={"gemini": {"api_key": "x"}})


async def test_asking_by_an_alias_for_a_provider_says_its_name() -> None:
    async with Kit() as kit:
        with pytest.raises(UnknownProvider, match="write 'google'"):
            await kit.models("gemini")
