"""Plugins are found without importing them, and a broken one hurts only itself."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from aicore.calls import Layer
from aicore.errors import PluginError, UnknownProvider
from aicore.plugins import COMMANDS, PLUGINS, PROVIDERS, found, load_plugins, load_provider, sole
from aicore.providers import Spec

Install = Callable[[str, Mapping[str, Mapping[str, str]], Mapping[str, str]], None]

GOOD = """
from aicore.hookspecs import hookimpl

class Acme:
    name = "zz-acme"
    def __init__(self, host): ...
    async def aclose(self): ...

class Other:
    name = "zz-other"
    def __init__(self, host): ...
    async def aclose(self): ...

@hookimpl
def aikit_providers():
    return [Other, Acme]
"""

HOOK = """
from aicore.hookspecs import hookimpl

@hookimpl
def aikit_providers({arguments}):
    {body}
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Return a function that lays a distribution and its modules down where Python looks."""
    modules: set[str] = set()

    def distribution(
        name: str, groups: Mapping[str, Mapping[str, str]], sources: Mapping[str, str]
    ) -> None:
        site = tmp_path / name
        info = site / f"{name.replace('-', '_')}-2.5.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 2.5\n")
        (info / "entry_points.txt").write_text(
            "\n".join(
                f"[{group}]\n" + "\n".join(f"{key} = {value}" for key, value in points.items())
                for group, points in groups.items()
            )
        )
        for module, source in sources.items():
            (site / f"{module}.py").write_text(source)
        modules.update(sources)
        monkeypatch.syspath_prepend(str(site))
        forget()

    def forget() -> None:
        found.cache_clear()
        load_provider.cache_clear()

    yield distribution
    for module in modules:
        sys.modules.pop(module, None)
    monkeypatch.undo()
    forget()


def provider(install: Install, source: str) -> None:
    """Install the distribution `zz-dist` with the provider `zz-acme`."""
    install("zz-dist", {PROVIDERS: {"zz-acme": "zz_acme_plugin"}}, {"zz_acme_plugin": source})


def test_listing_imports_nothing(install: Install) -> None:
    provider(install, "raise SystemExit('imported')")
    (plugin,) = found(PROVIDERS)["zz-acme"]
    assert (plugin.name, plugin.distribution, plugin.version) == ("zz-acme", "zz-dist", "2.5")
    assert sole(PROVIDERS, "zz-acme") is plugin
    assert "zz_acme_plugin" not in sys.modules
    assert "zz-acme" not in found(COMMANDS)


def test_names_are_listed_in_order(install: Install) -> None:
    install("zz-dist", {COMMANDS: {"zz-b": "zz_m:b", "zz-a": "zz_m:a"}}, {})
    assert [name for name in found(COMMANDS) if name.startswith("zz-")] == ["zz-a", "zz-b"]
    assert list(found(COMMANDS)) == sorted(found(COMMANDS))


def test_an_entry_point_may_name_an_object(install: Install) -> None:
    install("zz-dist", {COMMANDS: {"zz-run": "zz_m:run"}}, {"zz_m": "def run(): return 7"})
    assert sole(COMMANDS, "zz-run").load()() == 7


def test_what_an_import_prints_stays_out_of_the_output(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install("zz-dist", {COMMANDS: {"zz-run": "zz_m:run"}}, {"zz_m": "print('hi')\nrun = 7"})
    assert sole(COMMANDS, "zz-run").load() == 7
    print("mine")
    assert capsys.readouterr() == ("mine\n", "hi\n")


def test_a_provider_is_loaded_by_its_name(install: Install) -> None:
    provider(install, GOOD)
    spec = load_provider("zz-acme")
    assert spec.name == "zz-acme"
    assert isinstance(spec, Spec)
    assert load_provider("zz-acme") is spec


def test_a_name_that_nobody_provides_is_unknown() -> None:
    with pytest.raises(UnknownProvider, match="no installed plugin provides 'zz-nobody'"):
        load_provider("zz-nobody")


def test_a_name_that_two_claim_is_an_error_that_names_both(install: Install) -> None:
    for name in ("zz-two", "zz-one"):
        install(name, {PROVIDERS: {"zz-acme": "zz_acme_plugin"}}, {"zz_acme_plugin": GOOD})
    with pytest.raises(PluginError) as caught:
        load_provider("zz-acme")
    assert str(caught.value) == ("zz-one and zz-two both provide 'zz-acme'; uninstall one of them")
    assert "zz_acme_plugin" not in sys.modules


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("import zz_missing", "ModuleNotFoundError: No module named 'zz_missing'"),
        ("def broken(:", "SyntaxError"),
        ("1 / 0", "ZeroDivisionError"),
        ("raise SystemExit('needs a GPU')", "SystemExit: needs a GPU"),
        ("", "offers [], but no provider of that name"),
        (HOOK.format(arguments="", body="return None"), "offers [], but"),
        (GOOD.replace("zz-acme", "zz-acne"), "offers ['zz-other', 'zz-acne'], but"),
        (HOOK.format(arguments="", body="return 5"), "its hooks fail (TypeError"),
        (HOOK.format(arguments="", body="return [5]"), "its hooks fail (AttributeError"),
        (HOOK.format(arguments="", body="raise OSError('no')"), "its hooks fail (OSError: no)"),
        (HOOK.format(arguments="kit", body="return []"), "its hooks fail (PluginValidationError"),
    ],
)
def test_a_broken_provider_names_its_distribution(install: Install, source: str, says: str) -> None:
    provider(install, source)
    with pytest.raises(PluginError) as caught:
        load_provider("zz-acme")
    assert str(caught.value).startswith("zz-dist 2.5 is broken: ")
    assert says in str(caught.value)


def test_the_cause_of_a_failed_import_is_kept(install: Install) -> None:
    provider(install, "1 / 0")
    with pytest.raises(PluginError, match="repair or uninstall zz-dist") as caught:
        load_provider("zz-acme")
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_a_broken_plugin_does_not_hurt_another(install: Install) -> None:
    middleware = """
from aicore.calls import Layer
from aicore.hookspecs import hookimpl

class Quiet:
    name, layer, before, after = "quiet", Layer.STEP, (), ()
    def wrap(self, call):
        return call

@hookimpl
def aikit_middleware():
    return [Quiet()]
"""
    mistaken = middleware.replace("aikit_middleware()", "aikit_middleware(kit)")
    install("zz-bad", {PLUGINS: {"zz-bad": "zz_bad"}}, {"zz_bad": "1 / 0"})
    install("zz-odd", {PLUGINS: {"zz-odd": "zz_odd"}}, {"zz_odd": mistaken})
    install("zz-good", {PLUGINS: {"zz-quiet": "zz_good"}}, {"zz_good": middleware})
    hooks, broken = load_plugins()
    assert hooks.has_plugin("zz-good:zz-quiet")
    (quiet,) = [item for items in hooks.hook.aikit_middleware() for item in items]
    assert (quiet.name, quiet.layer) == ("quiet", Layer.STEP)
    first, second = sorted(str(error) for error in broken if "zz-" in str(error))
    assert first.startswith("zz-bad 2.5 is broken: 'zz_bad' fails to import (ZeroDivisionError")
    assert second.startswith("zz-odd 2.5 is broken: ")
    assert "kit" in second
