"""The provider of the OpenAI dialect: sends what `encode` made, yields what `decode` reads."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Any
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

from aikit_wire.auth import auth_headers, missing_key
from aikit_wire.exchange import exchange, read
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
from aikit_wire.openai.models import decode_models
from aikit_wire.stock import StockTransport
from aikit_wire.transport import HTTPRequest, HTTPResponse, Phases, Transport

SETTINGS = frozenset({"api_key", "base_url", "headers", "query", "timeouts"})
"""The settings that every provider of this dialect understands."""


class OpenAIProvider:
    """An open vendor of the OpenAI dialect.

    `transport` replaces HTTP, and `more_settings` names settings that its maker reads.
    """

    def __init__(
        self,
        manifest: Manifest,
        host: Host,
        *,
        transport: Transport | None = None,
        more_settings: Iterable[str] = (),
    ) -> None:
        settings = host.settings
        check_settings(manifest.name, settings, more_settings)
        base_url = settings.get("base_url") or os.environ.get(manifest.base_url_env or " ")
        headers = {**manifest.headers, **settings.get("headers", {})}
        for name, variable in manifest.headers_env.items():
            if value := os.environ.get(variable):
                headers.setdefault(name, value)
        self.manifest = replace(
            manifest,
            base_url=(base_url or manifest.base_url).rstrip("/"),
            headers=headers,
            query={**manifest.query, **settings.get("query", {})},
        )
        if not self.manifest.base_url:
            raise BadConfig(
                f"{manifest.name!r} needs a base_url: set it under [providers.{manifest.name}] in "
                f"aikit.toml, or pass Kit(providers={{{manifest.name!r}: {{'base_url': …}}}})"
            )
        self._key = host.secret("api_key", *manifest.api_key_env)
        self._phases = Phases(**settings.get("timeouts", {}))
        self._transport = transport or StockTransport(host.http_client)

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def chat(self, request: ChatRequest, context: Context) -> AsyncGenerator[Batch, None]:
        self._can("chat")
        encoded = encode_chat(request, self.manifest)
        decoder = ChatDecoder(self.manifest, request.model)
        async with aclosing(
            self._answer(self.manifest.chat_path, encoded, decoder, request, context)
        ) as batches:
            async for batch in batches:
                yield batch

    async def complete(
        self, request: CompleteRequest, context: Context
    ) -> AsyncGenerator[Batch, None]:
        self._can("complete")
        encoded = encode_completion(request, self.manifest)
        decoder = CompletionDecoder(self.manifest, request.model)
        async with aclosing(
            self._answer(self.manifest.completions_path, encoded, decoder, request, context)
        ) as batches:
            async for batch in batches:
                yield batch

    async def _answer(
        self,
        path: str,
        encoded: Encoded,
        decoder: ChatDecoder,
        request: ChatRequest | CompleteRequest,
        context: Context,
    ) -> AsyncGenerator[Batch, None]:
        if context.strict:
            refuse_if_strict(encoded, self.manifest.name, request.model)
        message = self._request("POST", path, context, encoded.content(), request.streaming)
        warnings = tuple(map(Warned, encoded.warnings))
        async with (
            self._exchange(message, request.model, context) as response,
            aclosing(decoded(response, decoder, request.streaming)) as batches,
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
            message = self._request("POST", path, context, encoded.content())
            async with self._exchange(message, request.model, context) as response:
                results.append(decode_embeddings(await read(response), len(inputs)))
        yield Produced(joined(results)), Finished()

    async def models(self, context: Context) -> Sequence[ModelInfo]:
        self._can("models")
        message = self._request("GET", self.manifest.models_path, context)
        async with self._exchange(message, None, context) as response:
            return decode_models(await read(response), self.manifest.name)

    def _can(self, ability: str) -> None:
        if ability not in self.manifest.abilities:
            name = self.manifest.name
            raise Unsupported(f"{name!r} has no endpoint for {ability!r}", provider=name)

    def _key_for(self, context: Context) -> SecretLike | None:
        name = self.manifest.name
        key = context.api_keys.get(name, self._key)
        if key is None and self.manifest.key_required and self.manifest.auth != "none":
            raise missing_key(name, self.manifest.api_key_env)
        return key

    def _request(
        self,
        method: str,
        path: str,
        context: Context,
        body: bytes | None = None,
        streaming: bool = False,
    ) -> HTTPRequest:
        manifest = self.manifest
        headers = {"accept": "text/event-stream" if streaming else "application/json"}
        if body is not None:
            headers["content-type"] = "application/json"
        headers |= {"user-agent": "aikit/1", **manifest.headers, **context.headers}
        if context.idempotency_key:
            headers["idempotency-key"] = context.idempotency_key
        headers |= auth_headers(manifest.auth, manifest.auth_header, self._key_for(context))
        query = f"?{urlencode(manifest.query)}" if manifest.query else ""
        return HTTPRequest(method, f"{manifest.base_url}{path}{query}", headers, body)

    def _exchange(self, message: HTTPRequest, model: str | None, context: Context) -> Any:
        key = self._key_for(context)
        return exchange(
            self._transport,
            message,
            self._phases,
            provider=self.manifest.name,
            model=model,
            secrets=(key.get_secret_value(),) if key else (),
        )


async def decoded(
    response: HTTPResponse, decoder: ChatDecoder, streaming: bool
) -> AsyncGenerator[Batch, None]:
    """Decode a body as what it is, which is not always what was asked for.

    Some servers answer a streaming request with one JSON object, and some stream under a wrong
    content type; the first byte tells.

    Raises:
        AIError: the service reported an error in the body.
        GarbledError: the body is cut off or no answer.
    """
    content_type = response.headers.get("content-type", "").lower()
    frames = SSEDecoder() if "text/event-stream" in content_type else None
    undecided = frames is None and streaming and "json" not in content_type
    held = bytearray()
    async with aclosing(response.chunks()) as chunks:
        async for chunk in chunks:
            if frames is None:
                held += chunk
                if undecided and (start := held[:64].lstrip()):
                    undecided = False
                    if start[0] in FRAMED:
                        frames, chunk = SSEDecoder(), bytes(held)
            if frames is not None:
                if batch := decoder.frames(feed(frames, chunk)):
                    yield batch
                decoder.check()
                if decoder.done:
                    await run_out(chunks)
                    return
    if frames is None:
        yield decoder.body(bytes(held))
        return
    if batch := last(frames, decoder):
        yield batch
    if batch := decoder.close():
        yield batch


FRAMED = b"d:eir\xef"
"""How a line of an event stream can begin: data, a comment, event, id, retry, a byte order mark."""

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


def check_settings(name: str, settings: Mapping[str, Any], known: Iterable[str] = ()) -> None:
    """Refuse a setting that nothing reads, naming the nearest one that exists.

    Raises:
        BadConfig: a setting is not known.
    """
    from difflib import get_close_matches

    names = SETTINGS | set(known)
    for setting in settings.keys() - names:
        near = get_close_matches(setting, names, 1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(sorted(names))}"
        raise BadConfig(f"provider {name!r} has no setting {setting!r}{hint}")
