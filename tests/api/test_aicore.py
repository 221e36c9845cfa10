"""The public names of aicore are written down, and no change of them goes unseen."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = '''
from dataclasses import dataclass
from typing import overload
import os as _os

LIMIT = 3

@dataclass(frozen=True)
class Point(tuple):
    """A place."""
    y: int
    x: int = 0
    _cache: int = 0

    def move(self, by: int, *, far: bool = False) -> "Point": ...
    @overload
    def at(self, where: int) -> int: ...
    @overload
    def at(self, where: str) -> str: ...
    async def _walk(self) -> None: ...

    class Kind:
        small = 1

def origin() -> Point: ...
def _secret() -> None: ...
'''
LISTING = """\
aicore.LIMIT = 3
aicore.Point: @dataclass(frozen=True) class(tuple)
aicore.Point.y: int
aicore.Point.x: int = 0
aicore.Point.Kind: class()
aicore.Point.Kind.small = 1
aicore.Point.at: @overload def(self, where: int) -> int
aicore.Point.at: @overload def(self, where: str) -> str
aicore.Point.move: def(self, by: int, *, far: bool=False) -> 'Point'
aicore.origin: def() -> Point
"""


class Desk:
    """A repository of one file, with the script."""

    def __init__(self, root: Path) -> None:
        self.source = root / "packages/aicore/src/aicore/__init__.py"
        self.listing = root / "tests/api/aicore.txt"
        self.script = root / "scripts/api-surface"
        for path in (self.source, self.listing, self.script):
            path.parent.mkdir(parents=True)
        self.source.write_text(SOURCE)
        shutil.copy(ROOT / "scripts/api-surface", self.script)

    def run(self, *arguments: str) -> tuple[int, str]:
        return run(self.script, *arguments)

    def change(self, old: str, new: str) -> str:
        """Write the listing, change the source, and return what `--check` says."""
        self.source.write_text(SOURCE)
        assert self.run() == (0, "")
        assert old in SOURCE
        self.source.write_text(SOURCE.replace(old, new))
        code, said = self.run("--check")
        assert code == 1
        return said


def run(script: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, script, *arguments], capture_output=True, encoding="utf-8", check=False
    )
    assert not done.stderr
    return done.returncode, done.stdout


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_the_api_of_aicore_is_the_one_that_is_written_down() -> None:
    code, said = run(ROOT / "scripts/api-surface", "--check")
    assert code == 0, said


def test_every_public_name_is_listed_and_no_private_one(desk: Desk) -> None:
    assert desk.run() == (0, "")
    assert desk.listing.read_text() == LISTING


def test_what_is_unchanged_passes(desk: Desk) -> None:
    desk.run()
    desk.source.write_text(SOURCE.replace("A place.", "A place of two numbers."))
    assert desk.run("--check") == (0, "")


def test_an_addition_is_told_as_one(desk: Desk) -> None:
    said = desk.change("LIMIT = 3", "LIMIT = 3\nMORE = 4")
    assert said.startswith("+ aicore.MORE = 4\n")
    assert "has grown" in said


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("def origin", "def _origin", "- aicore.origin: def() -> Point"),
        (
            "    y: int\n    x: int = 0\n",
            "    x: int = 0\n    y: int\n",
            "- aicore.Point.x: int = 0",
        ),
        ("far: bool = False", "far: bool", "- aicore.Point.move: "),
        ("frozen=True", "frozen=False", "- aicore.Point: @dataclass(frozen=True) class(tuple)"),
    ],
    ids=["removed", "reordered", "default lost", "decorator changed"],
)
def test_what_is_taken_away_is_told_with_the_policy(
    desk: Desk, old: str, new: str, told: str
) -> None:
    said = desk.change(old, new)
    assert told in said
    assert "lost or changed what 1.x promises (docs/compatibility.md)" in said


def test_checking_writes_nothing(desk: Desk) -> None:
    desk.change("LIMIT = 3", "LIMIT = 4")
    assert desk.listing.read_text() == LISTING
