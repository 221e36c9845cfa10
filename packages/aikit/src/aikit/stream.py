"""An answer while it arrives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from types import TracebackType
from typing import Any, Self

from aicore.calls import Batch, Batches
from aicore.errors import Cancelled
from aicore.events import Event, JobReported, TextDelta
from aicore.fold import Folder
from aicore.responses import Response
from aicore.usage import Usage


class Stream:
    """Iterate it for events, or `text` for text; then `response()` has the whole answer.

    Nothing is sent before the first event is asked for. Use it as `async with`: leaving the
    block, however that happens, closes the provider's connection.

        async with kit.stream("Why is the sky blue?", model="openai:gpt-5") as stream:
            async for text in stream.text:
                print(text, end="")
        print((await stream.response()).usage)
    """

    def __init__(self, start: Callable[[], Batches]) -> None:
        self._start = start
        self._batches: Batches | None = None
        self._folder = Folder()
        self._ready: list[Event] = []
        self._last: tuple[JobReported | None, Batch] = (None, ())
        self._reader: asyncio.Task[Any] | None = None
        self._left: asyncio.Event | None = None
        self._closed = False
        self._abandoned = False
        self._error: Exception | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        if not self._ready:
            self._ready = list(reversed(await self._next_batch()))
        return self._ready.pop()

    async def batches(self) -> AsyncGenerator[Batch, None]:
        """Iterate what each network read brought, for those who pass it on."""
        if self._ready:
            batch, self._ready = tuple(reversed(self._ready)), []
            yield batch
        while True:
            try:
                yield await self._next_batch()
            except StopAsyncIteration:
                return

    async def _next_batch(self) -> Batch:
        if self._closed:
            raise StopAsyncIteration
        if self._reader is not None:
            raise RuntimeError("another task is waiting for this stream already")
        reader = asyncio.current_task()
        assert reader is not None
        already = reader.cancelling()
        if self._batches is None:
            self._batches = self._start()
        self._reader = reader
        try:
            batch = await anext(self._batches)
        except BaseException as error:
            self._closed = True
            if self._left is not None and reader.uncancel() <= already:
                raise StopAsyncIteration from None  # `aclose` of another task woke this one
            self._break_off(error)
            raise
        else:
            if self._left is not None:  # what was awaited has kept the cancellation to itself
                reader.uncancel()
                raise StopAsyncIteration
        finally:
            self._reader = None
            if self._left is not None:
                self._left.set()
        self._last = self._folder.job, batch
        self._folder.take(batch)
        return batch

    def _break_off(self, error: BaseException) -> None:
        """Keep why there will be no whole answer: an error, or that the reader was cancelled."""
        match error:
            case StopAsyncIteration():
                pass
            case Exception():
                self._error = error
            case _:
                self._abandoned = True

    @property
    def text(self) -> AsyncIterator[str]:
        """The pieces of text, as they arrive."""
        return self._text()

    async def _text(self) -> AsyncIterator[str]:
        async for event in self:
            if isinstance(event, TextDelta):
                yield event.text

    async def response(self) -> Response:
        """Read what is left and return the whole answer.

        Raises:
            AIError: what iterating would have raised, or has raised already.
            Cancelled: the stream was left before its end.
            CutOff: the answer ended too early.
        """
        while not self._closed:
            try:
                await self._next_batch()
            except StopAsyncIteration:
                break
        self._last = self._folder.job, ()
        return self._whole()

    def _whole(self) -> Response:
        if self._folder.finished is None:
            if self._error is not None:
                raise self._error
            if self._abandoned:
                raise Cancelled("the stream was left before its end; `partial()` has what arrived")
        return self._folder.response()

    @property
    def cursor(self) -> str | None:
        """Where the stream of a job is: `kit.jobs.follow(job, after=…)` goes on from there.

        It stands behind the event that was handed out last, unless that was a `JobReported`, which
        tells of the events that follow it.
        """
        report = self._report()
        return report.cursor if report is not None else None

    def _report(self) -> JobReported | None:
        """Return the last report of a job among the events that were handed out."""
        before, batch = self._last
        handed_out = batch[: len(batch) - len(self._ready)]
        reports = [event for event in handed_out if isinstance(event, JobReported)]
        return reports[-1] if reports else before

    @property
    def usage(self) -> Usage | None:
        """What was told so far; it stays when the stream is left or breaks."""
        return self._folder.usage

    def partial(self) -> Response:
        """Return what has arrived so far, also after an error or an early close."""
        return self._folder.partial()

    def _leave(self) -> None:
        """Have nothing more read; a stream that was not at its end is left early."""
        self._abandoned = self._abandoned or not self._closed
        self._closed = True
        self._last, self._ready = (self._report(), ()), []

    async def aclose(self) -> None:
        """Close the provider's connection; safe at any time and from any task."""
        self._leave()
        reader = self._reader
        if reader is not None and reader is not asyncio.current_task():
            if self._left is None:
                self._left = asyncio.Event()
                reader.cancel()
            await self._left.wait()
        batches, self._batches = self._batches, None
        if batches is not None:
            await batches.aclose()
