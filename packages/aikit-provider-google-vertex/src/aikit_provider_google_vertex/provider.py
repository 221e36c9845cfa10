"""The provider of Vertex AI: each call goes to the dialect of its model's family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from aicore.calls import Batches, Call
from aicore.context import Context
from aicore.errors import Unsupported
from aicore.messages import Media
from aicore.models import ModelInfo
from aicore.providers import Host
from aicore.requests import ChatRequest, CountTokensRequest, EmbedRequest
from aicore.secrets import SecretLike
from aicore.stores import Store
from aicore.values import changed
from aikit_wire.anthropic.provider import MessagesProvider
from aikit_wire.anthropic.vendor import MessagesVendor
from aikit_wire.choose import transport_for
from aikit_wire.gemini.provider import GeminiProvider
from aikit_wire.gemini.surface import DIALECT, Surface
from aikit_wire.gemini.vendor import GeminiVendor
from aikit_wire.media import with_bytes
from aikit_wire.openai.manifest import Manifest
from aikit_wire.openai.provider import OpenAIProvider
from aikit_wire.settings import MEDIA_SETTINGS, check_settings

from aikit_provider_google_vertex.access import SETTINGS, access, common
from aikit_provider_google_vertex.models import Family, family
from aikit_provider_google_vertex.place import version

TIER = "x-vertex-ai-llm-shared-request-type"

TOKEN = ("GOOGLE_VERTEX_AUTH_TOKEN",)
CLAUDE = "/publishers/anthropic/models/{model}"
VERSION = "vertex-2023-10-16"
"""The version of Anthropic's API on Vertex AI (anthropic 2.10: `lib/vertex`)."""


@dataclass(frozen=True, slots=True)
class Lent:
    """What one dialect is lent: settings of its own, of a host that they share."""

    host: Host
    settings: Mapping[str, Any] = field(repr=False)
    key: SecretLike | None

    @property
    def name(self) -> str:
        return self.host.name

    @property
    def http_client(self) -> Any:
        return self.host.http_client

    def secret(self, setting: str, *variables: str) -> SecretLike | None:
        return self.key

    def model(self, id: str) -> ModelInfo | None:
        return self.host.model(id)

    def store(self, name: str) -> Store:
        return self.host.store(name)


class VertexProvider:
    """Vertex AI in one project and location, or in express mode.

    Gemini is asked in Google's dialect, Claude in Anthropic's, models of other publishers in
    OpenAI's. The key of a call is the key of express mode, or the access token of a project.

    Raises:
        BadConfig: a setting does not exist or is wrong, or the project or location is missing.
        MissingKey: there is neither a key nor a project.
    """

    dialect = DIALECT

    def __init__(self, host: Host) -> None:
        check_settings(host.name, host.settings, (*SETTINGS, *MEDIA_SETTINGS))
        granted = access(host)
        self.name = host.name
        self._parent = granted.place.parent
        self.transport = transport_for(host.http_client)
        root, parent = granted.place.root, granted.place.parent
        settings = common(host.settings)
        self.allow_private_media: bool = settings.get("allow_private_media", False)

        def lent(path: str, *without: str) -> Lent:
            own = {name: value for name, value in settings.items() if name not in without}
            own |= {"base_url": f"{root}/{path}", "auth_token": granted.tokens}
            return Lent(host, own, granted.key)

        surface = Surface(
            name=host.name,
            call_ids=False,
            labels=True,
            service_tier=False,
            tier_header=TIER,
            whole_count=False,
            predicts=True,
            embed_limit=250,
            collection="publishers/google/models",
            parent=parent,
            page=100,
        )
        auth: dict[str, Any] = {"name": host.name, "auth": "bearer", "token_env": TOKEN}
        keyed = auth if parent else {**auth, "auth": "header", "auth_header": "x-goog-api-key"}
        self.gemini = GeminiProvider(
            GeminiVendor(**keyed, surface=surface),
            lent(version(host.name, host.settings)),
            transport=self.transport,
        )
        self.claude = MessagesProvider(
            MessagesVendor(
                **auth,
                messages_path=f"{CLAUDE}:rawPredict",
                stream_path=f"{CLAUDE}:streamRawPredict",
                count_path="/publishers/anthropic/models/count-tokens:rawPredict",
                model_in_body=False,
                body={"anthropic_version": VERSION},
            ),
            lent(f"v1/{parent}", *MEDIA_SETTINGS),
            transport=self.transport,
        )
        self.open = OpenAIProvider(
            Manifest(**auth, abilities=frozenset({"chat"})),
            lent(f"v1/{parent}/endpoints/openapi", *MEDIA_SETTINGS),
            transport=self.transport,
        )

    @property
    def key_use(self) -> Literal["required", "optional", "none"]:
        """Whether calls need a key, which `aikit doctor` tells; a project may have credentials."""
        return "optional" if self._parent else "required"

    async def aclose(self) -> None:
        await self.transport.aclose()

    def chat(self, request: ChatRequest, context: Context) -> Batches:
        kind, request = self._placed(request)
        calls: Mapping[Family, Call] = {
            "gemini": self.gemini.chat,
            "claude": partial(self._with_bytes, self.claude.chat),
            "open": self.open.chat,
        }
        return calls[kind](request, context)

    def count_tokens(self, request: CountTokensRequest, context: Context) -> Batches:
        kind, request = self._placed(request)
        if kind == "open":
            raise Unsupported(f"{request.model!r}: only Gemini and Claude can be counted for here")
        calls: Mapping[Family, Call] = {
            "gemini": self.gemini.count_tokens,
            "claude": partial(self._with_bytes, self.claude.count_tokens),
        }
        return calls[kind](request, context)

    def embed(self, request: EmbedRequest, context: Context) -> Batches:
        kind, request = self._placed(request)
        if kind != "gemini":
            raise Unsupported(f"{request.model!r} embeds nothing: ask a model of Google's")
        return self.gemini.embed(request, context)

    async def models(self, context: Context) -> Sequence[ModelInfo]:
        """List Google's own models; there is no such list of the others."""
        return await self.gemini.models(context)

    def _placed(self, request: Any) -> tuple[Family, Any]:
        """Return the family of the model asked for, and the request with the model's own name.

        Raises:
            Unsupported: express mode does not have it.
        """
        kind, model = family(request.model)
        if kind != "gemini" and not self._parent:
            raise Unsupported(
                f"{request.model!r} needs a project, express mode has Google's models only: "
                "set GOOGLE_CLOUD_PROJECT and GOOGLE_CLOUD_LOCATION, and no API key",
                provider=self.name,
            )
        return kind, request if model == request.model else changed(request, model=model)

    async def _with_bytes(self, call: Call, request: Any, context: Context) -> Batches:
        """Fetch media with a URL first, which Claude on Vertex AI does not."""
        messages = await with_bytes(
            request.messages,
            self.transport,
            context,
            wanted=on_the_web,
            allow_private=self.allow_private_media,
        )
        async with aclosing(call(changed(request, messages=messages), context)) as batches:
            async for batch in batches:
                yield batch


def on_the_web(part: Media) -> bool:
    return (part.url or "").lower().startswith(("http://", "https://"))
