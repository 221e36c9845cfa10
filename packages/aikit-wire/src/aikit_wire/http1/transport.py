"""The transport of our own: HTTP/1.1 straight on asyncio."""

from __future__ import annotations

from functools import partial

from aicore.errors import Unreachable

from aikit_wire.http1.head import HeadEncoder
from aikit_wire.http1.pool import Limits, Pool
from aikit_wire.http1.response import HTTP1Response
from aikit_wire.http1.target import target_of
from aikit_wire.loops import PerLoop
from aikit_wire.transport import HTTPRequest, Phases

IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
"""RFC 9110, section 9.2.2."""


class HTTP1Transport:
    """Sends over kept connections, those of each event loop apart; follows no redirect.

    It knows no proxies, no HTTP/2 and no UNIX sockets; `aikit_wire.stock` does.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._pools = PerLoop(partial(Pool, limits or Limits()))
        self._heads = HeadEncoder()

    async def send(self, request: HTTPRequest, phases: Phases) -> HTTP1Response:
        target = target_of(request.url)
        head = self._heads.encode(request, target)
        pool = self._pools.here() or await self._pools.made()
        origin, where = target.origin, target.shown
        if request.stranger is not None:
            origin = origin._replace(name=request.stranger)
        connection = pool.take(origin) or await pool.connection(origin, where, phases)
        try:
            await connection.exchange(head, request, phases)
        except Unreachable:
            if not (connection.used and connection.dropped and repeatable(request)):
                raise
            connection = await pool.connection(origin, where, phases, fresh=True)
            await connection.exchange(head, request, phases)
        return HTTP1Response(connection, phases.read)

    async def aclose(self) -> None:
        """Close the connections of the running loop; other loops close theirs when they end."""
        await self._pools.aclose()


QUESTIONS = frozenset({"chat", "complete", "embed", "count_tokens", "models", "media"})
"""Abilities that ask and change nothing."""


def repeatable(request: HTTPRequest) -> bool:
    """Tell whether a request may be sent again when a kept connection closed under it.

    The server may have read it and begun to work, so only if that does no harm: the method says
    so, or a key by which the service knows a repetition (RFC 9110, section 9.2.2), or it is a
    question, to which a second answer changes nothing. Nearly always the server had closed the
    connection before the request came: some do so after each stream that they end.
    """
    return (
        request.method in IDEMPOTENT
        or request.ability in QUESTIONS
        or any(name.lower() == "idempotency-key" for name in request.headers)
    )
