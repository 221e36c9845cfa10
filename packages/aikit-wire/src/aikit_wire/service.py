"""A vendor's HTTP service, as one Kit has opened it: its address, its key, and how it is asked."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Literal
from urllib.parse import urlencode

from aicore.calls import Batches
from aicore.context import Context
from aicore.errors import Unauthorized
from aicore.events import Warned
from aicore.providers import Host
from aicore.rate_limits import RateLimits
from aicore.requests import Request
from aicore.whole import Single

from aikit_wire.address import base_url, located
from aikit_wire.answer import AnswerDecoder, decoded, rate_limits
from aikit_wire.auth import auth_headers
from aikit_wire.choose import transport_for
from aikit_wire.credentials import Credentials
from aikit_wire.encoded import Encoded, refuse_if_strict
from aikit_wire.exchange import exchange, read
from aikit_wire.framing import Framing, sse_or_whole
from aikit_wire.one_piece import Reading, in_one, in_short
from aikit_wire.settings import check_settings, lowered
from aikit_wire.tokens import Token, Tokens
from aikit_wire.transport import HTTPRequest, HTTPResponse, Phases, Transport
from aikit_wire.vendor import Vendor

KEPT = 1000
"""For how many models is kept where to send requests and with what headers."""


class Service:
    """Sends requests to a vendor with the settings of the host, and hands out its answers.

    `transport` replaces HTTP, and `more_settings` names settings that its maker reads.

    Raises:
        BadConfig: a setting does not exist or has a wrong type, or there is no address.
    """

    def __init__(
        self,
        vendor: Vendor,
        host: Host,
        *,
        transport: Transport | None = None,
        more_settings: Iterable[str] = (),
    ) -> None:
        name, settings = host.name, host.settings
        known = ("auth_token", *more_settings) if vendor.token_env else more_settings
        check_settings(name, settings, known)
        variables = {
            header.lower(): os.environ.get(variable)
            for header, variable in vendor.headers_env.items()
        }
        self.name: str = name
        self.base_url: str = base_url(vendor, name, settings)
        self.headers: Mapping[str, str] = {
            **{header: value for header, value in variables.items() if value},
            **lowered(vendor.headers),
            **lowered(settings.get("headers", {})),
        }
        self.query: Mapping[str, str] = {**vendor.query, **settings.get("query", {})}
        self.credentials = Credentials(vendor, host, self.headers)
        self._phases = Phases(**settings.get("timeouts", {}))
        self.allow_private_media: bool = settings.get("allow_private_media", False)
        self.transport: Transport = transport or transport_for(host.http_client)

    @property
    def key_use(self) -> Literal["required", "optional", "none"]:
        """Whether calls need a key, which `aikit doctor` tells."""
        return self.credentials.use

    async def aclose(self) -> None:
        await self.transport.aclose()

    def answer(
        self,
        path: str,
        ability: str,
        encoded: Encoded,
        decoder: AnswerDecoder,
        request: Request,
        context: Context,
        *,
        method: Literal["POST", "GET"] = "POST",
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        framing: Framing = sse_or_whole,
    ) -> Batches:
        """Send an encoded request and decode its answer, the warnings first.

        Where nothing is to be said, as for an answer that was asked for before, there is no body.

        Raises:
            Unsupported: the call is strict, and a setting cannot be sent as it is.
            AIError: whatever kept the service from answering.
        """
        if context.strict:
            refuse_if_strict(encoded, self.name, request.model)
        message = self.request(
            method,
            path,
            ability,
            context,
            encoded.content() if encoded.body else None,
            model=request.model,
            streaming=request.streaming,
            headers=headers,
            query=query,
        )
        secrets = decoder.secrets or self.secrets(context)
        sending = self.exchange(message, request.model, context, secrets)
        if request.streaming:
            warnings = tuple(map(Warned, encoded.warnings)) if encoded.warnings else ()
            return decoded(sending, decoder, message, framing, warnings)
        return Single(partial(in_one, sending, message, decoder, framing, encoded.warnings))

    def single(
        self,
        path: str,
        ability: str,
        encoded: Encoded,
        reading: Reading,
        request: Request,
        context: Context,
    ) -> Single:
        """Send like `answer` what asks for one piece, where that is most often a plain one.

        Nothing may have been lost on the way, so that there are no warnings.

        Raises:
            AIError: whatever kept the service from answering.
        """
        model = request.model
        url, headers, secrets = self._asked(path, model, context)
        message = HTTPRequest("POST", url, headers, encoded.content(), self.name, ability)
        sending = self.exchange(message, model, context, secrets)
        return Single(partial(in_short, sending, message, reading, model, secrets))

    def _asked(
        self, path: str, model: str, context: Context
    ) -> tuple[str, Mapping[str, str], tuple[str, ...]]:
        """Return where to send a body, with which headers, and the secrets of the call."""
        shared, key = self.credentials.shared(context), (self.base_url, path, model)
        if shared is not None and (asked := shared.asked.get(key)) is not None:
            return asked
        secrets, headers = self.secrets(context), self.credentials.headers(context, False, True)
        asked = self._url(path, model, self.query), headers, secrets
        if shared is not None:
            if len(shared.asked) >= KEPT:
                shared.asked.clear()
            shared.asked[key] = asked
        return asked

    async def fetch(
        self,
        method: str,
        path: str,
        ability: str,
        context: Context,
        body: bytes | None = None,
        *,
        model: str | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        heard: Callable[[RateLimits], None] | None = None,
    ) -> bytes:
        """Send a request and read its whole answer; `heard` takes the limits that it tells.

        Raises:
            AIError: whatever kept the service from answering.
        """
        message = self.request(
            method, path, ability, context, body, model=model, headers=headers, query=query
        )
        async with self.exchange(message, model, context) as response:
            if heard is not None:
                heard(rate_limits(response.headers))
            return await read(response)

    def request(
        self,
        method: str,
        path: str,
        ability: str,
        context: Context,
        body: bytes | None = None,
        *,
        model: str | None = None,
        streaming: bool = False,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> HTTPRequest:
        """Make a request to an endpoint; `path` is put behind the service's address.

        Raises:
            MissingKey: the service needs a key and none was given.
            Unsupported: the address is that of a model, and none is asked.
        """
        sent = self.credentials.headers(context, streaming, body is not None, headers)
        url = self._url(path, model, {**self.query, **query} if query else self.query)
        return HTTPRequest(method, url, sent, body, self.name, ability)

    def _url(self, path: str, model: str | None, query: Mapping[str, str]) -> str:
        url = located(f"{self.base_url}{path}", model, self.name)
        return f"{url}?{urlencode(query)}" if query else url

    def exchange(
        self,
        message: HTTPRequest,
        model: str | None,
        context: Context,
        secrets: tuple[str, ...] | None = None,
    ) -> AbstractAsyncContextManager[HTTPResponse]:
        """Send a request; leaving the block closes its connection.

        The `secrets` of the call are masked in errors, which need not be found again if known.
        """
        if secrets is None:
            secrets = self.secrets(context)
        if (tokens := self.tokens(context)) is None:
            return self.sent(message, model, secrets)
        return self._let_in(tokens, message, model, secrets)

    def tokens(self, context: Context) -> Tokens | None:
        """Return where the access token of a call comes from; None if it has a key instead."""
        return None if self.name in context.api_keys else self.credentials.tokens

    def sent(
        self, message: HTTPRequest, model: str | None, secrets: tuple[str, ...]
    ) -> AbstractAsyncContextManager[HTTPResponse]:
        """Send a request as it is."""
        return exchange(self.transport, message, self._phases, self.name, model, secrets)

    @asynccontextmanager
    async def _let_in(
        self, tokens: Tokens, message: HTTPRequest, model: str | None, secrets: tuple[str, ...]
    ) -> AsyncGenerator[HTTPResponse, None]:
        """Send a request with a fresh token; with another one, once more, if that is refused."""

        def bearing(token: Token) -> AbstractAsyncContextManager[HTTPResponse]:
            bearer = auth_headers("bearer", "authorization", token.value)
            headers = {**token.headers, **message.headers, **bearer}
            held = (*secrets, token.value.get_secret_value())
            return self.sent(replace(message, headers=headers), model, held)

        token = await tokens.fresh()
        async with AsyncExitStack() as stack:
            try:
                response = await stack.enter_async_context(bearing(token))
            except Unauthorized as error:
                if error.status != 401:
                    raise
                again = bearing(await tokens.fresh(token))
                response = await stack.enter_async_context(again)
            yield response

    def secrets(self, context: Context) -> tuple[str, ...]:
        """Return what must never show in an error."""
        return self.credentials.secrets(context)
