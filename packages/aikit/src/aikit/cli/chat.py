"""`aikit chat`: hold a conversation."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
from aicore.errors import AIError
from aicore.messages import Message
from aicore.values import to_json

from aikit.cli.answer import Screen, answer, remark
from aikit.cli.exits import INTERRUPTED, USAGE, code_of, explain, say
from aikit.cli.options import conversation, settings
from aikit.cli.terminal import Terminal, table
from aikit.kit import Kit

HELP = (
    ("/model NAME", "go on with another model"),
    ("/system TEXT", "change how the model shall behave; without a text, forget it"),
    ("/clear", "forget what was said"),
    ("/save FILE", "write the messages as JSON"),
    ("/exit", "leave, as Ctrl-D does"),
)
LEAVE = frozenset({"/exit", "/quit"})


@click.command("chat")
@conversation
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> None:
    """Hold a conversation, one message a line; /help lists what else a line may say.

    Ctrl-C stops an answer, Ctrl-D leaves. What fails or is stopped is not kept. When the lines
    are piped in, the exit code is that of the last line that failed.
    """
    with asyncio.Runner() as runner:
        chat = Chat(Kit(config=given["config"]), given)
        try:
            converse(chat, runner)
        finally:
            runner.run(chat.kit.aclose())
    ctx.exit(0 if sys.stdin.isatty() else chat.failed)


def converse(chat: Chat, runner: asyncio.Runner) -> None:
    """Read lines until the last and answer each."""
    at_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    if at_terminal:
        with suppress(ImportError):
            import readline  # noqa: F401  # gives `input` its line editing
        click.echo("/help lists commands, Ctrl-D leaves.", err=True)
    prompt = "> " if at_terminal else ""
    while (line := read_line(prompt)) is not None and line.strip() not in LEAVE:
        respond(chat, runner, line)
    if at_terminal:
        click.echo(err=True)


def read_line(prompt: str) -> str | None:
    """Read a line, or None when there are no more; Ctrl-C drops what was typed of it."""
    while True:
        try:
            return input(prompt)
        except EOFError:
            return None
        except KeyboardInterrupt:
            click.echo(err=True)


def respond(chat: Chat, runner: asyncio.Runner, line: str) -> None:
    """Obey or answer a line; what goes wrong is told, and the conversation goes on."""
    try:
        if line.startswith("/"):
            chat.obey(line)
        elif line.strip():
            runner.run(chat.turn(line))
    except KeyboardInterrupt:
        chat.failed = INTERRUPTED
        click.echo(err=True)
    except BrokenPipeError:
        raise  # nobody reads the answers any more
    except (AIError, OSError) as error:
        chat.failed = code_of(error)
        say(explain(error))


class Chat:
    """A conversation and the settings it goes on with."""

    def __init__(self, kit: Kit, given: Mapping[str, Any]) -> None:
        self.kit = kit
        self.model: str | None = given["model"]
        self.system: str | None = given["system"]
        self.messages: list[Message] = []
        self.failed = 0
        """The exit code that stands for the last line that failed."""
        self._settings = settings(given)
        self._reasoning: bool = given["show_reasoning"]
        self._verbose: bool = given["verbose"]

    def conversation(self) -> list[Message]:
        """Return all messages, the system's first."""
        return [*([Message.system(self.system)] if self.system else []), *self.messages]

    async def turn(self, text: str) -> None:
        """Answer a message; both are kept once the answer is whole."""
        question = Message.user(text)
        terminal = Terminal()
        screen = Screen(terminal, reasoning=self._reasoning)
        try:
            response = await answer(
                self.kit, [*self.conversation(), question], self.model, self._settings, screen.show
            )
        finally:
            terminal.close()
        screen.finish(response)
        self.messages += [question, response.message]
        remark(response, verbose=self._verbose)

    def obey(self, line: str) -> None:
        """Do what a line says that begins with a slash."""
        name, _, argument = line.partition(" ")
        argument = argument.strip()
        match name, argument:
            case "/help", "":
                click.echo(table(HELP), err=True)
            case "/clear", "":
                self.messages.clear()
            case "/system", _:
                self.system = argument or None
            case "/model", model if model:
                self.kit.split(model)
                self.model = model
            case "/save", file if file:
                content = to_json(tuple(self.conversation()), tuple[Message, ...])
                Path(file).expanduser().write_bytes(content + b"\n")
            case _:
                self.failed = USAGE
                say(f"{line!r} is no command; /help lists them (a space first sends it as it is)")
