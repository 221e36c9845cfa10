"""`aikit models`: list models, with context and prices."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import click
from aicore.errors import BadInput
from aicore.models import ModelInfo, Rates
from aicore.values import to_json

from aikit.cli.exits import say
from aikit.cli.options import config
from aikit.cli.terminal import table
from aikit.kit import Kit
from aikit.model_ids import mistaken
from aikit.settings import Circumstances

HEAD = ("MODEL", "CONTEXT", "INPUT", "OUTPUT")


@click.command("models")
@click.argument("provider", required=False)
@click.option("--live", is_flag=True, help="Ask PROVIDER which models it serves now.")
@click.option("--timeout", type=float, metavar="SECONDS", help="A limit for --live.")
@click.option("--search", metavar="TEXT", help="Only models with this text in a name.")
@click.option("--json", "as_json", is_flag=True, help="Write all that is known as JSON.")
@config
@click.pass_context
def command(
    ctx: click.Context,
    provider: str | None,
    live: bool,
    timeout: float | None,
    search: str | None,
    as_json: bool,
    config: Path | None,
) -> None:
    """List the models of the catalog, shipped or of plugins, or those that PROVIDER serves now.

    Prices are the standard ones of today in USD per 1M tokens, of short inputs where they depend
    on the length (+).
    """
    if live and provider is None:
        raise click.UsageError("--live needs a PROVIDER to ask.", ctx)
    if live and provider:
        models = asyncio.run(ask(provider, config, timeout))
    else:
        models = known(provider, config)
    found = tuple(model for model in models if search is None or matches(model, search))
    if as_json:
        click.echo(to_json(found, tuple[ModelInfo, ...]))
    else:
        click.echo(listing(found, datetime.now(UTC).date()))


async def ask(provider: str, config: Path | None, timeout: float | None) -> Sequence[ModelInfo]:
    limit: Circumstances = {} if timeout is None else {"timeout": timeout}
    async with Kit(config=config) as kit:
        return await kit.models(provider, **limit)


def known(provider: str | None, config: Path | None) -> Sequence[ModelInfo]:
    """Return what the catalog holds; a plugin that is broken is told.

    Raises:
        BadInput: it does not know the provider.
    """
    kit = Kit(config=config)
    models = kit.known_models(provider)
    for broken in kit.broken_plugins:
        say(str(broken), "warning")
    if provider and not models:
        installed = kit.providers()
        if provider not in installed and (says := mistaken(provider, installed)):
            raise BadInput(says)
        listed = sorted({model.provider for model in kit.known_models() if model.provider})
        raise BadInput(
            f"the catalog has no models of {provider!r}, only of {', '.join(listed)}; "
            f"`aikit models {provider} --live` asks the provider"
        )
    return models


def matches(model: ModelInfo, text: str) -> bool:
    names = (model.id, model.name, model.family, *model.aliases)
    return any(text.casefold() in name.casefold() for name in names if name)


def listing(models: Sequence[ModelInfo], today: date) -> str:
    """Show models as a table; what nobody knows is `unknown`."""
    rows: list[tuple[str, ...]] = [HEAD]
    for model in sorted(models, key=lambda model: (model.provider or "", model.id)):
        rates, more = current(model, today)
        prices = [
            "unknown" if rate is None else f"{rate.normalize():f}{more}"
            for rate in (rates.input, rates.output)
        ]
        name = f"{model.provider}:{model.id}"
        rows.append((name, str(model.context_window or "unknown"), *prices))
    return table(rows, right=(1, 2, 3))


def current(model: ModelInfo, today: date) -> tuple[Rates, str]:
    """Return the rates of short inputs today, and a `+` when longer ones have others."""
    past = [price for price in model.prices if (price.valid_from or date.min) <= today]
    if not past:
        return Rates(), ""
    tiers = max(past, key=lambda price: price.valid_from or date.min).tiers
    return min(tiers, key=lambda tier: tier.from_input_tokens), "+" if len(tiers) > 1 else ""
