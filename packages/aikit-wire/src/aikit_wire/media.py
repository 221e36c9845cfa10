"""Fetch media by URL, for services that want the bytes.

What a URL names is chosen by whoever wrote the message, so it is fetched as from a stranger: from
public addresses only, with limits, and without anything that says who asks.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from aicore.context import Context
from aicore.errors import AIError, BadInput, InvalidRequest, SetupError, TimedOut, Unreachable
from aicore.media import sniff
from aicore.messages import (
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    Part,
    ToolResultPart,
    VideoPart,
)

from aikit_wire.astray import address
from aikit_wire.place import Place, joined
from aikit_wire.public import LookUp, is_public, look_up
from aikit_wire.transport import HTTPRequest, HTTPResponse, Phases, Transport

HEADERS: Mapping[str, str] = {
    "accept": "*/*",
    "accept-encoding": "identity",  # a size limit means little where bytes may be compressed
    "user-agent": "aikit/1",
}
MediaPart: TypeAlias = ImagePart | AudioPart | VideoPart | FilePart
REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is fetched for one request, and for how long."""

    size: int = 20 << 20
    """Bytes of one part."""
    total: int = 100 << 20
    """Bytes of all parts together."""
    count: int = 100
    """URLs of one request."""
    seconds: float = 60.0
    """From the look-up of a host to the last byte, its redirects included."""
    redirects: int = 5
    at_once: int = 4


async def with_bytes(
    messages: Sequence[Message],
    transport: Transport,
    context: Context,
    *,
    wanted: Callable[[MediaPart], bool] = lambda part: True,
    allow_private: bool = False,
    limits: Limits = Limits(),
    look_up: LookUp = look_up,
    public: Callable[[str], bool] = is_public,
) -> tuple[Message, ...]:
    """Return messages in which the wanted parts with a URL, in tool results too, carry its bytes.

    A URL is fetched once however often it stands there, several at a time. Every host on the way
    must have public addresses only, and one of those is connected to, so that a second look-up
    cannot give another. `allow_private` lifts that, except for a request that came over a network
    (`context.remote`). Transport proxies are used as ever. Cancelling closes the connections.

    Raises:
        BadInput: a URL must not be fetched, or there is too much; the message names the part.
        InvalidRequest: it cannot be fetched, `retryable` where another try may do.
    """
    found: dict[str, str] = {}
    for number, message in enumerate(messages):
        for part in media(message.parts):
            if part.url is not None and wanted(part):
                found.setdefault(part.url, f"the {part.type} of messages[{number}]")
    if not found:
        return tuple(messages)
    if len(found) > limits.count:
        raise BadInput(f"{len(found)} URLs are too many to fetch; at most {limits.count} are")
    fetcher = Fetcher(
        transport, limits, look_up, None if allow_private and not context.remote else public
    )
    try:
        async with asyncio.TaskGroup() as group:
            tasks = {
                url: group.create_task(fetcher.fetch(url, where)) for url, where in found.items()
            }
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    bodies = {url: task.result() for url, task in tasks.items()}

    def filled(part: Any) -> Any:
        if isinstance(part, ToolResultPart):
            return replace(part, parts=tuple(map(filled, part.parts)))
        if isinstance(part, MediaPart) and part.url in bodies and wanted(part):
            return bodies[part.url].inside(part)
        return part

    return tuple(replace(message, parts=tuple(map(filled, message.parts))) for message in messages)


def media(parts: Iterable[Part]) -> Iterable[MediaPart]:
    for part in parts:
        if isinstance(part, ToolResultPart):
            yield from media(part.parts)
        elif isinstance(part, MediaPart):
            yield part


@dataclass(frozen=True, slots=True)
class Body:
    """What a URL gave, and the media type that its host declared."""

    data: bytes
    declared: str | None
    where: str

    def inside(self, part: MediaPart) -> MediaPart:
        """Return a part with these bytes in place of its URL.

        Raises:
            InvalidRequest: a web page came instead of what the part says it is.
        """
        media_type = part.media_type or sniff(self.data) or self.declared
        if media_type == "text/html" and not isinstance(part, FilePart):
            raise InvalidRequest(f"{self.where}: a web page came; link to the file itself")
        return replace(part, url=None, data=self.data, media_type=media_type)


class Fetcher:
    """Fetches the URLs of one request; `public` is None where any address may be asked."""

    def __init__(
        self,
        transport: Transport,
        limits: Limits,
        look_up: LookUp,
        public: Callable[[str], bool] | None,
    ) -> None:
        self._transport = transport
        self._limits = limits
        self._look_up = look_up
        self._public = public
        self._left = limits.total
        self._slots = asyncio.Semaphore(limits.at_once)
        self._phases = Phases(connect=10, write=10, read=limits.seconds, pool=limits.seconds)

    async def fetch(self, url: str, where: str) -> Body:
        where, seconds = f"{where} ({address(url)})", self._limits.seconds
        async with self._slots:
            try:
                async with asyncio.timeout(seconds):
                    async with self._followed(url) as response:
                        data = await self._read(response)
                        kind = response.headers.get("content-type", "").partition(";")[0]
                        return Body(data, kind.strip().lower() or None, where)
            except TimeoutError:
                late = f"{where} cannot be fetched: it took longer than {seconds:g} s"
                raise InvalidRequest(late, retryable=True) from None
            except SetupError as error:
                raise BadInput(f"{where} cannot be fetched: {error.message}") from error
            except AIError as error:
                message = f"{where} cannot be fetched: {error.message}; or give its bytes"
                raise InvalidRequest(message, retryable=error.retryable) from error

    @asynccontextmanager
    async def _followed(self, url: str) -> AsyncGenerator[HTTPResponse, None]:
        """Hold the answer open that a URL leads to, over its redirects."""
        for _ in range(self._limits.redirects + 1):
            response = await self._ask(url)
            try:
                location = response.headers.get("location")
                if response.status not in REDIRECTS or not location:
                    if response.status != 200:
                        busy = response.status in (408, 425, 429) or response.status >= 500
                        told = f"its host answered with status {response.status}"
                        raise InvalidRequest(told, retryable=busy)
                    yield response
                    return
            finally:
                await response.aclose()
            url = joined(url, location)
        raise InvalidRequest(f"it redirects more than {self._limits.redirects} times")

    async def _ask(self, url: str) -> HTTPResponse:
        place = Place.of(url)
        hosts = [place.host] if self._public is None else await self._addresses(place)
        for host in hosts:
            headers = {"host": place.netloc, **HEADERS}
            request = HTTPRequest(
                "GET", place.url(host), headers, ability="media", stranger=place.host
            )
            try:
                return await self._transport.send(request, self._phases)
            except (Unreachable, TimedOut):
                if host == hosts[-1]:
                    raise
        raise Unreachable("its host has no address")

    async def _addresses(self, place: Place) -> Sequence[str]:
        assert self._public is not None
        found = await self._look_up(place.host, place.port)
        if not all(map(self._public, found)):
            raise BadInput(
                "its host has an address that is not public; give its bytes, or set "
                "`allow_private_media = true` for this provider (never for calls over a network)"
            )
        return found

    async def _read(self, response: HTTPResponse) -> bytes:
        limits, encoding = self._limits, response.headers.get("content-encoding", "identity")
        if encoding.strip().lower() != "identity":
            raise InvalidRequest("its host compresses it, although asked not to")
        length = response.headers.get("content-length", "")
        pieces, size = list[bytes](), 0
        if length.isdecimal() and int(length[:20]) > limits.size:
            raise self._too_long()
        async with aclosing(response.chunks()) as chunks:
            async for chunk in chunks:
                size += len(chunk)
                self._left -= len(chunk)
                if size > limits.size:
                    raise self._too_long()
                if self._left < 0:
                    raise BadInput(f"all media have more than {limits.total} bytes together")
                pieces.append(chunk)
        if not size:
            raise InvalidRequest("it is empty")
        return b"".join(pieces)

    def _too_long(self) -> BadInput:
        return BadInput(f"it has more than {self._limits.size} bytes; give a smaller one")
