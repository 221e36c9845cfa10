"""What the routes of all dialects share: the Kit, the limits, and how a request becomes a call."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from aicore.context import CancelToken, Context, Deadlines
from aicore.requests import Request
from aicore.responses import CallWarning
from aikit.kit import Kit
from aikit.settings import check_options

from aikit_asgi.faults import TooManyStreams
from aikit_asgi.gate import Caller
from aikit_asgi.limits import Limits
from aikit_asgi.listing import Listing
from aikit_asgi.statuses import RequestError

R = TypeVar("R", bound=Request)


@dataclass(slots=True)
class Service:
    """The gateway behind its routes."""

    kit: Kit
    limits: Limits
    listing: Listing
    streams: int = field(default=0, init=False)

    def context(self, caller: Caller, gone: CancelToken, total: float | None) -> Context:
        """Make the context of a call: it ends with its client, and reads no files for it."""
        return Context(
            request_id=caller.request_id,
            owner=caller.owner,
            deadlines=Deadlines(total=total),
            cancel=gone,
            remote=True,
        )

    @asynccontextmanager
    async def place(self) -> AsyncGenerator[None, None]:
        """Hold one of the places for streams.

        Raises:
            TooManyStreams: all are taken.
        """
        if self.limits.streams is not None and self.streams >= self.limits.streams:
            raise TooManyStreams
        self.streams += 1
        try:
            yield
        finally:
            self.streams -= 1

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
            return replace(request, provider_options=options), []
        reason = "the model behind the gateway has no such setting"
        return request, [CallWarning(name, "dropped", reason, provider) for name in rest]

    def resolved(self, request: R) -> R:
        """Put the Kit's id in the place of the model's name here.

        Raises:
            NotFound: the model is not among those that may be used.
            RequestError: an option would put another model in its place.
            BadInput: options are for a provider that does not exist, so they would be lost.
        """
        if request.provider_options:
            check_options(request.provider_options, self.kit.providers())
        if any("model" in options for options in request.provider_options.values()):
            raise RequestError(
                "name the model in `model`, not in `provider_options`", param="provider_options"
            )
        return replace(request, model=self.listing.resolve(request.model))
