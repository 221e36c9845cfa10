"""Open a provider, and lend it what it needs while it is open."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from aicore.errors import AIError, BadConfig, PluginError, UnknownProvider
from aicore.models import ModelInfo
from aicore.plugins import PROVIDERS, found, load_provider
from aicore.providers import Provider
from aicore.secrets import SecretLike, secret
from aicore.stores import Store

from aikit.stores import MemoryStore


class KitHost:
    """The host of one provider."""

    def __init__(
        self,
        name: str,
        settings: Mapping[str, Any],
        http_client: Any,
        find: Callable[[str, str], ModelInfo | None],
    ) -> None:
        self.name = name
        self.settings = settings
        self.http_client = http_client
        self._find = find
        self._stores: dict[str, Store] = {}

    def secret(self, setting: str, *variables: str) -> SecretLike | None:
        """Look in the settings, then in the variables, then in `{NAME}_API_KEY`."""
        given = self.settings.get(setting)
        if given is not None:
            if not isinstance(given, str) and not hasattr(given, "get_secret_value"):
                raise BadConfig(f"{setting!r} of provider {self.name!r} must be text")
            return secret(given) if given else None
        own = f"{self.name}_{setting}".upper().replace("-", "_")
        for variable in (*variables, own):
            if value := os.environ.get(variable):
                return secret(value)
        return None

    def model(self, id: str) -> ModelInfo | None:
        return self._find(self.name, id)

    def store(self, name: str) -> Store:
        return self._stores.setdefault(name, MemoryStore())


def open_provider(
    name: str,
    settings: Mapping[str, Any],
    http_client: Any,
    find: Callable[[str, str], ModelInfo | None],
    source: str | None = None,
) -> Provider:
    """Open a provider; the setting `use` names the plugin, when that is not its own name.

    `source` are the files that its settings come from, which errors name.

    Raises:
        UnknownProvider: no plugin provides it.
        PluginError: its plugin is broken.
        BadConfig: it refuses its settings.
    """
    own = dict(settings)
    use = own.pop("use", name)
    try:
        spec = load_provider(use)
    except UnknownProvider:
        from aikit.model_ids import available, unknown

        says = unknown(f"{use}:", found(PROVIDERS))
        if own and "use" not in settings and name not in available():
            says += (
                f". The settings of [providers.{name}] were seen, but none says what to open: add "
                '`use = "openai-compatible"`, or another provider\'s name'
            )
        raise UnknownProvider(says) from None
    try:
        return spec(KitHost(name, own, http_client, find))
    except BadConfig as error:
        if source is None:
            raise
        raise BadConfig(f"{source}: {error.message}") from error
    except AIError:
        raise
    except Exception as error:
        raise PluginError(
            f"provider {use!r} is broken: it cannot be opened ({type(error).__name__}: {error})"
        ) from error
