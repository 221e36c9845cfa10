"""A transport that records what passes through it on a tape.

It stands where an HTTP client does, `Kit(http_client=Recorder(…))`, because there every provider
is the same: the chunks of an answer are those that its decoder sees, and no decoder knows.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aicore.errors import AIError, BusyError, GarbledError
from aikit_wire.choose import transport_for
from aikit_wire.stock import host_of
from aikit_wire.transport import HTTPRequest, HTTPResponse, Phases

from aikit_testing.scrub import Scrubber
from aikit_testing.tape import (
    FAILURES,
    Answered,
    Asked,
    Chunk,
    Ended,
    Exchange,
    How,
    TapeError,
    head,
    read_tape,
    write_tape,
    written,
)


class Recorder:
    """Sends through `http_client`, or a client of its own, and keeps every exchange in a file.

    Answers pass through as they come. An exchange is written when it has ended, after all that
    were begun before it; the first one replaces an older tape. Keys are never written, and
    `secrets` names what else is to be masked. One Recorder serves any number of providers and
    concurrent calls, from any number of event loops.

    Raises:
        TapeError: while recording: a secret cannot be kept out, or the file cannot be written.
    """

    def __init__(
        self, path: str | Path, *, http_client: Any = None, secrets: Iterable[str] = ()
    ) -> None:
        self.path = Path(path)
        self._transport = transport_for(http_client)
        self._scrubber = Scrubber(secrets)
        self._lock = threading.RLock()
        self._takes: deque[Take] = deque()
        self._begun = False

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
        """Close the connections of this event loop, and write what has waited for its turn."""
        self.flush()
        await self._transport.aclose()

    async def send(self, request: HTTPRequest, phases: Phases) -> HTTPResponse:
        take = self._begin(request)
        with take.watching():
            response = await self._transport.send(request, phases)
        take.answer(response)
        return Recorded(response, take)

    def flush(self) -> None:
        """Write every exchange that has ended, whether or not earlier ones have."""
        with self._lock:
            ready = [take for take in self._takes if take.over]
            self._takes = deque(take for take in self._takes if not take.over)
            for take in ready:
                self._write(take)

    def _begin(self, request: HTTPRequest) -> Take:
        with self._lock:
            if self._scrubber.learn(request) and self._begun:
                self._mask_again()
            take = Take(self._scrubber.asked(request), host_of(request.url), self._ended)
            self._takes.append(take)
            return take

    def _mask_again(self) -> None:
        """Mask in what is written what has just turned out to be a secret.

        Raises:
            TapeError: it is in a request, which a replay would not know again with a mask.
        """
        before, kept, failure = read_tape(self.path), list[Exchange](), None
        for exchange in before:
            asked = self._scrubber.masked(exchange.asked)
            if asked != exchange.asked:
                failure = TapeError(
                    f"a request on the tape {self.path} holds a secret that was not known before; "
                    "it is masked now, but name it, Recorder(…, secrets=[…]), and record again"
                )
            try:
                kept.append(self._scrubber.exchange(replace(exchange, asked=asked)))
            except TapeError as error:
                failure = error
        if kept != [*before]:
            write_tape(self.path, kept)
        if failure:
            raise failure

    def _ended(self) -> None:
        with self._lock:
            while self._takes and self._takes[0].over:
                self._write(self._takes.popleft())

    def _write(self, take: Take) -> None:
        if take.exchange is None:
            return
        text = written(self._scrubber.exchange(take.exchange))
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open(
                "a" if self._begun else "w", encoding="utf-8", newline="\n"
            ) as file:
                file.write(text if self._begun else head() + text)
        except OSError as error:
            raise TapeError(f"cannot write the tape {self.path}: {error}") from None
        self._begun = True


class Take:
    """One exchange while it is recorded. `over` without an `exchange`, it is not worth keeping."""

    def __init__(self, asked: Asked, host: str, ended: Callable[[], None]) -> None:
        self.over = False
        self.exchange: Exchange | None = None
        self._asked = asked
        self._host = host
        self._ended = ended
        self._answered: Answered | None = None
        self._chunks: list[Chunk] = []
        self._loop = asyncio.get_running_loop()
        self._last = self._loop.time()

    def answer(self, response: HTTPResponse) -> None:
        headers = {name.lower(): value for name, value in response.headers.items()}
        self._answered = Answered(self._after(), response.status, headers)

    def chunk(self, data: bytes) -> None:
        self._chunks.append(Chunk(self._after(), data))

    @contextmanager
    def watching(self) -> Iterator[None]:
        """End the exchange with whatever error or departure ends the block.

        An error that the network has no part in, such as a wrong URL, leaves nothing to keep.
        """
        try:
            yield
        except (BusyError, GarbledError) as error:
            self.end("error", error)
            raise
        except Exception:
            self._close()
            raise
        except BaseException:
            self.end("left")
            raise

    def end(self, how: How, error: AIError | None = None) -> None:
        """End the exchange, unless it has ended already."""
        if self.over:
            return
        code = message = ""
        if error is not None:
            code = next(kind.code for kind in type(error).__mro__ if kind in KINDS)
            message = error.message.replace(self._host, "the service")
        ended = Ended(self._after(), how, code, message)
        self.exchange = Exchange(self._asked, self._answered, tuple(self._chunks), ended)
        self._close()

    def _close(self) -> None:
        self.over = True
        self._ended()

    def _after(self) -> float:
        """Return the seconds since this was last asked, to a tenth of a millisecond."""
        before, self._last = self._last, self._loop.time()
        return round(self._last - before, 4)


KINDS = frozenset(FAILURES.values())


class Recorded:
    """An answer that is being recorded while it is read."""

    def __init__(self, response: HTTPResponse, take: Take) -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers
        self._response = response
        self._take = take

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        with self._take.watching():
            async with aclosing(self._response.chunks()) as chunks:
                async for chunk in chunks:
                    self._take.chunk(chunk)
                    yield chunk
        self._take.end("complete")

    async def aclose(self) -> None:
        try:
            await self._response.aclose()
        finally:
            self._take.end("left")
