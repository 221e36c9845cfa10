"""Puts the gateway between a client and a service that does as told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aikit import Kit
from aikit_asgi import Limits, create_app

from ..aikit.service import Request, Script, Service, in_thread
from .server import serve


@contextmanager
def behind(
    script: Script | Callable[[Request], Script], limits: Limits | None = None
) -> Iterator[tuple[Service, str]]:
    """Run both; yields the service, which is `openai:`, and the gateway's base URL."""
    with in_thread(script) as service:
        kit = Kit(providers={"openai": {"base_url": service.url, "api_key": "sk-up"}})
        with serve(create_app(kit, limits=limits)) as address:
            yield service, f"{address}/v1"
