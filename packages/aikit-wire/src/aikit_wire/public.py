"""Which addresses are of the public internet, and what a host's addresses are."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from aicore.errors import Unreachable

LookUp: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""Finds the addresses of a host for a port, in the order in which to try them."""

BARRED = tuple(
    map(
        ip_network,
        (
            "168.63.129.16/32",  # Azure's platform answers machines there (Azure's docs)
            "192.0.0.0/24",  # RFC 6890; metadata of Oracle's cloud
            "192.88.99.0/24",  # RFC 7526
            "2001::/23",  # RFC 2928
            "3fff::/20",  # RFC 9637
        ),
    )
)
"""What looks public to `ipaddress`, in some version of Python at least, and is not."""
UNICAST = IPv6Network("2000::/3")
"""The only addresses that are given out (RFC 4291, section 2.4)."""
NAT64 = IPv6Network("64:ff9b::/96")
"""IPv4 behind a translator (RFC 6052)."""


def is_public(address: str) -> bool:
    """Tell whether an address is one of a host on the public internet.

    Those of this machine, of private and local networks, of cloud metadata services, of groups
    and of no use yet are not, and neither are IPv6 addresses that stand for such an IPv4 address.
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if inner is None and found in NAT64:
            inner = IPv4Address(found.packed[-4:])
        if inner is None and found not in UNICAST:
            return False
        found = inner or found
    reserved = found.is_multicast or found.is_reserved
    return found.is_global and not reserved and not any(found in barred for barred in BARRED)


async def look_up(host: str, port: int) -> list[str]:
    """Ask the system for the addresses of a host.

    Raises:
        Unreachable: it has none.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"no address was found ({error})") from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
