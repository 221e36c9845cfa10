"""The native routes: requests, events and responses in aikit's own JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from aicore.calls import Batch
from aicore.context import Context
from aicore.errors import AIError
from aicore.events import Warned
from aicore.fold import Folder
from aicore.requests import ChatRequest, EmbedRequest, Request, RerankRequest
from aicore.values import adapter, describe, to_json
from pydantic_core import to_json as dump

from aikit_asgi.http import Receive, Reply, Scope, warning_headers
from aikit_asgi.listing import Listed
from aikit_asgi.service import Service, ranking, vectors
from aikit_asgi.sse import respond
from aikit_asgi.statuses import RequestError, public_message, retry_headers, status_of


def write_error(error: AIError) -> dict[str, Any]:
    """Write an error body: the stable code, and what may be said in public."""
    fields = error.as_dict() | {"message": public_message(error)}
    fields["status"] = status_of(error)
    if isinstance(error, RequestError) and error.param:
        fields["param"] = error.param
    return {"error": fields}


async def send_error(reply: Reply, error: AIError) -> None:
    await reply.json(status_of(error), write_error(error), retry_headers(error))


def read_chat(body: Mapping[str, Any], *, streaming: bool) -> ChatRequest:
    """Read the fields of a `ChatRequest`, some of which may be given in short.

    `prompt` stands for one message of the user. A message may say `content` for its `parts`, and
    text for a part, or for the only one. `reasoning` may be an effort, or false for none, and
    `stop` one text.

    Raises:
        RequestError: a field is missing, unknown or of the wrong kind; the message names it.
    """
    fields = {**body, "streaming": streaming}
    if "prompt" in fields:
        if "messages" in fields:
            raise RequestError("give `prompt` or `messages`, not both", param="prompt")
        fields["messages"] = [{"role": "user", "content": fields.pop("prompt")}]
    if isinstance(messages := fields.get("messages"), list):
        fields["messages"] = [message_fields(item) for item in messages]
    if isinstance(effort := fields.get("reasoning"), str) or effort is False:
        fields["reasoning"] = {"effort": effort or "none"}
    if isinstance(stop := fields.get("stop"), str):
        fields["stop"] = [stop]
    request: ChatRequest = made(ChatRequest, fields)
    return request


def message_fields(item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    fields = dict(item)
    if "content" in fields and "parts" not in fields:
        fields["parts"] = fields.pop("content")
    if isinstance(parts := fields.get("parts"), str):
        fields["parts"] = [parts]
    if isinstance(parts := fields.get("parts"), list):
        fields["parts"] = [
            {"type": "text", "text": part} if isinstance(part, str) else part for part in parts
        ]
    return fields


def read_embed(body: Mapping[str, Any]) -> EmbedRequest:
    """Read the fields of an `EmbedRequest`; `input` may stand for `inputs`, and be one text.

    Raises:
        RequestError: a field is missing, unknown or of the wrong kind; the message names it.
    """
    fields = dict(body)
    if "input" in fields:
        if "inputs" in fields:
            raise RequestError("give `input` or `inputs`, not both", param="input")
        fields["inputs"] = fields.pop("input")
    if isinstance(text := fields.get("inputs"), str):
        fields["inputs"] = [text]
    request: EmbedRequest = made(EmbedRequest, fields)
    return request


def read_rerank(body: Mapping[str, Any]) -> RerankRequest:
    """Read the fields of a `RerankRequest`.

    Raises:
        RequestError: a field is missing, unknown or of the wrong kind; the message names it.
    """
    request: RerankRequest = made(RerankRequest, dict(body))
    return request


def made(kind: type[Request], fields: dict[str, Any]) -> Any:
    """Make a request from the fields of its JSON, taking each only as what it is.

    Raises:
        RequestError: a field is missing, unknown or of the wrong kind; the message names it.
    """
    from pydantic import ValidationError

    try:  # only from JSON are bytes read as base64
        return adapter(kind).validate_json(dump(fields), strict=True)
    except ValidationError as error:
        param = ".".join(map(str, error.errors(include_url=False)[0]["loc"]))
        raise RequestError(describe(error), param=param or None) from None


class EventWriter:
    """Writes `event: chunk` for every event, `event: done` with the whole response."""

    def __init__(self) -> None:
        self._folder = Folder()

    def headers(self, batch: Batch) -> Mapping[str, str]:
        return warning_headers(event.warning for event in batch if isinstance(event, Warned))

    def batch(self, batch: Batch) -> bytes:
        written = []
        for event in batch:
            self._folder.add(event)
            written.append(b"event: chunk\ndata: " + to_json(event) + b"\n\n")
        return b"".join(written)

    def done(self) -> bytes:
        return b"event: done\ndata: " + to_json(self._folder.response()) + b"\n\n"

    def error(self, error: AIError) -> bytes:
        return b"event: error\ndata: " + dump(write_error(error)) + b"\n\n"


class Generate:
    """POST /generate"""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(
        self, scope: Scope, receive: Receive, reply: Reply, context: Context
    ) -> None:
        service = self._service
        body = await service.read(receive)
        request = service.resolved(read_chat(body, streaming=False))

        response = (await service.answer(request, context, receive)).response()
        await reply.json(200, to_json(response), warning_headers(response.warnings))


class GenerateStream:
    """POST /generate/stream"""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(
        self, scope: Scope, receive: Receive, reply: Reply, context: Context
    ) -> None:
        service = self._service
        body = await service.read(receive)
        request = service.resolved(read_chat(body, streaming=True))
        with service.streams:
            batches = service.stream(request, context)
            await respond(scope, receive, reply, batches, EventWriter(), service.limits)


class Embed:
    """POST /embed"""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(
        self, scope: Scope, receive: Receive, reply: Reply, context: Context
    ) -> None:
        service = self._service
        body = await service.read(receive)
        request = service.resolved(read_embed(body))
        result = vectors(await service.answer(request, context, receive))
        await reply.json(200, to_json(result), warning_headers(result.warnings))


class Rerank:
    """POST /rerank"""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(
        self, scope: Scope, receive: Receive, reply: Reply, context: Context
    ) -> None:
        service = self._service
        body = await service.read(receive)
        request = service.resolved(read_rerank(body))
        result = ranking(await service.answer(request, context, receive))
        await reply.json(200, to_json(result), warning_headers(result.warnings))


class ProviderModels:
    """GET /provider-models"""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(
        self, scope: Scope, receive: Receive, reply: Reply, context: Context
    ) -> None:
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        only = query.get("provider", [None])[0]
        providers = await self._service.listing.providers(only)
        body = to_json(providers, list[Listed])
        await reply.json(200, b'{"providers":' + body + b"}")
