"""Write an answer to stdout and what belongs beside it to stderr, without mixing their lines."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

import click

CONTROL = dict.fromkeys((*range(32), *range(127, 160)), "\N{REPLACEMENT CHARACTER}")
CONTROL |= {ord("\n"): "\n", ord("\t"): "\t", ord("\r"): ""}
"""What could move the cursor, change colours or type for the user, were it sent to a terminal."""


def plain(text: str) -> str:
    """Take the power over the terminal out of a text that somebody else wrote."""
    return text.translate(CONTROL)


class Terminal:
    """Writes text as it comes.

    What a pipe gets from stdout is the answer to the letter; on a terminal, control characters
    are replaced, and a remark on stderr begins a line of its own.
    """

    def __init__(self) -> None:
        self._tty = sys.stdout.isatty()
        self._text_open = self._remark_open = False

    def text(self, text: str) -> None:
        """Go on with the answer."""
        self._end_remark()
        sys.stdout.write(plain(text) if self._tty else text)
        sys.stdout.flush()
        if text:
            self._text_open = not text.endswith("\n")

    def line(self, text: str) -> None:
        """Write a line of the answer."""
        self.end_text()
        self.text(f"{text}\n")

    def end_text(self) -> None:
        """End the line of the answer, if one is open."""
        if self._text_open:
            self.text("\n")

    def remark(self, text: str) -> None:
        """Go on with a remark on stderr, dimmed where there are colours."""
        if self._tty:
            self.end_text()
        click.secho(plain(text), err=True, nl=False, dim=True)
        if text:
            self._remark_open = not text.endswith("\n")

    def _end_remark(self) -> None:
        if self._remark_open:
            click.echo(err=True)
            self._remark_open = False

    def close(self) -> None:
        """End the lines that are open."""
        self._end_remark()
        self.end_text()


def table(rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Align rows in columns, those of the given numbers to the right."""
    rows = [[plain(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(
            cell.rjust(width) if number in right else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
    return "\n".join(lines)
