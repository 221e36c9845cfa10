"""A client that leaves, or does not read, is felt by the model's service at once."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from aikit import Kit
from aikit_asgi import Limits, create_app
from aikit_asgi.protocol import HTTPProtocol
from aikit_wire.tls import trusted
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ..aikit.service import STALL, STREAM, Peer, Request, Script, Service, chunk, event, said
from .server import serve

KEY = "test-key-5f3a9c"
SOON = 0.1
"""Within so many seconds of the client's leaving the upstream connection must be closed."""

trusted()  # making the TLS context takes longer than that

FIRST = STREAM + chunk(event(said("Hel")))
CHAT = {"prompt": "Hi"}
OPENAI = {"messages": [{"role": "user", "content": "Hi"}]}


@dataclass(frozen=True)
class Case:
    name: str
    path: str
    body: Mapping[str, Any]
    streaming: bool = False
    started: bool = False


def cases() -> Iterator[Case]:
    yield Case("native, whole", "/generate", CHAT)
    yield Case("embed", "/embed", {"input": "a"})
    yield Case("openai, whole", "/v1/chat/completions", OPENAI)
    yield Case("openai embeddings", "/v1/embeddings", {"input": "a"})
    for started in (False, True):
        when = "after the first byte" if started else "before the first byte"
        streamed = {**OPENAI, "stream": True}
        yield Case(f"native stream, {when}", "/generate/stream", CHAT, True, started)
        yield Case(f"openai stream, {when}", "/v1/chat/completions", streamed, True, started)

    long = {"messages": [{"role": "user", "content": "Hi " * 100_000}], "stream": True}
    yield Case("openai stream, a long question", "/v1/chat/completions", long, True, True)


def request_of(path: str, body: Mapping[str, Any]) -> bytes:
    raw = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(raw)}\r\n\r\n".encode() + raw


def peer_of(service: Service, model: str) -> Peer:
    (number,) = (item.connection for item in service.requests if item.json["model"] == model)
    return service.peers[number]


async def arrived(service: Service, model: str) -> Peer:
    while not any(item.json["model"] == model for item in service.requests):
        await asyncio.sleep(0.002)
    return peer_of(service, model)


def kit_for(service: Service, client: Any = None) -> Kit:
    providers = {"openai": {"base_url": service.url, "api_key": KEY}}
    return Kit(providers=providers, http_client=client)


@pytest.mark.parametrize("http", [HttpToolsProtocol, HTTPProtocol], ids=["uvicorn", "aikit serve"])
@pytest.mark.parametrize("abrupt", [False, True], ids=["closes", "resets"])
async def test_a_client_that_leaves_closes_the_upstream_connection(
    abrupt: bool, http: type[HttpToolsProtocol]
) -> None:
    every = {case.name: case for case in cases()}

    def script(request: Request) -> Script:
        return (FIRST,) if every[request.json["model"]].started else (STALL,)

    async def leave(url: str, service: Service, number: int, case: Case) -> tuple[str, float]:
        await asyncio.sleep(number * 0.02)
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writer.write(request_of(case.path, {**case.body, "model": f"openai:{case.name}"}))
        peer = await arrived(service, case.name)
        if case.started:
            await reader.readuntil(b"Hel")
        left = asyncio.get_running_loop().time()
        if abrupt:
            writer.transport.abort()
        else:
            writer.close()
        async with asyncio.timeout(3):
            return case.name, await peer.gone - left

    async with Service(script) as service:
        with serve(create_app(kit_for(service)), http=http) as url:
            async with asyncio.timeout(10):
                took = await asyncio.gather(
                    *(
                        leave(url, service, number, case)
                        for number, case in enumerate(every.values())
                    )
                )
    assert len(took) == 9
    assert not {name: round(seconds, 3) for name, seconds in took if seconds > SOON}


class Narrow(HttpToolsProtocol):
    """uvicorn's side of a connection for which the kernel buffers little."""

    def connection_made(self, transport: Any) -> None:
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 14)
        super().connection_made(transport)


ENDLESS = chunk(event(said("x" * 8000)))


@pytest.mark.parametrize(
    ("path", "body"),
    [("/generate/stream", CHAT), ("/v1/chat/completions", {**OPENAI, "stream": True})],
    ids=["native", "openai"],
)
async def test_a_client_that_does_not_read_stops_the_upstream_sender(path: str, body: Any) -> None:
    sent = 0

    async def pour(peer: Peer) -> None:
        nonlocal sent
        connection = peer.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)
        peer.transport.set_write_buffer_limits(0)
        peer.transport.write(STREAM)
        while not peer.gone.done():
            if peer.transport.get_write_buffer_size():
                await asyncio.sleep(0.001)
                continue
            peer.transport.write(ENDLESS)
            sent += len(ENDLESS)
            await asyncio.sleep(0)

    async with Service() as service:
        small = [(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)]
        transport = httpx2.AsyncHTTPTransport(socket_options=small, verify=trusted())
        kit = kit_for(service, httpx2.AsyncClient(transport=transport))
        app = create_app(kit, limits=Limits(ping=0.05))
        with serve(app, http=Narrow) as url:
            with socket.socket() as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                client.connect(("127.0.0.1", int(url.rpartition(":")[2])))
                client.sendall(request_of(path, {**body, "model": "openai:m"}))
                peer = await arrived(service, "m")
                pouring = asyncio.create_task(pour(peer))
                before = -1
                async with asyncio.timeout(10):
                    while sent != before:
                        before = sent
                        await asyncio.sleep(0.3)
                assert 0 < sent < 1_000_000
                left = asyncio.get_running_loop().time()
            async with asyncio.timeout(3):
                assert await peer.gone - left <= SOON
                await pouring
