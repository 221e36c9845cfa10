"""The Kit: words become a request, the request a call, the call an answer.

What runs calls (`aikit.calling`) is imported by the first, so that importing aikit stays cheap.
"""

from __future__ import annotations

from collections.abc import Awaitable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias, Unpack, cast

from aicore.errors import AIError, BadReply, PluginError, Unsupported

from aikit.config import load
from aikit.model_ids import split

if TYPE_CHECKING:
    from aicore.calls import Batches, Middleware
    from aicore.context import Context
    from aicore.fold import Folder
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
    from aikit.calling import Calling
    from aikit.jobs import Jobs
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
        self._calling: Calling | None = None
        self._known: tuple[Mapping[str, Any], Collection[str]] | None = None
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
            if self._calling is not None:
                self._calling.forget()
        middleware = self._calling.stack if self._calling is not None else ()
        closers = [getattr(item, "aclose", None) for item in middleware]
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
        calling = self._calling or self._made()
        return (await calling.answer("chat", prompt, model, settings)).response()

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
            calling = self._calling or self._made()
            return calling.ask(ability, prompt, model, settings, streaming=True)

        return Stream(start)

    async def complete(
        self,
        prompt: str | CompleteRequest | None = None,
        *,
        model: str | None = None,
        **settings: Unpack[CompleteSettings],
    ) -> Response:
        """Continue a text with a base model; `suffix` asks for what fits in between."""
        calling = self._calling or self._made()
        return (await calling.answer("complete", prompt, model, settings)).response()

    async def embed(
        self,
        inputs: str | Sequence[str] | EmbedRequest | None = None,
        *,
        model: str | None = None,
        **settings: Unpack[EmbedSettings],
    ) -> Embeddings:
        """Turn one text or many into vectors, in their order."""
        calling = self._calling or self._made()
        embedded = await calling.answer("embed", inputs, model, settings)
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
        if isinstance(query, str) and documents is None:
            documents = ()  # which the request refuses in its own words
        calling = self._calling or self._made()
        given: dict[str, Any] = {**settings, "documents": documents}
        ranked = await calling.answer("rerank", query, model, given)
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
        calling = self._calling or self._made()
        counted = await calling.answer("count_tokens", prompt, model, settings)
        return cast("TokenCount", counted.result())

    @property
    def jobs(self) -> Jobs:
        """Work in the background: submit it, ask for it, follow it, end it."""
        from aikit.jobs import Jobs

        calling = self._calling or self._made()
        return Jobs(calling.ask, calling.run)

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
        self._made()
        try:
            listed: Sequence[ModelInfo] = await within(ask(context), context)
        except AIError as error:
            error.provider = error.provider or provider
            raise
        except Exception as error:
            message = f"cannot read the list of models ({type(error).__name__}: {error})"
            raise BadReply(message, provider=provider) from error
        return [self._enriched(provider, info) for info in listed]

    def call(self, request: Request, context: Context) -> Batches:
        """Run a request through the whole stack; the returned generator must be closed."""
        return (self._calling or self._made()).run(request, context)

    def answer(self, request: Request, context: Context) -> Awaitable[Folder]:
        """Run a request like `call` to its end, and fold its events."""
        return (self._calling or self._made()).finish(request, context)

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
        return tuple(self._made().stack)

    def _made(self) -> Calling:
        """Load the plugins and put the layers together, once."""
        with self._lock:
            if self._calling is None:
                from aikit.calling import Calling
                from aikit.plugged import plugged

                found = plugged()
                self.broken_plugins, self._entries = found.broken, found.models
                self._calling = Calling(
                    [*self._middleware, *found.middleware],
                    self._names,
                    self._config.model,
                    self.provider,
                    found.models,
                )
            return self._calling

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
        return (self._calling or self._made()).find(provider, model)

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

        self._made()
        known = {(info.provider, info.id): info for info in listed(provider)}
        known.update(
            (key, info) for key, info in self._entries.items() if provider in (None, key[0])
        )
        return list(known.values())
