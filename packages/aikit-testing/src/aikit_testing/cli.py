"""`aikit replay`: list the exchanges of a tape, and play one as it happened."""

from __future__ import annotations

import asyncio
import sys
from codecs import getincrementaldecoder
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

import click
from aicore.events import Event, PartStarted, RefusalDelta, TextDelta
from aicore.fold import Folder
from aicore.responses import Embeddings, RerankResponse, TokenCount
from aicore.values import to_json

from aikit_testing.difference import value_of
from aikit_testing.play import PLAYABLE, play
from aikit_testing.replay import Pace
from aikit_testing.tape import Exchange, read_tape

HEADINGS = ("#", "request", "model", "status", "chunks", "seconds", "ended")
ENDINGS = {"complete": "", "left": "the client left", "error": "the connection failed"}


@click.command("replay")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--list", "listing", is_flag=True, help="List the exchanges, and play none.")
@click.option("--index", type=click.IntRange(min=1), default=1, help="Which to play; 1 if not set.")
@click.option(
    "--speed",
    type=click.FloatRange(min=0),
    default=1.0,
    help="2 is twice as fast as it was, 0 is at once.",
)
@click.option("--events", "form", flag_value="events", help="Write each event as a line of JSON.")
@click.option("--raw", "form", flag_value="raw", help="Write the body as it came.")
@click.option("--provider", metavar="NAME", help="Who shall read it, if not who recorded it.")
def replay(
    file: Path,
    listing: bool,
    index: int,
    speed: float,
    form: str | None,
    provider: str | None,
) -> None:
    """Play an exchange that was recorded in FILE.

    The text of its answer goes to stdout while it comes. An exchange that is not about text or
    embeddings is written as it came.
    """
    exchanges = read_tape(file)
    if listing:
        for row in table(exchanges):
            click.echo(row)
        return
    if index > len(exchanges):
        raise click.BadParameter(f"the tape has {len(exchanges)} exchanges", param_hint="--index")
    exchange = exchanges[index - 1]
    asked = exchange.asked
    if form == "raw" or asked.ability not in PLAYABLE or not (provider or asked.provider):
        asyncio.run(pour(exchange, speed))
    else:
        asyncio.run(show(exchange, provider, speed, events=form == "events"))
    if ENDINGS[exchange.ended.how]:
        click.echo(f"note: here {ENDINGS[exchange.ended.how]} when it was recorded", err=True)


def table(exchanges: Sequence[Exchange]) -> list[str]:
    """Describe exchanges, one to a line, in columns."""
    rows = [HEADINGS, *(row(number, exchange) for number, exchange in enumerate(exchanges, 1))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        for cells in rows
    )
    return [plain(line).rstrip() for line in lines]


def row(number: int, exchange: Exchange) -> tuple[str, ...]:
    asked, body = exchange.asked, value_of(exchange.asked.body)
    model = body.get("model", "") if isinstance(body, dict) else ""
    return (
        str(number),
        f"{asked.method} {asked.path}",
        f"{asked.provider}:{model}" if model else asked.provider,
        str(exchange.answered.status) if exchange.answered else "none",
        str(len(exchange.chunks)),
        f"{exchange.seconds:.2f}",
        ENDINGS[exchange.ended.how],
    )


async def pour(exchange: Exchange, speed: float) -> None:
    """Write the chunks of a body when they came."""
    pace, decoder = Pace(speed), getincrementaldecoder("utf-8")("replace")
    await pace.wait(exchange.answered.after if exchange.answered else 0.0)
    for chunk in exchange.chunks:
        await pace.wait(chunk.after)
        write(decoder.decode(chunk.data) if tty() else chunk.data)


async def show(exchange: Exchange, provider: str | None, speed: float, *, events: bool) -> None:
    """Write the text of the first candidate, or all events, when they came."""
    folder, parts, last = Folder(), set[tuple[int, int]](), "\n"
    async with aclosing(play(exchange, provider, speed)) as batches:
        try:
            async for batch in batches:
                for event in batch:
                    folder.add(event)
                    text = f"{to_json(event).decode()}\n" if events else text_of(event, parts)
                    write(text)
                    last = text[-1:] or last
        finally:
            write("" if last == "\n" else "\n")
    if not events:
        write(summary(folder))


def summary(folder: Folder) -> str:
    """Say what an answer holds beside its text."""
    match folder.produced:
        case Embeddings(vectors=vectors):
            return f"{len(vectors)} vectors of {len(vectors[0])} numbers\n"
        case RerankResponse(results=results):
            return "".join(f"{result.score:.4f}  document {result.index}\n" for result in results)
        case TokenCount(tokens=tokens):
            return f"{tokens} tokens\n"
    calls = folder.partial().tool_calls
    return "".join(f"tool call: {call.name} {call.arguments}\n" for call in calls)


def text_of(event: Event, parts: set[tuple[int, int]]) -> str:
    """Return what an event adds to the text; `parts` keeps those of the first candidate."""
    match event:
        case PartStarted(candidate=0):
            parts.add((event.step, event.part))
        case TextDelta() | RefusalDelta() if (event.step, event.part) in parts:
            return event.text
    return ""


def write(text: str | bytes) -> None:
    """Write as it is, but text to a terminal without what would move its cursor."""
    click.echo(plain(text) if isinstance(text, str) and tty() else text, nl=False)


def tty() -> bool:
    return sys.stdout.isatty()


def plain(text: str) -> str:
    """Take the power over the terminal out of a text that somebody else wrote."""
    return "".join(
        c if c in "\n\t" or not is_control(c) else "\N{REPLACEMENT CHARACTER}" for c in text
    )


def is_control(character: str) -> bool:
    return ord(character) < 32 or 127 <= ord(character) < 160
