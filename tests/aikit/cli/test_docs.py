"""The page about the command line is true: its commands run and its exit codes are those."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from aikit.cli.chat import HELP
from aikit.cli.exits import CODES

from .service import KEY, Service

PAGE = (Path(__file__).parents[3] / "docs" / "cli.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```bash\n(.*?)^```$", PAGE, re.M | re.S)


def rows(section: str) -> dict[str, str]:
    """Return the table of a section: the last column by the first."""
    text = PAGE.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    lines = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return {row[0].strip(" `"): row[-1].strip(" `") for row in lines[2:]}


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_runs(folder: Path, service: Service, example: str) -> None:
    (folder / "notes.txt").write_text("It rained.\n")
    (folder / "cat.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (folder / "city.json").write_text(json.dumps({"type": "object"}))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {"PATH": path, "OPENAI_BASE_URL": service.url, "OPENAI_API_KEY": KEY}
    result = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", example],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.stderr == ""
    assert result.returncode == 0 or "doctor" in example
    assert result.stdout or ">" in example or "aikit chat -m" in example


def test_the_exit_codes_are_those_of_the_page() -> None:
    families = {int(code): family for code, family in rows("Exit codes").items() if family}
    assert families == {code: family.__name__ for family, code in CODES.items()}


def test_the_commands_of_the_chat_are_those_of_the_page() -> None:
    assert rows("chat").keys() == {"/help", *(name for name, _ in HELP)}
