"""Find plugins without importing them, and load one without being hurt by another.

Listing needs names only, so pluggy and the hooks are imported when something is loaded.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from threading import RLock
from typing import TYPE_CHECKING, Any

from aicore.errors import PluginError, UnknownProvider

if TYPE_CHECKING:
    import pluggy

    from aicore.providers import Spec

PROVIDERS = "aikit.providers"
PLUGINS = "aikit.plugins"
COMMANDS = "aikit.commands"
ALIASES = "aikit.aliases"

LOADING = RLock()
"""Held while stdout leads elsewhere: two threads that both redirect it could lose it."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """An entry point that has not been imported, and the distribution that declares it."""

    name: str
    distribution: str
    version: str
    entry_point: EntryPoint

    def load(self) -> Any:
        """Import it. What it prints meanwhile goes to stderr, out of a program's output.

        Raises:
            PluginError: the import failed; the cause is attached.
        """
        try:
            with LOADING, redirect_stdout(sys.stderr):
                return self.entry_point.load()
        except (Exception, SystemExit) as error:
            raise PluginError(
                f"{self.distribution} {self.version} is broken: "
                f"{self.entry_point.value!r} fails to import ({type(error).__name__}: {error}); "
                f"repair or uninstall {self.distribution}"
            ) from error


@lru_cache
def found(group: str) -> dict[str, tuple[Plugin, ...]]:
    """List the plugins of a group by name; a name that two distributions claim has two."""
    plugins: dict[str, list[Plugin]] = {}
    for entry_point in entry_points(group=group):
        dist = entry_point.dist
        name, version = (dist.name, dist.version) if dist else ("an unnamed distribution", "?")
        plugins.setdefault(entry_point.name, []).append(
            Plugin(entry_point.name, name, version, entry_point)
        )
    return {name: tuple(claims) for name, claims in sorted(plugins.items())}


def sole(group: str, name: str) -> Plugin:
    """Return the one plugin with a name.

    Raises:
        KeyError: there is none.
        PluginError: several distributions claim the name.
    """
    claims = found(group)[name]
    if len(claims) > 1:
        names = " and ".join(sorted(plugin.distribution for plugin in claims))
        what = "claim the alias" if group == ALIASES else "provide"
        raise PluginError(f"{names} both {what} {name!r}; uninstall one of them")
    return claims[0]


def aliased(alias: str) -> str | None:
    """Return the provider that another name stands for, or None when it is no alias.

    Nothing is imported.

    Raises:
        PluginError: several distributions claim the alias.
    """
    try:
        return meant(sole(ALIASES, alias))
    except KeyError:
        return None


def meant(alias: Plugin) -> str:
    """Return the provider that an entry point of the group `aikit.aliases` stands for.

    It is the entry point's value, with `_` for `-`: a value has the form of a module.
    """
    return alias.entry_point.value.replace("_", "-")


def manager() -> pluggy.PluginManager:
    """Return a plugin manager that knows the hooks of aikit."""
    import pluggy

    from aicore import hookspecs

    manager = pluggy.PluginManager("aikit")
    manager.add_hookspecs(hookspecs)
    return manager


@lru_cache
def load_provider(name: str) -> Spec:
    """Import the plugin of one provider and return its unopened provider.

    Raises:
        UnknownProvider: no installed distribution provides the name.
        PluginError: the plugin is broken, or its name is claimed twice.
    """
    try:
        plugin = sole(PROVIDERS, name)
    except KeyError:
        raise UnknownProvider(f"no installed plugin provides {name!r}") from None
    specs: list[Spec] = []
    module, hooks = plugin.load(), manager()
    try:
        hooks.register(module, name)
        hooks.hook.aikit_providers.call_historic(result_callback=specs.extend)
        offered = {spec.name: spec for spec in specs}
    except Exception as error:
        raise PluginError(
            f"{plugin.distribution} {plugin.version} is broken: its hooks fail "
            f"({type(error).__name__}: {error})"
        ) from error
    if name not in offered:
        raise PluginError(
            f"{plugin.distribution} {plugin.version} is broken: its entry point {name!r} "
            f"offers {list(offered)}, but no provider of that name"
        )
    return offered[name]


def load_plugins() -> tuple[pluggy.PluginManager, Sequence[PluginError]]:
    """Load everything of the group `aikit.plugins`; what is broken is returned as errors."""
    hooks, broken = manager(), list[PluginError]()
    for name, claims in found(PLUGINS).items():
        for plugin in claims:
            try:
                hooks.register(plugin.load(), f"{plugin.distribution}:{name}")
            except PluginError as error:
                broken.append(error)
            except Exception as error:
                broken.append(
                    PluginError(f"{plugin.distribution} {plugin.version} is broken: {error}")
                )
    return hooks, broken
