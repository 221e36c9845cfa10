"""Ask the installed plugins for what they add to a Kit, without being hurt by a broken one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from aicore.calls import Middleware
from aicore.errors import PluginError
from aicore.models import ModelInfo
from aicore.plugins import load_plugins


@dataclass(frozen=True, slots=True)
class Plugged:
    """What plugins add, and an error for each that is broken."""

    middleware: list[Middleware] = field(default_factory=list)
    models: dict[tuple[str, str], ModelInfo] = field(default_factory=dict)
    broken: list[PluginError] = field(default_factory=list)


def plugged() -> Plugged:
    """Load the plugins and call the hooks of each."""
    hooks, broken = load_plugins()
    found = Plugged(broken=list(broken))
    for entries in ask(hooks.hook.aikit_models, ModelInfo, found.broken):
        found.models.update({(entry.provider, entry.id): entry for entry in entries})
    for items in ask(hooks.hook.aikit_middleware, Middleware, found.broken):
        found.middleware.extend(items)
    return found


def ask(hook: Any, kind: type, broken: list[PluginError]) -> Sequence[Sequence[Any]]:
    """Call one hook of every plugin; one that fails is noted in `broken`."""
    results = []
    for plugin in hook.get_hookimpls():
        try:
            items: list[Any] = list(plugin.function())
            wrong = [item for item in items if not isinstance(item, kind)]
            if wrong:
                raise TypeError(f"{wrong[0]!r} is no {kind.__name__}")
            results.append(items)
        except Exception as error:
            broken.append(
                PluginError(
                    f"plugin {plugin.plugin_name} is broken: its hook {hook.name} fails "
                    f"({type(error).__name__}: {error})"
                )
            )
    return results
