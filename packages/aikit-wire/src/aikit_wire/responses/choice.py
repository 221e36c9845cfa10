"""A vendor of both of OpenAI's dialects: each call goes the way that it needs, or is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from aicore.calls import Batches
from aicore.context import Context
from aicore.errors import BadConfig, BadInput, Unsupported
from aicore.job_requests import (
    CancelRequest,
    FollowRequest,
    PollRequest,
    SubmitRequest,
)
from aicore.messages import FilePart, Message, OpaquePart, ReasoningPart, TextPart, ToolResultPart
from aicore.models import ModelInfo
from aicore.providers import Host
from aicore.requests import (
    ChatRequest,
    CompleteRequest,
    CountTokensRequest,
    EmbedRequest,
    ProviderTool,
    RerankRequest,
)
from aicore.values import changed

from aikit_wire.features import has
from aikit_wire.openai.manifest import Manifest
from aikit_wire.openai.provider import OpenAIProvider
from aikit_wire.responses.dialect import DIALECT, own
from aikit_wire.responses.provider import Responses

APIS = ("auto", "chat", "responses")

ITS_OWN = frozenset(
    {
        "background",
        "context_management",
        "conversation",
        "include",
        "input",
        "instructions",
        "max_tool_calls",
        "previous_response_id",
        "prompt",
        "reasoning",
        "retrieve",
        "text",
        "truncation",
    }
)
"""Options of a call that chat completions do not know."""


class ChatOrResponses:
    """An open vendor of chat completions and of the Responses API.

    Which of them answers a chat is said by the option `api` of the call, else by the provider's
    setting `api`, and unless that is `chat` or `responses` by what the call needs.
    """

    def __init__(self, manifest: Manifest, host: Host, more_settings: Iterable[str] = ()) -> None:
        self._api = one_of(host.settings.get("api", "auto"), BadConfig, f"provider {host.name!r}")
        self._chat = OpenAIProvider(manifest, host, more_settings=("api", *more_settings))
        self.manifest, self.service = self._chat.manifest, self._chat.service
        self._responses = Responses(self.manifest, self.service, host.model)
        self._model = host.model
        self._plain = self._api != "responses" and "chat" in manifest.abilities

    @property
    def dialect(self) -> str:
        """The dialect of a chat that asks for nothing in particular."""
        return DIALECT if self._api == "responses" else self._chat.dialect

    @property
    def key_use(self) -> Literal["required", "optional", "none"]:
        """Whether calls need a key, which `aikit doctor` tells."""
        return self._chat.key_use

    async def aclose(self) -> None:
        await self._chat.aclose()

    def chat(self, request: ChatRequest, context: Context) -> Batches:
        """Answer in the dialect that is asked for, or needed.

        Raises:
            BadInput: the option `api` is none of `auto`, `chat` and `responses`.
        """
        if self._plain and (batches := self._chat.plain_chat(request, context)) is not None:
            return batches
        name = self.manifest.name
        options = request.provider_options.get(name, {})
        api = one_of(options.get("api", self._api), BadInput, f"the option `api` of {name!r}")
        if api == "auto":
            api = "responses" if self._needed(request, options) else "chat"
        if api == "responses":
            return self._responses.chat(request, context)
        if "api" in options:
            rest = {key: value for key, value in options.items() if key != "api"}
            kept = {**request.provider_options, name: rest}
            request = changed(request, provider_options=kept)
        return self._chat.chat(request, context)

    def _needed(self, request: ChatRequest, options: Mapping[str, Any]) -> bool:
        return needed(request, options, self._model(request.model), self.manifest)

    def count_tokens(self, request: CountTokensRequest, context: Context) -> Batches:
        self._can("count_tokens")
        return self._responses.count_tokens(request, context)

    def submit(self, request: SubmitRequest, context: Context) -> Batches:
        self._can("jobs")
        return self._responses.submit(request, context)

    def poll(self, request: PollRequest, context: Context) -> Batches:
        self._can("jobs")
        return self._responses.poll(request, context)

    def follow(self, request: FollowRequest, context: Context) -> Batches:
        self._can("jobs")
        return self._responses.follow(request, context)

    def cancel(self, request: CancelRequest, context: Context) -> Batches:
        self._can("jobs")
        return self._responses.cancel(request, context)

    def _can(self, ability: str) -> None:
        if ability not in self.manifest.abilities:
            name = self.manifest.name
            raise Unsupported(f"{name!r} has no endpoint for {ability!r}", provider=name)

    def complete(self, request: CompleteRequest, context: Context) -> Batches:
        return self._chat.complete(request, context)

    def embed(self, request: EmbedRequest, context: Context) -> Batches:
        return self._chat.embed(request, context)

    def rerank(self, request: RerankRequest, context: Context) -> Batches:
        return self._chat.rerank(request, context)

    async def models(self, context: Context) -> Sequence[ModelInfo]:
        return await self._chat.models(context)


def one_of(api: Any, error: type[BadConfig | BadInput], where: str) -> str:
    if api not in APIS:
        raise error(f"{where}: `api` is one of {', '.join(APIS)}, not {api!r}")
    return str(api)


def needed(
    request: ChatRequest, options: Mapping[str, Any], info: ModelInfo | None, manifest: Manifest
) -> bool:
    """Tell whether a chat needs the Responses API: its model, its options, a tool or a part."""
    return (
        has(info, "responses_only")
        or (bool(options) and not (ITS_OWN - {manifest.reasoning_request}).isdisjoint(options))
        or any(isinstance(tool, ProviderTool) and tool.dialect == DIALECT for tool in request.tools)
        or any(of_its_own(message, manifest) for message in request.messages)
    )


BY_URL = ("file_or_url", "document_url", "file_url")
"""The forms of documents in chat completions that may be a URL."""


def of_its_own(message: Message, manifest: Manifest) -> bool:
    """Tell whether a message holds what chat completions can neither be shown nor given back."""
    for part in message.parts:
        if type(part) is TextPart:  # nearly all are, and asking for each kind in turn takes time
            continue
        match part:
            case OpaquePart(dialect=dialect) if dialect == DIALECT:
                return True
            case ReasoningPart(provider_data=data) if own(data):
                return True
            case FilePart(url=url) if not manifest.files or (
                url is not None and manifest.files not in BY_URL
            ):
                return True
            case ToolResultPart(parts=parts) if not manifest.tool_media:
                if any(part.type != "text" for part in parts):
                    return True
    return False
