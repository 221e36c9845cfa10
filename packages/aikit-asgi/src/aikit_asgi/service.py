"""What the routes of all dialects share: the Kit, the limits, and how a request becomes a call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from aicore.calls import Batches
from aicore.context import Context
from aicore.errors import Overloaded, TotalTimeout
from aicore.fold import Folder
from aicore.requests import Request
from aicore.responses import CallWarning, Embeddings, RerankResponse
from aicore.values import changed
from aikit.kit import Kit
from aikit.observe import name_origin
from aikit.settings import check_options

from aikit_asgi.attend import whole
from aikit_asgi.body import read_json
from aikit_asgi.faults import TooManyRequests, TooManyStreams
from aikit_asgi.http import Receive
from aikit_asgi.limits import Limits
from aikit_asgi.listing import Listing
from aikit_asgi.statuses import RequestError

R = TypeVar("R", bound=Request)

LONGEST = 1000
"""How many characters the name of a model may have: what is found for it is kept by it."""


class Places:
    """So many answers may be under way at a time; each is inside of a block.

    Raises:
        Overloaded: all places are taken; the error is of the kind `full`.
    """

    def __init__(self, limit: int | None, full: Callable[[], Overloaded]) -> None:
        self._limit = limit
        self._full = full
        self._taken = 0

    def __enter__(self) -> None:
        if self._limit is not None and self._taken >= self._limit:
            raise self._full()
        self._taken += 1

    def __exit__(self, *_: object) -> None:
        self._taken -= 1


@dataclass(slots=True)
class Service:
    """The gateway behind its routes."""

    kit: Kit
    limits: Limits
    listing: Listing
    streams: Places = field(init=False)
    _requests: Places | None = field(init=False)

    def __post_init__(self) -> None:
        self.streams = Places(self.limits.streams, TooManyStreams)
        limit = self.limits.requests
        self._requests = None if limit is None else Places(limit, TooManyRequests)

    def read(self, receive: Receive) -> Awaitable[dict[str, Any]]:
        """Read the JSON of a body, within the limits (`aikit_asgi.body.read_json`)."""
        return read_json(receive, self.limits.body, self.limits.request)

    async def answer(self, request: Request, context: Context, receive: Receive) -> Folder:
        """Run a call for an answer in one piece.

        Raises:
            Gone: the client has left.
            AIError: the call failed.
            TooManyRequests: too many are under way.
        """
        limit = self.limits.request
        try:
            if self._requests is None:
                return await whole(receive, self.kit.answer(request, context), limit)
            with self._requests:
                return await whole(receive, self.kit.answer(request, context), limit)
        except TotalTimeout as error:
            name_origin(error, request, context.attempts)
            raise

    def stream(self, request: Request, context: Context) -> Batches:
        """Run a call for an answer that is streamed."""
        return self.kit.call(request, context)

    def passed_on(
        self, request: R, rest: Mapping[str, Any], dialect: str
    ) -> tuple[R, list[CallWarning]]:
        """Pass fields without a place of their own on to a provider of the same dialect.

        For any other provider they mean nothing: each becomes a warning.
        """
        if not rest:
            return request, []
        provider, spoken = self.kit.dialect(request.model)
        if spoken == dialect:
            options = dict(request.provider_options)
            options[provider] = {**rest, **options.get(provider, {})}
            return changed(request, provider_options=options), []
        reason = "the model behind the gateway has no such setting"
        return request, [CallWarning(name, "dropped", reason, provider) for name in rest]

    def resolved(self, request: R) -> R:
        """Put the Kit's id in the place of the model's name here.

        Raises:
            NotFound: the model is not among those that may be used.
            RequestError: its name is too long, or an option would put another model in its place.
            BadInput: options are for a provider that does not exist, so they would be lost.
        """
        if request.provider_options:
            check_options(request.provider_options, self.kit.providers())
            if any("model" in options for options in request.provider_options.values()):
                raise RequestError(
                    "name the model in `model`, not in `provider_options`", param="provider_options"
                )
        if len(request.model) > LONGEST:
            raise RequestError(f"`model` is longer than {LONGEST} characters", param="model")
        model = self.listing.resolve(request.model)
        return request if model == request.model else changed(request, model=model)


def vectors(answered: Folder) -> Embeddings:
    """Return what a call for vectors was answered with."""
    return cast("Embeddings", answered.result())


def ranking(answered: Folder) -> RerankResponse:
    """Return what a call for an order was answered with."""
    return cast("RerankResponse", answered.result())
