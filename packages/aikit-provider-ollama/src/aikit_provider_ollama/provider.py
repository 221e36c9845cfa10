"""The provider: fetches what the server wants as bytes, asks, and reads its answers."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import replace
from typing import Literal

from aicore.calls import Batches
from aicore.context import Context
from aicore.errors import AIError, BadConfig, NotFound, Unreachable
from aicore.events import Finished, Produced, Warned
from aicore.messages import ImagePart
from aicore.models import ModelInfo
from aicore.providers import Host
from aicore.requests import ChatRequest, CompleteRequest, EmbedRequest
from aikit_wire.encoded import Encoded, refuse_if_strict
from aikit_wire.framing import lines_or_whole
from aikit_wire.media import with_bytes
from aikit_wire.service import Service
from aikit_wire.settings import MEDIA_SETTINGS
from aikit_wire.vendor import Vendor

from aikit_provider_ollama.address import address
from aikit_provider_ollama.decode import OllamaDecoder
from aikit_provider_ollama.encode import (
    Defaults,
    encode_chat,
    encode_completion,
    encode_embed,
)
from aikit_provider_ollama.listed import decode_embeddings, decode_models
from aikit_provider_ollama.messages import DIALECT

VENDOR = Vendor(
    name="ollama",
    base_url="http://127.0.0.1:11434",
    base_url_env="OLLAMA_HOST",
    api_key_env=("OLLAMA_API_KEY",),
    key_required=False,
)
SETTINGS = frozenset({"options", "keep_alive"}) | MEDIA_SETTINGS
STREAM = {"accept": "application/x-ndjson"}


class OllamaProvider:
    """An open Ollama server, or Ollama's cloud.

    Raises:
        BadConfig: a setting does not exist or has a wrong type, or `OLLAMA_HOST` is no address.
    """

    name = "ollama"
    dialect = DIALECT

    def __init__(self, host: Host) -> None:
        here = address(os.environ.get(VENDOR.base_url_env) or VENDOR.base_url)
        vendor = replace(VENDOR, base_url=here, base_url_env="")
        self.service = Service(vendor, host, more_settings=SETTINGS)
        self._host = host
        self._defaults = read_defaults(host)

    @property
    def key_use(self) -> Literal["required", "optional", "none"]:
        """Whether calls need a key, which `aikit doctor` tells."""
        return self.service.key_use

    async def aclose(self) -> None:
        await self.service.aclose()

    async def chat(self, request: ChatRequest, context: Context) -> Batches:
        service = self.service
        messages = await with_bytes(
            request.messages,
            service.transport,
            context,
            wanted=lambda part: isinstance(part, ImagePart),
            allow_private=service.allow_private_media,
        )
        request = replace(request, messages=messages)
        model = self._host.model(request.model)
        encoded = encode_chat(request, service.name, self._defaults, model)
        async with aclosing(
            self._answer("/api/chat", "chat", encoded, request, context)
        ) as batches:
            async for batch in batches:
                yield batch

    def complete(self, request: CompleteRequest, context: Context) -> Batches:
        encoded = encode_completion(request, self.service.name, self._defaults)
        return self._answer("/api/generate", "complete", encoded, request, context)

    async def embed(self, request: EmbedRequest, context: Context) -> Batches:
        service = self.service
        encoded = encode_embed(request, service.name, self._defaults)
        if context.strict:
            refuse_if_strict(encoded, service.name, request.model)
        if encoded.warnings:
            yield tuple(map(Warned, encoded.warnings))
        with self._advised(request.model):
            body = await service.fetch(
                "POST", "/api/embed", "embed", context, encoded.content(), model=request.model
            )
        secrets = service.secrets(context)
        result = decode_embeddings(body, len(request.inputs), service.name, secrets)
        yield Produced(result), Finished()

    async def models(self, context: Context) -> Sequence[ModelInfo]:
        with self._advised(None):
            body = await self.service.fetch("GET", "/api/tags", "models", context)
        return decode_models(body, self.service.name, self.service.secrets(context))

    async def _answer(
        self,
        path: str,
        ability: str,
        encoded: Encoded,
        request: ChatRequest | CompleteRequest,
        context: Context,
    ) -> Batches:
        service = self.service
        decoder = OllamaDecoder(service.name, request.model, service.secrets(context))
        headers = STREAM if request.streaming else None
        answer = service.answer(
            path,
            ability,
            encoded,
            decoder,
            request,
            context,
            headers=headers,
            framing=lines_or_whole,
        )
        with self._advised(request.model):
            async with aclosing(answer) as batches:
                async for batch in batches:
                    yield batch

    @contextmanager
    def _advised(self, model: str | None) -> Iterator[None]:
        """Add to what only the user of an Ollama server can put right how that is done."""
        try:
            yield
        except NotFound as error:
            if model is not None:
                advise(error, f"get the model with `ollama pull {model}`")
            raise
        except Unreachable as error:
            advise(error, "start Ollama there, or set OLLAMA_HOST to where it runs")
            raise


def advise(error: AIError, advice: str) -> None:
    error.message = f"{error.message}; {advice}"
    error.args = (error.message,)


def read_defaults(host: Host) -> Defaults:
    """Read what every request shall say from the provider's settings."""
    options, keep_alive = host.settings.get("options", {}), host.settings.get("keep_alive")
    where = f"provider {host.name!r}"
    if not isinstance(options, dict):
        raise BadConfig(f"{where}: 'options' must be a table, such as {{ num_ctx = 32768 }}")
    if not isinstance(keep_alive, str | int | float | None):
        raise BadConfig(f"{where}: 'keep_alive' must be seconds, or a time such as '10m'")
    return Defaults(options, keep_alive)
