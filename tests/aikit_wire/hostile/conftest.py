"""Both transports, and an authority that the tests trust."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
from aikit_wire.http1.transport import HTTP1Transport
from aikit_wire.stock import StockTransport
from aikit_wire.tls import trusted
from aikit_wire.transport import Transport

TRANSPORTS: dict[str, Callable[[], Transport]] = {"aikit": HTTP1Transport, "httpx2": StockTransport}


@pytest.fixture(params=list(TRANSPORTS))
def name(request: pytest.FixtureRequest) -> str:
    """Which transport is under test."""
    return str(request.param)


@pytest.fixture
def transport(name: str) -> Transport:
    return TRANSPORTS[name]()


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusting(
    authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Trust the authority of the tests, as a user would tell aikit to."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    trusted.cache_clear()
    yield
    trusted.cache_clear()


def server_context(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    """Return the context of a server with a certificate for some names or addresses."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context
