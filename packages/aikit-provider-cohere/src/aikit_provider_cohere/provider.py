"""The provider: fetches documents as bytes, asks, and reads the answers."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Literal

from aicore.calls import Batches
from aicore.context import Context
from aicore.errors import BadConfig, BadReply
from aicore.events import Finished, Produced, Warned
from aicore.messages import FilePart
from aicore.models import ModelInfo
from aicore.providers import Host
from aicore.rate_limits import RateLimits
from aicore.requests import ChatRequest, CompleteRequest, EmbedRequest, RerankRequest
from aicore.responses import Embeddings
from aicore.usage import sum_of
from aikit_wire.encoded import refuse_if_strict
from aikit_wire.media import with_bytes
from aikit_wire.rerank import rerank
from aikit_wire.service import Service
from aikit_wire.settings import MEDIA_SETTINGS
from aikit_wire.vendor import Vendor

from aikit_provider_cohere.decode import CohereDecoder
from aikit_provider_cohere.embed import LIMIT, decode_embeddings, encode_embed
from aikit_provider_cohere.encode import encode_chat
from aikit_provider_cohere.models import decode_models
from aikit_provider_cohere.sources import DIALECT
from aikit_provider_cohere.v1 import encode_chat_v1, encode_generate
from aikit_provider_cohere.v1_decode import ChatV1Decoder, GenerateDecoder, framing

VENDOR = Vendor(
    name="cohere",
    base_url="https://api.cohere.com",
    base_url_env="CO_API_URL",
    api_key_env=("COHERE_API_KEY", "CO_API_KEY"),
)
VERSIONS = ("v2", "v1")
PAGES = 100
"""How many pages of models are asked for before something must be wrong."""
LINES = {"accept": "application/stream+json"}


class CohereProvider:
    """Cohere, opened. The setting `api` says which version chats are sent to: `v2`, or `v1`.

    Raises:
        BadConfig: a setting does not exist or has a wrong type.
    """

    name = "cohere"
    dialect = DIALECT

    def __init__(self, host: Host) -> None:
        self.service = Service(VENDOR, host, more_settings={"api"} | MEDIA_SETTINGS)
        self._host = host
        self._version = host.settings.get("api", "v2")
        if self._version not in VERSIONS:
            where = f"provider {host.name!r}"
            raise BadConfig(f"{where}: 'api' is one of v2, v1, not {self._version!r}")

    @property
    def key_use(self) -> Literal["required", "optional", "none"]:
        """Whether calls need a key, which `aikit doctor` tells."""
        return self.service.key_use

    async def aclose(self) -> None:
        await self.service.aclose()

    async def chat(self, request: ChatRequest, context: Context) -> Batches:
        service, model = self.service, request.model
        secrets = service.secrets(context)
        if self._version == "v1":
            answer = service.answer(
                "/v1/chat",
                "chat",
                encode_chat_v1(request, service.name),
                ChatV1Decoder(service.name, model, secrets),
                request,
                context,
                headers=LINES if request.streaming else None,
                framing=framing,
            )
        else:
            messages = await with_bytes(
                request.messages,
                service.transport,
                context,
                wanted=lambda part: isinstance(part, FilePart),
                allow_private=service.allow_private_media,
            )
            request = replace(request, messages=messages)
            encoded = encode_chat(request, service.name, self._host.model(model))
            decoder = CohereDecoder(service.name, model, secrets)
            answer = service.answer("/v2/chat", "chat", encoded, decoder, request, context)
        async with aclosing(answer) as batches:
            async for batch in batches:
                yield batch

    def complete(self, request: CompleteRequest, context: Context) -> Batches:
        service = self.service
        return service.answer(
            "/v1/generate",
            "complete",
            encode_generate(request, service.name),
            GenerateDecoder(service.name, request.model, service.secrets(context)),
            request,
            context,
            headers=LINES if request.streaming else None,
            framing=framing,
        )

    async def embed(self, request: EmbedRequest, context: Context) -> Batches:
        """Embed inputs, in several requests in turn if they are more than one may hold."""
        service, model = self.service, request.model
        results, limits = list[Embeddings](), list[RateLimits]()
        for start in range(0, len(request.inputs), LIMIT):
            inputs = request.inputs[start : start + LIMIT]
            encoded = encode_embed(request, inputs, service.name)
            if context.strict:
                refuse_if_strict(encoded, service.name, model)
            if start == 0 and encoded.warnings:
                yield tuple(map(Warned, encoded.warnings))
            content = encoded.content()
            body = await service.fetch(
                "POST", "/v2/embed", "embed", context, content, model=model, heard=limits.append
            )
            secrets = service.secrets(context)
            results.append(decode_embeddings(body, len(inputs), service.name, secrets))
        yield Produced(joined(results)), Finished(rate_limits=limits[-1])

    async def rerank(self, request: RerankRequest, context: Context) -> Batches:
        async with aclosing(rerank(self.service, "/v2/rerank", request, context)) as batches:
            async for batch in batches:
                yield batch

    async def models(self, context: Context) -> Sequence[ModelInfo]:
        """List the models, page by page.

        Raises:
            BadReply: the pages never end.
        """
        service, listed, token = self.service, list[ModelInfo](), ""
        for _ in range(PAGES):
            query = {"page_size": "1000"} | ({"page_token": token} if token else {})
            body = await service.fetch("GET", "/v1/models", "models", context, query=query)
            page, following = decode_models(body, service.name, service.secrets(context))
            listed += page
            if following is None:
                return listed
            token = following
        raise BadReply(f"the list of models has more than {PAGES} pages")


def joined(results: Sequence[Embeddings]) -> Embeddings:
    """Join the results of several requests."""
    vectors = tuple(vector for item in results for vector in item.vectors)
    usage = sum_of(item.usage for item in results)
    others: dict[str, list[object]] = {}
    for item in results:
        for name, rows in (item.raw or {}).get("embeddings", {}).items():
            others.setdefault(name, []).extend(rows)
    raw = {"embeddings": others} if others else None
    return replace(results[0], vectors=vectors, usage=usage, raw=raw)
