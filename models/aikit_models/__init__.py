"""Facts about AI models for aikit: context, features and dated prices."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from aicore.models import ModelInfo, Price

__all__ = ["find", "listed", "providers"]

_MONTH, _DAY = "(?:0[1-9]|1[0-2])", "(?:0[1-9]|[12][0-9]|3[01])"
_DATED = re.compile(
    f"(.+)[-@](?:20[0-9][0-9]-{_MONTH}-{_DAY}|20[0-9][0-9]{_MONTH}{_DAY}|2[0-9]{_MONTH}|{_MONTH}{_DAY})"
)
"""An id and its date as vendors write it: -2024-08-06, -20250929, @20250929, -2512, -0613."""


_FILES = ("scraped_models.json", "features.json")
"""What a provider's folder holds: ids and prices, what models take, or both."""


class _Shared(NamedTuple):
    """A provider whose models another one serves as well; `features` are what differs there."""

    provider: str
    prices: bool
    features: dict[str, bool]


class _Catalog(NamedTuple):
    """What a folder holds: entries by id, ids by alias, and where the prices were read."""

    entries: dict[str, dict[str, Any]]
    aliases: dict[str, str]
    shared: tuple[_Shared, ...]
    source: str
    verified: str


def find(provider: str, model: str) -> ModelInfo | None:
    """Return what is known about a model, or None when it is not listed.

    The name is tried as an id, then as an alias, then without its date. A date is all that is
    ever taken off: `gpt-4o-2030-01-01` is `gpt-4o`, but `gpt-4o-turbo` and `gpt-4o-latest` are
    not, because a name that only begins alike may have any price.
    """
    if provider not in providers():
        return None
    catalog = _read(provider)
    for other in catalog.shared:
        if (known := find(other.provider, model)) is not None:
            return _served(provider, known.id, other.provider)
    id = model if model in catalog.entries else catalog.aliases.get(model)
    if id is None and (dated := _DATED.fullmatch(model)):
        id = dated[1]
    return _info(provider, id) if id in catalog.entries else None


def listed(provider: str | None = None) -> list[ModelInfo]:
    """Return all models of a provider, or of all; an unknown provider has none."""
    names = [name for name in providers() if provider in (None, name)]
    return [info for name in names for info in _listed(name)]


def _listed(provider: str) -> list[ModelInfo]:
    catalog = _read(provider)
    found = {
        known.id: _served(provider, known.id, other.provider)
        for other in catalog.shared
        for known in _listed(other.provider)
    }
    return [*found.values(), *(_info(provider, id) for id in catalog.entries if id not in found)]


@cache
def _folders() -> tuple[str, ...]:
    from importlib.resources import files

    folders = [folder for folder in files(__name__).iterdir() if folder.is_dir()]
    return tuple(sorted(f.name for f in folders if any(f.joinpath(it).is_file() for it in _FILES)))


def providers() -> list[str]:
    """Return the names of the providers that have a catalog."""
    return list(_folders())


@cache
def _read(provider: str) -> _Catalog:
    import json
    from importlib.resources import files

    scraped, facts = map(files(__name__).joinpath(provider).joinpath, _FILES)
    content: dict[str, Any] = {"sources": [{"name": provider, "version": ""}], "models": []}
    if scraped.is_file():
        content = json.loads(scraped.read_text("utf-8"))
    source = content["sources"][0]
    entries = {entry["id"]: entry for entry in content["models"]}
    told: dict[str, Any] = {"groups": []}
    if facts.is_file():
        told = json.loads(facts.read_text("utf-8"))
        for group in told["groups"]:
            for id in group.pop("models"):
                entry = entries.setdefault(id, {"id": id})
                features = {**entry.get("features", {}), **group.get("features", {})}
                entry.update(group, features=features)
    return _Catalog(
        entries,
        {alias: id for id, entry in entries.items() for alias in entry.get("aliases", ())},
        tuple(_Shared(**other) for other in told.get("shared", ())),
        f"{source['name']} {source['version']}",
        content.get("verified", ""),
    )


@cache
def _served(provider: str, id: str, other: str) -> ModelInfo:
    """Return what is known of another provider's model where this one serves it."""
    from dataclasses import replace

    shared = next(item for item in _read(provider).shared if item.provider == other)
    known = _info(other, id)
    own = _read(provider).entries.get(id, {}).get("features", {})
    return replace(
        known,
        provider=provider,
        prices=known.prices if shared.prices else (),
        features={**known.features, **shared.features, **own},
    )


@cache
def _info(provider: str, id: str) -> ModelInfo:
    from aicore.models import ModelInfo

    catalog = _read(provider)
    facts = dict(catalog.entries[id])
    facts["aliases"] = tuple(facts.get("aliases", ()))
    facts["prices"] = tuple(_price(price, catalog) for price in facts.get("prices", ()))
    return ModelInfo(provider=provider, **facts)


def _price(price: dict[str, Any], catalog: _Catalog) -> Price:
    from datetime import date
    from decimal import Decimal

    from aicore.models import Price, Rates

    start = price.get("valid_from")
    return Price(
        valid_from=date.fromisoformat(start) if start else None,
        tiers=tuple(
            Rates(
                from_input_tokens=tier.get("from_input_tokens", 0),
                **{
                    name: Decimal(rate)
                    for name, rate in tier.items()
                    if name != "from_input_tokens"
                },
            )
            for tier in price["tiers"]
        ),
        source=catalog.source,
        verified=date.fromisoformat(catalog.verified),
    )
