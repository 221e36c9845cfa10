"""Say in one line what went wrong and what to do next, and turn it into an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import click
from aicore import errors
from aicore.errors import AIError

from aikit.cli.terminal import plain

DEBUG = "AIKIT_DEBUG"

FAILED = 1
USAGE = 2
INTERRUPTED = 130

CODES: Mapping[type[AIError], int] = {
    errors.SetupError: USAGE,
    errors.DeniedError: 3,
    errors.RefusedError: 4,
    errors.BusyError: 5,
    errors.GarbledError: 6,
}
"""The exit code of each family of errors; 0 is success, anything else that fails is 1."""

ADVICE: Mapping[type[AIError], str] = {
    errors.Unauthorized: "check the API key; `aikit doctor` tells where it comes from",
    errors.Forbidden: "check what the account and its key may do",
    errors.QuotaSpent: "check the credit and the limits of the account",
    errors.NotFound: "`aikit models {provider} --live` lists what the provider serves",
    errors.TooLong: "shorten the input, or use a model with a larger context",
    errors.ContentFiltered: "change the input",
    errors.TotalTimeout: "give --timeout more seconds",
    errors.Unreachable: "check the network, and the provider's base_url or region",
    errors.BusyError: "try again later, or with another model",
    errors.GarbledError: "try again, or with another model",
}
"""What to do next about errors whose message does not say so; a subclass goes first."""

UNKNOWN = "PROVIDER"
"""Stands in an advice for the provider of an error that has none."""


def run(command: Callable[[], Any]) -> NoReturn:
    """Run a click command in its non-standalone mode and exit with the code of its outcome.

    A pipe that was closed (`| head -1`) is left to click, which exits quietly with 1.
    """
    try:
        code = command() or 0
    except click.Abort:  # Ctrl-C, after click has ended the line
        code = INTERRUPTED
    except click.ClickException as error:
        hint = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else None
        say(error.format_message() + (f" See `{hint} --help`." if hint else ""))
        code = error.exit_code
    except Exception as error:
        say(explain(error))
        code = code_of(error)
    sys.exit(code)


def code_of(error: BaseException) -> int:
    """Return the exit code for an error."""
    return next((code for family, code in CODES.items() if isinstance(error, family)), FAILED)


def explain(error: Exception) -> str:
    """Say what went wrong and what to do next; with `AIKIT_DEBUG` set, show where as well."""
    if os.environ.get(DEBUG):
        import traceback

        traceback.print_exception(error)
    if not isinstance(error, AIError):
        what = f"{type(error).__name__}: {error}"
        return what if os.environ.get(DEBUG) else f"{what} (set {DEBUG}=1 to see where)"
    if isinstance(error, errors.MissingKey) and isinstance(error.details, dict):
        return no_key(error.provider or UNKNOWN, error.details.get("variables", ()))
    advice = next((ADVICE[kind] for kind in type(error).__mro__ if kind in ADVICE), None)
    if error.retry_after is not None:
        advice = f"try again in {error.retry_after:g} s"
    if advice is None:
        return str(error)
    return f"{error}; {advice.format(provider=error.provider or UNKNOWN)}"


def no_key(provider: str, variables: Sequence[str]) -> str:
    """Say how to give a key on the command line, where no argument can hold one."""
    places = [f"set {' or '.join(variables)}"] if variables else []
    places.append(f"add `api_key` under [providers.{provider}] in aikit.toml")
    return f"no API key for {provider!r}: {', or '.join(places)}"


def say(message: str, label: str = "error") -> None:
    """Write one line about the call to stderr, whatever the message holds."""
    click.echo(f"{label}: {plain(' '.join(message.split()))}", err=True)
