"""Connect a socket to a host, whichever of its addresses answers first."""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from itertools import chain, zip_longest
from typing import Any, TypeAlias

Address: TypeAlias = tuple[socket.AddressFamily, Any]

EYEBALLS = 0.25
"""Seconds after which the next address is tried beside those before (RFC 8305, section 8)."""


async def dial(host: str, port: int) -> socket.socket:
    """Return a connected socket; asyncio's own way loses it when it is cancelled in a bad moment.

    Raises:
        OSError: the host has no address, or none that can be reached.
        UnicodeError: it is no host name.
    """
    loop = asyncio.get_running_loop()
    if (known := literal(host, port)) is not None:
        return await connect(loop, known)
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = interleaved([(family, address) for family, _, _, _, address in found])
    if len(addresses) == 1:
        return await connect(loop, addresses[0])
    return await race(loop, deque(addresses))


def literal(host: str, port: int) -> Address | None:
    """Return the address that a host is already, without a thread to look it up in."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
        except OSError:
            continue
        return family, (host, port)
    return None


def interleaved(addresses: list[Address]) -> list[Address]:
    """Put the two families in turn, the one that the system puts first in front (RFC 8305, 4)."""
    first = [address for address in addresses if address[0] == addresses[0][0]]
    others = [address for address in addresses if address[0] != addresses[0][0]]
    return [address for address in chain(*zip_longest(first, others)) if address]


async def connect(loop: asyncio.AbstractEventLoop, address: Address) -> socket.socket:
    family, where = address
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        await loop.sock_connect(connection, where)
    except BaseException:
        connection.close()
        raise
    return connection


async def race(loop: asyncio.AbstractEventLoop, addresses: deque[Address]) -> socket.socket:
    """Try one address after the other without giving up those before (RFC 8305, section 5)."""
    started, running = list[asyncio.Task[socket.socket]](), set[asyncio.Task[socket.socket]]()
    winner: asyncio.Task[socket.socket] | None = None
    try:
        while addresses or running:
            if addresses:
                task = loop.create_task(connect(loop, addresses.popleft()))
                started.append(task)
                running.add(task)
            done, running = await asyncio.wait(
                running,
                timeout=EYEBALLS if addresses else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for task in done:
                if task.exception() is None:
                    winner = task
                    return task.result()
        raise failure([task.exception() for task in started])
    finally:
        for task in started:
            if not task.done():
                task.cancel()
            elif task is not winner and task.exception() is None:
                task.result().close()


def failure(errors: list[BaseException | None]) -> OSError:
    """Return one error that says why no address could be reached."""
    said = dict.fromkeys(str(error) for error in errors)
    return OSError("; ".join(said) or "the host has no address")
