"""`aikit serve`: the gateway on a port of its own."""

from __future__ import annotations

import ipaddress
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import click
from aicore.errors import BadConfig

from aikit_asgi.auth import APIKeys, Auth
from aikit_asgi.tune import tune_process, tuned

ASGI: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]

KEYS = "AIKIT_GATEWAY_KEYS"
SERVED = "AIKIT_GATEWAY_SERVED"
"""Tells worker processes what to serve; set for them only."""


def is_loopback(host: str) -> bool:
    """Tell whether a host name can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def auth_from(keys: str) -> Auth | None:
    """Read keys, or their hashes, separated by commas or white space.

    Raises:
        BadConfig: there is something, but no key, as where a secret was not filled in.
    """
    found = keys.replace(",", " ").split()
    if keys and not found:
        raise BadConfig(f"{KEYS} holds no key: put one in, or unset it")
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


def only_by_these_names(app: ASGI, host: str) -> ASGI:
    """Answer only who asks for this machine by a name of its own.

    Without keys, a stranger's page could else give its own name the address of this machine and
    then read what is served here, in the browser of whoever has opened it (DNS rebinding).
    """
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    names = ["localhost", "127.0.0.1", "[::1]", host]
    checked = TrustedHostMiddleware(app, allowed_hosts=names, www_redirect=False)
    known = {name.lower().encode() for name in names}

    @lru_cache
    def is_known(host: bytes) -> bool:
        return without_port(host).lower() in known

    def checking(scope: Any, receive: Any, send: Any) -> Awaitable[None]:
        """Leave the check to Starlette where it may say no.

        As a coroutine of its own around each answer it would take 2 kB of every open stream.
        """
        host = dict(scope.get("headers", ())).get(b"host")  # the protocol takes no two of them
        passes = host is not None and is_known(host)
        return (app if passes else checked)(scope, receive, send)

    return checking


def without_port(host: bytes) -> bytes:
    name, _, port = host.rpartition(b":")
    return name if port.isdigit() else host


@dataclass(frozen=True, slots=True)
class Served:
    """What a process serves, and to whom."""

    host: str
    models: Sequence[str]
    include: Sequence[str]
    config: str | None
    allow_unauthenticated: bool
    limits: Sequence[str] = ()

    def app(self) -> ASGI:
        """Make the app.

        Raises:
            BadConfig: the configuration is not valid, or everybody could use this machine's keys.
        """
        from aikit.kit import Kit

        from aikit_asgi.app import GROUPS, create_app
        from aikit_asgi.limits import Limits
        from aikit_asgi.protocol import HTTPProtocol

        limits = Limits.read(self.limits)
        auth = auth_from(os.environ.get(KEYS, ""))
        refuse_open_port(self.host, auth, self.allow_unauthenticated)
        groups = [group for group in GROUPS if group in self.include] or GROUPS
        models = self.models or None
        kit = Kit(config=self.config)
        app = create_app(kit, include=groups, auth=auth, models=models, limits=limits)
        HTTPProtocol.limit = limits.headers
        if auth is None and not self.allow_unauthenticated:
            return only_by_these_names(app, self.host)
        return app


def worker() -> ASGI:
    """Make the app of a worker process, whose parent has told in the environment what it serves."""
    app = Served(**json.loads(os.environ[SERVED])).app()
    tune_process()
    return app


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
@click.option("--config", type=click.Path(dir_okay=False), help="aikit.toml to read.")
@click.option(
    "--limit",
    "limits",
    multiple=True,
    metavar="NAME=VALUE",
    help="What one client may ask for, such as streams=500 (repeatable).",
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
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(min=1),
    help="Processes that answer at the port; one uses one core.",
)
def serve(
    host: str,
    port: int,
    models: tuple[str, ...],
    include: tuple[str, ...],
    config: str | None,
    limits: tuple[str, ...],
    allow_unauthenticated: bool,
    root_path: str,
    grace: int,
    workers: int,
) -> None:
    """Serve every installed model over HTTP, to native and OpenAI clients.

    Clients' keys are read from AIKIT_GATEWAY_KEYS (keys, or `sha256:…` hashes of keys).
    """
    try:
        import uvicorn

        from aikit_asgi.protocol import HTTPProtocol
    except ImportError:
        raise BadConfig("serving needs uvicorn: pip install 'aikit-asgi[serve]>=1'") from None
    served = Served(host, models, include, config, allow_unauthenticated, limits)
    app = served.app()  # in any case, so that what is wrong is told here
    if workers > 1:
        os.environ[SERVED] = json.dumps(asdict(served))
    with exits_cleanly(), tuned():
        uvicorn.run(
            "aikit_asgi.serve:worker" if workers > 1 else app,
            factory=workers > 1,
            workers=workers,
            http=HTTPProtocol,
            ws="none",
            interface="asgi3",
            host=host,
            port=port,
            root_path=root_path,
            proxy_headers=False,  # nothing here asks from where a request came
            log_level="info",
            access_log=False,
            timeout_graceful_shutdown=grace,
            server_header=False,
        )
