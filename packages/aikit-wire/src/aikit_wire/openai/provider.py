"""The provider of the OpenAI dialect: sends what `encode` made, yields what `decode` reads."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Any, Literal
from urllib.parse import urlencode

from aicore.calls import Batch
from aicore.context import Context
from aicore.errors import AIError, BadConfig, BadReply, CutOff, GarbledError, Unsupported
from aicore.events import Finished, Produced, Warned
from aicore.guard import interruptible
from aicore.models import ModelInfo
from aicore.providers import Host
from aicore.requests import ChatRequest, CompleteRequest, EmbedRequest
from aicore.responses import Embeddings
from aicore.secrets import SecretLike

from aikit_wire.astray import asked
from aikit_wire.auth import auth_headers, missing_key
from aikit_wire.exchange import BODY_BYTES, exchange, read
from aikit_wire.frames import FrameDecoder, FrameError, SSEDecoder
from aikit_wire.openai.completions import CompletionDecoder
from aikit_wire.openai.decode import ChatDecoder
from aikit_wire.openai.embeddings import decode_embeddings
from aikit_wire.openai.encode import (
    Encoded,
    encode_chat,
    encode_completion,
    encode_embed,
    refuse_if_strict,
)
from aikit_wire.openai.manifest import Manifest
from aikit_wire.openai.messages import DIALECT
from aikit_wire.openai.models import decode_models
from aikit_wire.openai.settings import SETTINGS, check_settings, lowered
from aikit_wire.stock import transport_for
from aikit_wire.transport import HTTPRequest, HTTPResponse, Phases, Transport

__all__ = ["SETTINGS", "OpenAIProvider"]


class OpenAIProvider:
    """An open vendor of the OpenAI dialect.

    `transport` replaces HTTP, and `more_settings` names settings that its maker reads.
    """

    dialect = DIALECT

    def __init__(
        self,
        manifest: Manifest,
        host: Host,
        *,
        transport: Transport | None = None,
        more_settings: Iterable[str] = (),
    ) -> None:
        name, settings = host.name, host.settings
        check_settings(name, settings, more_settings)
        base_url = settings.get("base_url") or os.environ.get(manifest.base_url_env or " ")
        variables = {
            header: os.environ.get(variable) for header, variable in manifest.headers_env.items()
        }
        self.manifest = replace(
            manifest,
            name=name,
            base_url=(base_url or manifest.base_url).rstrip("/"),
            headers={
                **{header: value for header, value in variables.items() if value},
                **lowered(manifest.headers),
                **lowered(settings.get("headers", {})),
            },
            query={**manifest.query, **settings.get("query", {})},
        )
        if not self.manifest.base_url:
            raise BadConfig(
                f"{name!r} needs a base_url: set it under [providers.{name}] in "
                f"aikit.toml, or pass Kit(providers={{{name!r}: {{'base_url': …}}}})"
            )
        self._key = host.secret("api_key", *manifest.api_key_env)
        self._phases = Phases(**settings.get("timeouts", {}))
        self._transport = transport or transport_for(host.http_client)

    @property
    def key_use(self) -> Literal["required", "optional", "none"]:
        """Whether calls need a key, which `aikit doctor` tells."""
        if self.manifest.auth == "none":
            return "none"
        return "required" if self.manifest.key_required else "optional"

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def chat(self, request: ChatRequest, context: Context) -> AsyncGenerator[Batch, None]:
        self._can("chat")
        encoded = encode_chat(request, self.manifest)
        decoder = ChatDecoder(self.manifest, request.model, self._secrets(context))
        async with aclosing(
            self._answer("chat", self.manifest.chat_path, encoded, decoder, request, context)
        ) as batches:
            async for batch in batches:
                yield batch

    async def complete(
        self, request: CompleteRequest, context: Context
    ) -> AsyncGenerator[Batch, None]:
        self._can("complete")
        encoded = encode_completion(request, self.manifest)
        decoder = CompletionDecoder(self.manifest, request.model, self._secrets(context))
        async with aclosing(
            self._answer(
                "complete", self.manifest.completions_path, encoded, decoder, request, context
            )
        ) as batches:
            async for batch in batches:
                yield batch

    async def _answer(
        self,
        ability: str,
        path: str,
        encoded: Encoded,
        decoder: ChatDecoder,
        request: ChatRequest | CompleteRequest,
        context: Context,
    ) -> AsyncGenerator[Batch, None]:
        if context.strict:
            refuse_if_strict(encoded, self.manifest.name, request.model)
        message = self._request(
            "POST", path, ability, context, encoded.content(), request.streaming
        )
        warnings = tuple(map(Warned, encoded.warnings))
        async with (
            self._exchange(message, request.model, context) as response,
            aclosing(decoded(response, decoder, asked(message))) as batches,
        ):
            async for batch in batches:
                yield warnings + batch
                warnings = ()

    async def embed(self, request: EmbedRequest, context: Context) -> AsyncGenerator[Batch, None]:
        """Embed texts, in several requests one after another if they are more than one may hold."""
        self._can("embed")
        limit, results = self.manifest.embed_limit, list[Embeddings]()
        for start in range(0, len(request.inputs), limit):
            inputs = request.inputs[start : start + limit]
            encoded = encode_embed(request, inputs, self.manifest)
            if context.strict:
                refuse_if_strict(encoded, self.manifest.name, request.model)
            if start == 0 and encoded.warnings:
                yield tuple(map(Warned, encoded.warnings))
            path = self.manifest.embeddings_path
            message = self._request("POST", path, "embed", context, encoded.content())
            async with self._exchange(message, request.model, context) as response:
                body, name = await read(response), self.manifest.name
                results.append(decode_embeddings(body, len(inputs), name, self._secrets(context)))
        yield Produced(joined(results)), Finished()

    async def models(self, context: Context) -> Sequence[ModelInfo]:
        self._can("models")
        message = self._request("GET", self.manifest.models_path, "models", context)
        async with self._exchange(message, None, context) as response:
            body = await read(response)
            return decode_models(body, self.manifest.name, self._secrets(context))

    def _can(self, ability: str) -> None:
        if ability not in self.manifest.abilities:
            name = self.manifest.name
            raise Unsupported(f"{name!r} has no endpoint for {ability!r}", provider=name)

    def _key_for(self, context: Context) -> SecretLike | None:
        name = self.manifest.name
        key = context.api_keys.get(name, self._key)
        if key is not None and not key.get_secret_value().strip():
            key = None
        if key is None and self.key_use == "required":
            raise missing_key(name, self.manifest.api_key_env)
        return key

    def _request(
        self,
        method: str,
        path: str,
        ability: str,
        context: Context,
        body: bytes | None = None,
        streaming: bool = False,
    ) -> HTTPRequest:
        manifest = self.manifest
        headers = {"accept": "text/event-stream" if streaming else "application/json"}
        if body is not None:
            headers["content-type"] = "application/json"
        headers |= {"user-agent": "aikit/1", **manifest.headers}
        headers |= lowered(context.headers)
        if context.idempotency_key:
            headers["idempotency-key"] = context.idempotency_key
        headers |= auth_headers(manifest.auth, manifest.auth_header, self._key_for(context))
        query = f"?{urlencode(manifest.query)}" if manifest.query else ""
        url = f"{manifest.base_url}{path}{query}"
        return HTTPRequest(method, url, headers, body, manifest.name, ability)

    def _secrets(self, context: Context) -> tuple[str, ...]:
        """Return what must never show in an error."""
        key = self._key_for(context)
        return (key.get_secret_value(),) if key else ()

    def _exchange(self, message: HTTPRequest, model: str | None, context: Context) -> Any:
        return exchange(
            self._transport,
            message,
            self._phases,
            provider=self.manifest.name,
            model=model,
            secrets=self._secrets(context),
        )


async def decoded(
    response: HTTPResponse, decoder: ChatDecoder, question: str
) -> AsyncGenerator[Batch, None]:
    """Decode a body as what it is, which is not always what was asked for or declared.

    Some servers answer a streaming request with one JSON object, some stream although nobody
    asked, and some do either under a wrong content type.

    Raises:
        AIError: the service reported an error in the body.
        GarbledError: the body is cut off, too long or no answer.
    """
    declared = "text/event-stream" in response.headers.get("content-type", "").lower()
    frames: FrameDecoder | None = None
    held = bytearray()
    async with aclosing(response.chunks()) as chunks:
        async for chunk in chunks:
            if frames is None:
                held += chunk
                if len(held) > BODY_BYTES:
                    raise GarbledError(f"the answer is longer than {BODY_BYTES} bytes")
                if is_event_stream(bytes(held[:1024]), declared):
                    frames, chunk = SSEDecoder(), bytes(held)
            if frames is not None:
                if batch := decoder.frames(feed(frames, chunk)):
                    yield batch
                decoder.check()
                if decoder.done:
                    await run_out(chunks)
                    return
    if frames is None:
        if not held.strip():
            raise CutOff("the service sent an empty answer")
        if held.lstrip().startswith(b"<"):
            raise BadReply(f"a web page came instead of an answer: {question} (check base_url)")
        yield decoder.body(bytes(held))
        return
    if batch := last(frames, decoder):
        yield batch
    if batch := decoder.close():
        yield batch


EVENT_STREAM = (b"data:", b"event:", b"id:", b"retry:", b":")


def is_event_stream(start: bytes, declared: bool) -> bool:
    """Tell by the start of a body whether it is an event stream, whatever it was declared to be."""
    start = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    return start.startswith(EVENT_STREAM) or (declared and start[:1] not in b"{[<")


LINGER = 0.5


async def run_out(chunks: AsyncGenerator[bytes, None]) -> None:
    """Read on to the end of a body that has said all, so that its connection can be used again.

    A server that does not end the body within `LINGER` seconds loses the connection instead.
    """
    due = asyncio.get_running_loop().time() + LINGER
    with suppress(AIError):
        while True:
            try:
                await interruptible(anext(chunks), (due, CutOff("the body does not end")))
            except StopAsyncIteration:
                return


def feed(frames: FrameDecoder, chunk: bytes) -> Any:
    try:
        return frames.feed(chunk)
    except FrameError as error:
        raise GarbledError(str(error)) from None


def last(frames: FrameDecoder, decoder: ChatDecoder) -> Batch:
    """Decode what is left at the end; a frame that breaks off there was cut.

    Raises:
        CutOff: the last event is not whole.
    """
    try:
        return decoder.frames(frames.close())
    except FrameError as error:
        raise GarbledError(str(error)) from None
    except BadReply:
        raise CutOff("the stream ended in the middle of an event") from None


def joined(results: Sequence[Embeddings]) -> Embeddings:
    """Join the results of several requests."""
    first, *rest = results
    usage = first.usage
    for other in rest:
        usage = usage + other.usage if usage and other.usage else usage or other.usage
    return replace(
        first, vectors=tuple(vector for item in results for vector in item.vectors), usage=usage
    )
