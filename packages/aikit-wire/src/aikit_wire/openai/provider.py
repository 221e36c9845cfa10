"""The provider of the OpenAI dialect: sends what `encode` made, yields what `decode` reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import Any, Literal

from aicore.calls import Batches
from aicore.context import Context
from aicore.errors import Unsupported
from aicore.events import Finished, Produced, Warned
from aicore.models import ModelInfo
from aicore.providers import Host
from aicore.rate_limits import RateLimits
from aicore.requests import ChatRequest, CompleteRequest, EmbedRequest, RerankRequest
from aicore.responses import Embeddings, Response
from aicore.usage import sum_of

from aikit_wire.encoded import Encoded, refuse_if_strict
from aikit_wire.one_piece import Reading
from aikit_wire.openai.completions import CompletionDecoder
from aikit_wire.openai.cost import sum_of_costs
from aikit_wire.openai.decode import ChatDecoder
from aikit_wire.openai.embeddings import decode_embeddings
from aikit_wire.openai.encode import encode_chat, encode_completion, encode_embed
from aikit_wire.openai.manifest import Manifest
from aikit_wire.openai.messages import DIALECT
from aikit_wire.openai.models import decode_models
from aikit_wire.openai.plain import PlainRequests, plain_answer
from aikit_wire.rerank import rerank
from aikit_wire.service import Service
from aikit_wire.transport import Transport


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
        self.service = Service(manifest, host, transport=transport, more_settings=more_settings)
        self.manifest = replace(manifest, name=host.name)
        self._model = host.model
        self._plain = PlainRequests(self.manifest, host.model, encode_chat)
        self._reading = Reading(self._read, partial(ChatDecoder, self.manifest))

    @property
    def key_use(self) -> Literal["required", "optional", "none"]:
        """Whether calls need a key, which `aikit doctor` tells."""
        return self.service.key_use

    async def aclose(self) -> None:
        await self.service.aclose()

    def chat(self, request: ChatRequest, context: Context) -> Batches:
        self._can("chat")
        return self.plain_chat(request, context) or self._asked(
            encode_chat(request, self.manifest, self._model(request.model)), request, context
        )

    def plain_chat(self, request: ChatRequest, context: Context) -> Batches | None:
        """Answer a chat of nothing but texts and simple settings; None if there is more to it."""
        if (encoded := self._plain.encode(request)) is None:
            return None
        if request.streaming:
            return self._asked(encoded, request, context)
        path = self.manifest.chat_path
        return self.service.single(path, "chat", encoded, self._reading, request, context)

    def _read(self, answer: Any, limits: RateLimits) -> Response | None:
        return plain_answer(answer, self.manifest, limits)

    def _asked(self, encoded: Encoded, request: ChatRequest, context: Context) -> Batches:
        manifest, service = self.manifest, self.service
        decoder = ChatDecoder(manifest, request.model, service.secrets(context))
        return service.answer(manifest.chat_path, "chat", encoded, decoder, request, context)

    def complete(self, request: CompleteRequest, context: Context) -> Batches:
        self._can("complete")
        encoded, path = encode_completion(request, self.manifest), self.manifest.completions_path
        decoder = CompletionDecoder(self.manifest, request.model, self.service.secrets(context))
        return self.service.answer(path, "complete", encoded, decoder, request, context)

    async def embed(self, request: EmbedRequest, context: Context) -> Batches:
        """Embed texts, in several requests one after another if they are more than one may hold."""
        self._can("embed")
        manifest, service = self.manifest, self.service
        limit, results, limits = manifest.embed_limit, list[Embeddings](), list[RateLimits]()
        for start in range(0, len(request.inputs), limit):
            inputs = request.inputs[start : start + limit]
            encoded = encode_embed(request, inputs, manifest)
            if context.strict:
                refuse_if_strict(encoded, manifest.name, request.model)
            if start == 0 and encoded.warnings:
                yield tuple(map(Warned, encoded.warnings))
            body = await service.fetch(
                "POST",
                manifest.embeddings_path,
                "embed",
                context,
                encoded.content(),
                model=request.model,
                heard=limits.append,
            )
            secrets = service.secrets(context)
            packed = manifest.vectors
            results.append(decode_embeddings(body, len(inputs), manifest.name, secrets, packed))
        cost = sum_of_costs((result.usage for result in results), manifest)
        yield Produced(joined(results)), Finished(cost=cost, rate_limits=limits[-1])

    async def rerank(self, request: RerankRequest, context: Context) -> Batches:
        self._can("rerank")
        manifest = self.manifest
        path, top_n = manifest.rerank_path, manifest.wire_name("top_n")
        async with aclosing(rerank(self.service, path, request, context, top_n=top_n)) as batches:
            async for batch in batches:
                yield batch

    async def models(self, context: Context) -> Sequence[ModelInfo]:
        self._can("models")
        body = await self.service.fetch("GET", self.manifest.models_path, "models", context)
        return decode_models(body, self.manifest.name, self.service.secrets(context))

    def _can(self, ability: str) -> None:
        if ability not in self.manifest.abilities:
            name = self.manifest.name
            raise Unsupported(f"{name!r} has no endpoint for {ability!r}", provider=name)


def joined(results: Sequence[Embeddings]) -> Embeddings:
    """Join the results of several requests."""
    vectors = tuple(vector for item in results for vector in item.vectors)
    return replace(results[0], vectors=vectors, usage=sum_of(item.usage for item in results))
