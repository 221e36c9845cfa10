"""The Kit for programs without an event loop: the same calls, without `await`."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack

from aicore.events import Event, TextDelta
from aicore.pump import Pump

from aikit.kit import Conversation, Kit
from aikit.settings import ChatSettings, CompleteSettings, EmbedSettings

if TYPE_CHECKING:
    from aicore.calls import Batch, Middleware
    from aicore.models import ModelInfo
    from aicore.requests import ChatRequest, CompleteRequest, EmbedRequest
    from aicore.responses import Embeddings, Response
    from aicore.usage import Usage

    from aikit.stream import Stream

T = TypeVar("T")


class Portal:
    """A thread with an event loop, where coroutines of other threads are run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the loop and wait; an interrupted wait cancels it."""
        future = asyncio.run_coroutine_threadsafe(coroutine, self._started())
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                loop = self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=loop.run_forever, name="aikit-portal", daemon=True
                )
                self._thread.start()
            return self._loop

    def close(self) -> None:
        with self._lock:
            loop, thread, self._loop, self._thread = self._loop, self._thread, None, None
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()


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
            AIError: what iterating would have raised.
        """
        for _ in self:
            pass
        return self._portal.run(self._stream.response())

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
        self._portal.run(self._close())

    async def _close(self) -> None:
        if self._pump is not None:
            await self._pump.aclose()
        await self._stream.aclose()


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
        """Close every provider that was opened, and the thread."""
        self._portal.run(self._kit.aclose())
        self._portal.close()

    def generate(
        self,
        prompt: Conversation | ChatRequest,
        *,
        model: str | None = None,
        **settings: Unpack[ChatSettings],
    ) -> Response:
        """Answer a prompt, a conversation, or a full request."""
        return self._portal.run(self._kit.generate(prompt, model=model, **settings))

    def stream(
        self,
        prompt: Conversation | ChatRequest | CompleteRequest,
        *,
        model: str | None = None,
        **settings: Unpack[ChatSettings],
    ) -> SyncStream:
        """Answer like `generate`, as events while they arrive."""
        return SyncStream(self._kit.stream(prompt, model=model, **settings), self._portal)

    def complete(
        self,
        prompt: str | CompleteRequest,
        *,
        model: str | None = None,
        **settings: Unpack[CompleteSettings],
    ) -> Response:
        """Continue a text with a base model."""
        return self._portal.run(self._kit.complete(prompt, model=model, **settings))

    def embed(
        self,
        inputs: str | Sequence[str] | EmbedRequest,
        *,
        model: str | None = None,
        **settings: Unpack[EmbedSettings],
    ) -> Embeddings:
        """Turn one text or many into vectors, in their order."""
        return self._portal.run(self._kit.embed(inputs, model=model, **settings))

    def models(self, provider: str) -> Sequence[ModelInfo]:
        """Ask a provider which models it serves."""
        return self._portal.run(self._kit.models(provider))
