"""The routes of the OpenAI-compatible front, as bare ASGI callables; the app answers errors."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from aicore.calls import Batch, Batches
from aicore.context import Context
from aicore.errors import AIError
from aicore.events import Warned
from aicore.responses import CallWarning
from aikit_wire.openai.manifest import DIALECT

from aikit_asgi.attend import CONNECTION
from aikit_asgi.http import Receive, Reply, Scope, warning_headers
from aikit_asgi.live import stream
from aikit_asgi.openai.chunks import ChunkWriter
from aikit_asgi.openai.read import read_chat, read_embed
from aikit_asgi.openai.write import write_embeddings, write_error, write_model, write_response
from aikit_asgi.service import Service, vectors
from aikit_asgi.statuses import retry_headers, status_of


async def send_error(reply: Reply, error: AIError) -> None:
    """Answer with an error in OpenAI's shape."""
    await reply.json(status_of(error), write_error(error), retry_headers(error))


NONE: Sequence[CallWarning] = ()


class ChatCompletions:
    """POST /v1/chat/completions"""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(
        self, scope: Scope, receive: Receive, reply: Reply, context: Context
    ) -> None:
        service = self._service
        asked, rest, form = read_chat(await service.read(receive))
        request, warnings, id = service.resolved(asked), NONE, f"chatcmpl-{context.request_id}"
        if rest:
            request, warnings = service.passed_on(request, rest, DIALECT)
        if request.streaming:
            writer = ChunkWriter(asked.model, id, form)
            with service.streams:
                batches = service.stream(request, context)
                if warnings:
                    batches = warned(batches, warnings)
                connection = scope.get(CONNECTION)
                del asked, request  # the call has one of its own, and a stream lasts
                await stream(receive, reply, batches, writer, service.limits, connection)
            return

        response = (await service.answer(request, context, receive)).response()
        body = write_response(response, asked.model, id, form, warnings)
        told = warnings or response.warnings
        headers = warning_headers((*warnings, *response.warnings)) if told else None
        await reply.json(200, body, headers)


async def warned(batches: Batches, warnings: Sequence[CallWarning]) -> AsyncGenerator[Batch, None]:
    """Put warnings of the gateway's own before the first events of a call."""
    first: Batch = tuple(map(Warned, warnings))
    async with aclosing(batches):
        async for batch in batches:
            yield first + batch
            first = ()


class Embeddings:
    """POST /v1/embeddings"""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(
        self, scope: Scope, receive: Receive, reply: Reply, context: Context
    ) -> None:
        service = self._service
        asked, rest, as_base64 = read_embed(await service.read(receive))
        request, warnings = service.passed_on(service.resolved(asked), rest, DIALECT)
        result = vectors(await service.answer(request, context, receive))
        body = write_embeddings(result, asked.model, as_base64, warnings)
        await reply.json(200, body, warning_headers((*warnings, *result.warnings)))


class Models:
    """GET /v1/models"""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(
        self, scope: Scope, receive: Receive, reply: Reply, context: Context
    ) -> None:
        ids = await self._service.listing.ids()
        data = [write_model(id, created) for id, created in ids]
        await reply.json(200, {"object": "list", "data": data})


class Model:
    """GET /v1/models/{id}"""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(
        self, scope: Scope, receive: Receive, reply: Reply, context: Context
    ) -> None:
        id = scope["path_params"]["id"]
        self._service.kit.split(self._service.listing.resolve(id))
        await reply.json(200, write_model(id, 0))
