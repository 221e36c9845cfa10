"""A loopback service that answers byte by byte as told, and notes when a caller goes away."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Self, TypeAlias

STALL: Final = "stall"
"""Say nothing more, and keep the connection open."""
CLOSE: Final = "close"
RESET: Final = "reset"

Script: TypeAlias = Sequence[bytes | float | str]
"""What to do with a request: send bytes, wait seconds, stall, close or reset."""

MODEL = "some-model"


@dataclass
class Request:
    """A request as it arrived, its header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    connection: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Peer(asyncio.Protocol):
    """One connection; `gone` is when (in loop time) the caller closed it."""

    service: Service
    number: int
    requests: list[Request] = field(default_factory=list)
    gone: asyncio.Future[float] = field(default_factory=asyncio.Future)
    unread: bytes = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.service.peers.append(self)
        if self.service.deaf:
            transport.pause_reading()

    def data_received(self, data: bytes) -> None:
        self.unread += data
        self.service.raw += data
        head, found, rest = self.unread.partition(b"\r\n\r\n")
        if not found:
            return
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return
        method, path, _ = first.split(" ")
        request = Request(method, path, headers, rest[:length], self.number)
        self.unread = rest[length:]
        self.requests.append(request)
        self.service.requests.append(request)
        self.service.run(self, self.service.script(request))

    def eof_received(self) -> None:
        self._left()

    def connection_lost(self, error: Exception | None) -> None:
        self._left()

    def _left(self) -> None:
        if not self.gone.done():
            self.gone.set_result(asyncio.get_running_loop().time())

    async def act(self, script: Script) -> None:
        for step in script:
            match step:
                case bytes():
                    self.transport.write(step)
                case float():
                    await asyncio.sleep(step)
                case "close":
                    self.transport.close()
                case "reset":
                    self.transport.abort()


class Service:
    """Serves while it is used as `async with`; leaving it checks that nothing was left behind.

    `answer` is a script for every request, or a function that picks one. A deaf service accepts
    connections and reads nothing. Every caller must have gone when the block ends, and no task
    of a caller may be left.
    """

    def __init__(
        self, answer: Script | Callable[[Request], Script] = (STALL,), *, deaf: bool = False
    ) -> None:
        self.script = answer if callable(answer) else lambda request: answer
        self.deaf = deaf
        self.accepted = 0
        self.peers: list[Peer] = []
        self.requests: list[Request] = []
        self.raw = b""
        self.acts: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self.others = asyncio.all_tasks()
        loop = asyncio.get_running_loop()
        self.server = await loop.create_server(self._peer, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        return self

    def _peer(self) -> Peer:
        self.accepted += 1
        return Peer(self, self.accepted - 1)

    def run(self, peer: Peer, script: Script) -> None:
        task = asyncio.create_task(peer.act(script))
        self.acts.add(task)
        task.add_done_callback(self.acts.discard)

    async def __aexit__(self, kind: object, error: object, traceback: object) -> None:
        self.server.close()
        try:
            if error is None:
                async with asyncio.timeout(0.1):
                    await asyncio.gather(*(peer.gone for peer in self.peers))
        except TimeoutError:
            left = [peer.number for peer in self.peers if not peer.gone.done()]
            raise AssertionError(f"connections still open: {left}") from None
        finally:
            for peer in self.peers:
                peer.transport.abort()
            for task in self.acts:
                task.cancel()
        for _ in range(20):  # generators that were dropped take a few turns to close
            await asyncio.sleep(0)
        if error is None:
            left_tasks = asyncio.all_tasks() - self.others
            assert not left_tasks, f"tasks still running: {left_tasks}"

    def of(self, case: str) -> Peer | None:
        """Return the connection that brought the request with this `x-case` header."""
        numbers = [
            request.connection for request in self.requests if request.headers.get("x-case") == case
        ]
        return self.peers[numbers[0]] if numbers else None


@contextmanager
def in_thread(
    answer: Script | Callable[[Request], Script] = (STALL,),
) -> Iterator[Service]:
    """Run a service in a thread of its own, for callers without an event loop."""
    ready, over = threading.Event(), asyncio.Event()
    services, errors = list[Service](), list[BaseException]()
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        async with Service(answer) as service:
            services.append(service)
            loops.append(asyncio.get_running_loop())
            ready.set()
            await over.wait()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            errors.append(error)
            ready.set()

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait()
    try:
        yield services[0]
    finally:
        loops[0].call_soon_threadsafe(over.set)
        thread.join()
        if errors:
            raise errors[0]


def head(content_type: str = "application/json", *more: str, status: str = "200 OK") -> bytes:
    """Begin an answer whose body comes in chunks."""
    lines = (f"HTTP/1.1 {status}", f"content-type: {content_type}", *more)
    return "\r\n".join((*lines, "transfer-encoding: chunked", "", "")).encode()


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


END = b"0\r\n\r\n"
STREAM = head("text/event-stream")
DONE = b"data: [DONE]\n\n"


def whole(value: Any, *more: str, status: str = "200 OK", type: str = "application/json") -> bytes:
    """Answer with JSON, or with bytes as they are."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    lines = (f"HTTP/1.1 {status}", f"content-type: {type}", *more, f"content-length: {len(body)}")
    return "\r\n".join((*lines, "", "")).encode() + body


def event(value: Any) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def line(value: Any) -> bytes:
    return json.dumps(value).encode() + b"\n"


def said(text: str | None = None, finish: str | None = None) -> dict[str, Any]:
    """Make a chunk of a streamed chat answer."""
    delta = {} if text is None else {"content": text}
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "chat-1", "object": "chat.completion.chunk", "model": MODEL, "choices": [choice]}


def answer(text: str = "Hello") -> dict[str, Any]:
    """Make a whole chat answer."""
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    usage = {"prompt_tokens": 3, "completion_tokens": 2}
    return {"id": "chat-1", "model": MODEL, "choices": [choice], "usage": usage}


HELLO: Script = (
    STREAM + chunk(event(said("Hel"))),
    chunk(event(said("lo", "stop"))) + chunk(DONE) + END,
)
"""A streamed answer in two reads."""


def either(request: Request) -> Script:
    """Answer as the request asks, streamed or whole."""
    return HELLO if request.json.get("stream") else (whole(answer()),)
