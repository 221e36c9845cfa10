"""`aikit generate`: answer one prompt."""

from __future__ import annotations

import asyncio
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
@click.argument("prompt", required=False)
@click.option(
    "--attach",
    type=FILE,
    multiple=True,
    help="A picture, sound, video or document to send along; repeatable.",
)
@conversation
@click.option("--json", "form", flag_value="json", help="Write the whole response as JSON.")
@click.option("--events", "form", flag_value="events", help="Write each event as a line of JSON.")
@click.option("--no-stream", is_flag=True, help="Ask for the answer in one piece.")
def command(
    prompt: str | None,
    attach: tuple[Path, ...],
    form: str | None,
    no_stream: bool,
    **given: Any,
) -> None:
    """Answer one prompt, given as PROMPT, piped in, or both.

    The answer goes to stdout while it comes, all else to stderr.
    """
    messages = [user_message(prompt, attach)]
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
