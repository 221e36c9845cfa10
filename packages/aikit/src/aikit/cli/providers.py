"""`aikit providers`: list the providers that are installed, importing none of them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from aicore.plugins import ALIASES, PROVIDERS, found, meant

from aikit.cli.options import config
from aikit.cli.terminal import table
from aikit.config import FILE, MANIFESTS, load, manifests
from aikit.model_ids import available, install

HEAD = ("NAME", "DISTRIBUTION", "VERSION", "SETTINGS", "")


@dataclass(frozen=True, slots=True)
class Row:
    """A provider: one that a distribution brings, that settings make, or that an extra would add.

    `use` is the provider that settings make it of, or that an alias stands for; `settings` is
    where they are.
    """

    name: str
    distribution: str | None = None
    version: str | None = None
    use: str | None = None
    settings: str | None = None
    note: str = ""


@click.command("providers")
@click.option("--all", "everything", is_flag=True, help="Also those that extras would install.")
@click.option("--json", "as_json", is_flag=True, help="Write them as JSON.")
@config
def command(everything: bool, as_json: bool, config: Path | None) -> None:
    """List the providers that are installed or made by settings.

    No provider is imported, so a broken one is not noticed; `aikit doctor` loads them.
    """
    listed = [*rows(config), *aliases(config), *(extras() if everything else ())]
    if as_json:
        click.echo(json.dumps([asdict(row) for row in listed]))
        return
    lines = [
        (row.name, row.distribution or "-", row.version or "-", row.settings or "-", row.note)
        for row in listed
    ]
    click.echo(table([HEAD, *lines]))


def rows(path: Path | None) -> Iterator[Row]:
    """List the installed providers, each claim to a name, and those that settings make."""
    configured = load(path).providers
    described, _ = manifests(os.environ.get(MANIFESTS, ""))
    places = {
        name: MANIFESTS if settings == described.get(name) else str(path or FILE)
        for name, settings in configured.items()
    }
    installed = found(PROVIDERS)
    for name in sorted({*installed, *configured}):
        use, place = configured.get(name, {}).get("use"), places.get(name)
        claims = installed.get(use or name, ())
        note = f"made of {use}" if use else ""
        if len(claims) > 1:
            note = f"claimed {len(claims)} times: uninstall all but one"
        for plugin in claims:
            yield Row(name, plugin.distribution, plugin.version, use, place, note)
        if not claims:
            yield Row(name, None, None, use, place, f"{use or name} is not installed")


def aliases(path: Path | None) -> Iterator[Row]:
    """List the aliases that distributions declare, but for those that are a provider's name."""
    names = {*found(PROVIDERS), *load(path).providers}
    for alias, claims in found(ALIASES).items():
        for plugin in claims if alias not in names else ():
            target = meant(plugin)
            note = f"alias of {target}"
            if target not in names:
                note += ", which is not installed"
            if len(claims) > 1:
                note = f"alias claimed {len(claims)} times: uninstall all but one"
            yield Row(alias, plugin.distribution, plugin.version, target, note=note)


def extras() -> Iterator[Row]:
    """List the providers that are not installed but have an extra of aikit."""
    for name, distribution in available().items():
        if name not in found(PROVIDERS):
            yield Row(name, note=install(name, distribution))
