"""Speak ASGI with an app directly, and have models answer as a test says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aicore.calls import Batch, Batches, Call, Layer
from aicore.context import Context
from aicore.events import (
    CandidateFinished,
    Finished,
    PartFinished,
    PartStarted,
    Started,
    StepFinished,
    StepStarted,
    TextDelta,
)
from aicore.requests import Request
from aikit import Kit

JSON = {"content-type": "application/json"}
CHAT = {"model": "fixture:echo", "prompt": "Hello there"}
OPENAI_CHAT = {"model": "fixture:echo", "messages": [{"role": "user", "content": "Hello there"}]}
STREAMED = {**OPENAI_CHAT, "stream": True}

OPENING: Batch = (Started("id-1", "m"), StepStarted(0), PartStarted(0, 0, "text"))
CLOSING: Batch = (
    PartFinished(0, 0, {}),
    CandidateFinished(0, "stop", "stop"),
    StepFinished(0),
    Finished(),
)


def said(text: str) -> Batch:
    return (TextDelta(0, 0, text),)


@dataclass
class Answer:
    """What an app has sent so far; `frames` are the bodies of its single sends."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    frames: list[bytes] = field(default_factory=list)
    complete: bool = False

    @property
    def body(self) -> bytes:
        return b"".join(self.frames)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> Any:
        return self.json["error"]

    @property
    def events(self) -> list[tuple[str, Any]]:
        """The server-sent events: their names, `message` for none, and their data."""
        return events(self.body)


def events(body: bytes) -> list[tuple[str, Any]]:
    found = []
    for frame in body.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in frame.splitlines() if line[:1] != ":")
        if "data" in fields:
            data = fields["data"]
            value = data if data == "[DONE]" else json.loads(data)
            found.append((fields.get("event", "message"), value))
    return found


class Exchange:
    """One request to an app, and its answer while it is written."""

    def __init__(self, app: Any, scope: dict[str, Any], body: bytes) -> None:
        self.answer = Answer()
        self.sent = asyncio.Event()
        self._body: bytes | None = body
        self._left = asyncio.Event()
        self.task = asyncio.create_task(app(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Mapping[str, Any]) -> None:
        answer = self.answer
        if message["type"] == "http.response.start":
            assert not answer.status
            answer.status = message["status"]
            for name, value in message["headers"]:
                assert name.decode() not in answer.headers, name
                answer.headers[name.decode()] = value.decode("latin-1")
        else:
            assert answer.status
            assert not answer.complete
            if message.get("body"):
                answer.frames.append(message["body"])
            answer.complete = not message.get("more_body", False)
        self.sent.set()

    def leave(self) -> None:
        """Close the client's connection."""
        self._left.set()

    async def until(self, text: bytes) -> None:
        """Wait until the answer holds a text."""
        while text not in self.answer.body:
            self.sent.clear()
            await self.sent.wait()


def scope_of(path: str, method: str, headers: Mapping[str, str], **more: Any) -> dict[str, Any]:
    path, _, query = path.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
        **more,
    }


@asynccontextmanager
async def exchange(
    app: Any,
    path: str,
    body: Any = None,
    *,
    method: str = "",
    headers: Mapping[str, str] | None = None,
    client: type[Exchange] = Exchange,
    **more: Any,
) -> AsyncGenerator[Exchange, None]:
    """Send a request; the block sees its answer grow. `more` goes into the scope."""
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    method = method or ("GET" if body is None else "POST")
    given = {**(JSON if body is not None else {}), **(headers or {})}
    running = client(app, scope_of(path, method, given, **more), raw)
    try:
        yield running
    finally:
        running.task.cancel()
        await asyncio.wait([running.task])


async def ask(app: Any, path: str, body: Any = None, **more: Any) -> Answer:
    """Send a request and return the whole answer."""
    async with exchange(app, path, body, **more) as running:
        async with asyncio.timeout(10):
            await running.task
        return running.answer


Script = Callable[[Any, Context], Batches]


class Scripted:
    """Middleware that answers in the place of every model."""

    name = "scripted"
    layer = Layer.STEP
    before: Sequence[str] = ()
    after: Sequence[str] = ()

    def __init__(self, script: Script) -> None:
        self.script = script

    def wrap(self, call: Call) -> Call:
        def scripted(request: Request, context: Context) -> Batches:
            return self.script(request, context)

        return scripted


def kit_of(*steps: Batch | float | BaseException, **more: Any) -> Kit:
    """Make a Kit whose models send batches, wait seconds and raise, as they are told."""

    async def script(request: Any, context: Context) -> AsyncGenerator[Batch, None]:
        for step in steps:
            match step:
                case BaseException():
                    raise step
                case tuple():
                    yield step
                case seconds:
                    await asyncio.sleep(seconds)

    return scripted(script, **more)


def scripted(script: Script, **more: Any) -> Kit:
    return Kit(middleware=[Scripted(script)], **more)  # type: ignore[list-item]
