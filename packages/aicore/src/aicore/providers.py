"""What a provider is: where calls come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from aicore.calls import Batches
from aicore.context import Context
from aicore.job_requests import (
    CancelRequest,
    FollowRequest,
    PollRequest,
    SubmitRequest,
)
from aicore.models import ModelInfo
from aicore.requests import (
    ChatRequest,
    CompleteRequest,
    CountTokensRequest,
    EmbedRequest,
    RerankRequest,
)
from aicore.secrets import SecretLike
from aicore.stores import Store


class Host(Protocol):
    """What the Kit lends a provider while it is open."""

    @property
    def name(self) -> str:
        """The name under which the provider is opened: usually its own, or one from settings."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """The settings of this provider, from arguments, `aikit.toml` and the environment."""

    @property
    def http_client(self) -> Any:
        """An HTTP client that the user handed in, or None: make your own."""

    def secret(self, setting: str, *variables: str) -> SecretLike | None:
        """Return a secret: the setting of that name, else the first variable that is set."""

    def model(self, id: str) -> ModelInfo | None:
        """Return what the catalog knows about one of this provider's models."""

    def store(self, name: str) -> Store:
        """Return a small store that lives as long as the Kit."""


@runtime_checkable
class Provider(Protocol):
    """An open provider. What it can do shows in which of the `Supports…` protocols it meets.

    An ability is a call: it raises `AIError`s, yields warnings for what it cannot take, and
    releases everything when its generator is closed.
    """

    async def aclose(self) -> None: ...


@runtime_checkable
class SupportsChat(Protocol):
    """`request.streaming` picks how the service is asked; both ways fold to equal responses."""

    def chat(self, request: ChatRequest, context: Context) -> Batches: ...


@runtime_checkable
class SupportsComplete(Protocol):
    def complete(self, request: CompleteRequest, context: Context) -> Batches: ...


@runtime_checkable
class SupportsEmbed(Protocol):
    def embed(self, request: EmbedRequest, context: Context) -> Batches: ...


@runtime_checkable
class SupportsRerank(Protocol):
    """Ends with one `Produced`, whose result is a `RerankResponse`."""

    def rerank(self, request: RerankRequest, context: Context) -> Batches: ...


@runtime_checkable
class SupportsCountTokens(Protocol):
    """Ends with one `Produced`, whose result is a `TokenCount`."""

    def count_tokens(self, request: CountTokensRequest, context: Context) -> Batches: ...


@runtime_checkable
class SupportsJobs(Protocol):
    """Work in the background: each call tells the job in a `JobReported`.

    `poll` and `cancel` go on with the answer as far as there is one, `follow` with its events as
    they come. A job that has failed is an error, whose `details` say `{"job_status": "failed"}`.
    """

    def submit(self, request: SubmitRequest, context: Context) -> Batches: ...
    def poll(self, request: PollRequest, context: Context) -> Batches: ...
    def follow(self, request: FollowRequest, context: Context) -> Batches: ...
    def cancel(self, request: CancelRequest, context: Context) -> Batches: ...


@runtime_checkable
class SupportsModels(Protocol):
    async def models(self, context: Context) -> Sequence[ModelInfo]:
        """Ask the service which models it serves."""


@runtime_checkable
class Spec(Protocol):
    """An unopened provider: a name, and callable with a host. A class is one; so is a manifest."""

    @property
    def name(self) -> str: ...
    def __call__(self, host: Host) -> Provider: ...
