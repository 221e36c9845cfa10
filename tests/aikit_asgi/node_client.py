"""Installs npm packages at their locked versions, and runs scripts that use them."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

HOME = Path(__file__).with_name("node")
CACHE = Path(__file__).parents[2] / ".cache" / "node"
PROJECT = ("package.json", "package-lock.json", ".npmrc")
AT_LEAST = 20


def missing(reason: str) -> Any:
    """Skip the test; where everything is expected to be there, fail it."""
    text = f"{reason}; install Node.js {AT_LEAST} or newer with npm to run this"
    return pytest.fail(text) if os.environ.get("CI") else pytest.skip(text)


@lru_cache
def installed(home: Path = HOME) -> tuple[Path | None, str]:
    """Return the folder where a project's packages are, or what keeps them from being there."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None, f"{'npm' if node else 'node'} is not installed"
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    if int(version.lstrip("v").partition(".")[0] or 0) < AT_LEAST:
        return None, f"Node.js {version.strip()} is too old"
    lock = hashlib.sha256(b"".join((home / name).read_bytes() for name in PROJECT))
    folder = CACHE / lock.hexdigest()[:12]
    if not folder.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(dir=CACHE))
        for name in PROJECT:
            shutil.copy(home / name, new)
        done = subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund"], cwd=new, capture_output=True, text=True
        )
        if done.returncode:
            shutil.rmtree(new)
            return None, f"npm cannot install what is needed: {done.stderr.strip()[-300:]}"
        try:
            new.rename(folder)
        except OSError:  # another process of the same run was first
            shutil.rmtree(new)
    return folder, ""


def script(path: Path) -> Path:
    """Return a copy of a script that finds the client, installed on demand."""
    folder, reason = installed()
    if folder is None:
        missing(reason)
    assert folder is not None
    copied = folder / path.name
    copied.write_bytes(path.read_bytes())
    return copied


def start(path: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["node", str(script(path)), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "NO_COLOR": "1", **environment},
    )


def run(path: Path, *arguments: str, **environment: str) -> str:
    """Run a script to its end and return what it printed."""
    with start(path, *arguments, **environment) as process:
        out, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    return out
