"""Which models the gateway serves: asked of the providers, and remembered for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import lru_cache

from aicore.errors import AIError, BadInput, MissingKey, NotFound, UnknownProvider, Unsupported
from aicore.models import ModelInfo
from aikit.kit import Kit

WILD = frozenset("*?[")
"""What makes an id a pattern."""

FRESH = 1800.0
AGAIN = 10.0
"""Seconds for which a list, and for which a failure to get it, is remembered."""
PATIENCE = 10.0
"""Seconds that a provider may take to list its models."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A provider with its models, or with the code of the error that kept it from telling them."""

    name: str
    models: Sequence[ModelInfo] = ()
    error: str | None = None


def pattern_of(kit: Kit, item: str) -> str:
    """Return a pattern under the provider's own name, where it names one, be it by an alias.

    Raises:
        UnknownProvider: it names one that is not there, so that nothing could fit.
    """
    named = WILD.isdisjoint(item.replace("/", ":").partition(":")[0])
    return item if WILD.isdisjoint(item) or not named else ":".join(kit.split(item))


class Listing:
    """The models that clients may ask for.

    `models` names them: ids, or patterns such as `openai:*`; a mapping gives them names of its
    own (`{"fast": "groq:…"}`). Without it every model of every provider that has what it needs
    may be used. A list is asked for at most every 30 minutes, unless that fails.

    Raises:
        UnknownProvider: a pattern names a provider that is not there.
    """

    def __init__(
        self,
        kit: Kit,
        models: Sequence[str] | Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if isinstance(models, str):
            models = (models,)
        self._kit = kit
        self._aliases = dict(models) if isinstance(models, Mapping) else None
        given = ("*",) if models is None else tuple(models)
        self._patterns = tuple(pattern_of(kit, item) for item in given)
        self._clock = clock
        self._known: dict[str, tuple[float, Listed]] = {}
        self.resolve = lru_cache(1000)(self._resolve)

    def _resolve(self, model: str) -> str:
        """Return the Kit's id for the model that a client asks for.

        Raises:
            NotFound: it is not among those that may be used.
        """
        if self._aliases is not None:
            id = self._aliases.get(model)
        else:
            id = model if self._allows(model) else None
        if id is None:
            raise NotFound(f"the model {model!r} does not exist here", model=model)
        return id

    def _allows(self, id: str) -> bool:
        """Tell whether a pattern fits an id, however either joins provider and model."""
        if self._fits(id):
            return True
        with suppress(UnknownProvider, BadInput):
            provider, model = self._kit.split(id)
            return self._fits(f"{provider}:{model}") or self._fits(f"{provider}/{model}")
        return False

    def _fits(self, id: str) -> bool:
        return any(fnmatchcase(id, pattern) for pattern in self._patterns)

    async def ids(self) -> list[tuple[str, int]]:
        """Return the ids that clients may use, each with its time of creation (Unix seconds)."""
        if self._aliases is not None:
            return [(name, 0) for name in self._aliases]
        if all(WILD.isdisjoint(pattern) for pattern in self._patterns):
            return [(id, 0) for id in self._patterns]
        return [
            (f"{entry.name}:{info.id}", info.created or 0)
            for entry in await self.providers()
            for info in entry.models
        ]

    async def providers(self, only: str | None = None) -> list[Listed]:
        """Return every provider with those of its models that clients may use.

        Providers without a key, and those that have no list, are left out.
        """
        names = [name for name in self._kit.providers() if only in (None, name)]
        answers = await asyncio.gather(*(self._ask(name) for name in names if self._uses(name)))
        return [self._visible(answer) for answer in answers if answer is not None]

    def _uses(self, provider: str) -> bool:
        """Tell whether models of this provider may be among those that clients may use."""
        ids = self._patterns if self._aliases is None else self._aliases.values()
        return any(fnmatchcase(provider, id.replace("/", ":").partition(":")[0]) for id in ids)

    def _visible(self, entry: Listed) -> Listed:
        """Leave out what clients may not use, and name the rest as clients do."""
        if self._aliases is None:
            models = [info for info in entry.models if self._allows(f"{entry.name}:{info.id}")]
        else:
            by_id = {info.id: info for info in entry.models}
            targets = {name: self._kit.split(id) for name, id in self._aliases.items()}
            models = [
                replace(by_id[model], id=name)
                for name, (provider, model) in targets.items()
                if provider == entry.name and model in by_id
            ]
        return replace(entry, models=models)

    async def _ask(self, name: str) -> Listed | None:
        until, entry = self._known.get(name, (0.0, None))
        if entry is not None and self._clock() < until:
            return entry
        try:
            async with asyncio.timeout(PATIENCE):
                entry = Listed(name, await self._kit.models(name))
        except (MissingKey, Unsupported):
            return None
        except AIError as error:
            entry = Listed(name, error=error.code)
        except TimeoutError:
            entry = Listed(name, error="timed_out")
        self._known[name] = (self._clock() + (AGAIN if entry.error else FRESH), entry)
        return entry
