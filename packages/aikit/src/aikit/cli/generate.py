"""`aikit generate`: answer one prompt."""

from __future__ import annotations

import asyncio
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from aicore.events import Event
from aicore.messages import Message
from aicore.values import to_json

from aikit.cli.answer import Screen, answer, remark
from aikit.cli.options import FILE, conversation, settings
from aikit.cli.prompt import user_message
from aikit.cli.terminal import Terminal
from aikit.kit import Kit


@click.command("generate")
@click.argument("prompt", nargs=-1, metavar="[PROMPT]")
@click.option(
    "--attach",
    type=FILE,
    multiple=True,
    help="A picture, sound, video or document to send along; repeatable.",
)
@conversation
@click.option("--json", "as_json", is_flag=True, help="Write the whole response as JSON.")
@click.option("--events", "as_events", is_flag=True, help="Write each event as a line of JSON.")
@click.option("--no-stream", is_flag=True, help="Ask for the answer in one piece.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    prompt: tuple[str, ...],
    attach: tuple[Path, ...],
    as_json: bool,
    as_events: bool,
    no_stream: bool,
    **given: Any,
) -> None:
    """Answer one prompt, given as PROMPT, piped in, or both.

    The answer goes to stdout while it comes, all else to stderr.
    """
    if len(prompt) > 1:
        raise click.UsageError(f"Put the prompt in quotes: {shlex.quote(' '.join(prompt))}.", ctx)
    if as_json and as_events:
        raise click.UsageError("--json and --events exclude each other.", ctx)
    form = "json" if as_json else "events" if as_events else None
    messages = [user_message(prompt[0] if prompt else None, attach)]
    if given["system"]:
        messages.insert(0, Message.system(given["system"]))
    asyncio.run(generate(messages, given, form, streaming=not no_stream))


async def generate(
    messages: Sequence[Message], given: Mapping[str, Any], form: str | None, *, streaming: bool
) -> None:
    """Ask, and write the answer as text, or in the form of `json` or `events`."""
    terminal = Terminal()
    screen = Screen(terminal, reasoning=given["show_reasoning"])
    show = {None: screen.show, "json": keep, "events": write}[form]
    async with Kit(config=given["config"]) as kit:
        try:
            response = await answer(
                kit, messages, given["model"], settings(given), show, streaming=streaming
            )
        finally:
            terminal.close()
    if form == "json":
        write(response)
    elif form is None:
        screen.finish(response)
    remark(response, verbose=given["verbose"])


def keep(event: Event) -> None:
    """Show nothing; the whole response is written at the end."""


def write(value: Any) -> None:
    """Write a value as a line of JSON."""
    sys.stdout.write(to_json(value).decode() + "\n")
    sys.stdout.flush()
