"""Decode the body of an answer, streamed or whole, into batches of events."""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing, suppress
from typing import Any, ClassVar, TypeAlias

from aicore.calls import Batch
from aicore.errors import AIError, BadReply, CutOff, GarbledError
from aicore.guard import interruptible
from aicore.rate_limits import RateLimits
from aicore.responses import Response
from aicore.turn import Turn
from aicore.whole import Whole, events_of
from pydantic_core import from_json

from aikit_wire.astray import asked
from aikit_wire.errors import read_error
from aikit_wire.exchange import BODY_BYTES
from aikit_wire.frames import (
    Frame,
    FrameDecoder,
    FrameError,
    NDJSONDecoder,
    SSEDecoder,
    decoder_for,
)
from aikit_wire.redact import redacted
from aikit_wire.repeats import Repeat
from aikit_wire.transport import HTTPRequest, HTTPResponse

Framing: TypeAlias = Callable[[bytes, str], FrameDecoder | None]
"""Tells by the start of a body and its content type what cuts it into frames.

None says that it is a whole answer, as far as can be seen.
"""

EVENT_STREAM = (b"data:", b"event:", b"id:", b"retry:", b":")


def sse_or_whole(start: bytes, content_type: str) -> FrameDecoder | None:
    """Tell server-sent events from one JSON object, whatever they were declared to be."""
    start = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    declared = "text/event-stream" in content_type.lower()
    if start.startswith(EVENT_STREAM) or (declared and start[:1] not in b"{[<"):
        return SSEDecoder()
    return None


def lines_or_whole(start: bytes, content_type: str) -> FrameDecoder | None:
    """Tell JSON lines from one JSON object, whatever they were declared to be.

    A first line that is an object is one of lines, or all there is of a whole answer. Where it is
    longer than the start it is taken for that, for an object over several lines breaks early.
    """
    start = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start.startswith(b"{"):
        return None
    if isinstance(decoder_for(content_type), NDJSONDecoder):
        return NDJSONDecoder()
    line, ended, _ = start.partition(b"\n")
    if is_object(line) if ended else len(start) >= LONG_LINE:
        return NDJSONDecoder(max_bytes=BODY_BYTES)
    return None


LONG_LINE = 1000


def is_object(line: bytes) -> bool:
    try:
        return isinstance(from_json(line), dict)
    except ValueError:
        return False


class AnswerDecoder(ABC):
    """Decodes one answer: give it every frame of a stream and `close`, or one whole `body`.

    A dialect says what a frame, the end of a stream and a whole answer mean. `secrets` are masked
    in errors that the answer holds.
    """

    dialect: ClassVar[str]
    """The dialect's name in errors."""

    done = False
    """Whether the service has said its last word."""
    _fault: AIError | None = None
    _repeat: Repeat | None = None
    _write: Callable[[str], None]

    def __init__(self, provider: str, model: str, secrets: Iterable[str] = ()) -> None:
        self._provider = provider
        self._model = model
        self.secrets = tuple(secrets)
        self._turn = Turn()

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

    def frames(self, frames: list[Frame]) -> Batch:
        """Decode the frames of one network read.

        What came before a fault is returned first; `check` (and the next call) raises it.

        Raises:
            AIError: the service reported an error in the stream.
            BadReply: a frame is not JSON of this dialect.
        """
        self.check()
        try:
            for frame in frames:
                if self._repeat is not None:
                    if (text := self._repeat.text(frame)) is not None:
                        self._write(text)
                        continue
                    self._repeat = None
                if not self.done:
                    self._frame(frame)
        except AIError as error:
            self._fault = error
        except MALFORMED as error:
            self._fault = self._foreign(error)
        batch = self._turn.take()
        if not batch:
            self.check()
        return batch

    def _adds(
        self, frame: Frame, name: bytes, text: str, write: Callable[[str], None] | None = None
    ) -> None:
        """Tell that a frame has done nothing but `write` a text (the turn's `text` by default).

        Frames right after it that differ from it in the value of the field `name` alone are not
        parsed: what they add is written the same way.
        """
        if not self._turn.mends:
            self._repeat = Repeat.of(frame, name, text)
            self._write = write or self._turn.text

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
            if plain is not None:
                return plain
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
    response: HTTPResponse,
    decoder: AnswerDecoder,
    question: HTTPRequest,
    framing: Framing = sse_or_whole,
) -> AsyncGenerator[Batch, None]:
    """Decode a body as what it is, which is not always what was asked for or declared.

    Some servers answer a streaming request with one JSON object, some stream although nobody
    asked, and some do either under a wrong content type.

    Raises:
        AIError: the service reported an error in the body.
        GarbledError: the body is cut off, too long or no answer.
    """
    content_type = response.headers.get("content-type", "")
    frames: FrameDecoder | None = None
    held, size = bytearray(), 0
    async with aclosing(response.chunks()) as chunks:
        async for chunk in chunks:
            if frames is None:
                size += len(chunk)
                held += chunk if held else chunk.lstrip(BLANK)
                if size > BODY_BYTES:
                    raise GarbledError(f"the answer is longer than {BODY_BYTES} bytes")
                if (frames := framing(bytes(held[:1024]), content_type)) is not None:
                    chunk = bytes(held)
            if frames is not None:
                if batch := decoder.frames(feed(frames, chunk)):
                    yield batch
                decoder.check()
                if decoder.done:
                    await run_out(chunks)
                    return
    if frames is None:
        yield events_of(whole(bytes(held), decoder, question))
        return
    if batch := last(frames, decoder):
        yield batch
    if batch := decoder.close():
        yield batch


JSON = "application/json"


def is_json(response: HTTPResponse) -> bool:
    """Tell whether a body is declared to be one JSON value, and so has nothing to stream."""
    return response.headers.get("content-type", "").startswith(JSON)


class AlreadyRead:
    """A response whose body has been read."""

    def __init__(self, response: HTTPResponse, body: bytes) -> None:
        self.status = response.status
        self.headers = response.headers
        self._body = body

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        yield self._body

    async def aclose(self) -> None:
        """Do nothing: who has read the body lets go of it."""


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
