"""A service on loopback that answers as it is told, stalls or breaks off, and sees who leaves."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, Literal, Self

from aikit_testing.conformance.scenario import Reply

PATIENCE = 5.0
"""How long a stalled answer waits for its reader to leave, in seconds."""


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it arrived; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def said(self) -> str:
        """What the request says in its address and its body."""
        return f"{self.path}\n{self.body.decode('utf-8', 'replace')}"

    @property
    def everything(self) -> str:
        """What the request says, also in its headers."""
        return f"{dict(self.headers)}\n{self.said}"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A reply and what happens to it on the way.

    Of its chunks only the first `count` are sent. `then` says what follows: the regular end of
    the body, a broken connection, or silence. `silent` withholds even the status. `pause` is in
    seconds, before anything is sent.
    """

    reply: Reply
    count: int | None = None
    then: Literal["end", "break", "stall"] = "end"
    silent: bool = False
    pause: float = 0.0


class Service:
    """Serves in threads of its own while it is used as `with`; a blocked caller cannot block it.

    `received` keeps every request, `connected` counts the connections that callers hold open. An
    exception of `answer` is raised again when the service ends.
    """

    def __init__(self, answer: Callable[[Received], Delivery]) -> None:
        self.answer = answer
        self.received: list[Received] = []
        self.connected = 0
        self.failure: Exception | None = None
        self.lock = Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.service = self
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        """The base URL; every path under it is answered."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        if self.failure is not None:
            raise self.failure


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    block_on_close = False
    service: Service


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: what arrived is in `received`."""

    def setup(self) -> None:
        super().setup()
        self.connection.settimeout(PATIENCE)
        with self.server.service.lock:
            self.server.service.connected += 1

    def finish(self) -> None:
        try:
            super().finish()
        except OSError:
            pass  # what was still to be written has no reader
        finally:
            with self.server.service.lock:
                self.server.service.connected -= 1

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self._body())

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("content-length", 0)))
        pieces = []
        while size := int(self.rfile.readline(), 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    def _serve(self, body: bytes) -> None:
        service = self.server.service
        headers = {name.lower(): value for name, value in self.headers.items()}
        received = Received(self.command, self.path, headers, body)
        service.received.append(received)
        try:
            delivery = service.answer(received)
        except Exception as error:
            service.failure = error
            self.close_connection = True
            return
        try:
            self._deliver(delivery)
        except OSError:
            self.close_connection = True

    def _deliver(self, delivery: Delivery) -> None:
        time.sleep(delivery.pause)
        if delivery.silent:
            self._wait_until_left()
            return
        reply = delivery.reply
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for chunk in reply.chunks[: delivery.count]:
            if chunk:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        match delivery.then:
            case "end":
                self.wfile.write(b"0\r\n\r\n")
            case "break":
                self.close_connection = True
            case "stall":
                self._wait_until_left()

    def _wait_until_left(self) -> None:
        self.close_connection = True
        self.connection.recv(1)
