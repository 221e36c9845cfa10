"""The distribution: found by its entry point, bounded, typed, and quiet when imported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import Distribution
from importlib.util import find_spec
from pathlib import Path

import pytest
from aicore.errors import BadConfig
from aicore.plugins import PROVIDERS, Plugin, found, load_provider, sole
from aicore.providers import Provider, Spec
from packaging.requirements import Requirement

from aikit_testing.conformance.author import Author, on_a_loop
from aikit_testing.conformance.quiet import PROGRAM

OURS = ("aicore", "aikit-wire")


class Structure(Author):
    """What a package of a provider has, before anything is asked."""

    def test_the_entry_point_offers_the_provider(self) -> None:
        assert self.provider, "name your provider: `provider = …` in the class"
        claims = found(PROVIDERS).get(self.provider, ())
        assert claims, (
            f"no installed distribution has an entry point {self.provider!r} in {PROVIDERS!r}; "
            "is yours installed in this environment?"
        )
        assert len(claims) == 1, f"several distributions provide {self.provider!r}"
        spec = load_provider(self.provider)
        assert isinstance(spec, Spec), f"{spec!r} has no name or cannot be opened with a host"

    def test_the_distribution_says_what_it_is(self) -> None:
        about = self._distribution().metadata
        for field in ("Summary", "Requires-Python"):
            assert field in about, f"the metadata lacks {field}"
        licensed = "License-Expression" in about or "License" in about
        assert licensed, "the metadata names no licence: set `license` in pyproject.toml"

    def test_requirements_are_bounded(self) -> None:
        needed = [Requirement(line) for line in self._distribution().requires or ()]
        needed = [item for item in needed if "extra" not in str(item.marker)]
        names = {item.name for item in needed}
        assert "aicore" in names, "`aicore` must be among the dependencies"
        assert "aikit" not in names, "a provider needs `aicore` and `aikit-wire`, never `aikit`"
        for item in needed:
            operators = {bound.operator for bound in item.specifier}
            bounded = (">=" in operators and operators & {"<", "<="}) or operators & {"==", "~="}
            assert item.name not in OURS or bounded, f"write {item.name!r} as '{item.name}>=1.0,<2'"

    def test_types_are_shipped(self) -> None:
        package = self._plugin().entry_point.module.partition(".")[0]
        spec = find_spec(package)
        folders = (spec.submodule_search_locations or ()) if spec else ()
        assert folders, f"{package!r} must be a package, so that it can hold a file `py.typed`"
        assert any((Path(folder) / "py.typed").exists() for folder in folders), (
            f"{package!r} lacks the file `py.typed` (PEP 561)"
        )

    def test_importing_does_nothing(self) -> None:
        done = subprocess.run(
            [sys.executable, "-B", "-c", PROGRAM, self._plugin().entry_point.module],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            encoding="utf-8",
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        deeds = json.loads(done.stdout.splitlines()[-1])
        assert not deeds, f"importing the provider does things: {', '.join(deeds)}"

    @on_a_loop
    async def test_opening_sends_nothing(self) -> None:
        async with self._opened("chat") as bench:
            opened = bench.kit.provider(self.provider)
            assert isinstance(opened, Provider), "an open provider has `async def aclose(self)`"
            assert not bench.received, "opening the provider has sent a request"

    @on_a_loop
    async def test_unknown_settings_are_refused(self) -> None:
        async with self._opened("chat", no_such_setting=4711) as bench:
            with pytest.raises(BadConfig) as raised:
                bench.kit.provider(self.provider)
        assert "no_such_setting" in str(raised.value), "the error does not name the setting"

    def _plugin(self) -> Plugin:
        return sole(PROVIDERS, self.provider)

    def _distribution(self) -> Distribution:
        distribution = self._plugin().entry_point.dist
        assert distribution is not None
        return distribution
