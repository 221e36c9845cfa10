"""One model file: opened once, asked from several threads."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aicore.errors import CutOff
from pydantic_core import from_json

from aikit_provider_llamacpp.handover import Handover, Put
from aikit_provider_llamacpp.server import open_server
from aikit_provider_llamacpp.settings import LlamaSettings
from aikit_provider_llamacpp.workers import Workers

STREAMED = {"stream": True, "stream_options": {"include_usage": True}, "return_progress": True}
"""How text is always asked for: only a stream can be stopped, and telling its progress makes a
long prompt one as well. Who did not ask for a stream gets the same events."""


class Engine:
    """A model, with a server of llama.cpp for text and one for embeddings, each opened at need.

    They are two because embeddings want their whole input in one batch, which costs memory that
    chats need not pay for; both share the file's pages.
    """

    def __init__(self, path: str, provider: str, settings: LlamaSettings) -> None:
        self._path = path
        self._provider = provider
        self._settings = settings
        self._workers = Workers(settings.n_parallel, f"llamacpp {Path(path).name}")
        self._opening = threading.Lock()
        self._servers: dict[str, Any] = {}
        self._closing = False

    def submit(self, handover: Handover, endpoint: str, body: dict[str, Any]) -> None:
        """Have a request answered in a thread."""
        self._workers.submit(lambda: handover.run(lambda put: self._answer(endpoint, body, put)))

    def _answer(self, endpoint: str, body: dict[str, Any], put: Put) -> None:
        if self._closing:
            raise CutOff("llama.cpp was closed before it came to this request")
        server = self._server("embeddings" if endpoint == "/embeddings" else "text")

        def put_while_open(piece: bytes) -> bool:
            return put(piece) or self._closing

        try:
            if endpoint == "/embeddings":
                put(fitting(server.handle_embeddings(encoded(body))))
            else:
                chat = endpoint == "/chat/completions"
                handle = server.handle_chat_completions if chat else server.handle_completions
                if not chat and body.get("logprobs") == 0:
                    body = body | {"logprobs": 1}  # with 0 it would tell none
                handle(encoded(body | STREAMED), summed(put_while_open, body))
        except (ValueError, RuntimeError) as error:  # raised only before the first piece
            put(refusal(str(error)))
        if self._closing:
            raise CutOff("llama.cpp was closed in the middle of the answer")

    def _server(self, kind: str) -> Any:
        with self._opening:
            if kind not in self._servers:
                self._servers[kind] = open_server(
                    self._path, self._provider, self._settings, embeddings=kind == "embeddings"
                )
            return self._servers[kind]

    def metrics(self) -> Mapping[str, float]:
        """Return the counters of the server for text, if it is open; blocks while it decodes."""
        server = self._servers.get("text")
        return {} if server is None else counters(server.handle_metrics())

    def close(self) -> None:
        """Stop everything and free the model; blocks until that is done."""
        self._closing = True
        self._workers.join()
        self._servers.clear()


def encoded(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def refusal(message: str, code: int = 400, type: str = "invalid_request_error") -> bytes:
    return encoded({"error": {"code": code, "message": message, "type": type}})


def fitting(answer: bytes) -> bytes:
    """Say that an input is too long where llama.cpp calls it a fault of the server."""
    if not answer.startswith(b'{"error"'):
        return answer
    error = from_json(answer)["error"]
    if error.get("code") != 500:
        return answer
    return refusal(error["message"], 413, "exceed_context_size_error")


def summed(put: Put, body: Mapping[str, Any]) -> Put:
    """Let the usage count all candidates; llama.cpp tells that of each one apart."""
    if body.get("n", 1) == 1:
        return put
    written = 0

    def put_summed(piece: bytes) -> bool:
        nonlocal written
        if b'"usage":{' in piece:  # inside a text the quotes would be escaped
            chunk = from_json(piece)
            usage = chunk["usage"]
            written += usage["completion_tokens"]
            usage["completion_tokens"] = written
            usage["total_tokens"] = usage["prompt_tokens"] + written
            piece = encoded(chunk)
        return put(piece)

    return put_summed


def counters(text: str) -> dict[str, float]:
    """Read metrics in the text format of Prometheus, without their prefix `llamacpp:`."""
    pairs = (line.split() for line in text.splitlines() if not line.startswith("#"))
    return {name.partition(":")[2]: float(value) for name, value in pairs}
