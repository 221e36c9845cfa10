"""How the calls of a Kit run: what every call needs is found once, and kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import lru_cache
from threading import RLock
from typing import Any, NamedTuple, TypeAlias

from aicore.calls import Batches, Call, Layer, Middleware, in_order, wrapped
from aicore.context import Context
from aicore.errors import AIError, BadInput, Unsupported
from aicore.fold import Folder
from aicore.guard import bounded
from aicore.models import ModelInfo
from aicore.plugins import PROVIDERS, found
from aicore.providers import Provider
from aicore.requests import Request
from aicore.values import changed
from aikit_models import find

from aikit.asking import ABILITIES, Ability, folded, prepare
from aikit.costs import Costs
from aikit.model_ids import split
from aikit.observe import Answer, accounted, answered, observed, steady


class Way(NamedTuple):
    """Where the requests for a model go."""

    model: str
    """The provider's own name for it."""
    attempt: Call
    """What asks the provider."""
    alone: Call
    """The same, where nothing stands around it (`aikit.observe.Books`)."""
    answer: Answer
    """The same, to its end."""


Attempts: TypeAlias = tuple[Call, Call, Answer]
"""What asks a provider, in the three ways of `Way`."""

JOBS = ("submit", "poll", "follow", "cancel")
"""The abilities that together are jobs."""

WAYS = FACTS = 1000
"""How many ways and facts are kept; one is found anew in a few microseconds."""


class Calling:
    """Runs calls: `middleware` stands around them, and `open_provider` gives a provider by name.

    `names` tells what model ids may begin with, `default` the model of calls that name none, and
    `entries` what plugins know about models.
    """

    def __init__(
        self,
        middleware: Sequence[Middleware],
        names: Callable[[], Collection[str]],
        default: str | None,
        open_provider: Callable[[str], Provider],
        entries: Mapping[tuple[str, str], ModelInfo],
    ) -> None:
        self.stack = in_order(middleware)
        layers = {layer: [item for item in self.stack if item.layer == layer] for layer in Layer}
        step = wrapped(self._dispatch, layers[Layer.STEP])
        self._layered: Call = accounted(bounded(wrapped(step, layers[Layer.OPERATION])))
        self._around = layers[Layer.ATTEMPT]
        self._names = names
        self._default = default
        self._provider = open_provider
        self._entries = entries
        self.find = lru_cache(FACTS)(self._find)
        self._costs = Costs(self.find)
        self._lock = RLock()
        self._attempts: dict[tuple[str, str], Attempts] = {}
        self._ways: dict[tuple[type[Request], str], Way] = {}
        self._installed: Mapping[str, Any] = {}

    def ask(
        self,
        ability: Ability,
        given: Any,
        model: str | None,
        settings: Mapping[str, Any],
        *,
        streaming: bool = False,
    ) -> Batches:
        """Run what the user wrote.

        Raises:
            BadInput: something does not exist, has the wrong type, or is given twice.
        """
        return self.run(*self._prepared(ability, given, model, settings, streaming))

    def _prepared(
        self,
        ability: Ability,
        given: Any,
        model: str | None,
        settings: Mapping[str, Any],
        stream: bool,
    ) -> tuple[Any, Context]:
        chosen = model or getattr(given, "model", None) or self._default
        if not chosen:
            raise BadInput("which model? Pass model='provider:name', or set `model` in aikit.toml")
        if not isinstance(chosen, str):
            kind = type(chosen).__name__
            raise BadInput(f"`model` must be text, such as 'provider:name', not {kind}")
        return prepare(ability, given, chosen, self._names, settings, streaming=stream)

    def answer(
        self, ability: Ability, given: Any, model: str | None, settings: Mapping[str, Any]
    ) -> Awaitable[Folder]:
        """Run what the user wrote to its end, and fold its events."""
        request, context = self._prepared(ability, given, model, settings, False)
        if (way := self._straight(request, context)) is None:
            return folded(self._layered(request, context))
        vars(request)["model"] = way.model  # it was made just now: nobody else holds it
        return way.answer(request, context)

    def run(self, request: Request, context: Context) -> Batches:
        """Run a request through the whole stack; the returned generator must be closed."""
        if (way := self._straight(request, context)) is None:
            return self._layered(request, context)
        return way.alone(changed(request, model=way.model), context)

    def finish(self, request: Request, context: Context) -> Awaitable[Folder]:
        """Run a request through the whole stack to its end, and fold its events."""
        if (way := self._straight(request, context)) is None:
            return folded(self._layered(request, context))
        return way.answer(changed(request, model=way.model), context)

    def _straight(self, request: Request, context: Context) -> Way | None:
        """Return the way of a request if it is known and nothing stands in it.

        There is no middleware then, and no limit of time: but one layer.
        """
        if self.stack or context.cancel is not None or context.deadlines.total is not None:
            return None
        if self._installed is not found(PROVIDERS):  # the listing was made anew
            return None
        return self._ways.get((type(request), request.model))

    def _dispatch(self, request: Request, context: Context) -> Batches:
        """Send a request to the provider that its model names."""
        if self._installed is not found(PROVIDERS):  # the listing was made anew
            self._installed = found(PROVIDERS)
            self._ways.clear()
        way = self._ways.get((type(request), request.model)) or self._way(request)
        return way.attempt(changed(request, model=way.model), context)

    def _way(self, request: Request) -> Way:
        provider, model = split(request.model, self._names())
        try:
            way = Way(model, *self._attempts_on(provider, ABILITIES[type(request)]))
        except AIError as error:
            error.provider, error.model = error.provider or provider, error.model or model
            raise
        with self._lock:
            if len(self._ways) >= WAYS:
                self._ways.clear()
            return self._ways.setdefault((type(request), request.model), way)

    def _attempts_on(self, provider: str, ability: str) -> Attempts:
        with self._lock:
            if (attempts := self._attempts.get((provider, ability))) is not None:
                return attempts
            call = getattr(self._provider(provider), ability, None)
            if call is None:
                lacks = f"cannot {ability.replace('_', ' ')}"
                if ability in JOBS:
                    lacks = "has no jobs"
                others = "ask a model of another provider"
                raise Unsupported(f"{provider!r} {lacks}; {others}", provider=provider)
            call, costs = steady(call, provider, ability), self._costs
            attempt = wrapped(observed(call, provider, costs), self._around)
            alone = observed(call, provider, costs, alone=True)
            made = attempt, alone, answered(call, provider, costs)
            return self._attempts.setdefault((provider, ability), made)

    def _find(self, provider: str, model: str) -> ModelInfo | None:
        """Return what is known about a model: from plugins, else from the shipped catalog."""
        return self._entries.get((provider, model)) or find(provider, model)

    def forget(self) -> None:
        """Forget the ways to providers, which were closed."""
        with self._lock:
            self._attempts.clear()
            self._ways.clear()
