"""A provider of the Gemini dialect: sends what `encode` made, yields what `decode` reads."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import lru_cache, partial
from typing import Literal

from aicore.calls import Batch, Batches
from aicore.context import Context
from aicore.errors import BadReply
from aicore.events import Finished, Produced, Warned
from aicore.models import ModelInfo
from aicore.providers import Host
from aicore.rate_limits import RateLimits
from aicore.requests import ChatRequest, CountTokensRequest, EmbedRequest
from aicore.responses import Embeddings
from aicore.usage import sum_of
from aicore.values import changed

from aikit_wire.encoded import Encoded, refuse_if_strict
from aikit_wire.gemini.decode import ContentDecoder
from aikit_wire.gemini.embeddings import way_to_embed
from aikit_wire.gemini.encode import encode_chat, encode_count
from aikit_wire.gemini.parts import fetched
from aikit_wire.gemini.plain import plain_answer
from aikit_wire.gemini.replies import decode_count, decode_models
from aikit_wire.gemini.requests import PlainContents
from aikit_wire.gemini.surface import DIALECT, Surface, Target
from aikit_wire.gemini.vendor import GeminiVendor
from aikit_wire.ledger import Ledger
from aikit_wire.media import media, with_bytes
from aikit_wire.one_piece import Reading
from aikit_wire.plain import KEPT
from aikit_wire.service import Service
from aikit_wire.settings import MEDIA_SETTINGS
from aikit_wire.transport import Transport

PAGES = 1000
"""How many pages of models are asked for before something must be wrong."""


class GeminiProvider:
    """An open vendor that serves the Gemini dialect. `transport` replaces HTTP."""

    dialect = DIALECT

    def __init__(
        self, vendor: GeminiVendor, host: Host, *, transport: Transport | None = None
    ) -> None:
        self.service = Service(vendor, host, transport=transport, more_settings=MEDIA_SETTINGS)
        self.surface = replace(vendor.surface, name=host.name)
        self._host = host
        self._path = lru_cache(KEPT)(self.surface.path)
        self._plain = PlainContents(self.surface, self._features)
        self._reading = Reading(plain_answer, partial(ContentDecoder, self.surface.name))

    @property
    def key_use(self) -> Literal["required", "optional", "none"]:
        """Whether calls need a key, which `aikit doctor` tells."""
        return self.service.key_use

    async def aclose(self) -> None:
        await self.service.aclose()

    def chat(self, request: ChatRequest, context: Context) -> Batches:
        if (plain := self._plain.encode(request)) is not None:
            return self._answer(plain, request, context)
        if any(part.url for message in request.messages for part in media(message.parts)):
            return self._with_media(request, context)
        encoded = encode_chat(request, self.surface, self._features(request.model))
        return self._answer(encoded, request, context)

    def _answer(self, encoded: Encoded, request: ChatRequest, context: Context) -> Batches:
        service, surface, model = self.service, self.surface, request.model
        verb = "streamGenerateContent" if request.streaming else "generateContent"
        path = f"/{self._path(model)}:{verb}"
        if encoded.simple and not request.streaming:
            return service.single(path, "chat", encoded, self._reading, request, context)
        return service.answer(
            path,
            "chat",
            encoded,
            ContentDecoder(surface.name, model, service.secrets(context)),
            request,
            context,
            headers=surface.headers(request.service_tier),
            query={"alt": "sse"} if request.streaming else None,
        )

    async def _with_media(
        self, request: ChatRequest, context: Context
    ) -> AsyncGenerator[Batch, None]:
        """Answer a chat of which media may have to be fetched first."""
        encoded = encode_chat(*await self._asked(request, context))
        async with aclosing(self._answer(encoded, request, context)) as batches:
            async for batch in batches:
                yield batch

    async def count_tokens(
        self, request: CountTokensRequest, context: Context
    ) -> AsyncGenerator[Batch, None]:
        service, model = self.service, request.model
        encoded = encode_count(*await self._asked(request, context))
        if context.strict:
            refuse_if_strict(encoded, self.surface.name, model)
        path = f"/{self.surface.path(model)}:countTokens"
        content, limits = encoded.content(), list[RateLimits]()
        body = await service.fetch(
            "POST", path, "count_tokens", context, content, model=model, heard=limits.append
        )
        counted = decode_count(body, self.surface.name, service.secrets(context))
        yield *map(Warned, encoded.warnings), Produced(counted), Finished(rate_limits=limits[0])

    async def embed(self, request: EmbedRequest, context: Context) -> AsyncGenerator[Batch, None]:
        """Embed texts, in several requests one after another if they are more than one may hold."""
        service, surface, model = self.service, self.surface, request.model
        way = way_to_embed(surface, self._features(model))
        path, results = f"/{surface.path(model)}:{way.verb}", list[Embeddings]()
        limits = list[RateLimits]()
        for start in range(0, len(request.inputs), way.limit):
            inputs = request.inputs[start : start + way.limit]
            encoded = way.encode(request, inputs, surface)
            if context.strict:
                refuse_if_strict(encoded, surface.name, model)
            if start == 0 and encoded.warnings:
                yield tuple(map(Warned, encoded.warnings))
            content = encoded.content()
            body = await service.fetch(
                "POST", path, "embed", context, content, model=model, heard=limits.append
            )
            wanted, secrets = way.count(encoded.body), service.secrets(context)
            results.append(way.decode(body, wanted, surface.name, secrets))
        vectors = tuple(vector for item in results for vector in item.vectors)
        usage = sum_of(item.usage for item in results)
        result = replace(results[0], vectors=vectors, usage=usage)
        yield Produced(result), Finished(rate_limits=limits[-1])

    async def models(self, context: Context) -> Sequence[ModelInfo]:
        found, token, collection = list[ModelInfo](), "", self.surface.collection
        for _ in range(PAGES):
            query = {"pageSize": str(self.surface.page)} | ({"pageToken": token} if token else {})
            path = f"/{collection}"
            body = await self.service.fetch("GET", path, "models", context, query=query)
            secrets = self.service.secrets(context)
            models, following = decode_models(body, self.surface.name, secrets, collection)
            found += models
            if following is None:
                return found
            token = following
        raise BadReply("the list of models does not end")

    async def _asked(
        self, request: ChatRequest, context: Context
    ) -> tuple[ChatRequest, Surface, Mapping[str, bool]]:
        """Return what encoding takes, with media as bytes that the service would not fetch.

        Raises:
            BadInput: a URL must not be fetched, or there is too much.
            InvalidRequest: a URL cannot be fetched.
        """
        features, service = self._features(request.model), self.service
        target = Target(self.surface, features, Ledger(self.surface.name))
        messages = await with_bytes(
            request.messages,
            service.transport,
            context,
            wanted=fetched(request.messages, target),
            allow_private=service.allow_private_media,
        )
        return changed(request, messages=messages), self.surface, features

    def _features(self, model: str) -> Mapping[str, bool]:
        known = self._host.model(model)
        return known.features if known is not None else {}
