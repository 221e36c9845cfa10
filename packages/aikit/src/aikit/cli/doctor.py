"""`aikit doctor`: check the installation and the settings."""

from __future__ import annotations

import asyncio
import json
import platform
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import distributions
from pathlib import Path

import click

from aikit.cli.checks import Check, examine
from aikit.cli.options import config
from aikit.cli.terminal import table

BESIDE = frozenset({"aicore", "click", "httpx2", "pluggy", "pydantic"})
"""Distributions whose version matters, beside those of the name `aikit…`."""


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Write the findings as JSON.")
@config
@click.pass_context
def command(ctx: click.Context, as_json: bool, config: Path | None) -> None:
    """Check the installation and the settings; nothing is sent to anyone.

    Every plugin is loaded and every provider opened. Keys are told by the name of the variable
    that they are in, never by their value. Exits with 1 when something is broken.
    """
    checks, versions = asyncio.run(examine(config)), packages()
    system = f"Python {platform.python_version()} on {sys.platform}"
    if as_json:
        findings = {"system": system, "packages": versions, "checks": list(map(asdict, checks))}
        click.echo(json.dumps(findings))
    else:
        click.echo("\n".join((system, *report(checks, versions))))
    ctx.exit(0 if all(check.ok for check in checks) else 1)


def packages() -> dict[str, str]:
    """Return the versions of aikit, of what extends it and of what it stands on."""
    found = {dist.name: dist.version for dist in distributions() if dist.name}
    names = sorted(name for name in found if name in BESIDE or name.startswith("aikit"))
    return {name: found[name] for name in names}


def report(checks: Sequence[Check], versions: Mapping[str, str]) -> Iterator[str]:
    """Say what was found, in sections, with the verdict at the end."""
    yield ", ".join(f"{name} {version}" for name, version in versions.items())
    kinds = dict.fromkeys(check.kind for check in checks)
    for kind in kinds:
        yield f"\n{kind}"
        yield table(
            (state(check), check.name, check.distribution or "-", check.detail)
            for check in checks
            if check.kind == kind
        )
    broken = [check.name for check in checks if not check.ok]
    yield f"\n{summary(checks)}"
    if broken:
        yield f"broken: {', '.join(broken)}"


def state(check: Check) -> str:
    """Say in a word how one thing stands."""
    if not check.ok:
        return "BROKEN"
    if check.needs:
        return f"no {check.needs}"
    return "ready" if check.kind == "provider" else "ok"


def summary(checks: Sequence[Check]) -> str:
    """Count the providers that can be used, and those that lack something."""
    providers = [check for check in checks if check.kind == "provider" and check.ok]
    count = Counter(check.needs for check in providers)
    words = [f"{count[None]} {'provider' if count[None] == 1 else 'providers'} ready"]
    if count["key"]:
        words.append(f"{count['key']} need{'s' * (count['key'] == 1)} a key")
    if count["settings"]:
        words.append(f"{count['settings']} need{'s' * (count['settings'] == 1)} settings")
    return ", ".join(words) + "."
