"""Every example of the documentation runs, and prints what the page says.

How a page is read:

- A ```python block is a program. The programs of a page run in order in one process, share their
  names, and may use `await` at the top level, as in a notebook.
- A ```text block right after a program is exactly what the program prints.
- A block whose first line is a comment that names a file, such as `# aikit.toml`, is that file. It
  is there before the first program runs. A `# pyproject.toml` counts as installed.
- The vendors' addresses lead to servers of `tests/vendor.py`, as do http://localhost and
  https://llm.example.com; keys are dummies. The folder holds cat.png, report.pdf and speech.wav.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aicore.plugins import PROVIDERS, found, load_provider
from aikit_models import listed
from aikit_wire.openai.manifest import Manifest

from ..vendor import Vendor
from .pages import PAGES, Page

ROWS = {
    name: spec for name in found(PROVIDERS) if isinstance(spec := load_provider(name), Manifest)
}
PROGRAM = Path(__file__).with_name("program.py")
VENDORS = {
    "openai": False,
    "anthropic": True,
    "google": True,
    "groq": True,
    "deepseek": True,
    "mistral": True,
}
"""Vendors with a catalog, and whether they show what their models think."""
ELSEWHERE = "elsewhere"
"""The server for every other address, with any model."""
ADDRESS = re.compile(r"https://llm\.example\.com|http://localhost:\d+")
ANSWERS = {
    "sky": "Air scatters blue light more than red.",
    "capital of France": "Paris.",
    "Write a call": '<tool_call>{"name":"get_weather","arguments":{"city":"Oslo"}}</tool_call>',
    "slowly": "one two three four five six seven eight nine ten " * 10,
    "Once upon": " a time, there was a fox.",
}
VALUES = {"city": "Oslo", "name": "Ada Lovelace", "year": 1815, "total": 99.5, "items": ["tea"]}
FILES = {"cat.png": b"\x89PNG\r\n\x1a\n", "report.pdf": b"%PDF-1.7", "speech.wav": b"RIFF0000WAVE"}
KEYS = (
    *("ACME_API_KEY", "ANTHROPIC_API_KEY", "COHERE_API_KEY", "GEMINI_API_KEY"),
    "AWS_BEARER_TOKEN_BEDROCK",
    "GOOGLE_VERTEX_AUTH_TOKEN",
    *(key for row in ROWS.values() for key in row.api_key_env[:1]),
)


@pytest.fixture(scope="module")
def vendors() -> Iterator[Mapping[str, Vendor]]:
    running = {
        name: Vendor(
            models=[model.id for model in listed(name)],
            answers=ANSWERS,
            values=VALUES,
            thinks=thinks,
        )
        for name, thinks in VENDORS.items()
    }
    running[ELSEWHERE] = Vendor(answers=ANSWERS, values=VALUES)
    for vendor in running.values():
        vendor.__enter__()
    yield running
    for vendor in running.values():
        vendor.__exit__()


def lay_out(page: Page, folder: Path, vendors: Mapping[str, Vendor]) -> None:
    """Put the files of a page, and those that every page has, into a folder."""
    settings: dict[str, Any] = {}
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    for block in page.blocks("python", "toml", "json", "yaml"):
        if block.file == "aikit.toml":
            settings = tomllib.loads(here(block.text, vendors))
        elif block.file == "pyproject.toml":
            install(tomllib.loads(block.text), folder)
        elif block.file:
            (folder / block.file).parent.mkdir(parents=True, exist_ok=True)
            (folder / block.file).write_text(here(block.text, vendors))
    providers = settings.setdefault("providers", {})
    others = (*ROWS, "ollama", "bedrock", "cohere", "google-vertex", "watsonx")
    for name in (*VENDORS, *(name for name in others if f"{name}:" in page.text)):
        vendor = vendors.get(name, vendors[ELSEWHERE])
        providers[name] = {**providers.get(name, {}), "base_url": vendor.url}
    document = "".join(f"{json.dumps(key)} = {toml(value)}\n" for key, value in settings.items())
    (folder / "aikit.toml").write_text(document)


def here(text: str, vendors: Mapping[str, Vendor]) -> str:
    """Lead the addresses in a text to a server on loopback."""
    return ADDRESS.sub(vendors[ELSEWHERE].url.removesuffix("/v1"), text)


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(value[key])}" for key in value) + "}"
    return json.dumps(value)


def install(project: Mapping[str, Any], folder: Path) -> None:
    """Do what an installer does with a project: name it and its entry points."""
    info, lines = project["project"], []
    for group, points in info["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in points.items())]
    home = folder / f"{info['name'].replace('-', '_')}-{info['version']}.dist-info"
    home.mkdir()
    (home / "entry_points.txt").write_text("\n".join(lines))
    (home / "METADATA").write_text(f"Name: {info['name']}\nVersion: {info['version']}\n")


def environment(folder: Path) -> dict[str, str]:
    """Take what a program needs to start, and dummies for keys; nothing of the user's."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(("COV", "PATH"))}
    return {
        **kept,
        **dict.fromkeys((*KEYS, "WATSONX_TOKEN", "WATSONX_PROJECT_ID"), "sk-dummy"),
        "GOOGLE_CLOUD_PROJECT": "my-project",
        "GOOGLE_CLOUD_LOCATION": "global",
        "PYTHONPATH": str(folder),
        "HOME": str(folder),
    }


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.programs()], ids=lambda page: page.name
)
def test_programs_run_and_print_what_the_page_says(
    page: Page, tmp_path: Path, vendors: Mapping[str, Vendor]
) -> None:
    lay_out(page, tmp_path, vendors)
    programs = page.programs()
    source = tmp_path / ".programs.json"
    source.write_text(
        json.dumps([(page.name, block.line, here(block.text, vendors)) for block, _ in programs])
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-X", "utf8", str(PROGRAM), str(source)],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    for (block, expected), printed in zip(programs, json.loads(done.stdout), strict=True):
        if expected is not None:
            assert printed.rstrip("\n") == expected.rstrip("\n"), f"{page.name}:{block.line}"
