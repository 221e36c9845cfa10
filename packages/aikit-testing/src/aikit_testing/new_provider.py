"""Write the distribution of a new provider, one that passes the conformance suite as it is.

    python -m aikit_testing.new_provider NAME --kind row|dialect|medium [--into DIR]

`row` is a service of the OpenAI dialect, `dialect` one that speaks its own, `medium` one whose
answers come in one piece. What is written speaks an invented service: make it speak yours.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from string import Template
from typing import Any

SKELETONS = Path(__file__).with_name("skeletons")
KINDS = ("row", "dialect", "medium")
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

TESTED = """\
[dependency-groups]
dev = ["aikit-testing[conformance]>=1.0,<2"]
"""
IN_WORKSPACE = """\
[tool.uv.sources]
aicore = { workspace = true }
aikit-wire = { workspace = true }
"""


def files(name: str, kind: str, *, in_workspace: bool = False) -> dict[str, str]:
    """Return the files of a new provider's distribution: path → text.

    Raises:
        ValueError: a provider cannot have this name, or there is no such kind.
    """
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name: write it in lower case, with hyphens")
    if kind not in KINDS:
        raise ValueError(f"there is no kind {kind!r}: known are {', '.join(KINDS)}")
    module = f"aikit_provider_{name.replace('-', '_')}"
    words: Mapping[str, Any] = {
        "name": name,
        "module": module,
        "distribution": f"aikit-provider-{name}",
        "Class": "".join(word.capitalize() for word in name.split("-")),
        "VARIABLE": f"{name.upper().replace('-', '_')}_API_KEY",
        "year": date.today().year,
        "more": IN_WORKSPACE if in_workspace else TESTED,
    }
    sources = {
        "pyproject.toml": "common/pyproject.toml.txt",
        "README.md": "common/README.md.txt",
        "LICENSE": "common/LICENSE.txt",
        f"src/{module}/__init__.py": f"{kind}/provider.py.txt",
        f"tests/test_{name.replace('-', '_')}.py": f"{kind}/test.py.txt",
    }
    texts = {
        path: Template((SKELETONS / source).read_text("utf-8")).substitute(words)
        for path, source in sources.items()
    }
    return {**texts, f"src/{module}/py.typed": ""}


def write(folder: Path, texts: Mapping[str, str]) -> None:
    """Write files into a new folder.

    Raises:
        FileExistsError: the folder is there already.
    """
    folder.mkdir(parents=True)
    for path, text in texts.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")


def workspace_of(folder: Path) -> Path | None:
    """Return the root of the uv workspace whose members live in a folder."""
    root = folder.resolve().parent
    try:
        project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    except FileNotFoundError:
        return None
    members = project.get("tool", {}).get("uv", {}).get("workspace", {}).get("members", [])
    return root if f"{folder.resolve().name}/*" in members else None


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="new-provider", description=__doc__.partition("\n")[0])
    parser.add_argument("name", help="the prefix of the provider's model ids")
    parser.add_argument("--kind", choices=KINDS, required=True)
    parser.add_argument("--into", type=Path, default=Path(), help="where its folder is made")
    given = parser.parse_args(arguments)
    workspace = workspace_of(given.into)
    folder = given.into / f"aikit-provider-{given.name}"
    try:
        write(folder, files(given.name, given.kind, in_workspace=workspace is not None))
    except (ValueError, FileExistsError) as error:
        parser.error(str(error))
    steps = [f"{folder} is written."]
    if workspace is not None:
        steps += [
            f"Move {folder / 'tests'} into {workspace / 'tests' / 'providers'}.",
            "Run scripts/fix: it locks and installs the new member and writes its extra.",
        ]
    else:
        steps += [
            f"pip install -e {folder} 'aikit-testing[conformance]>=1'",
            f"python -m pytest {folder}",
        ]
    sys.stdout.write("\n".join(steps) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
