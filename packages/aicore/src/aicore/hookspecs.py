"""The manual for plugin authors: every hook, when it is called, and what it may return.

A plugin is a module (or object) with functions marked `@hookimpl`, found through an entry point:

- group `aikit.providers`: the entry point's *name* is the provider's name and its value the
  module. Names are listed without importing anything; the module is imported when a model of
  that provider is first asked for.
- group `aikit.plugins`: middleware and catalog entries. Loaded when a Kit opens.
- group `aikit.commands`: a click command of the `aikit` command line, loaded when invoked.

A plugin that fails to import, or whose hook raises, hurts only itself: the error names its
distribution, and `aikit doctor` shows it.
"""

from __future__ import annotations

from collections.abc import Sequence

import pluggy

from aicore.calls import Middleware
from aicore.models import ModelInfo
from aicore.providers import Spec

hookspec = pluggy.HookspecMarker("aikit")
hookimpl = pluggy.HookimplMarker("aikit")


@hookspec(historic=True)
def aikit_providers() -> Sequence[Spec]:  # type: ignore[empty-body]
    """Return the providers of this plugin, unopened.

    Called once, when the plugin is loaded. Among them must be one whose `name` is the name of
    the entry point. Do no work here: a spec is opened later, by calling it with a host.
    """


@hookspec
def aikit_middleware() -> Sequence[Middleware]:  # type: ignore[empty-body]
    """Return middleware to put around calls.

    Called once for each Kit, when it opens. Each says its layer and, if it matters, which other
    middleware it stands before or after.
    """


@hookspec
def aikit_models() -> Sequence[ModelInfo]:  # type: ignore[empty-body]
    """Return catalog entries; each names its `provider`.

    Called once for each Kit, when it opens. An entry replaces the shipped one with the same
    provider and id.
    """
