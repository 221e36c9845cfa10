"""The commands by name: neither a built-in one nor a plugin's is imported before it is invoked."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NoReturn

import click

from aikit.cli import exits

BUILT_IN: Mapping[str, str] = {
    "generate": "Answer one prompt.",
    "chat": "Hold a conversation.",
    "rerank": "Put documents in the order of how well they answer a query.",
    "job": "Have a prompt answered in the background.",
    "models": "List models, with context and prices.",
    "providers": "List the providers that are installed.",
    "doctor": "Check the installation and the settings.",
}
"""The commands of this package, each a module with a click command named `command`."""

ELSEWHERE: Mapping[str, str] = {"serve": "aikit-asgi[serve]"}
"""Commands that other distributions of ours bring, and what is installed for them."""


class Commands(click.Group):
    """Finds commands here and in the entry-point group `aikit.commands`."""

    def main(self, *args: Any, **extra: Any) -> NoReturn:
        exits.run(lambda: super(Commands, self).main(*args, **{**extra, "standalone_mode": False}))

    def list_commands(self, ctx: click.Context) -> list[str]:
        from aicore.plugins import COMMANDS, found

        return [*BUILT_IN, *(name for name in found(COMMANDS) if name not in BUILT_IN)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; a built-in one cannot be replaced.

        Raises:
            PluginError: the plugin is broken, or the name is claimed twice.
            UsageError: the command is ours, but its distribution is not installed.
        """
        if cmd_name in BUILT_IN:
            built_in: click.Command = import_module(f"aikit.cli.{cmd_name}").command
            return built_in
        from aicore.plugins import COMMANDS, sole

        try:
            plugin = sole(COMMANDS, cmd_name)
        except KeyError:
            if cmd_name in ELSEWHERE:
                how = f"`pip install '{ELSEWHERE[cmd_name]}>=1'` brings it."
                raise click.UsageError(f"{cmd_name!r} is not installed; {how}", ctx) from None
            return None
        return as_command(plugin)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, BUILT_IN.get(name) or origin(name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def origin(name: str) -> str:
    """Say which distribution a plugin's command comes from, without importing it."""
    from aicore.plugins import COMMANDS, found

    return f"Provided by {' and '.join(p.distribution for p in found(COMMANDS)[name])}."


def as_command(plugin: Any) -> click.Command:
    """Load a plugin of the group `aikit.commands`.

    Raises:
        PluginError: it fails to import, or is no click command.
    """
    from aicore.errors import PluginError

    command = plugin.load()
    if not isinstance(command, click.Command):
        raise PluginError(
            f"{plugin.distribution} {plugin.version} is broken: its entry point {plugin.name!r} "
            f"is no click command; repair or uninstall {plugin.distribution}"
        )
    return command


@click.group(cls=Commands, invoke_without_command=True)
@click.version_option(package_name="aikit")
@click.pass_context
def root(ctx: click.Context) -> None:
    """One interface to every AI model.

    Models are named `provider:model`. Keys come from the environment or from aikit.toml;
    `aikit doctor` says which are found.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
