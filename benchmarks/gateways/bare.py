"""The floor: a gateway of bare ASGI that decodes every request, answer and event and encodes it.

    UPSTREAM=http://127.0.0.1:9000 uvicorn benchmarks.gateways.bare:app

Requests and answers are pydantic models, events are msgspec structs, which is the fastest that
Python has. It knows one route and one model of errors: none.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Literal

import msgspec
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
upstream = floor.Client(
    f"{os.environ.get('UPSTREAM', 'http://127.0.0.1:9000')}/v1/chat/completions"
)

DONE = b"[DONE]"
JSON = [(b"content-type", b"application/json")]
EVENTS = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-store")]


async def app(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
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
        await stream(passed_on, send)
        return
    answer = Answer.model_validate_json(await upstream.whole(passed_on))
    encoded = answer.model_dump_json(exclude_none=True).encode()
    headers = [*JSON, (b"content-length", b"%d" % len(encoded))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": encoded})


async def stream(body: bytes, send: Send) -> None:
    """Answer with events, all those of one network read in one send."""
    connection = await upstream.post(body)
    await send({"type": "http.response.start", "status": 200, "headers": EVENTS})
    rest = b""
    try:
        while data := await connection.read():
            events, rest = floor.split(rest, data)
            written = [event if event == DONE else encode(decode(event)) for event in events]
            if written:
                piece = b"".join([b"data: %b\n\n" % event for event in written])
                await send({"type": "http.response.body", "body": piece, "more_body": True})
    finally:
        upstream.give_back(connection)
    await send({"type": "http.response.body", "body": b""})
