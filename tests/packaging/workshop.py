"""Build distributions with uv, once for all tests, away from the sources."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PYTHON = Path(sys.executable)


def uv(*arguments: str | Path, stdin: str | None = None) -> str:
    """Run uv and return what it printed.

    Raises:
        AssertionError: uv failed; its message is told.
    """
    here = ROOT / ".uv/bin/uv"
    program = shutil.which("uv") or (here if here.exists() else None)
    assert program, "uv is not here: run scripts/install"
    return run(program, *arguments, stdin=stdin)


def run(*command: str | Path, stdin: str | None = None) -> str:
    """Run a program in the root of the repository and return what it printed.

    Raises:
        AssertionError: it failed; its message is told.
    """
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "UV_PYTHON_DOWNLOADS": "never", "NO_COLOR": "1"},
        input=stdin,
        capture_output=True,
        encoding="utf-8",
    )
    assert not done.returncode, done.stderr
    return done.stdout


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the workspace, as its pyproject.toml describes it."""

    folder: Path
    project: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.project["name"])

    @property
    def module(self) -> str:
        return self.name.replace("-", "_")

    @property
    def stem(self) -> str:
        """What the names of its files begin with."""
        return f"{self.module}-{self.project['version']}"

    @property
    def source(self) -> Path:
        """The folder of the package, such as `packages/aicore/src/aicore`."""
        inside = self.folder / "src" / self.module
        return inside if inside.exists() else self.folder / self.module

    def files(self) -> Iterator[Path]:
        """Yield every file of the package but what Python has compiled."""
        for path in self.source.rglob("*"):
            if path.is_file() and path.suffix != ".pyc":
                yield path


def members() -> Iterator[Member]:
    for path in [*sorted(ROOT.glob("packages/*/pyproject.toml")), ROOT / "models/pyproject.toml"]:
        yield Member(path.parent, tomllib.loads(path.read_text("utf-8"))["project"])


MEMBERS = {member.name: member for member in members()}


@dataclass(frozen=True, slots=True)
class Built:
    """A folder of sdists and wheels of all members."""

    folder: Path

    def wheel(self, name: str) -> Path:
        return self.folder / f"{MEMBERS[name].stem}-py3-none-any.whl"

    def sdist(self, name: str) -> Path:
        return self.folder / f"{MEMBERS[name].stem}.tar.gz"

    def requirement(self, name: str, extras: str = "") -> str:
        """Ask for the very file, as strangers hold names like ours on the public index."""
        return f"{name}{extras} @ {self.wheel(name).as_uri()}"


@cache
def built(folder: Path) -> Built:
    """Build all members as they are published: each wheel from its sdist alone."""
    run(ROOT / "scripts/build", folder)
    return Built(folder)


@cache
def constraints(dist: Built) -> Path:
    """Write constraints: ours are the built files, of others the versions in the lock."""
    locked = uv(
        *("export", "--frozen", "--quiet", "--all-packages", "--no-emit-workspace"),
        *("--no-hashes", "--no-annotate", "--no-header"),
    )
    versions = re.findall(r"^[a-z0-9].*$", locked, re.MULTILINE)
    file = dist.folder / "constraints.txt"
    file.write_text("\n".join([*map(dist.requirement, MEMBERS), *versions]))
    return file
