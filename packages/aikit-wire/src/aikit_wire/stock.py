"""The transport over httpx2, or over an `httpx` or `httpx2` client that the user brought."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from aicore.errors import AIError, BadConfig, BadReply, CutOff, TimedOut, Unreachable

from aikit_wire.transport import HTTPRequest, Phases

TIMEOUTS = {
    "ConnectTimeout": "connecting",
    "WriteTimeout": "sending the request",
    "ReadTimeout": "waiting for bytes",
    "PoolTimeout": "waiting for a free connection",
}


class StockTransport:
    """Sends through one httpx2 client per event loop, or through the client handed in.

    A client belongs to the loop that first used it, because its connections do; so a Kit may be
    used from several loops. A client that the user handed in is never closed here.
    """

    def __init__(self, client: Any = None) -> None:
        self._given = client
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, Any] = WeakKeyDictionary()

    async def send(self, request: HTTPRequest, phases: Phases) -> StockResponse:
        client = self._given or self._client()
        timeout = {
            "connect": phases.connect,
            "write": phases.write,
            "read": phases.read,
            "pool": phases.pool,
        }
        host = urlsplit(request.url).netloc.rpartition("@")[2]
        try:
            message = client.build_request(
                request.method,
                request.url,
                headers=dict(request.headers),
                content=request.body,
                extensions={"timeout": timeout},
            )
            return StockResponse(await client.send(message, stream=True), host)
        except Exception as error:
            raise translated(error, host, began=False) from error

    def _client(self) -> Any:
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            import httpx2

            limits = httpx2.Limits(max_connections=1000, max_keepalive_connections=100)
            self._clients[loop] = httpx2.AsyncClient(
                verify=trusted(), limits=limits, follow_redirects=False
            )
        return self._clients[loop]

    async def aclose(self) -> None:
        """Close the client of the running loop; those of loops that are gone went with them."""
        if client := self._clients.pop(asyncio.get_running_loop(), None):
            await client.aclose()


@lru_cache
def trusted() -> Any:
    """Return the one TLS context of the process; making one takes tens of milliseconds."""
    import httpx2

    return httpx2.create_ssl_context()


class StockResponse:
    """An httpx or httpx2 response."""

    def __init__(self, response: Any, host: str) -> None:
        self._response = response
        self._host = host
        self.status: int = response.status_code
        self.headers: Mapping[str, str] = response.headers

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        try:
            async for chunk in self._response.aiter_bytes():
                if chunk:
                    yield chunk
        except Exception as error:
            raise translated(error, self._host, began=True) from error

    async def aclose(self) -> None:
        await self._response.aclose()


def translated(error: Exception, host: str, *, began: bool) -> Exception:
    """Turn an exception of httpx or httpx2, which share names but no classes, into an `AIError`."""
    names = {cls.__name__ for cls in type(error).__mro__}
    if isinstance(error, AIError) or not names & {"HTTPError", "InvalidURL", "StreamError"}:
        return error
    for name, phase in TIMEOUTS.items():
        if name in names:
            return TimedOut(f"timed out {phase} ({host})")
    reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if names & {"InvalidURL", "UnsupportedProtocol"}:
        return BadConfig(f"cannot send to {host or 'this URL'}: {reason}; check `base_url`")
    if "DecodingError" in names:
        return BadReply(f"{host} sent a body that does not match its content encoding")
    if began:
        return CutOff(f"the connection to {host} broke in the middle of the answer: {reason}")
    return Unreachable(f"cannot reach {host}: {reason}")
