"""Which transport sends: our own, or httpx2 for what ours does not do."""

from __future__ import annotations

import os
import sys
from typing import Any

from aicore.errors import BadConfig

from aikit_wire.headers import check_headers
from aikit_wire.http1.transport import HTTP1Transport
from aikit_wire.stock import StockTransport
from aikit_wire.transport import HTTPRequest, HTTPResponse, Phases, Transport

VARIABLE = "AIKIT_HTTP_CLIENT"
OWN, STOCK = "aikit", "httpx2"


def transport_for(client: Any) -> Transport:
    """Return what sends for `http_client`: a client, a transport, a name of one, or None.

    None is `AIKIT_HTTP_CLIENT`, or else our own transport. A client that the user brought does
    what ours cannot (HTTP/2, UNIX sockets, client certificates), and where the environment names
    a proxy, httpx2 sends, which knows how to ask it.

    Raises:
        BadConfig: it is none of them.
    """
    name = client
    if client is None:
        name = os.environ.get(VARIABLE) or (STOCK if proxied() else OWN)
    if name == OWN:
        return HTTP1Transport()
    if name == STOCK:
        return StockTransport()
    if isinstance(name, str):
        # What it is instead may be an address with a password in it.
        if client is None:
            raise BadConfig(f"{VARIABLE} must be {OWN!r} or {STOCK!r}")
        raise BadConfig(
            f"`http_client` must be an httpx.AsyncClient or httpx2.AsyncClient, a transport of "
            f"aikit, {OWN!r} or {STOCK!r}, not other text"
        )
    if isinstance(client, Transport) and not hasattr(client, "build_request"):
        return Lent(client)
    return StockTransport(client)


def proxied() -> bool:
    """Tell whether a proxy is set for any address, where httpx2 looks for one.

    Which addresses it is for (`NO_PROXY`) is left to httpx2.
    """
    if sys.platform in ("darwin", "win32"):  # the system's settings count there as well
        from urllib.request import getproxies

        return not {"http", "https", "all"}.isdisjoint(getproxies())
    names = {name.lower() for name, value in os.environ.items() if value}
    return not {"http_proxy", "https_proxy", "all_proxy"}.isdisjoint(names)


class Lent:
    """A transport of the user, who closes it."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def send(self, request: HTTPRequest, phases: Phases) -> HTTPResponse:
        check_headers(request.headers)
        return await self._transport.send(request, phases)

    async def aclose(self) -> None:
        """Leave it open: other providers may send through it as well."""
