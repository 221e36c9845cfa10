"""Distributions that live in a folder of a test, and pytest run on them in its own process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def install(site: Path, texts: Mapping[str, str]) -> None:
    """Do with a distribution's files what an installer does: modules, metadata, entry points."""
    project = tomllib.loads(texts["pyproject.toml"])["project"]
    for path, text in texts.items():
        if path.startswith("src/"):
            file = site / path.removeprefix("src/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    lines = [
        "Metadata-Version: 2.4",
        f"Name: {project['name']}",
        f"Version: {project['version']}",
        f"Summary: {project['description']}",
        f"Requires-Python: {project['requires-python']}",
        *(f"Requires-Dist: {item}" for item in project["dependencies"]),
    ]
    if "license" in project:
        lines.append(f"License-Expression: {project['license']}")
    home = site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    home.mkdir()
    (home / "METADATA").write_text("\n".join(lines) + "\n")
    points = [
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in entries.items())
        for group, entries in project["entry-points"].items()
    ]
    (home / "entry_points.txt").write_text("\n".join(points))


def run_pytest(folder: Path, *arguments: str) -> tuple[Sequence[Mapping[str, Any]], str]:
    """Run pytest in a folder, with what is installed in its `site`, and without other plugins.

    Returns:
        The report of each provider, and what pytest printed.
    """
    report = folder / "report.json"
    plugins = "-p aikit_testing.conformance.report -p no:cacheprovider"
    options = f"{plugins} -q -W error --rootdir={folder} --aikit-report={report}"
    environment = {
        **os.environ,
        "PYTHONPATH": str(folder / "site"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options.split(), *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    printed = done.stdout + done.stderr
    assert report.exists(), printed
    providers: Sequence[Mapping[str, Any]] = json.loads(report.read_text("utf-8"))["providers"]
    return providers, printed
