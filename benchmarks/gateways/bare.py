"""The floor: a gateway of bare ASGI that decodes every request, answer and event and encodes it.

    UPSTREAM=http://127.0.0.1:9000 uvicorn benchmarks.gateways.bare:app

Requests and answers are pydantic models, events are msgspec structs, which is the fastest that
Python has. It knows one route and one model of errors: none.

`app` asks the upstream with a client that could be left alone with a network: aikit's transport,
which has timeouts, limits and backpressure. `reckless` asks it with one that has none of them.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping
from contextlib import aclosing
from typing import Any, Literal, Protocol

import msgspec
from aikit_wire.exchange import read
from aikit_wire.http1.response import HTTP1Response
from aikit_wire.http1.transport import HTTP1Transport
from aikit_wire.transport import HTTPRequest, Phases
from pydantic import BaseModel, ConfigDict

from benchmarks import floor

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Message(BaseModel):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]] | None = None


class Request(BaseModel):
    model_config = ConfigDict(extra="allow")
    model: str
    messages: list[Message]
    temperature: float | None = None
    max_tokens: int | None = None
    stream: bool = False


class Answered(BaseModel):
    role: str
    content: str | None = None
    tool_calls: list[dict[str, Any]] | None = None


class Choice(BaseModel):
    index: int = 0
    message: Answered
    finish_reason: str | None = None


class Tokens(BaseModel):
    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0


class Answer(BaseModel):
    id: str
    object: str
    created: int
    model: str
    choices: list[Choice]
    usage: Tokens | None = None


class Delta(msgspec.Struct, omit_defaults=True):
    role: str | None = None
    content: str | None = None
    tool_calls: list[msgspec.Raw] | None = None


class ChunkChoice(msgspec.Struct):
    delta: Delta
    index: int = 0
    finish_reason: str | None = None


class ChunkTokens(msgspec.Struct):
    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0


class Chunk(msgspec.Struct, omit_defaults=True):
    choices: list[ChunkChoice]
    id: str | None = None
    object: str | None = None
    created: int | None = None
    model: str | None = None
    usage: ChunkTokens | None = None


decode = msgspec.json.Decoder(Chunk).decode
encode = msgspec.json.Encoder().encode
URL = f"{os.environ.get('UPSTREAM', 'http://127.0.0.1:9000')}/v1/chat/completions"
HEADERS = {"content-type": "application/json", "authorization": "Bearer sk-test"}
PHASES = Phases()

DONE = b"[DONE]"
JSON = [(b"content-type", b"application/json")]
EVENTS = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-store")]


class Upstream(Protocol):
    """Posts JSON; the answer comes as a whole, or as it arrives."""

    async def whole(self, body: bytes) -> bytes: ...

    def pieces(self, body: bytes) -> AsyncGenerator[bytes, None]: ...


class Careful:
    """An upstream that is asked with aikit's transport."""

    def __init__(self) -> None:
        self._transport = HTTP1Transport()

    async def _post(self, body: bytes) -> HTTP1Response:
        request = HTTPRequest("POST", URL, HEADERS, body, "bare", "chat")
        response = await self._transport.send(request, PHASES)
        if response.status != 200:
            await response.aclose()
            raise ConnectionError(f"status {response.status}")
        return response

    async def whole(self, body: bytes) -> bytes:
        response = await self._post(body)
        try:
            return await read(response)
        finally:
            await response.aclose()

    async def pieces(self, body: bytes) -> AsyncGenerator[bytes, None]:
        response = await self._post(body)
        try:
            async with aclosing(response.chunks()) as chunks:
                async for data in chunks:
                    yield data
        finally:
            await response.aclose()


class Reckless:
    """An upstream that is asked with the client that is the floor of clients."""

    def __init__(self) -> None:
        self._client = floor.Client(URL)
        self.whole = self._client.whole

    async def pieces(self, body: bytes) -> AsyncGenerator[bytes, None]:
        connection = await self._client.post(body)
        try:
            while data := await connection.read():
                yield data
        finally:
            self._client.give_back(connection)


class Bare:
    """The gateway before an upstream."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            while (kind := (await receive())["type"]) != "lifespan.shutdown":
                await send({"type": f"{kind}.complete"})
            await send({"type": f"{kind}.complete"})
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        request = Request.model_validate_json(body)
        passed_on = request.model_dump_json(exclude_unset=True).encode()
        if request.stream:
            await self._stream(passed_on, send)
            return
        answer = Answer.model_validate_json(await self._upstream.whole(passed_on))
        encoded = answer.model_dump_json(exclude_none=True).encode()
        headers = [*JSON, (b"content-length", b"%d" % len(encoded))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": encoded})

    async def _stream(self, body: bytes, send: Send) -> None:
        """Answer with events, all those of one network read in one send."""
        await send({"type": "http.response.start", "status": 200, "headers": EVENTS})
        rest = b""
        async with aclosing(self._upstream.pieces(body)) as pieces:
            async for data in pieces:
                events, rest = floor.split(rest, data)
                written = [event if event == DONE else encode(decode(event)) for event in events]
                if written:
                    piece = b"".join([b"data: %b\n\n" % event for event in written])
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


app, reckless = Bare(Careful()), Bare(Reckless())
