"""Our transport sends, unless somebody asks for another or a proxy is set."""

from __future__ import annotations

from typing import Any

import httpx
import httpx2
import pytest
from aicore.errors import BadConfig
from aikit_wire.choose import VARIABLE, Lent, transport_for
from aikit_wire.http1.transport import HTTP1Transport
from aikit_wire.stock import StockTransport

PROXIES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"]


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*PROXIES, VARIABLE, "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


def test_ours_is_the_default() -> None:
    assert type(transport_for(None)) is HTTP1Transport


@pytest.mark.parametrize("name", PROXIES)
def test_a_proxy_in_the_environment_is_for_httpx2(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "")
    assert type(transport_for(None)) is HTTP1Transport
    monkeypatch.setenv(name, "http://127.0.0.1:3128")
    assert type(transport_for(None)) is StockTransport
    assert type(transport_for("aikit")) is HTTP1Transport


def test_no_proxy_alone_is_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "localhost")
    monkeypatch.setenv("FTP_PROXY", "http://127.0.0.1:3128")
    assert type(transport_for(None)) is HTTP1Transport


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_a_proxy_of_the_system_is_for_httpx2(
    monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    proxies = {"no": "localhost"}
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setattr("urllib.request.getproxies", lambda: proxies)
    assert type(transport_for(None)) is HTTP1Transport
    proxies["https"] = "http://127.0.0.1:3128"
    assert type(transport_for(None)) is StockTransport


@pytest.mark.parametrize(("name", "kind"), [("aikit", HTTP1Transport), ("httpx2", StockTransport)])
def test_either_may_be_asked_for(
    monkeypatch: pytest.MonkeyPatch, name: str, kind: type[Any]
) -> None:
    assert type(transport_for(name)) is kind
    monkeypatch.setenv(VARIABLE, name)
    assert type(transport_for(None)) is kind
    assert type(transport_for("aikit")) is HTTP1Transport


def test_a_name_of_neither_is_refused_without_showing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "http://user:secret@127.0.0.1"
    with pytest.raises(BadConfig, match="'aikit' or 'httpx2'") as caught:
        transport_for(address)
    assert "secret" not in str(caught.value)
    monkeypatch.setenv(VARIABLE, address)
    with pytest.raises(BadConfig, match=f"{VARIABLE} must be 'aikit' or 'httpx2'") as caught:
        transport_for(None)
    assert "secret" not in str(caught.value)


async def test_what_the_user_brought_is_used() -> None:
    for client in (httpx.AsyncClient(), httpx2.AsyncClient()):
        assert type(transport_for(client)) is StockTransport
        await client.aclose()
    assert type(transport_for(HTTP1Transport())) is Lent
