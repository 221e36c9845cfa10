"""The app under granian, a server in Rust: it answers, streams, and notices who leaves."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from aikit_wire.tls import trusted

from ..aikit.service import (
    DONE,
    END,
    STALL,
    STREAM,
    Request,
    Script,
    Service,
    answer,
    chunk,
    event,
    said,
    whole,
)
from .asgi import events
from .test_disconnect import SOON, arrived

APP = """
from aikit import Kit
from aikit_asgi import APIKeys, create_app

kit = Kit(providers={{"openai": {{"base_url": {url!r}, "api_key": "sk-up"}}}})
app = create_app(kit, auth=APIKeys(["key-1"]))
"""
KEY = {"x-api-key": "key-1"}
NATIVE = {"prompt": "Hi"}
OPENAI = {"messages": [{"role": "user", "content": "Hi"}]}

trusted()  # making the TLS context takes longer than a client's leaving may


def script(request: Request) -> Script:
    begun, rest = event(said("Hel")), event(said("lo", "stop")) + DONE
    match request.json["model"]:
        case "whole":
            return (whole(answer()),)
        case "streams":
            return (STREAM + chunk(begun), 0.05, chunk(rest) + END)
        case "begins":
            return (STREAM + chunk(begun),)
        case _:
            return (STALL,)


@asynccontextmanager
async def granian(folder: Path, service: Service) -> AsyncGenerator[str, None]:
    """Serve the app in a process of its own; yields the address."""
    (folder / "served.py").write_text(APP.format(url=service.url))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    words = ["--interface", "asgi", "--port", port, "--log-level", "error", "served:app"]
    running = subprocess.Popen([sys.executable, "-m", "granian", *words], cwd=folder)
    url = f"http://127.0.0.1:{port}"
    try:
        async with asyncio.timeout(20):
            while not await listens(url):
                await asyncio.sleep(0.05)
        yield url
        running.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(running.wait, 10) == 0
    finally:
        running.kill()
        running.wait()


async def listens(url: str) -> bool:
    async with httpx.AsyncClient(trust_env=False) as client:
        try:
            return (await client.get(f"{url}/healthz")).status_code == 200
        except httpx.ConnectError:
            return False


async def left(service: Service, url: str, body: Mapping[str, Any], *, begun: bool) -> float:
    """Leave an answer that does not end, and return how long its service was kept."""
    first = asyncio.Event()

    async def read() -> None:
        async with (
            httpx.AsyncClient(headers=KEY, trust_env=False) as client,
            client.stream("POST", url, json=body) as response,
        ):
            async for _ in response.aiter_bytes():
                first.set()

    reading = asyncio.create_task(read())
    peer = await arrived(service, body["model"].removeprefix("openai:"))
    if begun:
        await first.wait()
    since = asyncio.get_running_loop().time()
    reading.cancel()
    return await peer.gone - since


@pytest.mark.parametrize(
    ("path", "streaming", "body", "last"),
    [
        ("/generate", "/generate/stream", NATIVE, "done"),
        ("/v1/chat/completions", "/v1/chat/completions", OPENAI, "message"),
    ],
    ids=["native", "openai"],
)
async def test_it_answers_streams_and_notices_who_leaves(
    tmp_path: Path, path: str, streaming: str, body: Any, last: str
) -> None:
    streamed = body if path != streaming else {**body, "stream": True}
    async with Service(script) as service, granian(tmp_path, service) as url:
        async with httpx.AsyncClient(base_url=url, headers=KEY, trust_env=False) as client:
            got = await client.post(path, json={**body, "model": "openai:whole"})
            assert (got.status_code, "Hello" in got.text) == (200, True)
            got = await client.post(streaming, json={**streamed, "model": "openai:streams"})
            assert events(got.content)[-1][0] == last
            assert b'"Hel"' in got.content
            assert got.headers["content-type"] == "text/event-stream; charset=utf-8"
            wrong = {"x-api-key": "wrong"}
            assert (await client.post(path, json=body, headers=wrong)).status_code == 401
        async with asyncio.timeout(5):
            stalls = {**body, "model": "openai:stalls"}
            assert await left(service, url + path, stalls, begun=False) <= SOON
            begins = {**streamed, "model": "openai:begins"}
            assert await left(service, url + streaming, begins, begun=True) <= SOON
