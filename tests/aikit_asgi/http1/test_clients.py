"""Clients that others wrote get on with the server."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from http.client import HTTPConnection
from typing import Any

import httpx
import httpx2
import pytest
import urllib3

from .wire import Echo, Served, body, serving, start, whole

Protocol = type[asyncio.Protocol]
PIECES = [b"hello", b"x" * 70_000, b"", b"you"]
TEXT = b"".join(PIECES)
CURL = ["curl", "--silent", "--show-error", "--fail", "--max-time", "5", "--noproxy", "*"]


class Both(Echo):
    """Answers in chunks to those who ask at /chunks."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] != "/chunks":
            return await super().__call__(scope, receive, send)
        self.scopes.append(scope)
        self.bodies.append(await whole(receive))
        await start(send)
        for piece in PIECES:
            await body(send, piece, more=True)
        return await body(send)


@asynccontextmanager
async def running(protocol: Protocol) -> AsyncGenerator[tuple[Both, Served, str], None]:
    app = Both()
    async with serving(protocol, app) as served:
        yield app, served, f"http://127.0.0.1:{served.port}"


async def pieces() -> AsyncIterator[bytes]:
    for piece in PIECES:
        yield piece


def iterated() -> Iterator[bytes]:
    yield from (piece for piece in PIECES if piece)


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
async def test_httpx(http: Protocol, library: Any) -> None:
    async with running(http) as (app, served, url), library.AsyncClient(trust_env=False) as client:
        for _ in range(3):
            assert (await client.get(url + "/a")).content == b"GET /a "
            assert (await client.post(url + "/a", content=TEXT)).content == b"POST /a " + TEXT
            assert (await client.post(url + "/a", content=pieces())).content == b"POST /a " + TEXT
            assert (await client.get(url + "/chunks")).content == TEXT
            head = await client.head(url + "/a")
            assert (head.content, head.headers["content-length"]) == (b"", "8")
            assert (await client.head(url + "/chunks")).content == b""
        await client.aclose()
        assert len(served.connections) == 1
        assert served.state.total_requests == len(app.scopes) == 18


async def test_urllib3(http: Protocol) -> None:
    def ask(url: str) -> None:
        with urllib3.PoolManager() as pool:
            for _ in range(2):
                assert pool.request("GET", url + "/a").data == b"GET /a "
                assert pool.request("POST", url + "/a", body=TEXT).data == b"POST /a " + TEXT
                sent = pool.request("POST", url + "/a", body=iterated(), chunked=True)
                assert sent.data == b"POST /a " + TEXT
                assert pool.request("GET", url + "/chunks").data == TEXT
                assert pool.request("HEAD", url + "/a").headers["content-length"] == "8"

    async with running(http) as (_, served, url):
        await asyncio.to_thread(ask, url)
        assert len(served.connections) == 1


async def test_the_standard_library(http: Protocol) -> None:
    def ask(port: int) -> None:
        client = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            for method, sent, path, said in [
                ("GET", None, "/a", b"GET /a "),
                ("POST", TEXT, "/a", b"POST /a " + TEXT),
                ("GET", None, "/chunks", TEXT),
                ("HEAD", None, "/chunks", b""),
                ("DELETE", None, "/a", b"DELETE /a "),
            ]:
                client.request(method, path, body=sent)
                assert client.getresponse().read() == said
            client.request("POST", "/a", body=iterated(), encode_chunked=True)
            assert client.getresponse().read() == b"POST /a " + TEXT
        finally:
            client.close()

    async with running(http) as (_, served, _url):
        await asyncio.to_thread(ask, served.port)
        assert len(served.connections) == 1


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("version", ["--http1.1", "--http1.0"])
async def test_curl(http: Protocol, version: str) -> None:
    def curl(*arguments: str, given: bytes = b"") -> bytes:
        command = [
            "curl",
            "--silent",
            "--show-error",
            "--fail",
            "--max-time",
            "5",
            "--noproxy",
            "*",
        ]
        done = subprocess.run([*command, *arguments], input=given, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
        return done.stdout

    def ask(url: str) -> None:
        assert curl(version, url + "/a", url + "/b") == b"GET /a GET /b "
        assert curl(version, "--data-binary", "@-", url, given=TEXT) == b"POST / " + TEXT
        long = "expect: 100-continue"  # which curl says of itself from 1 MB on
        said = curl(version, "-H", long, "--data-binary", "@-", url, given=TEXT)
        assert said == b"POST / " + TEXT
        assert b"content-length: 8" in curl(version, "--head", url + "/a").lower()
        if version == "--http1.1":
            chunked = ("-H", "transfer-encoding: chunked", "--data-binary", "@-")
            assert curl(version, *chunked, url, given=TEXT) == b"POST / " + TEXT
            assert curl(version, url + "/chunks") == TEXT

    async with running(http) as (_, _served, url):
        await asyncio.to_thread(ask, url)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
async def test_curl_that_would_rather_speak_http_2(http: Protocol) -> None:
    async with running(http) as (_, _served, url):
        command = [*CURL, "--http2", url + "/a"]
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"GET /a ")
