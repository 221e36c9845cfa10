"""Look at everything that a call would need: settings, plugins and keys."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr, suppress
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, Literal

from aicore.errors import AIError, BadConfig, MissingKey, PluginError
from aicore.plugins import COMMANDS, PLUGINS, PROVIDERS, found, load_provider
from aicore.secrets import SecretLike

from aikit.cli.group import BUILT_IN, as_command
from aikit.config import FILE, load
from aikit.host import KitHost
from aikit.kit import Kit

TEMPLATE = "openai-compatible"
"""The provider that is meant to be used under names of the user's own."""

USABLE = f'usable through [providers.NAME] in aikit.toml, with use = "{TEMPLATE}"'


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    `needs` is what a provider lacks before it can be used: nothing is broken by that.
    """

    kind: Literal["config", "provider", "command", "middleware", "plugin"]
    name: str
    ok: bool
    detail: str
    distribution: str | None = None
    needs: Literal["key", "settings"] | None = None


class Witness(KitHost):
    """A host that remembers where a provider looked for its secrets, but not what it found."""

    def __init__(self, name: str, settings: Mapping[str, Any], place: str) -> None:
        super().__init__(name, settings, None, lambda provider, model: None)
        self._place = place
        self.found: list[str] = []
        self.missing: list[str] = []
        """The variables that may hold a secret, for each that is missing."""

    def secret(self, setting: str, *variables: str) -> SecretLike | None:
        value = super().secret(setting, *variables)
        own = f"{self.name}_{setting}".upper().replace("-", "_")
        looked_at = list(dict.fromkeys((*variables, own)))
        if value is None:
            self.missing.append(" or ".join(looked_at))
        elif self.settings.get(setting):
            self.found.append(f"{setting} in {self._place}")
        else:
            self.found.append(f"{setting} in {next(filter(os.environ.get, looked_at))}")
        return value


async def examine(path: Path | None) -> list[Check]:
    """Load everything that is installed, and open and close each provider with its settings."""
    place, loud = str(path or FILE), list(printing())
    configured: Mapping[str, Mapping[str, Any]] = {}
    try:
        configured, what = load(path).providers, described_file(place)
    except BadConfig as error:
        checks = [Check("config", place, False, str(error))]
    else:
        checks = [Check("config", place, True, what), *stack(Kit(config=path))]
    for name in sorted({*found(PROVIDERS), *configured}):
        checks.append(await provider(name, configured.get(name), place))
    return [*checks, *commands(), *loud]


def printing() -> Iterator[Check]:
    """Import every plugin, before anything else does, to hear which of them print."""
    groups = (found(PROVIDERS), found(PLUGINS), found(COMMANDS))
    for plugin in (plugin for group in groups for claims in group.values() for plugin in claims):
        with redirect_stderr(StringIO()) as told, suppress(PluginError):
            plugin.load()
        if text := " ".join(told.getvalue().split()):
            origin = f"{plugin.distribution} {plugin.version}"
            yield Check("plugin", plugin.name, True, f"prints when imported: {text!r}", origin)


def described_file(place: str) -> str:
    return "read" if os.path.exists(place) else "not there, and not needed"


def stack(kit: Kit) -> Iterator[Check]:
    """Load the plugins; list the middleware from the outermost to the innermost."""
    try:
        middleware = kit.stack()
    except (BadConfig, PluginError) as error:
        yield Check("middleware", "-", False, str(error))
    else:
        for item in middleware:
            yield Check("middleware", item.name, True, f"around each {item.layer.name.lower()}")
    for broken in kit.broken_plugins:
        yield Check("plugin", "-", False, str(broken))


async def provider(name: str, settings: Mapping[str, Any] | None, place: str) -> Check:
    """Load and open a provider; without settings, that it needs some is no fault."""
    given = dict(settings or {})
    use = given.pop("use", name)
    claims = found(PROVIDERS).get(use, ())
    origin = " and ".join(f"{plugin.distribution} {plugin.version}" for plugin in claims) or None
    host = Witness(name, given, place)
    try:
        opened = load_provider(use)(host)
        await opened.aclose()
    except PluginError as error:
        return Check("provider", name, False, str(error), origin)
    except MissingKey as error:
        return Check("provider", name, True, f"needs key: {error.message}", origin, "key")
    except AIError as error:
        ok = bool(claims) and settings is None
        needs: Literal["settings"] | None = "settings" if ok else None
        detail = f"{USABLE}: {error}" if ok and name == TEMPLATE else str(error)
        return Check("provider", name, ok, detail, origin, needs)
    except Exception as error:
        detail = f"fails to open ({type(error).__name__}: {error})"
        return Check("provider", name, False, detail, origin)
    return ready(name, host, getattr(opened, "key_use", None), origin)


def ready(name: str, host: Witness, key_use: str | None, origin: str | None) -> Check:
    """Say which keys an open provider has; one that does not say if it needs them does."""
    told = [*host.found]
    if host.missing and key_use not in ("optional", "none"):
        told.append(f"needs key: set {' or '.join(host.missing)}")
        return Check("provider", name, True, ", ".join(told), origin, "key")
    if host.missing and key_use != "none":
        told.append(f"key is optional: {' or '.join(host.missing)}")
    return Check("provider", name, True, ", ".join(told) or "no key needed", origin)


def commands() -> Iterator[Check]:
    """Load the commands of plugins."""
    for name, claims in found(COMMANDS).items():
        origin = " and ".join(f"{plugin.distribution} {plugin.version}" for plugin in claims)
        if name in BUILT_IN or len(claims) > 1:
            owners = ["aikit"] * (name in BUILT_IN) + [plugin.distribution for plugin in claims]
            detail = f"{' and '.join(owners)} both provide {name!r}; uninstall one of them"
            yield Check("command", name, False, detail, origin)
            continue
        try:
            as_command(claims[0])
        except PluginError as error:
            yield Check("command", name, False, str(error), origin)
        else:
            yield Check("command", name, True, "", origin)
