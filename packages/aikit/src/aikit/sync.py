"""The Kit for programs without an event loop: the same calls, without `await`."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack

from aicore.errors import Cancelled
from aicore.events import Event, TextDelta
from aicore.pump import Pump

from aikit.kit import Conversation, Kit
from aikit.settings import (
    ChatSettings,
    Circumstances,
    CompleteSettings,
    EmbedSettings,
    RerankSettings,
)

if TYPE_CHECKING:
    from aicore.calls import Batch, Middleware
    from aicore.errors import PluginError
    from aicore.models import ModelInfo
    from aicore.providers import Provider
    from aicore.requests import ChatRequest, CompleteRequest, EmbedRequest, RerankRequest
    from aicore.responses import Embeddings, RerankResponse, Response, TokenCount
    from aicore.usage import Usage

    from aikit.stream import Stream
    from aikit.sync_jobs import SyncJobs

T = TypeVar("T")


class Portal:
    """A thread with an event loop, where coroutines of other threads are run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the loop and wait; an interrupted wait cancels it.

        Raises:
            Cancelled: another thread closed the portal.
            RuntimeError: the loop itself would have to wait, and so for ever.
        """
        if threading.current_thread() is self._thread:
            coroutine.close()
            raise RuntimeError("a SyncKit cannot be used from inside its own calls; use a Kit")
        with self._lock:
            future = asyncio.run_coroutine_threadsafe(coroutine, self._started())
        try:
            return future.result()
        except CancelledError:
            raise Cancelled("the kit was closed during the call") from None
        except BaseException:
            future.cancel()
            raise

    def _started(self) -> asyncio.AbstractEventLoop:
        if self._loop is None or not (self._thread and self._thread.is_alive()):  # after a fork
            started: Future[asyncio.AbstractEventLoop] = Future()
            self._thread = threading.Thread(
                target=serve, args=(started,), name="aikit-portal", daemon=True
            )
            self._thread.start()
            self._loop = started.result()
        return self._loop

    @property
    def running(self) -> bool:
        return self._loop is not None

    def soon(self, callback: Callable[[], object]) -> None:
        """Call something in the loop, if there is one; never waits."""
        if (loop := self._loop) is not None:
            with suppress(RuntimeError):  # the loop has just been closed
                loop.call_soon_threadsafe(callback)

    def close(self) -> None:
        """End the loop and its thread; what still runs there is cancelled first."""
        with self._lock:
            thread = self._thread
            self._stop()
            self._loop = self._thread = None
        if thread is not None:
            thread.join()

    def _stop(self) -> None:
        if self._loop is not None:
            self.soon(self._loop.stop)

    def __del__(self) -> None:
        self._stop()


def serve(started: Future[asyncio.AbstractEventLoop]) -> None:
    """Run an event loop until it is stopped, then cancel what is left in it and close it."""
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        started.set_result(loop)
        loop.run_forever()


class SyncStream:
    """An answer while it arrives; iterate it for events, or `text` for text.

    Use it as `with`: leaving the block closes the provider's connection. The loop's thread reads
    ahead a little, and each batch of events, not each event, costs one change of threads.
    """

    def __init__(self, stream: Stream, portal: Portal) -> None:
        self._stream = stream
        self._portal = portal
        self._pump: Pump | None = None
        self._ready: list[Event] = []
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[Event]:
        return self

    def __next__(self) -> Event:
        if not self._ready:
            if self._closed:
                raise StopIteration
            batch = self._portal.run(self._next_batch())
            if batch is None:
                raise StopIteration
            self._ready = list(reversed(batch))
        return self._ready.pop()

    async def _next_batch(self) -> Batch | None:
        if self._pump is None:
            self._pump = Pump(self._stream.batches())
        return await anext(self._pump, None)

    @property
    def text(self) -> Iterator[str]:
        """The pieces of text, as they arrive."""
        return (event.text for event in self if isinstance(event, TextDelta))

    def response(self) -> Response:
        """Read what is left and return the whole answer.

        Raises:
            AIError: what iterating would have raised, or has raised already.
            Cancelled: the stream was left before its end.
            CutOff: the answer ended too early.
        """
        for _ in self:
            pass
        return self._stream._whole()

    @property
    def usage(self) -> Usage | None:
        """What was told so far; it stays when the stream is left or breaks."""
        return self._stream.usage

    def partial(self) -> Response:
        """Return what has arrived so far, also after an error or an early close."""
        return self._stream.partial()

    def close(self) -> None:
        """Close the provider's connection."""
        self._ready = []
        self._closed = True
        self._stream._leave()
        if self._pump is not None and self._portal.running:
            self._portal.run(self._close(self._pump))

    async def _close(self, pump: Pump) -> None:
        await pump.aclose()
        await self._stream.aclose()

    def __del__(self) -> None:
        if self._pump is not None:
            self._portal.soon(self._pump.stop)


class SyncKit:
    """The synchronous twin of `Kit`: the same arguments, methods, results and errors.

    It runs a Kit in a thread of its own, started by the first call; any number of threads may
    use it at once. Use it as `with`, or call `close`.
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
        self._kit = Kit(
            model=model,
            providers=providers,
            config=config,
            http_client=http_client,
            middleware=middleware,
        )
        self._portal = Portal()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every provider that was opened, and the thread; a later call opens them again."""
        if self._portal.running:
            try:
                self._portal.run(self._kit.aclose())
            finally:
                self._portal.close()

    def generate(
        self,
        prompt: Conversation | ChatRequest | None = None,
        *,
        model: str | None = None,
        **settings: Unpack[ChatSettings],
    ) -> Response:
        """Answer a prompt, a conversation, or a full request."""
        return self._portal.run(self._kit.generate(prompt, model=model, **settings))

    def stream(
        self,
        prompt: Conversation | ChatRequest | CompleteRequest | None = None,
        *,
        model: str | None = None,
        **settings: Unpack[ChatSettings],
    ) -> SyncStream:
        """Answer like `generate`, as events while they arrive."""
        return SyncStream(self._kit.stream(prompt, model=model, **settings), self._portal)

    def complete(
        self,
        prompt: str | CompleteRequest | None = None,
        *,
        model: str | None = None,
        **settings: Unpack[CompleteSettings],
    ) -> Response:
        """Continue a text with a base model."""
        return self._portal.run(self._kit.complete(prompt, model=model, **settings))

    def embed(
        self,
        inputs: str | Sequence[str] | EmbedRequest | None = None,
        *,
        model: str | None = None,
        **settings: Unpack[EmbedSettings],
    ) -> Embeddings:
        """Turn one text or many into vectors, in their order."""
        return self._portal.run(self._kit.embed(inputs, model=model, **settings))

    def rerank(
        self,
        query: str | RerankRequest | None = None,
        documents: Sequence[str] | None = None,
        *,
        model: str | None = None,
        **settings: Unpack[RerankSettings],
    ) -> RerankResponse:
        """Put documents in the order of how well they answer a query, the best first."""
        return self._portal.run(self._kit.rerank(query, documents, model=model, **settings))

    def count_tokens(
        self,
        prompt: Conversation | ChatRequest | None = None,
        *,
        model: str | None = None,
        **settings: Unpack[ChatSettings],
    ) -> TokenCount:
        """Ask the service how many input tokens a conversation with its tools would be."""
        return self._portal.run(self._kit.count_tokens(prompt, model=model, **settings))

    @property
    def jobs(self) -> SyncJobs:
        """Work in the background: submit it, ask for it, follow it, end it."""
        from aikit.sync_jobs import SyncJobs

        return SyncJobs(self._kit.jobs, self._portal)

    def models(self, provider: str, **settings: Unpack[Circumstances]) -> Sequence[ModelInfo]:
        """Ask a provider which models it serves."""
        return self._portal.run(self._kit.models(provider, **settings))

    def providers(self) -> list[str]:
        """Return the names that a model id may begin with: installed ones and configured ones."""
        return self._kit.providers()

    def split(self, model: str) -> tuple[str, str]:
        """Split a model id into the provider's name and the provider's name for the model."""
        return self._kit.split(model)

    def find_model(self, provider: str, model: str) -> ModelInfo | None:
        """Return what is known about a model: from plugins, else from the shipped catalog."""
        return self._kit.find_model(provider, model)

    def known_models(self, provider: str | None = None) -> Sequence[ModelInfo]:
        """Return what is known of all models, or of one provider's; nobody is asked."""
        return self._kit.known_models(provider)

    def dialect(self, model: str) -> tuple[str, str | None]:
        """Return a model's provider and the wire dialect that it speaks, if it says."""
        return self._kit.dialect(model)

    def stack(self) -> Sequence[Middleware]:
        """Return the middleware around calls, from the outermost to the innermost."""
        return self._kit.stack()

    def provider(self, name: str) -> Provider:
        """Return a provider, opened the first time; its own methods are asynchronous."""
        return self._kit.provider(name)

    @property
    def broken_plugins(self) -> Sequence[PluginError]:
        """Plugins that could not be loaded; known once the first call has been made."""
        return self._kit.broken_plugins
