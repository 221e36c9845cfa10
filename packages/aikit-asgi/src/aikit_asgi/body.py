"""Read the body of a request: JSON of a limited size, within a limited time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Generator
from functools import lru_cache
from types import CoroutineType
from typing import Any, TypeVar

from aicore.errors import AIError
from pydantic_core import from_json

from aikit_asgi.attend import Attended
from aikit_asgi.http import Gone, Message, Receive
from aikit_asgi.statuses import RequestError

T = TypeVar("T")

VALUES = 100_000
"""How many values the JSON of a body may hold: each may need a kilobyte while it is checked."""


def crowded(document: Any) -> bool:
    """Tell whether JSON holds more values than `VALUES`."""
    count, groups = 0, [document]
    while groups and count <= VALUES:
        group = groups.pop()
        values = group.values() if isinstance(group, dict) else group
        count += len(values)
        groups += [value for value in values if isinstance(value, dict | list)]
    return count > VALUES


async def joined(first: Message | Begun, receive: Punctual, limit: int) -> bytes:
    """Read a body from its first piece on, until it is over the limit.

    Raises:
        RequestError: it was not whole in time.
        Gone: the client left while sending.
    """
    message = await receive.wait(first) if isinstance(first, Begun) else first
    pieces, size = list[bytes](), 0
    while message["type"] != "http.disconnect":
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > limit or not message.get("more_body", False):
            return b"".join(pieces)
        message = await receive()
    raise Gone


async def read_json(receive: Receive, limit: int, seconds: float | None = None) -> dict[str, Any]:
    """Read a JSON object from a request body of at most `limit` bytes.

    Raises:
        RequestError: it is longer, no JSON object, one of more than `VALUES` values, or was not
            there within `seconds`.
        Gone: the client left while sending.
    """
    message = at_once(receive())
    if isinstance(message, Begun) or message.get("more_body", False) or not message.get("body"):
        body = await joined(message, Punctual(receive, seconds), limit)
    else:
        body = message["body"]
    size = len(body)
    if size > limit:
        raise RequestError(f"the body is longer than {limit} bytes", 413)
    try:
        document = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise RequestError(f"the body is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise RequestError("the body must be a JSON object")
    if size > 2 * VALUES and crowded(document):  # a value takes two bytes at the least
        raise RequestError(f"the body holds more than {VALUES} values", 413)
    return document


@lru_cache
def tardy(seconds: float | None) -> Callable[[], AIError]:
    """Return what makes the error of a body that takes too long."""
    return lambda: RequestError(f"the body took longer than {seconds:g} s to arrive", 408)


class Begun:
    """A coroutine that has run up to its first wait, and goes on from there when it is awaited."""

    __slots__ = ("_steps", "_wait")

    def __init__(self, steps: Coroutine[Any, Any, T], wait: Any) -> None:
        self._steps = steps
        self._wait = wait

    def __await__(self) -> Generator[Any, None, Any]:
        wait = self._wait
        while True:
            try:
                try:
                    yield wait
                except BaseException as error:
                    wait = self._steps.throw(error)
                else:
                    wait = self._steps.send(None)
            except StopIteration as done:
                return done.value


async def awaited(receiving: Awaitable[Message]) -> Message:
    return await receiving


def at_once(receiving: Awaitable[Message]) -> Message | Begun:
    """Return what is there when it is asked for, as most bodies are, or else what waits for it.

    Who has not to wait needs no limit of time, either.
    """
    steps = receiving if isinstance(receiving, CoroutineType) else awaited(receiving)
    try:
        return Begun(steps, steps.send(None))
    except StopIteration as there:
        message: Message = there.value
        return message


class Punctual:
    """Gives a client so many `seconds` to send its body, where that is not there at once.

    Raises:
        RequestError: the body was not whole by then.
    """

    __slots__ = ("_attended", "_receive", "_seconds")

    def __init__(self, receive: Receive, seconds: float | None) -> None:
        self._receive = receive
        self._seconds = seconds
        self._attended: Attended | None = None

    async def __call__(self) -> Message:
        message = at_once(self._receive())
        return await self.wait(message) if isinstance(message, Begun) else message

    async def wait(self, begun: Begun) -> Message:
        if self._attended is None:
            self._attended = Attended(self._seconds, tardy(self._seconds))
        message: Message = await self._attended.run(begun)
        return message
