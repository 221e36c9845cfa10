"""Read the pages of the documentation: their code blocks, tables and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATTERNS = ("README.md", "docs/[!_]*.md", "packages/*/README.md", "models/README.md")
FENCE = re.compile(r"^```(?P<language>\w*)[^\n]*\n(?P<text>.*?)^```$", re.M | re.S)
FILE = re.compile(r"# ([\w./-]+\.(?:py|toml|json|ya?ml))\n")
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
TABLE = re.compile(r"(?:^\|.*\|\n)+", re.M)
HEADING = re.compile(r"^#+ (.+)$", re.M)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block; `line` counts from 1, `follows` is the language of a block right before."""

    language: str
    text: str
    line: int
    follows: str

    @property
    def file(self) -> str | None:
        """The name of the file that the block is, when its first line is a comment saying so."""
        found = FILE.match(self.text)
        return found[1] if found else None


@dataclass(frozen=True, slots=True)
class Page:
    path: Path

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def text(self) -> str:
        return self.path.read_text("utf-8")

    @property
    def prose(self) -> str:
        """The text without its blocks."""
        return FENCE.sub("", self.text)

    def blocks(self, *languages: str) -> list[Block]:
        return [block for block in self._blocks() if block.language in languages]

    def _blocks(self) -> Iterator[Block]:
        text, end, before = self.text, 0, ""
        for found in FENCE.finditer(text):
            follows = before if not text[end : found.start()].strip() else ""
            line = text.count("\n", 0, found.start("text")) + 1
            yield Block(found["language"], found["text"], line, follows)
            end, before = found.end(), found["language"]

    def programs(self) -> list[tuple[Block, str | None]]:
        """Pair each Python program with what it shall print; a file is no program."""
        blocks = [*self._blocks(), None]
        return [
            (block, after.text if after and (after.language, after.follows) == OUTPUT else None)
            for block, after in pairwise(blocks)
            if block and block.language == "python" and not block.file
        ]

    def links(self) -> list[str]:
        return LINK.findall(self.prose)

    def anchors(self) -> set[str]:
        """The anchors of the page's headings, as GitHub makes them."""
        words = (
            re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(self.prose)
        )
        return {word.replace(" ", "-") for word in words}

    def table(self, first: str) -> list[list[str]]:
        """Return the rows of the first table whose first column has this heading."""
        return self.tables(first)[0]

    def tables(self, first: str) -> list[list[list[str]]]:
        """Return the rows of all tables whose first column has this heading."""
        tables = [
            [cells(line) for line in found[0].splitlines()] for found in TABLE.finditer(self.prose)
        ]
        return [rows for head, _, *rows in tables if head[0] == first]


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


OUTPUT = ("text", "python")

PAGES = [Page(path) for pattern in PATTERNS for path in sorted(ROOT.glob(pattern))]


def page(name: str) -> Page:
    return Page(ROOT / name)


def code(cell: str) -> list[str]:
    """Return what stands in backticks in a cell."""
    return re.findall(r"`([^`]+)`", cell)
