"""The options of everything that talks to a model, and the settings that they stand for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias, get_type_hints

import click
from aicore.documents import read_document
from aicore.errors import BadInput
from aicore.requests import ChatRequest, JSONSchema
from aicore.values import from_json

Command: TypeAlias = Callable[..., None]

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
NAMED = ("temperature", "max_tokens", "top_p", "seed", "reasoning", "timeout")
"""The settings with an option of their own that goes to the Kit as it is."""

NO_OPTION = frozenset({"messages", "model", "streaming", "api_key", "cancel", "context"})
"""What `--option` cannot say: another option does, or it is no text, or a secret."""

config = click.option("--config", type=FILE, help="Settings instead of ./aikit.toml.")

OPTIONS = (
    click.option("-m", "--model", metavar="PROVIDER:MODEL", help="The model to ask."),
    click.option("-s", "--system", metavar="TEXT", help="How the model shall behave."),
    click.option("--temperature", type=float),
    click.option("--max-tokens", type=int, help="The most that the model may write."),
    click.option("--top-p", type=float),
    click.option("--reasoning", metavar="EFFORT", help="none, low, medium, high …"),
    click.option("--seed", type=int),
    click.option("--stop", metavar="TEXT", multiple=True, help="Where to stop; repeatable."),
    click.option(
        "-o",
        "--option",
        metavar="NAME=JSON",
        multiple=True,
        help="Any other setting; a value that is no JSON is text. Repeatable.",
    ),
    click.option("--schema", type=FILE, help="A JSON schema that the answer must fit."),
    click.option("--timeout", type=float, metavar="SECONDS", help="A limit for the whole call."),
    click.option("--strict", is_flag=True, help="Fail rather than leave a setting out."),
    click.option("--show-reasoning", is_flag=True, help="Show what the model thinks, on stderr."),
    click.option("-v", "--verbose", is_flag=True, help="Tell tokens, cost and time, on stderr."),
    config,
)


def conversation(command: Command) -> Command:
    """Add the options that `settings` reads, beside `model`, `system` and `config`."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """Make the settings of a call from the options that were given.

    Raises:
        BadInput: an `--option` has a value that its setting cannot have.
        BadConfig: the schema cannot be read.
    """
    chosen = dict(map(setting, given["option"]))
    chosen |= {name: given[name] for name in NAMED if given[name] is not None}
    chosen |= {name: given[name] for name in ("stop", "strict") if given[name]}
    if given["schema"]:
        chosen["response_format"] = JSONSchema(read_document(given["schema"]))
    return chosen


def setting(text: str) -> tuple[str, Any]:
    """Read one `name=json`; what has parts becomes what the setting of that name holds.

    Whether there is such a setting is for the Kit to say.
    """
    import json

    name, equals, value = text.partition("=")
    name = name.strip().replace("-", "_")
    if not (name and equals):
        raise click.BadParameter(f"{text!r} is not NAME=JSON", param_hint="--option")
    if name in NO_OPTION:
        raise BadInput(f"`{name}` cannot be given with --option; see `--help`")
    try:
        read = json.loads(value)
    except ValueError:
        return name, value
    types = get_type_hints(ChatRequest, include_extras=True)
    if not isinstance(read, dict | list) or name not in types:
        return name, read
    try:
        return name, from_json(types[name], value)
    except BadInput as error:
        raise BadInput(f"--option {name}: {error.message}") from None
