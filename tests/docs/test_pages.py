"""The pages hold together: links lead somewhere, commands exist, configuration can be read."""

from __future__ import annotations

import json
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from aicore.plugins import PROVIDERS, found
from aikit.cli.group import root
from aikit.config import load
from aikit_wire.manifests import read_manifest

from .pages import PAGES, ROOT, Block, Page, page

LANGUAGES = {"python", "js", "text", "toml", "json", "yaml", "bash", ""}
COMMANDS = {
    *(
        ".",
        "aikit",
        "pip",
        "export",
        "python",
        "git",
        "cd",
        "echo",
        "cat",
        "curl",
        "ollama",
        "granian",
    )
}

every_page = pytest.mark.parametrize("about", PAGES, ids=lambda page: page.name)


@every_page
def test_links_lead_to_a_page_and_a_heading(about: Page) -> None:
    for link in about.links():
        if link.startswith("https://"):
            continue
        file, _, anchor = link.partition("#")
        target = (about.path.parent / file).resolve() if file else about.path
        assert target.is_relative_to(ROOT), link
        assert target.exists(), link
        assert not anchor or anchor in Page(target).anchors(), link


def test_the_index_leads_to_every_page() -> None:
    linked = {
        (ROOT / "docs" / link.partition("#")[0]).resolve() for link in page("docs/index.md").links()
    }
    pages = {about.path for about in PAGES if about.path.parent == ROOT / "docs"}
    assert pages - {ROOT / "docs/index.md"} <= linked


@every_page
def test_blocks_are_closed_and_of_a_known_language(about: Page) -> None:
    assert about.text.count("```") == 2 * len(about.blocks(*LANGUAGES))


@every_page
def test_commands_exist_with_their_options(about: Page) -> None:
    for block in about.blocks("bash"):
        for words in commands(block.text):
            if words[0].startswith(("scripts/", "benchmarks/")):
                assert (ROOT / words[0]).exists(), words
            else:
                assert words[0].rpartition("/")[2] in COMMANDS, words
            if words[0] == "aikit":
                parse(root, words[1:])


def commands(text: str) -> Iterator[list[str]]:
    """Yield the words of every command, those of a pipe one after another."""
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|<>")
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*lexer, "|"]:
            if word == "|":
                if words:
                    yield words
                words = []
            else:
                words.append(word)


def parse(command: click.Command, words: list[str]) -> None:
    """Have click read the words, down to the last subcommand.

    Raises:
        click.UsageError: there is no such option or command.
    """
    context = click.Context(command)
    words = words[: next((i for i, word in enumerate(words) if word in ("<", ">", ">>")), None)]
    _, rest, _ = command.make_parser(context).parse_args(list(words))
    if isinstance(command, click.Group) and rest:
        name, inner, following = command.resolve_command(context, rest)
        assert inner is not None, name
        parse(inner, following)


@every_page
def test_configuration_can_be_read(about: Page, tmp_path: Path) -> None:
    for block in about.blocks("toml", "json", "yaml"):
        document = read(block)
        if "project" in document:
            points = document["project"]["entry-points"]
            assert {*points} <= {"aikit.providers", "aikit.plugins", "aikit.commands"}
        elif block.file == "aikit.toml" or "providers" in document:
            (tmp_path / "aikit.toml").write_text(block.text)
            settings = load(tmp_path / "aikit.toml").providers
            for name, table in settings.items():
                check(name, table)
        elif "base_url" in document:
            read_manifest({"name": "x", **document})


def read(block: Block) -> dict[str, Any]:
    readers: dict[str, Any] = {"toml": tomllib.loads, "json": json.loads, "yaml": yaml.safe_load}
    document: dict[str, Any] = readers[block.language](block.text)
    return document


def check(name: str, table: Any) -> None:
    """Check that a table of `aikit.toml` belongs to a provider that can be opened."""
    use = table.get("use", name)
    assert use in found(PROVIDERS), use
    if use == "openai-compatible":
        own = {"api_key", "headers", "query", "timeouts", "use"}
        fields = {key: value for key, value in table.items() if key not in own}
        read_manifest({"name": name, **fields})
