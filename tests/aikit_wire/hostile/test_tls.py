"""TLS: whose certificate is good, what is said in the handshake, and how a connection ends."""

from __future__ import annotations

import asyncio
import datetime
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme
from aicore.errors import CutOff, Unreachable
from aikit_wire import tls
from aikit_wire.http1.transport import HTTP1Transport
from aikit_wire.transport import HTTPRequest, Phases, Transport

from .conftest import server_context
from .server import Answer, Peer, Server, Wire, saying

pytestmark = pytest.mark.usefixtures("trusting")

SAID = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
OK = Answer(200, b"ok")


@pytest.mark.parametrize(
    "version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"]
)
async def test_an_address_of_the_certificate(
    transport: Transport, authority: trustme.CA, version: ssl.TLSVersion
) -> None:
    context = server_context(authority, "127.0.0.1")
    context.minimum_version = context.maximum_version = version
    async with Wire(transport, saying(SAID, SAID), tls=context) as wire:
        assert await wire.ask() == OK
        assert await wire.ask() == OK
        assert len(wire.peers) == 1


async def test_a_name_of_the_certificate_is_said_in_the_handshake(
    transport: Transport, authority: trustme.CA
) -> None:
    names = list[str | None]()
    context = server_context(authority, "localhost", "127.0.0.1")
    context.set_alpn_protocols(["h2", "http/1.1"])
    context.sni_callback = lambda connection, name, context: names.append(name)
    async with Wire(transport, saying(SAID), tls=context) as wire:
        assert await wire.ask() == OK
        chosen = wire.peers[0].transport.get_extra_info("ssl_object").selected_alpn_protocol()
        wire.url = wire.url.replace("127.0.0.1", "localhost")
        assert await wire.ask() == OK
    assert names == [None, "localhost"]
    assert chosen == "http/1.1"


async def refused(transport: Transport, context: ssl.SSLContext, host: str = "127.0.0.1") -> str:
    async with Wire(transport, saying(SAID), tls=context) as wire:
        wire.url = wire.url.replace("127.0.0.1", host)
        with pytest.raises(Unreachable) as caught:
            await wire.ask(headers={"authorization": "Bearer secret"})
        assert not any(peer.asked for peer in wire.peers)
    assert "secret" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("names", "host"),
    [
        (["localhost"], "127.0.0.1"),
        (["127.0.0.1"], "localhost"),
        (["other.example"], "localhost"),
        (["*.localhost"], "localhost"),
        (["127.0.0.2"], "127.0.0.1"),
    ],
)
async def test_a_certificate_for_another_host(
    transport: Transport, authority: trustme.CA, names: list[str], host: str
) -> None:
    said = await refused(transport, server_context(authority, *names), host)
    assert "certificate" in said


async def test_a_certificate_of_another_authority(transport: Transport) -> None:
    assert "certificate" in await refused(transport, server_context(trustme.CA(), "127.0.0.1"))


async def test_a_certificate_that_has_expired(transport: Transport, authority: trustme.CA) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    authority.issue_cert("127.0.0.1", not_before=past, not_after=past).configure_cert(context)
    assert "expired" in await refused(transport, context)


async def test_a_server_without_tls(transport: Transport) -> None:
    async def script(peer: Peer) -> None:
        peer.say(b"HTTP/1.1 400 Speak plainly\r\n\r\n")

    async with Server(script) as server:
        with pytest.raises(Unreachable):
            await transport.send(HTTPRequest("GET", f"https://127.0.0.1:{server.port}"), Phases())
        await transport.aclose()


async def test_a_server_that_hangs_up_in_the_handshake(transport: Transport) -> None:
    async def script(peer: Peer) -> None:
        while not peer.raw:
            await asyncio.sleep(0)
        peer.close()

    async with Server(script) as server:
        with pytest.raises(Unreachable):
            await transport.send(HTTPRequest("GET", f"https://127.0.0.1:{server.port}"), Phases())
        await transport.aclose()


@pytest.mark.parametrize("alert", [True, False])
async def test_a_body_until_the_end_needs_an_orderly_end(
    name: str, transport: Transport, authority: trustme.CA, alert: bool
) -> None:
    """Anyone on the way could cut the connection, but not forge the alert (RFC 9112, 9.8)."""

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.say(b"HTTP/1.1 200 OK\r\n\r\nok")
        await asyncio.sleep(0.05)
        if alert:
            peer.close()
        else:
            peer.transport.abort()

    async with Wire(transport, script, tls=server_context(authority, "127.0.0.1")) as wire:
        if alert or name == "httpx2":  # which takes any end for one
            assert await wire.ask() == OK
        else:
            with pytest.raises(CutOff):
                await wire.ask()


@pytest.mark.parametrize("whole", [True, False])
async def test_a_body_of_known_length_does_not(
    transport: Transport, authority: trustme.CA, whole: bool
) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        peer.say(SAID if whole else SAID[:-1])
        await asyncio.sleep(0.05)
        peer.transport.abort()

    async with Wire(transport, script, tls=server_context(authority, "127.0.0.1")) as wire:
        if whole:
            assert await wire.ask() == OK
        else:
            with pytest.raises(CutOff):
                await wire.ask()


@pytest.mark.parametrize("size", [1 << 16, 20 << 20])
async def test_long_bodies_both_ways(
    transport: Transport, authority: trustme.CA, size: int
) -> None:
    async def script(peer: Peer) -> None:
        asked = await peer.request()
        peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + asked.body)

    body = bytes(range(256)) * (size // 256)
    async with Wire(transport, script, tls=server_context(authority, "127.0.0.1")) as wire:
        assert await wire.ask(body=body) == Answer(200, body)


async def test_a_server_that_is_not_listened_to_is_slowed_down(
    transport: Transport, authority: trustme.CA
) -> None:
    said = 0

    async def script(peer: Peer) -> None:
        nonlocal said
        await peer.request()
        peer.say(b"HTTP/1.1 200 OK\r\n\r\n")
        while not peer.gone.done():
            await peer.writable.wait()
            peer.say(bytes(1 << 16))
            said += 1 << 16
            await asyncio.sleep(0)

    async with Wire(transport, script, tls=server_context(authority, "127.0.0.1")) as wire:
        response = await wire.send()
        before = -1
        async with asyncio.timeout(10):
            while said != before:
                before = said
                await asyncio.sleep(0.3)
        assert said < 16 << 20
        await response.aclose()


async def test_an_idle_connection_says_goodbye(authority: trustme.CA) -> None:
    ended = list[bool]()

    class Noting(Peer):
        def eof_received(self) -> None:
            ended.append(True)  # asyncio calls it for a close_notify, not for a bare end
            super().eof_received()

    transport = HTTP1Transport()
    async with Wire(transport, saying(SAID), tls=server_context(authority, "127.0.0.1")) as wire:
        wire.server.kind = Noting
        await wire.ask()
        await transport.aclose()
        async with asyncio.timeout(1):
            await wire.peers[0].gone
    assert ended


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
async def test_the_trust_store_may_be_named(
    authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    folder = tmp_path / "store"
    folder.mkdir()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    monkeypatch.setenv(variable, str(folder / "ca.pem" if "FILE" in variable else folder))
    if "DIR" in variable:  # OpenSSL looks for the hash of the subject
        import subprocess

        subprocess.run(["openssl", "rehash", str(folder)], check=True)
    async with Wire(
        HTTP1Transport(), saying(SAID), tls=server_context(authority, "127.0.0.1")
    ) as wire:
        assert await wire.ask() == OK


async def test_the_system_store_does_not_trust_the_tests(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    said = await refused(HTTP1Transport(), server_context(authority, "127.0.0.1"))
    assert "certificate" in said


def test_a_python_whose_openssl_has_no_store_asks_truststore(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import truststore

    monkeypatch.delenv("SSL_CERT_FILE")
    found: Any = ssl.get_default_verify_paths()
    paths = found._replace(cafile=None, capath=str(tmp_path))
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
    assert not tls.openssl_has_certificates()
    assert type(tls.with_trust_store()) is truststore.SSLContext
    (tmp_path / "0123abcd.0").touch()
    assert tls.openssl_has_certificates()
    assert type(tls.with_trust_store()) is not truststore.SSLContext


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_other_systems_have_their_own_store(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    import truststore

    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.setattr("sys.platform", platform)
    context = tls.with_trust_store()
    assert type(context) is truststore.SSLContext
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
