"""Has the vendors' own clients read recorded answers: a second opinion on what stands in them."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import httpx2
import pytest

from .corpus import ABSENT, Exchange


def transport(exchange: Exchange, library: ModuleType = httpx2) -> Any:
    """Return a transport of `httpx2`, or of `httpx`, whose every answer is the recorded one."""

    def respond(request: Any) -> Any:
        body = iter([exchange.body])
        return library.Response(
            exchange.status, headers=exchange.headers, content=body, request=request
        )

    return library.MockTransport(respond)


def http(exchange: Exchange, library: ModuleType = httpx2) -> Any:
    return library.Client(transport=transport(exchange, library))


def streams(exchange: Exchange) -> bool:
    return bool(exchange.recorded["response"]["stream"])


def marks(recorded: object) -> Iterator[pytest.MarkDecorator]:
    """Mark tests that read all that is recorded, which take a while and need the recordings."""
    yield pytest.mark.long
    yield pytest.mark.skipif(not recorded, reason=ABSENT)


def name_of(exchange: Exchange) -> str:
    return exchange.name
