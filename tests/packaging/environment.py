"""A clean environment: what was installed there from wheels, and nothing else of this machine."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .workshop import PYTHON, Built, constraints, uv


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment; `dist` is where our own distributions come from."""

    home: Path
    dist: Built

    @classmethod
    def make(cls, home: Path, dist: Built, *requirements: str | Path) -> Environment:
        uv("venv", "--quiet", "--no-project", "--python", PYTHON, home)
        made = cls(home, dist)
        made.desk.mkdir()
        made.install(*requirements)
        return made

    @property
    def python(self) -> Path:
        return self.home / "bin" / "python"

    @property
    def desk(self) -> Path:
        """The folder where programs run; empty at first, and the home of their user."""
        return self.home / "desk"

    @property
    def packages(self) -> Path:
        (found,) = self.home.glob("lib/python3.*/site-packages")
        return found

    def install(self, *requirements: str | Path) -> None:
        bounds = constraints(self.dist)
        uv("pip", "install", "--quiet", "--python", self.python, "-c", bounds, *requirements)

    def uninstall(self, *names: str) -> None:
        uv("pip", "uninstall", "--quiet", "--python", self.python, *names)

    def would_bring(self, requirement: str) -> set[str]:
        """Return the names of all that a requirement stands for here."""
        bounds = constraints(self.dist)
        plain = ("--no-header", "--no-annotate", "--quiet")
        listed = uv(
            *("pip", "compile", *plain, "--python", self.python, "-c", bounds, "-"),
            stdin=requirement,
        )
        return set(re.findall(r"^[a-z0-9-]+", listed, re.MULTILINE))

    def installed(self) -> dict[str, str]:
        """Return the version of each distribution by its name."""
        listed = uv("pip", "list", "--quiet", "--python", self.python, "--format", "json")
        return {item["name"]: item["version"] for item in json.loads(listed)}

    def run(
        self, *command: str | Path, code: int = 0, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment, at its desk and without any key.

        Raises:
            AssertionError: it did not exit with `code`.
        """
        program, *arguments = command
        done = subprocess.run(
            [self.home / "bin" / program, *arguments],
            cwd=self.desk,
            env={
                "PATH": f"{self.home / 'bin'}{os.pathsep}{os.defpath}",
                "HOME": str(self.desk),
                "LANG": "C.UTF-8",
                "PYTHONWARNINGS": "error",
                **(env or {}),
            },
            capture_output=True,
            encoding="utf-8",
            timeout=120,
        )
        assert done.returncode == code, f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        return done
