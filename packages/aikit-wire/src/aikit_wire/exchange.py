"""Send one request and get a body worth decoding, or the error that explains why not."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing, asynccontextmanager

from aicore.errors import AIError, GarbledError

from aikit_wire.errors import read_error
from aikit_wire.redact import redacted, redacted_json
from aikit_wire.transport import HTTPRequest, HTTPResponse, Phases, Transport

ERROR_BYTES = 1 << 20
BODY_BYTES = 256 << 20


@asynccontextmanager
async def exchange(
    transport: Transport,
    request: HTTPRequest,
    phases: Phases,
    *,
    provider: str,
    model: str | None = None,
    secrets: Iterable[str] = (),
) -> AsyncGenerator[HTTPResponse, None]:
    """Hold the response to a request open; leaving early closes its connection.

    An error from inside the block, where the body is read, is cleaned of `secrets`.

    Raises:
        AIError: the service could not be reached or answered with an error status.
    """
    response = await transport.send(request, phases)
    try:
        if not 200 <= response.status < 300:
            try:
                body = await read(response, ERROR_BYTES)
            except AIError:
                body = b""
            raise read_error(
                response.status,
                response.headers,
                body,
                provider=provider,
                model=model,
                secrets=secrets,
                request=request,
            )
        yield response
    except AIError as error:
        clean(error, tuple(secrets))
        raise
    finally:
        await response.aclose()


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
    pieces, size = list[bytes](), 0
    async with aclosing(response.chunks()) as chunks:
        async for chunk in chunks:
            size += len(chunk)
            if size > limit:
                raise GarbledError(f"the answer is longer than {limit} bytes")
            pieces.append(chunk)
    return b"".join(pieces)
