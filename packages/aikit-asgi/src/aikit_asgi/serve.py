"""`aikit serve`: the gateway on a port of its own."""

from __future__ import annotations

import ipaddress
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from aicore.errors import BadConfig

from aikit_asgi.auth import APIKeys, Auth

KEYS = "AIKIT_GATEWAY_KEYS"


def is_loopback(host: str) -> bool:
    """Tell whether a host name can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def auth_from(keys: str) -> Auth | None:
    """Read keys, or their hashes, separated by commas or white space."""
    found = keys.replace(",", " ").split()
    return APIKeys(found) if found else None


def refuse_open_port(host: str, auth: Auth | None, allowed: bool) -> None:
    """Refuse to let everybody use the keys of this machine.

    Raises:
        BadConfig: the gateway would be reachable from elsewhere, without keys of its own.
    """
    if auth is None and not allowed and not is_loopback(host):
        raise BadConfig(
            f"refusing to listen on {host!r} without authentication: set {KEYS}, "
            "or pass --allow-unauthenticated if something in front of it checks keys"
        )


def only_by_these_names(app: Any, host: str) -> Any:
    """Answer only who asks for this machine by a name of its own.

    Without keys, a stranger's page could else give its own name the address of this machine and
    then read what is served here, in the browser of whoever has opened it (DNS rebinding).
    """
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    names = ["localhost", "127.0.0.1", "[::1]", host]
    return TrustedHostMiddleware(app, allowed_hosts=names, www_redirect=False)


@contextmanager
def exits_cleanly() -> Iterator[None]:
    """Exit with 0 on SIGTERM: uvicorn stops gracefully, and then sends it to the process again."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--model", "models", multiple=True, help="Serve only this id or pattern (repeatable)."
)
@click.option(
    "--include", multiple=True, type=click.Choice(["native", "openai"]), help="Groups of routes."
)
@click.option(
    "--config", type=click.Path(dir_okay=False, path_type=Path), help="aikit.toml to read."
)
@click.option("--allow-unauthenticated", is_flag=True, help="Listen beyond loopback without keys.")
@click.option("--root-path", default="", help="The prefix that a proxy in front cuts off.")
@click.option(
    "--grace",
    default=30,
    show_default=True,
    type=click.IntRange(min=0),
    help="Seconds that open answers may take to finish on shutdown.",
)
def serve(
    host: str,
    port: int,
    models: tuple[str, ...],
    include: tuple[str, ...],
    config: Path | None,
    allow_unauthenticated: bool,
    root_path: str,
    grace: int,
) -> None:
    """Serve every installed model over HTTP, to native and OpenAI clients.

    Clients' keys are read from AIKIT_GATEWAY_KEYS (keys, or `sha256:…` hashes of keys).
    """
    from aikit.kit import Kit

    from aikit_asgi.app import GROUPS, create_app

    try:
        import uvicorn

        from aikit_asgi.protocol import Bounded
    except ImportError:
        raise BadConfig("serving needs uvicorn: pip install 'aikit-asgi[serve]>=1'") from None
    auth = auth_from(os.environ.get(KEYS, ""))
    refuse_open_port(host, auth, allow_unauthenticated)
    groups = [group for group in GROUPS if group in include] or GROUPS
    app: Any = create_app(Kit(config=config), include=groups, auth=auth, models=models or None)
    if auth is None and not allow_unauthenticated:
        app = only_by_these_names(app, host)
    with exits_cleanly():
        uvicorn.run(
            app,
            http=Bounded,
            host=host,
            port=port,
            root_path=root_path,
            log_level="info",
            access_log=False,
            timeout_graceful_shutdown=grace,
            server_header=False,
        )
