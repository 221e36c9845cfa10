"""A server that stops lets open streams finish, or tells them that it cannot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest
import uvicorn
from aicore.calls import Batch
from aicore.context import Context
from aikit_asgi import create_app
from sse_starlette.sse import AppStatus

from .asgi import CHAT, CLOSING, OPENING, STREAMED, events, said, scripted

ROUTES = [("/generate/stream", CHAT), ("/v1/chat/completions", STREAMED)]
both = pytest.mark.parametrize(("path", "body"), ROUTES, ids=["native", "openai"])


class Server(uvicorn.Server):
    """uvicorn in the loop of the test."""

    async def __aenter__(self) -> str:
        self.task = asyncio.create_task(self._serve())
        while not self.started:
            await asyncio.sleep(0.005)
        port = self.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    async def __aexit__(self, *_: object) -> None:
        self.should_exit = True
        await self.task


def server(app: Any, grace: int | None) -> Server:
    return Server(
        uvicorn.Config(
            app, port=0, log_level="critical", access_log=False, timeout_graceful_shutdown=grace
        )
    )


class Gated:
    """A model that says a word, and the rest when the gate is opened."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()

    async def __call__(self, request: Any, context: Context) -> AsyncGenerator[Batch, None]:
        yield OPENING + said("first")
        await self.gate.wait()
        yield said("last")
        yield CLOSING


async def read(url: str, path: str, body: Any, begun: asyncio.Event) -> bytes:
    """Read a stream to its end, which has to be a clean one."""
    received = b""
    async with (
        httpx.AsyncClient(trust_env=False, timeout=10) as client,
        client.stream("POST", url + path, json=body) as response,
    ):
        assert response.status_code == 200
        async for piece in response.aiter_bytes():
            received += piece
            if b"first" in received:
                begun.set()
    return received


@both
@pytest.mark.parametrize("grace", [2, None])
async def test_an_open_stream_may_finish(
    path: str, body: Any, grace: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, model = asyncio.Event(), Gated()
    serving = server(create_app(scripted(model.__call__)), grace)
    async with serving as url:
        reading = asyncio.create_task(read(url, path, body, begun))
        await begun.wait()
        monkeypatch.setattr(AppStatus, "should_exit", True)  # which a signal would do
        serving.should_exit = True
        await asyncio.sleep(0.7)  # sse-starlette looks twice a second
        with pytest.raises(httpx.ConnectError):
            async with httpx.AsyncClient(trust_env=False) as client:
                await client.get(f"{url}/healthz")
        model.gate.set()
        received = await reading
    name, data = events(received)[-1]
    assert name == "done" if path == "/generate/stream" else data == "[DONE]"
    assert b"last" in received
    assert b"shutting_down" not in received


@both
async def test_a_stream_that_does_not_finish_in_time_is_told_so(path: str, body: Any) -> None:
    begun, model = asyncio.Event(), Gated()
    async with server(create_app(scripted(model.__call__)), 1) as url:
        reading = asyncio.create_task(read(url, path, body, begun))
        await begun.wait()
    received = await reading
    name, data = events(received)[-1]
    assert name == ("error" if path == "/generate/stream" else "message")
    assert data["error"]["code"] == "shutting_down"
    assert b"first" in received
    assert b"[DONE]" not in received
    assert b"event: done" not in received
