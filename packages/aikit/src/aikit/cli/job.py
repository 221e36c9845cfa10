"""`aikit job`: hand work to a service, and fetch it later."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import click
from aicore.errors import BadInput
from aicore.jobs import Job
from aicore.messages import Message
from aicore.responses import Response
from aicore.values import from_json, to_json

from aikit.cli.answer import Screen, remark
from aikit.cli.exits import say
from aikit.cli.options import config, conversation, settings
from aikit.cli.prompt import piped, user_message
from aikit.cli.terminal import Terminal
from aikit.jobs import INTERVAL
from aikit.kit import Kit

JOB = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
PIPE = Path("-")
WRITTEN = "`aikit job submit` wrote"


@click.group("job")
def command() -> None:
    """Have a prompt answered in the background, and fetch the answer later.

    `submit` writes the job as a line of JSON; the other commands take that from a file, or piped
    in. Interrupting them leaves the job alone: only `cancel` ends it.
    """


@command.command()
@click.argument("prompt", required=False)
@conversation
def submit(prompt: str | None, **given: Any) -> None:
    """Hand a prompt to the service; writes the job."""
    messages = [user_message(prompt, ())]
    if given["system"]:
        messages.insert(0, Message.system(given["system"]))

    async def run(kit: Kit) -> None:
        job = await kit.jobs.submit(messages, model=given["model"], **settings(given))
        for warning in job.warnings:
            say(str(warning), "warning")
        write(job)

    with_kit(run, given["config"])


def about_job(function: Callable[..., Any]) -> Any:
    """Add what the commands about a job that is there take."""
    return click.argument("file", type=JOB, required=False)(config(function))


@command.command()
@about_job
def poll(file: Path | None, config: Path | None) -> None:
    """Write what has become of a job, as JSON."""
    job = read(file)

    async def run(kit: Kit) -> None:
        write(await kit.jobs.poll(job))

    with_kit(run, config)


@command.command()
@about_job
def cancel(file: Path | None, config: Path | None) -> None:
    """End a job at the service; writes what has become of it."""
    job = read(file)

    async def run(kit: Kit) -> None:
        write(await kit.jobs.cancel(job))

    with_kit(run, config)


@command.command()
@about_job
@click.option("--interval", type=float, default=INTERVAL, help="Seconds between two questions.")
@click.option("--timeout", type=float, metavar="SECONDS", help="How long to wait at the most.")
@click.option("--json", "as_json", is_flag=True, help="Write the whole response as JSON.")
@click.option("-v", "--verbose", is_flag=True, help="Tell tokens, cost and time, on stderr.")
def wait(
    file: Path | None,
    config: Path | None,
    interval: float,
    timeout: float | None,
    as_json: bool,
    verbose: bool,
) -> None:
    """Wait for a job to end, and write its answer."""
    job = read(file)
    limit: dict[str, Any] = {} if timeout is None else {"timeout": timeout}

    async def run(kit: Kit) -> None:
        response = await kit.jobs.wait(job, interval=interval, **limit)
        write(response) if as_json else click.echo(response.text)
        remark(response, verbose=verbose)

    with_kit(run, config)


@command.command()
@about_job
@click.option("--after", metavar="CURSOR", help="Begin after this place in the stream.")
@click.option("--show-reasoning", is_flag=True, help="Show what the model thinks, on stderr.")
def follow(file: Path | None, config: Path | None, after: str | None, show_reasoning: bool) -> None:
    """Show the answer of a job while it comes."""
    job = read(file)

    async def run(kit: Kit) -> None:
        terminal = Terminal()
        screen = Screen(terminal, reasoning=show_reasoning)
        try:
            async with kit.jobs.follow(job, after=after) as stream:
                async for event in stream:
                    screen.show(event)
                response: Response = await stream.response()
        finally:
            terminal.close()
        screen.finish(response)
        remark(response, verbose=False)

    with_kit(run, config)


def read(file: Path | None) -> Job:
    """Read a job.

    Raises:
        BadInput: there is none, or what is there is none.
    """
    where = "what is piped in" if file in (None, PIPE) else str(file)
    try:
        text = piped() if file is None or file == PIPE else file.read_text("utf-8-sig").rstrip()
    except UnicodeDecodeError:
        raise BadInput(f"{where} is not UTF-8 text, as what {WRITTEN} is") from None
    if not text:
        raise BadInput(f"which job? Name the file that {WRITTEN}, or pipe it in")
    try:
        job: Job = from_json(Job, text)
    except BadInput as error:
        raise BadInput(f"{where} is no job that {WRITTEN}: {error}") from None
    return job


def with_kit(run: Callable[[Kit], Awaitable[None]], config: Path | None) -> None:
    async def main() -> None:
        async with Kit(config=config) as kit:
            await run(kit)

    asyncio.run(main())


def write(value: Any) -> None:
    sys.stdout.write(to_json(value).decode() + "\n")
