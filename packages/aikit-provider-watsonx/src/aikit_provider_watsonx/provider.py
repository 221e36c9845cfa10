"""The provider: gets a token, asks, and reads the answers of chat and of text generation."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Literal

from aicore.calls import Batch
from aicore.context import Context
from aicore.errors import BadConfig, BadInput
from aicore.providers import Host
from aicore.requests import ChatRequest, CompleteRequest
from aikit_wire.answer import AnswerDecoder
from aikit_wire.encoded import Encoded
from aikit_wire.openai.decode import ChatDecoder
from aikit_wire.openai.manifest import DIALECT
from aikit_wire.vendor import Vendor

from aikit_provider_watsonx.decode import GenerationDecoder
from aikit_provider_watsonx.encode import MANIFEST, encode_chat, encode_completion
from aikit_provider_watsonx.tokens import URL, WatsonxService

VENDOR = Vendor(
    name="watsonx",
    base_url="{WATSONX_URL}",
    api_key_env=("WATSONX_API_KEY", "WATSONX_APIKEY"),
    token_env=("WATSONX_TOKEN",),
    auth="none",  # a key is exchanged for a token, which is sent
)
VERSION = "2025-10-01"
"""The date of the API whose behaviour is wanted."""
SETTINGS = {
    "project_id": "",
    "space_id": "",
    "version": VERSION,
    "iam_url": URL,
    "chat_path": "/ml/v1/text/chat",
    "generation_path": "/ml/v1/text/generation",
}
"""The settings beside those of every provider. A path has `_stream` behind it where one is."""
PLACES = {"project_id": "WATSONX_PROJECT_ID", "space_id": "WATSONX_SPACE_ID"}
"""Where a call is paid for: a project or a space, one of which every call names."""


class WatsonxProvider:
    """IBM watsonx.ai, as one Kit has opened it.

    Raises:
        BadConfig: a setting does not exist or has a wrong type, or there is no address.
    """

    name = "watsonx"
    dialect = DIALECT

    def __init__(self, host: Host) -> None:
        self._settings = {name: setting(host, name) for name in SETTINGS}
        iam_url = self._settings["iam_url"]
        self.service = WatsonxService(VENDOR, host, iam_url, more_settings=SETTINGS)

    @property
    def key_use(self) -> Literal["required", "optional", "none"]:
        """Whether calls need a key, which `aikit doctor` tells."""
        return "optional" if self.service.credentials.bears else "required"

    async def aclose(self) -> None:
        await self.service.aclose()

    def chat(self, request: ChatRequest, context: Context) -> AsyncGenerator[Batch, None]:
        encoded = encode_chat(request, self.service.name)
        manifest = replace(MANIFEST, name=self.service.name)
        decoder = ChatDecoder(manifest, request.model, self.service.secrets(context))
        return self._answer("chat", "chat_path", encoded, decoder, request, context)

    def complete(self, request: CompleteRequest, context: Context) -> AsyncGenerator[Batch, None]:
        name = self.service.name
        encoded, secrets = encode_completion(request, name), self.service.secrets(context)
        decoder = GenerationDecoder(name, request.model, secrets)
        return self._answer("complete", "generation_path", encoded, decoder, request, context)

    async def _answer(
        self,
        ability: str,
        path: str,
        encoded: Encoded,
        decoder: AnswerDecoder,
        request: ChatRequest | CompleteRequest,
        context: Context,
    ) -> AsyncGenerator[Batch, None]:
        end = "_stream" if request.streaming else ""
        encoded = replace(encoded, body={**self._place(encoded.body), **encoded.body})
        answer = self.service.answer(
            f"{self._settings[path]}{end}",
            ability,
            encoded,
            decoder,
            request,
            context,
            query={"version": self._settings["version"]},
        )
        async with aclosing(answer) as batches:
            async for batch in batches:
                yield batch

    def _place(self, body: Any) -> dict[str, str]:
        """Say where the call is paid for, unless its options do."""
        if any(body.get(name) for name in PLACES):
            return {}
        for name in PLACES:
            if place := self._settings[name]:
                return {name: place}
        name = self.service.name
        raise BadInput(
            f"{name!r} needs a project: set WATSONX_PROJECT_ID, or `project_id` (or `space_id`) "
            f"under [providers.{name}] in aikit.toml",
            provider=name,
        )


def setting(host: Host, name: str) -> str:
    """Read a setting, from its variable where it has one.

    Raises:
        BadConfig: it is no text.
    """
    given = host.settings.get(name)
    if given is None:
        given = os.environ.get(PLACES.get(name, " ")) or SETTINGS[name]
    if not isinstance(given, str):
        raise BadConfig(f"provider {host.name!r}: {name!r} must be text")
    return given
