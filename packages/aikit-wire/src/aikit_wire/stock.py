"""The transport over httpx2, or over an `httpx` or `httpx2` client that the user brought."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any
from urllib.parse import urlsplit

from aicore.errors import AIError, BadConfig, BadInput, BadReply, CutOff, TimedOut, Unreachable

from aikit_wire.headers import check_headers
from aikit_wire.loops import PerLoop
from aikit_wire.tls import trusted
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

    Raises:
        BadConfig: what was handed in is no asynchronous client.
    """

    def __init__(self, client: Any = None) -> None:
        if client is not None and not (
            hasattr(client, "aclose") and hasattr(client, "build_request")
        ):
            kind = f"{type(client).__module__}.{type(client).__qualname__}"
            raise BadConfig(
                f"`http_client` must be an httpx.AsyncClient or httpx2.AsyncClient, "
                f"or a transport of aikit, not {kind}"
            )
        self._given = client
        self._clients = PerLoop(own_client)

    async def send(self, request: HTTPRequest, phases: Phases) -> StockResponse:
        client = self._given
        if client is None:
            client = self._clients.here() or await self._clients.made()
        elif getattr(client, "is_closed", False):
            raise BadConfig("the `http_client` that was handed in is closed; keep it open")
        check_headers(request.headers)
        timeout = {
            "connect": phases.connect,
            "write": phases.write,
            "read": phases.read,
            "pool": phases.pool,
        }
        host = host_of(request.url)
        try:
            message = client.build_request(
                request.method,
                request.url,
                headers=dict(request.headers),
                content=request.body,
                extensions={"timeout": timeout},
            )
            options = {} if request.stranger is None else estranged(message, request)
            answer = await client.send(message, stream=True, follow_redirects=False, **options)
            return StockResponse(answer, host)
        except Exception as error:
            if (reason := translated(error, host, began=False)) is None:
                raise
            raise reason from error

    async def aclose(self) -> None:
        """Close the client of the running loop; other loops close theirs when they end."""
        await self._clients.aclose()


def estranged(message: Any, request: HTTPRequest) -> dict[str, Any]:
    """Take what a client has added off a message for a stranger; return how to send it."""
    own = {name.lower() for name in request.headers} | {"host", "content-length"}
    for name in [name for name in message.headers if name.lower() not in own]:
        del message.headers[name]
    message.url = type(message.url)(request.url)
    message.headers["connection"] = "close"  # the next host at this address is another one
    message.extensions["sni_hostname"] = request.stranger
    return {"auth": None}


def own_client() -> Any:
    import httpx2

    limits = httpx2.Limits(max_connections=1000, max_keepalive_connections=100)
    return httpx2.AsyncClient(verify=trusted(), limits=limits, follow_redirects=False)


def host_of(url: str) -> str:
    """Return host and port of a URL, without user and password.

    Raises:
        BadConfig: the URL has none.
    """
    try:
        return urlsplit(url).netloc.rpartition("@")[2]
    except ValueError as error:
        raise BadConfig(f"`base_url` is not a URL: {error}") from None


class StockResponse:
    """An httpx or httpx2 response."""

    def __init__(self, response: Any, host: str) -> None:
        self._response = response
        self._host = host
        self.status: int = response.status_code
        self.headers: Mapping[str, str] = response.headers

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        try:
            async with aclosing(self._response.aiter_bytes()) as chunks:
                async for chunk in chunks:
                    if chunk:
                        yield chunk
        except Exception as error:
            if (reason := translated(error, self._host, began=True)) is None:
                raise
            raise reason from error

    async def aclose(self) -> None:
        await self._response.aclose()


def translated(error: Exception, host: str, *, began: bool) -> AIError | None:
    """Return the `AIError` for an exception of httpx or httpx2, which share names but no classes.

    Returns:
        None for an exception of anything else.
    """
    names = {cls.__name__ for cls in type(error).__mro__}
    if not names & {"HTTPError", "InvalidURL", "StreamError"}:
        return None
    for name, phase in TIMEOUTS.items():
        if name in names:
            return TimedOut(f"timed out {phase} ({host})")
    reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if names & {"InvalidURL", "UnsupportedProtocol"}:
        return BadConfig(f"cannot send to {host or 'this URL'}: {reason}; check `base_url`")
    if "LocalProtocolError" in names:
        return BadInput(f"the request cannot be sent: {reason}")
    if "DecodingError" in names:
        return BadReply(f"{host} sent a body that does not match its content encoding")
    if began:
        return CutOff(f"the connection to {host} broke in the middle of the answer: {reason}")
    return Unreachable(f"cannot reach {host}: {reason}")
