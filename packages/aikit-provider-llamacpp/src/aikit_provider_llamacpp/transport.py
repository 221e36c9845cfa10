"""The transport that ends in this process: llama.cpp answers what would go over HTTP."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, Mapping
from urllib.parse import urlsplit

from aikit_wire.transport import HTTPRequest, HTTPResponse, Phases
from pydantic_core import from_json

from aikit_provider_llamacpp.engine import Engine, encoded
from aikit_provider_llamacpp.handover import Handover, off_loop
from aikit_provider_llamacpp.settings import LlamaSettings, path_of


class LlamaTransport:
    """Answers the endpoints of the OpenAI dialect with the models of the settings.

    Safe for concurrent use from several event loops. The limits of phases do not apply: there
    is no network, and whoever waits for a model may set deadlines.
    """

    def __init__(self, provider: str, settings: LlamaSettings) -> None:
        self._provider = provider
        self._settings = settings
        self._lock = threading.Lock()
        self._engines: dict[str, Engine] = {}

    async def send(self, request: HTTPRequest, phases: Phases) -> HTTPResponse:
        """Have a request answered; text comes as server-sent events, whatever was asked for.

        Raises:
            NotFound: the model's file does not exist.
            BadConfig: llama.cpp cannot load it.
        """
        endpoint = urlsplit(request.url).path
        if endpoint == "/models":
            return Whole(200, encoded({"data": [{"id": id} for id in self._settings.models]}))
        body = from_json(request.body or b"")
        handover = Handover()
        self._engine(body["model"]).submit(handover, endpoint, body)
        try:
            first = await handover.take()
        except BaseException:
            handover.leave()
            raise
        if first and first[0].startswith(b'{"error"'):
            error = from_json(first[0])["error"]  # its code is a status, its type tells more
            return Whole(error.pop("code"), encoded({"error": error}))
        if endpoint == "/embeddings":
            return Whole(200, b"".join(first))
        return Streamed(handover, first)

    def _engine(self, model: str) -> Engine:
        path = path_of(model, self._provider, self._settings.models)
        with self._lock:
            if path not in self._engines:
                self._engines[path] = Engine(path, self._provider, self._settings)
            return self._engines[path]

    async def metrics(self, model: str) -> Mapping[str, float]:
        found: dict[str, float] = {}
        engine = self._engine(model)
        await off_loop(lambda: found.update(engine.metrics()))
        return found

    async def aclose(self) -> None:
        """Stop all answers and free all models; a later request opens them again."""
        with self._lock:
            engines, self._engines = self._engines, {}
        for engine in engines.values():
            await off_loop(engine.close)


class Whole:
    """An answer that is there already."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        self.headers: Mapping[str, str] = {"content-type": "application/json"}
        self._body = body

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        yield self._body

    async def aclose(self) -> None:
        pass


class Streamed:
    """An answer that is being written; letting go of it stops the model."""

    status = 200

    def __init__(self, handover: Handover, first: list[bytes]) -> None:
        self.headers: Mapping[str, str] = {"content-type": "text/event-stream"}
        self._handover = handover
        self._first = first

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """Yield server-sent events, all that are ready at a time.

        Raises:
            CutOff: the provider was closed.
        """
        pieces = self._first
        while pieces:
            yield b"".join(b"data: %b\n\n" % piece for piece in pieces)
            pieces = await self._handover.take()
        yield b"data: [DONE]\n\n"

    async def aclose(self) -> None:
        self._handover.leave()
