"""Where an Ollama server is, from the forms in which `OLLAMA_HOST` may name it."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from aicore.errors import BadConfig

PORT = 11434
PORTS = {"http": 80, "https": 443}
ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Where a server listens on every address of its machine, its clients ask that machine."""


def address(host: str) -> str:
    """Make a URL of a host, with or without scheme, port and path.

    A port that is missing is 11434, or the scheme's own where one is given, as in Ollama's own
    clients (ollama 0.6.3, `_parse_host`).

    Raises:
        BadConfig: it is no address.
    """
    host = host.strip().strip("\"'")
    scheme, found, rest = host.partition("://")
    if not found:
        scheme, rest = "https" if host == "ollama.com" else "http", host
    if is_ipv6(rest):
        rest = f"[{rest}]"
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        port, name = parts.port, parts.hostname or "127.0.0.1"
    except ValueError as error:
        raise BadConfig(f"OLLAMA_HOST is no address: {error}") from None
    if scheme.lower() not in PORTS:
        raise BadConfig(f"OLLAMA_HOST must be an address of http or https, not {scheme!r}")
    name = ANY.get(name, name)
    name = f"[{name}]" if is_ipv6(name) else name
    if port is None:
        port = PORT if not found and scheme == "http" else PORTS[scheme.lower()]
    return f"{scheme.lower()}://{name}:{port}{parts.path.rstrip('/')}"


def is_ipv6(host: str) -> bool:
    try:
        return ip_address(host).version == 6
    except ValueError:
        return False
