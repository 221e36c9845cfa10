"""`aikit rerank`: put documents in the order of how well they answer a query."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from aicore.responses import RerankResponse
from aicore.values import to_json

from aikit.cli.exits import say
from aikit.cli.options import config, setting
from aikit.cli.prompt import piped
from aikit.cli.terminal import plain
from aikit.kit import Kit


@click.command("rerank")
@click.argument("query")
@click.argument("documents", nargs=-1, metavar="[DOCUMENT]...")
@click.option("-m", "--model", metavar="PROVIDER:MODEL", help="The model to ask.")
@click.option("-n", "--top-n", type=int, metavar="N", help="How many of the best to show.")
@click.option(
    "-o",
    "--option",
    metavar="NAME=JSON",
    multiple=True,
    help="Any other setting; a value that is no JSON is text. Repeatable.",
)
@click.option("--timeout", type=float, metavar="SECONDS", help="A limit for the whole call.")
@click.option("--strict", is_flag=True, help="Fail rather than leave a setting out.")
@click.option("--json", "as_json", is_flag=True, help="Write the whole answer as JSON.")
@config
@click.pass_context
def command(
    ctx: click.Context,
    query: str,
    documents: tuple[str, ...],
    model: str | None,
    top_n: int | None,
    option: tuple[str, ...],
    timeout: float | None,
    strict: bool,
    as_json: bool,
    config: Path | None,
) -> None:
    """Put documents in the order of how well they answer QUERY, the best first.

    The documents are arguments, or the lines of what is piped in. Each line that is written is a
    score and a document.
    """
    texts = documents or tuple(line for line in piped().splitlines() if line.strip())
    if not texts:
        raise click.UsageError("No documents: give them as arguments or pipe lines in.", ctx)
    settings: dict[str, Any] = dict(map(setting, option))
    given = {"top_n": top_n, "timeout": timeout, "strict": strict or None}
    settings |= {name: value for name, value in given.items() if value is not None}
    answer = asyncio.run(rank(query, texts, model, settings, config))
    for warning in answer.warnings:
        say(str(warning), "warning")
    click.echo(to_json(answer) if as_json else listing(answer, texts))


async def rank(
    query: str,
    documents: Sequence[str],
    model: str | None,
    settings: dict[str, Any],
    config: Path | None,
) -> RerankResponse:
    async with Kit(config=config) as kit:
        return await kit.rerank(query, documents, model=model, **settings)


def listing(answer: RerankResponse, documents: Sequence[str]) -> str:
    """Show each score and its document in a line."""
    return "\n".join(
        f"{result.score:.4f}  {plain(' '.join(documents[result.index].split()))}"
        for result in answer.results
    )
