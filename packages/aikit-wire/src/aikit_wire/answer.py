"""Decode the body of an answer, streamed or whole, into batches of events."""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, suppress
from functools import partial
from time import time
from typing import Any, ClassVar

from aicore.calls import Batch
from aicore.errors import AIError, BadReply, CutOff, GarbledError
from aicore.guard import interruptible
from aicore.rate_limits import RateLimit, RateLimits
from aicore.responses import Response
from aicore.turn import Turn
from aicore.whole import Whole, events_of
from pydantic_core import from_json

from aikit_wire.astray import asked
from aikit_wire.errors import read_error
from aikit_wire.exchange import BODY_BYTES
from aikit_wire.frames import Frame, FrameDecoder, FrameError, SSEDecoder
from aikit_wire.framing import Framing, sse_or_whole
from aikit_wire.redact import redacted
from aikit_wire.repeats import EVENT_END, Repeat
from aikit_wire.transport import HTTPRequest, HTTPResponse


class AnswerDecoder(ABC):
    """Decodes one answer: give it every frame of a stream and `close`, or one whole `body`.

    A dialect says what a frame, the end of a stream and a whole answer mean. `secrets` are masked
    in errors that the answer holds.
    """

    dialect: ClassVar[str]
    """The dialect's name in errors."""

    def __init__(self, provider: str, model: str, secrets: Iterable[str] = ()) -> None:
        self._provider = provider
        self._model = model
        self.secrets = tuple(secrets)
        self._turn = Turn()
        self._fault: AIError | None = None
        self._repeat: Repeat | None = None
        self._write: Callable[[Sequence[str]], None] = self._turn.texts
        self.done = False
        """Whether the service has said its last word."""

    def heard(self, limits: RateLimits) -> None:
        """Take what the answer's headers tell of the service's limits."""
        self._turn.rate_limits = limits

    @abstractmethod
    def _frame(self, frame: Frame) -> None:
        """Tell the turn what a frame says."""

    @abstractmethod
    def _end(self) -> None:
        """Take the end of a stream that was not `done`; raises `CutOff` if that is too early."""

    @abstractmethod
    def _whole(self, answer: Any) -> None:
        """Tell the turn what a whole answer says, its end included."""

    def read(self, frames: FrameDecoder, data: bytes) -> Batch:
        """Decode one network read, which `frames` cuts into frames where that is needed.

        What came before a fault is returned first; `check` (and the next call) raises it.

        Raises:
            AIError: the service reported an error in the stream.
            BadReply: a frame is not JSON of this dialect.
            GarbledError: the body breaks its format, or has a frame that is too long.
        """
        self.check()
        known = self._repeat
        try:
            if not isinstance(frames, SSEDecoder):
                self._take(feed(frames, data))
            elif known and frames.begins(data) and (text := known.text(data)) is not None:
                self._write((text,))
            else:
                self._events(frames, data)
        except GarbledError as error:
            self._fault = error
        return self._told()

    def _events(self, frames: SSEDecoder, data: bytes) -> None:
        """Take server-sent events; those that repeat what is known come as they are, and at once.

        Any others are cut into frames one by one, for the first of them may be learnt from.
        """
        start = 0
        while start < len(data) and self._fault is None:
            texts, end = self._run(frames, data, start)
            if texts:
                self._write(texts)
            else:
                self._take(feed(frames, data[start:end]))
            start = end

    def _run(self, frames: SSEDecoder, data: bytes, start: int) -> tuple[Sequence[str], int]:
        """Return what the next events add that repeat what is known, and where they end.

        If there are none: where that ends which is to be cut into frames.
        """
        if self._repeat is not None and frames.begins(data):
            try:
                texts, end = self._repeat.texts(data, start)
            except ValueError:
                return (), len(data)
            if texts:
                return texts, end
        end = data.find(EVENT_END, start)
        return (), len(data) if end < 0 else end + len(EVENT_END)

    def frames(self, frames: list[Frame]) -> Batch:
        """Decode the frames of one network read.

        What came before a fault is returned first; `check` (and the next call) raises it.

        Raises:
            AIError: the service reported an error in the stream.
            BadReply: a frame is not JSON of this dialect.
        """
        self.check()
        self._take(frames)
        return self._told()

    def _take(self, frames: list[Frame]) -> None:
        try:
            for frame in frames:
                if self._repeat is not None:
                    if (text := self._repeat.text_of(frame)) is not None:
                        self._write((text,))
                        continue
                    self._repeat = None
                if not self.done:
                    self._frame(frame)
        except AIError as error:
            self._fault = error
        except MALFORMED as error:
            self._fault = self._foreign(error)

    def _told(self) -> Batch:
        """Return what was told, or raise the fault if that is all there is."""
        batch = self._turn.take()
        if not batch:
            self.check()
        return batch

    def _adds(
        self,
        frame: Frame,
        name: bytes,
        text: str,
        write: Callable[[Sequence[str]], None] | None = None,
    ) -> None:
        """Tell that a frame has done nothing but `write` a text (the turn's `texts` by default).

        Frames right after it that differ from it in the value of the field `name` alone are not
        parsed: what they add is written the same way.
        """
        if not self._turn.mends:
            self._repeat = Repeat.of(frame, name, text)
            self._write = write or self._turn.texts

    def check(self) -> None:
        """Raise the fault that the last frames ended in, if there was one."""
        if self._fault is not None:
            raise self._fault

    def close(self) -> Batch:
        """Decode the end of the body.

        Raises:
            CutOff: the service had not finished.
        """
        self.check()
        if not self.done:
            try:
                self._end()
            except AIError:
                raise
            except MALFORMED as error:
                raise self._foreign(error) from error
        return self._turn.take()

    def body(self, data: bytes) -> Batch:
        """Decode a whole answer into events, as `answer` does it."""
        return events_of(self.answer(data))

    def answer(self, data: bytes) -> Whole:
        """Decode a whole answer.

        Raises:
            AIError: the body is an error, although its status was not.
            BadReply: it is no answer of this dialect.
        """
        answer = self._json(data, "the answer")
        try:
            plain = None if self._turn.mends else self._plain(answer)
        except MALFORMED:
            plain = None  # the long way says what is wrong with it
        return self.told(answer) if plain is None else plain

    def told(self, answer: Any) -> Batch:
        """Tell a whole answer, of which the JSON is read, as events.

        Raises:
            AIError: it is an error.
            BadReply: it is no answer of this dialect.
        """
        try:
            self._whole(answer)
        except AIError:
            raise
        except MALFORMED as error:
            raise self._foreign(error) from error
        return self._turn.take()

    def _plain(self, answer: Any) -> Response | None:
        """Read a whole answer the short way, if it is one for that; a dialect may have none."""
        return None

    def _json(self, data: bytes, what: str) -> Any:
        try:
            return from_json(data)
        except ValueError:
            with suppress(ValueError, RecursionError):
                halved = json.loads(data)  # unlike the other it reads halves of a character
                self._turn.mends = True
                return halved
            shown = redacted(data[:200].decode("utf-8", "replace"), self.secrets)
            raise BadReply(f"{what} is not JSON: {shown!r}") from None

    def _error(self, body: bytes, status: int | None = None) -> AIError:
        """Make the error that the JSON of an error inside an answer stands for."""
        return read_error(
            status, {}, body, provider=self._provider, model=self._model, secrets=self.secrets
        )

    def _foreign(self, error: Exception) -> BadReply:
        reason = redacted(f"{type(error).__name__}: {error}", self.secrets)
        return BadReply(f"the answer is not in the {self.dialect} dialect ({reason})")


MALFORMED = (AttributeError, KeyError, OverflowError, RecursionError, TypeError, ValueError)
"""What reading JSON of another structure than the dialect's comes to."""


BLANK = b" \t\r\n"
"""What DeepSeek, for one, sends again and again while an answer is waited for."""


async def decoded(
    sending: AbstractAsyncContextManager[HTTPResponse],
    decoder: AnswerDecoder,
    question: HTTPRequest,
    framing: Framing = sse_or_whole,
    warnings: Batch = (),
) -> AsyncGenerator[Batch, None]:
    """Send a request, and decode its answer as what it is, the warnings first.

    That is not always what was asked for or declared: some servers answer a streaming request with
    one JSON object, some stream although nobody asked, and some do either under a wrong content
    type. Each layer of generators around a stream takes a kilobyte, so all is done in this one.

    Raises:
        AIError: the service could not be reached, or reported an error.
        GarbledError: the body is cut off, too long or no answer.
    """
    frames: FrameDecoder | None = None
    held, size = bytearray(), 0
    async with sending as response, aclosing(response.chunks()) as chunks:
        decoder.heard(rate_limits(response.headers))
        content_type = response.headers.get("content-type", "")
        async for chunk in chunks:
            if frames is None:
                size += len(chunk)
                held += chunk if held else chunk.lstrip(BLANK)
                if size > BODY_BYTES:
                    raise GarbledError(f"the answer is longer than {BODY_BYTES} bytes")
                if (frames := framing(bytes(held[:1024]), content_type)) is not None:
                    chunk = bytes(held)
                    held.clear()
                    del question  # with a body that may be long
            if frames is not None:
                if batch := decoder.read(frames, chunk):
                    yield warnings + batch if warnings else batch
                    warnings = ()
                decoder.check()
                if decoder.done:
                    await run_out(chunks)
                    return
        if frames is None:
            yield warnings + events_of(whole(bytes(held), decoder, question))
            return
        if batch := last(frames, decoder):
            yield warnings + batch
            warnings = ()
        if batch := decoder.close():
            yield warnings + batch


def whole(body: bytes, decoder: AnswerDecoder, question: HTTPRequest) -> Whole:
    """Decode a body that is one answer.

    Raises:
        AIError: it is an error, although its status was not.
        GarbledError: it is empty, or no answer.
    """
    start = body[:100].lstrip()
    if not start and not body.strip():
        raise CutOff("the service sent an empty answer")
    if start.startswith(b"<"):
        raise BadReply(f"a web page came instead of an answer: {asked(question)} (check base_url)")
    return decoder.answer(body)


LINGER = 0.5


async def run_out(chunks: AsyncGenerator[bytes, None]) -> None:
    """Read on to the end of a body that has said all, so that its connection can be used again.

    A server that does not end the body within `LINGER` seconds loses the connection instead.
    """
    due = asyncio.get_running_loop().time() + LINGER
    with suppress(AIError):
        while True:
            try:
                await interruptible(anext(chunks), (due, CutOff("the body does not end")))
            except StopAsyncIteration:
                return


def feed(frames: FrameDecoder, chunk: bytes) -> list[Frame]:
    try:
        return frames.feed(chunk)
    except FrameError as error:
        raise GarbledError(str(error)) from None


def last(frames: FrameDecoder, decoder: AnswerDecoder) -> Batch:
    """Decode what is left at the end; a frame that breaks off there was cut.

    Raises:
        CutOff: the last event is not whole.
    """
    try:
        return decoder.frames(frames.close())
    except FrameError as error:
        raise GarbledError(str(error)) from None
    except BadReply:
        raise CutOff("the stream ended in the middle of an event") from None


def rate_limits(headers: Mapping[str, str]) -> RateLimits:
    """Keep the headers of an answer that has just come, to be read if somebody asks."""
    return RateLimits(partial(limits_told, headers, time()))


def limits_told(headers: Mapping[str, str], came: float) -> tuple[RateLimit, ...]:
    from aikit_wire.rate_limits import read_rate_limits

    return read_rate_limits(headers, came)
