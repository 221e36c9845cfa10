"""`aikit providers`: who is installed, told without importing anyone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from aicore.plugins import ALIASES, PROVIDERS

from .conftest import Install, Run


def test_it_imports_no_provider_and_nothing_of_the_wire(folder: Path) -> None:
    code = (
        "import sys\n"
        "from aikit.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    print(*sys.modules, file=sys.stderr)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, "providers", "--all"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "aikit-provider-groq" in result.stdout
    modules = result.stderr.split()
    assert "aikit.cli.providers" in modules
    strangers = ("aikit_provider", "aikit_wire", "aikit_testing", "httpx", "pydantic")
    assert [name for name in modules if name.startswith(strangers)] == []
    assert not {"aikit.kit", "aikit.cli.generate", "asyncio"} & set(modules)


def test_it_names_the_distribution_and_where_settings_are(
    run: Run, install: Install, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("acme-models", PROVIDERS, "acme", "acme_provider")
    (folder / "hermes.toml").write_text('base_url = "http://127.0.0.1:1/v1"\n')
    monkeypatch.setenv("AIKIT_MANIFEST_PATH", str(folder / "hermes.toml"))
    rows = {line.split()[0]: line.split()[1:] for line in run("providers").stdout.splitlines()}
    assert rows["acme"] == ["acme-models", "2.1", "-"]
    compatible = ["aikit-provider-openai-compatible", "1.0.0"]
    made = ["made", "of", "openai-compatible"]
    assert rows["mock"] == [*compatible, "aikit.toml", *made]
    assert rows["hermes"] == [*compatible, "AIKIT_MANIFEST_PATH", *made]


def test_json_has_the_same_facts(run: Run, install: Install) -> None:
    install("acme-models", PROVIDERS, "acme", "acme_provider")
    acme, mock, compatible = json.loads(run("providers", "--json").stdout)
    assert acme == {
        "name": "acme",
        "distribution": "acme-models",
        "version": "2.1",
        "use": None,
        "settings": None,
        "note": "",
    }
    assert (mock["name"], mock["use"]) == ("mock", "openai-compatible")
    assert compatible["settings"] is None


def test_both_claims_to_one_name_are_shown(run: Run, install: Install) -> None:
    install("acme-models", PROVIDERS, "acme", "one")
    install("acme-fork", PROVIDERS, "acme", "two")
    lines = [line for line in run("providers").stdout.splitlines() if line.startswith("acme ")]
    assert sorted(line.split()[1] for line in lines) == ["acme-fork", "acme-models"]
    assert all("uninstall all but one" in line for line in lines)


def test_aliases_are_listed_with_what_they_stand_for(run: Run, install: Install) -> None:
    install("acme-models", PROVIDERS, "acme", "acme_provider")
    install("acme-models", ALIASES, "ac", "acme")
    install("acme-models", ALIASES, "far", "far_away")
    install("acme-models", ALIASES, "mock", "acme")  # the settings have a provider of that name
    install("acme-models", ALIASES, "two", "acme")
    install("acme-fork", ALIASES, "two", "acme")
    lines = [line.split(maxsplit=4) for line in run("providers").stdout.splitlines()]
    rows = [(line[0], line[1], line[-1]) for line in lines if line[0] in ("ac", "far", "two")]
    assert sorted(rows) == [
        ("ac", "acme-models", "alias of acme"),
        ("far", "acme-models", "alias of far-away, which is not installed"),
        ("two", "acme-fork", "alias claimed 2 times: uninstall all but one"),
        ("two", "acme-models", "alias claimed 2 times: uninstall all but one"),
    ]
    assert sum(line[0] == "mock" for line in lines) == 1


def test_settings_for_what_is_not_installed_are_shown_as_such(
    run: Run, install: Install, folder: Path
) -> None:
    (folder / "aikit.toml").write_text('[providers.acme]\napi_key = "x"\n')
    assert "acme is not installed" in run("providers").stdout


def test_all_adds_what_extras_would_install(
    run: Run, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring = {"acme": "aikit-provider-acme", "zeta": "aikit-provider-zeta"}
    monkeypatch.setattr("aikit.cli.providers.available", lambda: bring)
    install("acme-models", PROVIDERS, "acme", "acme_provider")
    assert "zeta" not in run("providers").stdout
    lines = run("providers", "--all").stdout.splitlines()
    assert lines[-1].split() == ["zeta", "-", "-", "-", "pip", "install", "'aikit[zeta]>=1'"]


def test_settings_that_are_wrong_are_told(run: Run, folder: Path) -> None:
    (folder / "aikit.toml").write_text("[provider]\n")
    result = run("providers")
    assert result.exit_code == 2
    assert "did you mean 'providers'?" in result.stderr
