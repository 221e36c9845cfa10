"""`aikit doctor`: what is broken, what is missing, and never a key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from aicore.plugins import COMMANDS, PLUGINS, PROVIDERS

from .conftest import Install, Run
from .service import KEY

ACME = """
from aicore.hookspecs import hookimpl
from aikit_wire.openai.manifest import Manifest

@hookimpl
def aikit_providers():
    return [Manifest(name="acme", base_url="http://127.0.0.1:1", api_key_env=("ACME_TOKEN",))]
"""
FALLS = """
from aicore.hookspecs import hookimpl

class Falls:
    name = "falls"
    def __call__(self, host):
        raise RuntimeError("over the edge")

@hookimpl
def aikit_providers():
    return [Falls()]
"""
KEYLESS = """
from aicore.errors import MissingKey
from aicore.hookspecs import hookimpl

class Keyless:
    name = "keyless"
    def __call__(self, host):
        raise MissingKey("no API key for 'keyless': set KEYLESS_KEY")

@hookimpl
def aikit_providers():
    return [Keyless()]
"""
LAYERED = """
from dataclasses import dataclass
from aicore.calls import Layer
from aicore.hookspecs import hookimpl

@dataclass
class Tap:
    name: str = "tap"
    layer: Layer = Layer.ATTEMPT
    before: tuple = ()
    after: tuple = ()
    def wrap(self, call):
        return call

@hookimpl
def aikit_middleware():
    return [Tap()]
"""
RAISES = """
from aicore.hookspecs import hookimpl

@hookimpl
def aikit_middleware():
    raise LookupError("no such middleware")
"""


def lines_of(output: str, name: str) -> list[str]:
    return [line for line in output.splitlines() if f" {name} " in line]


def test_a_sound_installation_is_told_so(run: Run, install: Install) -> None:
    result = run("doctor")
    assert result.exit_code == 0
    assert result.stdout.startswith("Python 3.")
    assert "aikit 1." in result.stdout
    assert "ok  aikit.toml  -  read" in result.stdout
    assert result.stdout.endswith("\n1 provider ready, 1 needs settings.\n")


def test_no_settings_at_all_are_no_fault(run: Run, install: Install, folder: Path) -> None:
    (folder / "aikit.toml").unlink()
    result = run("doctor")
    assert result.exit_code == 0
    assert "aikit.toml  -  not there, and not needed" in result.stdout
    (line,) = lines_of(result.stdout, "openai-compatible")
    assert line.startswith("no settings  ")
    assert 'usable through [providers.NAME] in aikit.toml, with use = "openai-compatible"' in line
    assert result.stdout.endswith("\n0 providers ready, 1 needs settings.\n")


def test_it_tells_where_a_key_is_but_not_the_key(
    run: Run, install: Install, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install.module("acme_provider", ACME)
    install("acme-models", PROVIDERS, "acme", "acme_provider")
    missing = run("doctor")
    assert missing.exit_code == 0
    (line,) = lines_of(missing.stdout, "acme")
    assert line.startswith("no key ")
    assert line.endswith("needs key: set ACME_TOKEN or ACME_API_KEY")
    assert missing.stdout.endswith("\n1 provider ready, 1 needs a key, 1 needs settings.\n")
    assert "api_key in aikit.toml" in missing.stdout
    monkeypatch.setenv("ACME_TOKEN", KEY)
    found = run("doctor")
    assert "api_key in ACME_TOKEN" in found.stdout
    for result in (missing, found, run("doctor", "--json")):
        assert KEY not in result.output


def test_a_broken_provider_is_named_with_its_distribution_and_the_reason(
    run: Run, install: Install
) -> None:
    install("acme-models", PROVIDERS, "acme", "not_there_at_all")
    result = run("doctor")
    assert result.exit_code == 1
    (line,) = lines_of(result.stdout, "acme")
    assert line.startswith("BROKEN")
    assert "acme-models 2.1 is broken" in line
    assert "No module named 'not_there_at_all'" in line
    assert result.stdout.endswith("\nbroken: acme\n")


def test_a_provider_that_fails_to_open_is_broken(run: Run, install: Install) -> None:
    install.module("falls_provider", FALLS)
    install("falls", PROVIDERS, "falls", "falls_provider")
    (line,) = lines_of(run("doctor").stdout, "falls")
    assert "fails to open (RuntimeError: over the edge)" in line


def test_a_provider_that_wants_its_key_at_once_is_not_broken_without_it(
    run: Run, install: Install, folder: Path
) -> None:
    install.module("keyless_provider", KEYLESS)
    install("keyless", PROVIDERS, "keyless", "keyless_provider")
    (folder / "aikit.toml").write_text("[providers.keyless]\n")
    result = run("doctor")
    assert result.exit_code == 0
    assert "needs key: no API key for 'keyless': set KEYLESS_KEY" in result.stdout


KINDS = """
from aicore.hookspecs import hookimpl
from aikit_wire.openai.manifest import Manifest

class Silent:
    name = "silent"
    def __init__(self, host):
        host.secret("token", "SILENT_TOKEN")
        host.secret("ticket", "SILENT_TICKET")
    async def aclose(self):
        pass

class Free:
    name = "free"
    def __init__(self, host):
        pass
    async def aclose(self):
        pass

ROW = {"base_url": "http://127.0.0.1:1"}

@hookimpl
def aikit_providers():
    return [
        Silent,
        Free,
        Manifest(name="may", key_required=False, **ROW),
        Manifest(name="never", auth="none", **ROW),
        Manifest(name="must", **ROW),
    ]
"""


def test_keys_that_are_needed_are_told_from_those_that_are_not(run: Run, install: Install) -> None:
    install.module("kinds", KINDS)
    for name in ("silent", "free", "may", "never", "must"):
        install("kinds", PROVIDERS, name, "kinds")
    told = run("doctor").stdout
    lines = {name: lines_of(told, name)[0] for name in ("silent", "free", "may", "never", "must")}
    assert {name: line.split("  ")[0] for name, line in lines.items()} == {
        "silent": "no key",
        "free": "ready",
        "may": "ready",
        "never": "ready",
        "must": "no key",
    }
    assert lines["silent"].endswith("needs key: set SILENT_TOKEN or SILENT_TICKET")
    assert lines["may"].endswith("key is optional: MAY_API_KEY")
    assert lines["free"].endswith("no key needed")
    assert lines["never"].endswith("no key needed")
    assert lines["must"].endswith("needs key: set MUST_API_KEY")
    assert told.endswith("\n4 providers ready, 2 need a key, 1 needs settings.\n")


def test_two_claims_to_one_name_are_broken(run: Run, install: Install) -> None:
    install("acme-models", PROVIDERS, "acme", "one")
    install("acme-fork", PROVIDERS, "acme", "two")
    result = run("doctor")
    assert result.exit_code == 1
    assert "acme-fork and acme-models both provide 'acme'" in result.stdout


def test_a_wrong_setting_of_a_provider_is_broken(run: Run, install: Install, folder: Path) -> None:
    with (folder / "aikit.toml").open("a") as file:
        file.write("base_ulr = 1\n[providers.gone]\nuse = 'nowhere'\n")
    result = run("doctor")
    assert result.exit_code == 1
    (mock,) = lines_of(result.stdout, "mock")
    assert mock.startswith("BROKEN")
    assert "did you mean 'base_url'?" in mock
    (gone,) = lines_of(result.stdout, "gone")
    assert "no installed plugin provides 'nowhere'" in gone


def test_settings_that_cannot_be_read_hide_nothing_else(
    run: Run, install: Install, folder: Path
) -> None:
    (folder / "aikit.toml").write_text("[providers\n")
    result = run("doctor")
    assert result.exit_code == 1
    assert "not valid TOML" in result.stdout
    assert "aikit-provider-openai-compatible" in result.stdout


def test_the_middleware_is_listed_from_the_outermost_to_the_innermost(
    run: Run, install: Install
) -> None:
    install.module("layered", LAYERED)
    install("layered", PLUGINS, "layered", "layered")
    checks = json.loads(run("doctor", "--json").stdout)["checks"]
    stack = [check["name"] for check in checks if check["kind"] == "middleware"]
    assert stack == ["tap"]


def test_a_plugin_that_does_not_load_is_broken_and_the_others_work(
    run: Run, install: Install
) -> None:
    install.module("layered", LAYERED)
    install("layered", PLUGINS, "layered", "layered")
    install("absent", PLUGINS, "absent", "not_there_at_all")
    result = run("doctor")
    assert result.exit_code == 1
    assert "absent 2.1 is broken" in result.stdout
    assert lines_of(result.stdout, "tap")


def test_a_plugin_whose_hook_raises_is_broken(run: Run, install: Install) -> None:
    install.module("raises", RAISES)
    install("raises", PLUGINS, "raises", "raises")
    result = run("doctor")
    assert result.exit_code == 1
    assert "LookupError: no such middleware" in result.stdout


def test_a_plugin_that_prints_is_named_and_spoils_no_output(run: Run, install: Install) -> None:
    install.module("loud_plugin", "print('Thank you for choosing me!')")
    install("loud", PLUGINS, "loud", "loud_plugin")
    result = run("doctor", "--json")
    assert result.exit_code == 0
    checks = json.loads(result.stdout)["checks"]
    (check,) = [check for check in checks if check["name"] == "loud"]
    assert check["distribution"] == "loud 2.1"
    assert check["detail"] == "prints when imported: 'Thank you for choosing me!'"


def test_two_middleware_of_one_name_are_broken(run: Run, install: Install) -> None:
    for name in ("layered", "twin"):
        install.module(name, LAYERED)
        install(name, PLUGINS, name, name)
    result = run("doctor")
    assert result.exit_code == 1
    assert "two middleware are named 'tap'" in result.stdout


def test_a_middleware_that_cannot_stand_around_calls_is_broken(run: Run, install: Install) -> None:
    clumsy = LAYERED.replace("ATTEMPT", "STEP").replace("return call", "raise LookupError('wrap')")
    install.module("clumsy", clumsy)
    install("clumsy", PLUGINS, "clumsy", "clumsy")
    result = run("doctor")
    assert result.exit_code == 1
    assert "middleware 'tap' is broken" in result.stdout


def test_a_plugin_that_ends_the_program_is_broken(run: Run, install: Install) -> None:
    install.module("quits", "raise SystemExit('needs a GPU')")
    install("quits", PLUGINS, "quits", "quits")
    result = run("doctor")
    assert result.exit_code == 1
    assert "SystemExit: needs a GPU" in result.stdout


def test_commands_of_plugins_are_loaded(run: Run, install: Install) -> None:
    install.module("serving", "import click\nserve = click.Command('serve')\nnumber = 1\n")
    install("serving", COMMANDS, "serve", "serving:serve")
    assert lines_of(run("doctor").stdout, "serve")[0].startswith("ok")
    install("wrong", COMMANDS, "number", "serving:number")
    install("shadow", COMMANDS, "chat", "serving:serve")
    install("rival", COMMANDS, "serve", "serving:serve")
    result = run("doctor")
    assert result.exit_code == 1
    assert "is no click command; repair or uninstall wrong" in result.stdout
    assert "aikit and shadow both provide 'chat'" in result.stdout
    assert "rival and serving both provide 'serve'" in result.stdout


def test_json_has_the_versions_and_each_finding(run: Run, install: Install) -> None:
    install("acme-models", PROVIDERS, "acme", "not_there_at_all")
    result = run("doctor", "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert set(told["packages"]) >= {"aikit", "aicore", "click", "pydantic"}
    broken = [check for check in told["checks"] if not check["ok"]]
    assert [(item["kind"], item["name"]) for item in broken] == [("provider", "acme")]
