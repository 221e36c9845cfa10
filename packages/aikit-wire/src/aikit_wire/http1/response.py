"""An answer whose body is still on its way over a connection of our own."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from aicore.errors import BadReply, CutOff

from aikit_wire.http1.codings import Undecodable, codings_of, undo
from aikit_wire.http1.connection import Connection


class HTTP1Response:
    """The reply that has begun on a connection, which is lent until this is closed."""

    __slots__ = ("_connection", "_limit", "_open", "headers", "status")

    def __init__(self, connection: Connection, limit: float | None) -> None:
        reply = connection.reply
        self._connection = connection
        self._limit = limit
        self._open = True
        self.status = reply.status
        self.headers = reply.headers

    def chunks(self) -> AsyncGenerator[bytes, None]:
        coding = self.headers.get("content-encoding")
        return self._decoded(coding) if coding else self._pieces()

    async def _pieces(self) -> AsyncGenerator[bytes, None]:
        connection, reply, limit = self._connection, self._connection.reply, self._limit
        while self._open:
            if reply.pieces:
                yield connection.take()
            elif reply.complete:
                return
            else:
                await connection.more(limit)
        raise CutOff(f"the answer of {connection.where} was closed")

    async def _decoded(self, coding: str) -> AsyncGenerator[bytes, None]:
        try:
            codings = codings_of(coding)
            async with aclosing(self._pieces()) as pieces:
                async for data in pieces:
                    for piece in undo(codings, data):
                        yield piece
            for one in codings:
                one.end()
        except Undecodable:
            raise BadReply(
                f"{self._connection.where} sent a body that does not match its content encoding"
            ) from None

    def ready(self) -> bytes | None:
        """Return the whole body if all of it is there and needs no decoding."""
        connection = self._connection
        if not connection.reply.complete or not self._open or "content-encoding" in self.headers:
            return None
        return connection.take()

    async def aclose(self) -> None:
        if self._open:
            self._open = False
            self._connection.release()
