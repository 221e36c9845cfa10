"""Every distribution says how it is installed, which key it wants, and shows what it does."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from aicore.plugins import load_provider
from aikit_wire.vendor import Vendor

from .pages import ROOT, Page
from .test_pages import commands

HOMES = [path.parent for path in sorted(ROOT.glob("packages/*/pyproject.toml"))]
NAME = re.compile(r"[\w-]+")
UNPUBLISHED = "README.md#publishing"

every_home = pytest.mark.parametrize("home", [*HOMES, ROOT / "models"], ids=lambda home: home.name)


@cache
def project(home: Path) -> Mapping[str, Any]:
    read = tomllib.loads((home / "pyproject.toml").read_text("utf-8"))
    found: Mapping[str, Any] = read["project"]
    return found


def members() -> Mapping[str, Path]:
    return {project(home)["name"]: home for home in (*HOMES, ROOT / "models")}


def needed(home: Path) -> set[Path]:
    """Return a distribution's folder, and those of all of ours that it needs."""
    names = (NAME.match(item) for item in project(home)["dependencies"])
    ours = (members().get(name[0]) for name in names if name)
    return {home}.union(*(needed(other) for other in ours if other))


@every_home
def test_it_says_how_it_is_installed(home: Path) -> None:
    """From a clone, with all of ours that it needs: of those names, pip would find strangers'."""
    readme = Page(home / "README.md")
    words = [words for block in readme.blocks("bash") for words in commands(block.text)]
    (install,) = (command[2:] for command in words if command[:2] == ["pip", "install"])
    folders = {(ROOT / place.partition("[")[0]).resolve() for place in install}
    assert folders >= needed(home)
    assert UNPUBLISHED in readme.text
    assert re.search(r"`pip install '[\w\[\]-]+>=1'", readme.text), "once it is published"


@every_home
def test_it_shows_what_it_does(home: Path) -> None:
    """`test_examples` runs it."""
    assert any(output for _, output in Page(home / "README.md").programs())


@every_home
def test_it_says_which_key_it_wants(home: Path) -> None:
    text = Page(home / "README.md").text
    points = project(home).get("entry-points", {}).get("aikit.providers", {})
    for name in points:
        spec = load_provider(name)
        keys = spec.api_key_env[:1] if isinstance(spec, Vendor) else ()
        assert all(key in text for key in keys), name
    assert re.search(r"\b(key|keys|_API_KEY|_TOKEN)\b", text)


def test_who_reads_of_an_index_is_told_that_nothing_is_on_it() -> None:
    for path in ROOT.glob("docs/*.md"):
        text = path.read_text("utf-8")
        if re.search(r"^pip install '?ai(kit|core)", text, re.M):
            assert UNPUBLISHED in text, path.name
