"""The transport interface: method, URL, headers and body become a status and a byte stream."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from aicore.values import record


@dataclass(frozen=True, slots=True)
class Phases:
    """How long each phase of one HTTP exchange may take, in seconds; None means no limit.

    `read` is the longest silence between two arrivals of bytes. The defaults suit models that
    think for minutes before their first byte; use deadlines to limit a whole call.
    """

    connect: float | None = 10.0
    write: float | None = 60.0
    read: float | None = 600.0
    pool: float | None = 60.0


@record
class HTTPRequest:
    """One request; the URL and the headers may hold secrets, so neither shows in a repr.

    `provider` and `ability` say who asks and for what; they are not sent.

    `stranger` is the name of the host where that is not the provider's, and the URL may hold one
    of its addresses instead. TLS checks the certificate for that name, and nothing is sent that
    is not in this request: none of a client's own headers, query, cookies or credentials.
    """

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    provider: str = ""
    ability: str = ""
    stranger: str | None = None


class HTTPResponse(Protocol):
    """An answer whose body has not been read. Header names are in lower case.

    It may have a method `ready() -> bytes | None`, which returns the whole body if all of it is
    there and needs no decoding: for a short answer that saves a quarter of the transport's time.
    """

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...

    def chunks(self) -> AsyncGenerator[bytes, None]:
        """Yield the body, decoded from its content encoding, as it arrives.

        Raises:
            CutOff: the connection broke before the body was complete.
            TimedOut: nothing came for the `read` limit.
        """

    async def aclose(self) -> None:
        """Let go of the body; a connection whose body was not read to its end is closed."""


@runtime_checkable
class Transport(Protocol):
    """Sends requests; safe for concurrent use, and usable from several event loops."""

    async def send(self, request: HTTPRequest, phases: Phases) -> HTTPResponse:
        """Send a request and return once the status and headers are there.

        Raises:
            Unreachable: no connection, or it broke before the answer began.
            TimedOut: a phase took too long.
            BadConfig: the URL cannot be used.
        """

    async def aclose(self) -> None: ...
