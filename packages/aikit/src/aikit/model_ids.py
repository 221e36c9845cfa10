"""Split a model id into its provider and the provider's own name for the model."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from aicore.errors import BadInput, UnknownProvider

EXTRA = r"""^(aikit-[a-z0-9-]+)[^;]*; *extra *== *["']([a-z0-9-]+)["']$"""
TESTING = {"aikit-testing": ("fixture", "scripted")}
"""Providers of a distribution that is no provider's, and whose extra has another name."""
ALIKE = 0.7
"""How alike two names are, from 0 to 1, that may be one misspelt: `nope` is not `openai`."""


def split(model: str, known: Collection[str]) -> tuple[str, str]:
    """Split `provider:model` or `provider/model`, once, on a known provider's name.

    What follows the name belongs to the provider and is not looked into, so
    `openrouter:openai/gpt-5` and `vllm/org/model:tag` mean what they say. An alias stands for its
    provider where no provider has that name.

    Raises:
        UnknownProvider: the id does not begin with a known provider's name.
        BadInput: no model follows the provider's name.
        PluginError: it begins with an alias that several distributions claim.
    """
    for read in (exactly, alias_of):
        for separator in (":", "/"):
            name, found, rest = model.partition(separator)
            if found and (provider := read(name)) is not None and provider in known:
                if not rest:
                    raise BadInput(f"{model!r} names a provider but no model")
                return provider, rest
    raise UnknownProvider(unknown(model, known))


def exactly(name: str) -> str:
    return name


def alias_of(name: str) -> str | None:
    """Return the provider that a name is an alias of, or None when it is no alias."""
    from aicore.plugins import aliased

    return aliased(name)


def unknown(model: str, known: Collection[str]) -> str:
    """Say what is wrong with a model id, and what would make it right."""
    ends = [model.index(separator) for separator in ":/" if separator in model]
    if not ends:
        return f"{model!r} names no provider; {prefixed(model, known)}"
    name = model[: min(ends)]
    extras = available()
    if name in extras:
        return f"no provider {name!r} is installed; {brought(name)}"
    if says := of_alias(name, known):
        return says
    if says := misspelt(name, known):
        return says
    installed = ", ".join(sorted(known)) or "none"
    return f"no provider {name!r} is known; installed are: {installed}"


def of_alias(name: str, known: Collection[str]) -> str | None:
    """Say what is to be done about a name that is an alias, or None if it is none."""
    target = meant(name)
    if target is None:
        return None
    if target in known:
        return own_name(name, target)
    hint = f"{name!r} is an alias of {target!r}, which is not installed"
    return f"{hint}; {brought(target)}" if target in available() else hint


def own_name(alias: str, provider: str) -> str:
    """Say what to write where an alias does not stand for its provider."""
    return f"{alias!r} is an alias, which only model ids begin with; write {provider!r}"


def meant(name: str) -> str | None:
    """Return the provider that an alias stands for, be it installed or not."""
    return alias_of(name) or aliases_of_extras().get(name)


def mistaken(name: str, known: Collection[str]) -> str | None:
    """Say which provider was meant by a name that is an alias or misspelt, or None if neither."""
    provider = meant(name)
    return own_name(name, provider) if provider else misspelt(name, known)


def misspelt(name: str, known: Collection[str]) -> str | None:
    """Say which provider a name was meant to be, or None if it is near none, or right."""
    extras, aliases = available(), aliases_of_extras()
    near = None if name in extras else nearest(name, [*known, *extras, *aliases])
    if near is None:
        return None
    hint, provider = f"no provider {name!r}; did you mean {near!r}?", near
    if near not in known and near not in extras:
        provider = aliases[near]
        hint = f"no provider {name!r}; did you mean {near!r}, an alias of {provider!r}?"
    return hint if provider in known else f"{hint} It is not installed; {brought(provider)}"


def prefixed(model: str, known: Collection[str]) -> str:
    """Say how to write a model's name that stands without a provider."""
    from aikit_models import find, providers

    owners = [name for name in providers() if find(name, model) is not None]
    if not owners:
        return f"write provider:model; installed are: {', '.join(sorted(known)) or 'none'}"
    owner = next((name for name in owners if name in known), owners[0])
    hint = f"did you mean {f'{owner}:{model}'!r}?"
    return hint if owner in known else f"{hint} It is not installed; {brought(owner)}"


def brought(name: str) -> str:
    """Say which distribution brings a provider, and how it is installed."""
    distribution = available().get(name, f"aikit-provider-{name}")
    return f"{distribution} brings it: `{install(name, distribution)}`"


def install(name: str, distribution: str) -> str:
    """Return the command that installs a provider."""
    extra = distribution.removeprefix("aikit-") if distribution in TESTING else name
    return f"pip install 'aikit[{extra}]>=1'"


def nearest(name: str, names: Collection[str]) -> str | None:
    """Return the provider that a misspelt name was meant to be, if one is near enough."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(name.lower(), names, 1, ALIKE)), None)


def aliases_of_extras() -> Mapping[str, str]:
    """Return the aliases that extras of aikit would bring, each with its provider.

    `scripts/sync-extras` writes them from what the distributions declare.
    """
    from importlib.resources import files
    from json import loads

    aliases: dict[str, str] = loads(files("aikit").joinpath("aliases.json").read_text("utf-8"))
    return aliases


def available() -> Mapping[str, str]:
    """Return the providers that extras of the installed aikit would add, and what brings each.

    A distribution with several providers has an extra for each of them, but for those of tests.
    """
    from importlib.metadata import PackageNotFoundError, requires

    try:
        needed = requires("aikit") or []
    except PackageNotFoundError:
        return {}
    extras = re.findall(EXTRA, "\n".join(needed), re.MULTILINE)
    found = {
        name: distribution
        for distribution, extra in extras
        if extra != "all"
        for name in TESTING.get(distribution, (extra,))
        if distribution in TESTING or distribution.startswith("aikit-provider-")
    }
    return dict(sorted(found.items()))
