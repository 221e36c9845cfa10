"""Send one request and get a body worth decoding, or the error that explains why not."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Any

from aicore.errors import AIError, GarbledError

from aikit_wire.errors import read_error, told_id
from aikit_wire.redact import redacted, redacted_json
from aikit_wire.transport import HTTPRequest, HTTPResponse, Phases, Transport

ERROR_BYTES = 1 << 20
BODY_BYTES = 256 << 20


class exchange:  # used like a function, and half the cost of a generator
    """Hold the response to a request open; leaving the block early closes its connection.

    An error from inside the block, where the body is read, is cleaned of `secrets`.

    Raises:
        AIError: the service could not be reached or answered with an error status.
    """

    def __init__(
        self,
        transport: Transport,
        request: HTTPRequest,
        phases: Phases,
        provider: str,
        model: str | None = None,
        secrets: Sequence[str] = (),
    ) -> None:
        self._transport = transport
        self._request = request
        self._phases = phases
        self._provider = provider
        self._model = model
        self._secrets = secrets
        self._response: HTTPResponse

    async def __aenter__(self) -> HTTPResponse:
        try:
            self._response = response = await self._transport.send(self._request, self._phases)
            if not 200 <= response.status < 300:
                try:
                    raise await self._refusal(response)
                finally:
                    await response.aclose()
        except AIError as error:
            clean(error, self._secrets)
            raise
        del self._request  # nobody sends it again: its body is not held while an answer comes
        return response

    async def _refusal(self, response: HTTPResponse) -> AIError:
        """Read the error that a response with an error status stands for."""
        try:
            body = await read(response, ERROR_BYTES)
        except AIError:
            body = b""
        return read_error(
            response.status,
            response.headers,
            body,
            provider=self._provider,
            model=self._model,
            secrets=self._secrets,
            request=self._request,
        )

    def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> Coroutine[Any, Any, None]:  # the response's own: one around it is a frame more
        if isinstance(error, AIError):
            clean(error, self._secrets)
            if error.request_id is None:
                error.request_id = told_id(self._response.headers, None, self._secrets)
        return self._response.aclose()


def clean(error: AIError, secrets: Sequence[str]) -> None:
    """Mask secrets that a service repeated in its answer."""
    error.message = redacted(error.message, secrets)
    error.args = (error.message,)
    error.details = redacted_json(error.details, secrets)


async def read(response: HTTPResponse, limit: int = BODY_BYTES) -> bytes:
    """Read a whole body of at most `limit` bytes.

    Raises:
        GarbledError: it is longer.
    """
    ready: Callable[[], bytes | None] | None = getattr(response, "ready", None)
    if ready and (body := ready()) is not None:
        if len(body) > limit:
            raise GarbledError(f"the answer is longer than {limit} bytes")
        return body
    pieces, size = list[bytes](), 0
    async with aclosing(response.chunks()) as chunks:
        async for chunk in chunks:
            size += len(chunk)
            if size > limit:
                raise GarbledError(f"the answer is longer than {limit} bytes")
            pieces.append(chunk)
    return b"".join(pieces)
