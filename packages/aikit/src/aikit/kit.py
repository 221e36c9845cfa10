"""The Kit: words become a request, the request a call, the call an answer.

What a call needs is imported by the first call, so that importing aikit stays cheap.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias, Unpack, cast

from aicore.errors import AIError, BadInput, BadReply, PluginError, Unsupported

from aikit.config import load
from aikit.model_ids import split

if TYPE_CHECKING:
    from aicore.calls import Batches, Call, Middleware
    from aicore.context import Context
    from aicore.messages import Message
    from aicore.models import ModelInfo
    from aicore.providers import Provider
    from aicore.requests import (
        ChatRequest,
        CompleteRequest,
        EmbedRequest,
        Request,
        RerankRequest,
    )
    from aicore.responses import Embeddings, RerankResponse, Response, TokenCount

    from aikit.asking import Ability
    from aikit.settings import (
        ChatSettings,
        Circumstances,
        CompleteSettings,
        EmbedSettings,
        RerankSettings,
    )
    from aikit.stream import Stream

Conversation: TypeAlias = "str | Message | Sequence[Message | Mapping[str, Any]]"


class Kit:
    """One interface to every installed provider.

    Settings come from the arguments, then `aikit.toml` (or the file named by `config`), then the
    environment. `providers` holds settings by provider name, `http_client` is what to send
    everything through (an `httpx` or `httpx2` client, a recorder or a replayer), `model` is used
    where a call names none. Making a Kit imports no provider and opens nothing; a provider opens
    when one of its models is first asked for. One Kit serves any number of concurrent calls, from
    any number of event loops.

    Raises:
        BadConfig: the configuration file is not valid.
    """

    def __init__(
        self,
        *,
        model: str | None = None,
        providers: Mapping[str, Mapping[str, Any]] | None = None,
        config: str | Path | None = None,
        http_client: Any = None,
        middleware: Sequence[Middleware] = (),
    ) -> None:
        self._config = load(config, model, providers)
        self._http_client = http_client
        self._middleware = tuple(middleware)
        self._lock = RLock()
        self._open: dict[str, Provider] = {}
        self._attempts: dict[tuple[str, str], Call] = {}
        self._run: Call | None = None
        self._known: tuple[Mapping[str, Any], Collection[str]] | None = None
        self._stack: list[Middleware] | None = None
        self._around: list[Middleware] = []
        self._entries: dict[tuple[str, str], ModelInfo] = {}
        self.broken_plugins: Sequence[PluginError] = ()
        """Plugins that could not be loaded; known once the first call has been made."""

    def __repr__(self) -> str:
        return f"<Kit open={sorted(self._open)}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every provider and middleware that was opened; a later call opens them again."""
        with self._lock:
            providers, self._open = list(self._open.values()), {}
            self._attempts.clear()
        closers = [getattr(item, "aclose", None) for item in self._stack or ()]
        async with AsyncExitStack() as stack:  # one that fails keeps no other from closing
            for close in (*filter(None, closers), *(provider.aclose for provider in providers)):
                stack.push_async_callback(close)

    async def generate(
        self,
        prompt: Conversation | ChatRequest | None = None,
        *,
        model: str | None = None,
        **settings: Unpack[ChatSettings],
    ) -> Response:
        """Answer a prompt, a conversation, or a full request.

        Raises:
            AIError: whatever kept the call from its answer, named by its remedy.
        """
        from aikit.asking import folded

        return (await folded(self._ask("chat", prompt, model, dict(settings)))).response()

    def stream(
        self,
        prompt: Conversation | ChatRequest | CompleteRequest | None = None,
        *,
        model: str | None = None,
        **settings: Unpack[ChatSettings],
    ) -> Stream:
        """Answer like `generate`, as events while they arrive. Errors come when it is iterated."""
        from aicore.requests import CompleteRequest

        from aikit.stream import Stream

        def start() -> Batches:
            ability: Ability = "complete" if isinstance(prompt, CompleteRequest) else "chat"
            return self._ask(ability, prompt, model, dict(settings), streaming=True)

        return Stream(start)

    async def complete(
        self,
        prompt: str | CompleteRequest | None = None,
        *,
        model: str | None = None,
        **settings: Unpack[CompleteSettings],
    ) -> Response:
        """Continue a text with a base model; `suffix` asks for what fits in between."""
        from aikit.asking import folded

        return (await folded(self._ask("complete", prompt, model, dict(settings)))).response()

    async def embed(
        self,
        inputs: str | Sequence[str] | EmbedRequest | None = None,
        *,
        model: str | None = None,
        **settings: Unpack[EmbedSettings],
    ) -> Embeddings:
        """Turn one text or many into vectors, in their order."""
        from aikit.asking import folded

        embedded = await folded(self._ask("embed", inputs, model, dict(settings)))
        return cast("Embeddings", embedded.result())

    async def rerank(
        self,
        query: str | RerankRequest | None = None,
        documents: Sequence[str] | None = None,
        *,
        model: str | None = None,
        **settings: Unpack[RerankSettings],
    ) -> RerankResponse:
        """Put documents in the order of how well they answer a query, the best first.

        A result names its document by its index in `documents`; `top_n` is how many are wanted.
        """
        from aikit.asking import folded

        if isinstance(query, str) and documents is None:
            documents = ()  # which the request refuses in its own words
        given: dict[str, Any] = {**settings, "documents": documents}
        ranked = await folded(self._ask("rerank", query, model, given))
        return cast("RerankResponse", ranked.result())

    async def count_tokens(
        self,
        prompt: Conversation | ChatRequest | None = None,
        *,
        model: str | None = None,
        **settings: Unpack[ChatSettings],
    ) -> TokenCount:
        """Ask the service how many input tokens a conversation with its tools would be.

        Raises:
            Unsupported: the provider has no endpoint that counts.
        """
        from aikit.asking import folded

        counted = await folded(self._ask("count_tokens", prompt, model, dict(settings)))
        return cast("TokenCount", counted.result())

    async def models(self, provider: str, **settings: Unpack[Circumstances]) -> Sequence[ModelInfo]:
        """Ask a provider which models it serves, and add what the catalog knows about each.

        The settings are those of a call, such as `api_key`, `timeout` (in seconds) and `cancel`.

        Raises:
            BadInput: a setting does not exist or has the wrong type.
            UnknownProvider: no such provider is installed.
            Unsupported: the provider has no list of models.
        """
        from aicore.guard import within

        from aikit.settings import only_circumstances

        context = only_circumstances(dict(settings), provider)
        opened = self.provider(provider)
        ask = getattr(opened, "models", None)
        if ask is None:
            raise Unsupported(f"{provider!r} has no list of models", provider=provider)
        self._stacked()
        try:
            listed: Sequence[ModelInfo] = await within(ask(context), context)
        except AIError as error:
            error.provider = error.provider or provider
            raise
        except Exception as error:
            message = f"cannot read the list of models ({type(error).__name__}: {error})"
            raise BadReply(message, provider=provider) from error
        return [self._enriched(provider, info) for info in listed]

    def _ask(
        self,
        ability: Ability,
        given: Any,
        model: str | None,
        settings: dict[str, Any],
        *,
        streaming: bool = False,
    ) -> Batches:
        """Run what the user wrote."""
        from aikit.asking import prepare

        chosen = model or getattr(given, "model", None) or self._config.model
        if not chosen:
            raise BadInput("which model? Pass model='provider:name', or set `model` in aikit.toml")
        if not isinstance(chosen, str):
            kind = type(chosen).__name__
            raise BadInput(f"`model` must be text, such as 'provider:name', not {kind}")
        known = self._names()
        return self.call(*prepare(ability, given, chosen, known, settings, streaming=streaming))

    def call(self, request: Request, context: Context) -> Batches:
        """Run a request through the whole stack; the returned generator must be closed."""
        if self._run is None:
            self._stacked()
        assert self._run is not None
        return self._run(request, context)

    def split(self, model: str) -> tuple[str, str]:
        """Split a model id into the provider's name and the provider's name for the model."""
        return split(model, self._names())

    def providers(self) -> list[str]:
        """Return the names that a model id may begin with: installed ones and configured ones."""
        return sorted(self._names())

    def _names(self) -> Collection[str]:
        from aicore.plugins import PROVIDERS, found

        installed = found(PROVIDERS)
        if self._known is None or self._known[0] is not installed:  # the listing was made anew
            self._known = installed, frozenset({*installed, *self._config.providers})
        return self._known[1]

    def dialect(self, model: str) -> tuple[str, str | None]:
        """Return a model's provider and the wire dialect that it speaks, if it says."""
        provider, _ = self.split(model)
        return provider, getattr(self.provider(provider), "dialect", None)

    def stack(self) -> Sequence[Middleware]:
        """Return the middleware around calls, from the outermost to the innermost."""
        return tuple(self._stacked())

    def _stacked(self) -> list[Middleware]:
        """Load the plugins and put the layers together, once."""
        with self._lock:
            if self._stack is None:
                from aicore.calls import Layer, in_order, wrapped
                from aicore.guard import bounded

                from aikit.observe import accounted
                from aikit.plugged import plugged

                found = plugged()
                self.broken_plugins, self._entries = found.broken, found.models
                stack = in_order([*self._middleware, *found.middleware])
                layers = {layer: [item for item in stack if item.layer == layer] for layer in Layer}
                step = wrapped(self._dispatch, layers[Layer.STEP])
                self._run = accounted(bounded(wrapped(step, layers[Layer.OPERATION])))
                self._around, self._stack = layers[Layer.ATTEMPT], stack
            return self._stack

    def _dispatch(self, request: Request, context: Context) -> Batches:
        """Send a request to the provider that its model names."""
        from aicore.values import changed

        from aikit.asking import ABILITIES

        provider, model = self.split(request.model)
        try:
            attempt = self._attempt(provider, ABILITIES[type(request)])
        except AIError as error:
            error.provider, error.model = error.provider or provider, error.model or model
            raise
        return attempt(changed(request, model=model), context)

    def _attempt(self, provider: str, ability: str) -> Call:
        key = (provider, ability)
        if (attempt := self._attempts.get(key)) is not None:
            return attempt
        from aicore.calls import wrapped
        from aicore.guard import paced

        from aikit.costs import Costs
        from aikit.observe import generating, observed

        with self._lock:
            call = getattr(self.provider(provider), ability, None)
            if call is None:
                what = ability.replace("_", " ")
                others = "ask a model of another provider"
                raise Unsupported(f"{provider!r} cannot {what}; {others}", provider=provider)
            steady = paced(generating(call, provider, ability))
            attempt = wrapped(
                observed(steady, provider, Costs(lru_cache(1000)(self.find_model))), self._around
            )
            return self._attempts.setdefault(key, attempt)

    def provider(self, name: str) -> Provider:
        """Return a provider, opened the first time it is asked for, for what it alone can do.

        Raises:
            UnknownProvider: no such provider is installed.
            PluginError: its plugin is broken.
        """
        with self._lock:
            if name not in self._open:
                from aikit.host import open_provider

                settings, source = (
                    self._config.providers.get(name, {}),
                    self._config.sources.get(name),
                )
                self._open[name] = open_provider(
                    name, settings, self._http_client, self.find_model, source
                )
            return self._open[name]

    def find_model(self, provider: str, model: str) -> ModelInfo | None:
        """Return what is known about a model: from plugins, else from the shipped catalog."""
        if self._stack is None:
            self._stacked()
        if (entry := self._entries.get((provider, model))) is not None:
            return entry
        from aikit_models import find

        return find(provider, model)

    def _enriched(self, provider: str, info: ModelInfo) -> ModelInfo:
        """Fill what a live entry does not say from the catalog."""
        known = self.find_model(provider, info.id)
        if known is None:
            return info
        missing = {
            name: getattr(known, name)
            for name in info.__dataclass_fields__
            if getattr(info, name) in (None, (), {})
        }
        return replace(info, **missing)

    def known_models(self, provider: str | None = None) -> Sequence[ModelInfo]:
        """Return what is known of all models, or of one provider's; nobody is asked.

        A plugin's entry replaces the shipped one of the same provider and id.
        """
        from aikit_models import listed

        self._stacked()
        known = {(info.provider, info.id): info for info in listed(provider)}
        known.update(
            (key, info) for key, info in self._entries.items() if provider in (None, key[0])
        )
        return list(known.values())
