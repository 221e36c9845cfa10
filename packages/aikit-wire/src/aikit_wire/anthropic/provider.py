"""The provider of the Messages dialect: sends what `encode` made, yields what `decode` reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Literal

from aicore.calls import Batches
from aicore.context import Context
from aicore.errors import BadReply
from aicore.events import Finished, Produced, Warned
from aicore.models import ModelInfo
from aicore.providers import Host
from aicore.rate_limits import RateLimits
from aicore.requests import ChatRequest, CountTokensRequest

from aikit_wire.anthropic.decode import MessagesDecoder
from aikit_wire.anthropic.dialect import ANSWER_TOOL, DIALECT
from aikit_wire.anthropic.encode import encode_chat, encode_count, without_betas
from aikit_wire.anthropic.models import decode_count, decode_models
from aikit_wire.anthropic.plain import plain_answer
from aikit_wire.anthropic.requests import PlainMessages
from aikit_wire.anthropic.vendor import MessagesVendor
from aikit_wire.encoded import Encoded, refuse_if_strict
from aikit_wire.one_piece import Reading, and_warned
from aikit_wire.service import Service
from aikit_wire.settings import lowered
from aikit_wire.transport import Transport

PAGE = "1000"
"""How many models one page may hold; the service allows no more."""
PAGES = 100


class MessagesProvider:
    """An open vendor of the dialect. `transport` replaces HTTP."""

    dialect = DIALECT

    def __init__(
        self, vendor: MessagesVendor, host: Host, *, transport: Transport | None = None
    ) -> None:
        self.service = Service(vendor, host, transport=transport)
        self.service.base_url = self.service.base_url.removesuffix("/v1")
        self.vendor = vendor
        self._model = host.model
        self._plain = PlainMessages(vendor, self.service.name, host.model)
        self._reading = Reading(plain_answer, partial(MessagesDecoder, self.service.name))

    @property
    def key_use(self) -> Literal["required", "optional", "none"]:
        """Whether calls need a key, which `aikit doctor` tells."""
        return self.service.key_use

    async def aclose(self) -> None:
        await self.service.aclose()

    def chat(self, request: ChatRequest, context: Context) -> Batches:
        service = self.service
        if (plain := self._plain.encode(request)) is not None:
            return self._plainly(plain, request, context)
        encoded = encode_chat(request, service.name, self._model(request.model))
        decoder = MessagesDecoder(
            service.name,
            request.model,
            service.secrets(context),
            answer_tool=ANSWER_TOOL if offers_answer_tool(encoded) else None,
        )
        encoded, context = self._announced(encoded, context)
        body = {**self.vendor.body, **encoded.body}
        if not self.vendor.model_in_body:
            body.pop("model", None)
        encoded, path = Encoded(body, encoded.warnings), self.vendor.path(request.streaming)
        return service.answer(path, "chat", encoded, decoder, request, context)

    def _plainly(self, encoded: Encoded, request: ChatRequest, context: Context) -> Batches:
        """Answer a chat of nothing but texts and simple settings."""
        service, path = self.service, self.vendor.path(request.streaming)
        if not request.streaming:
            answer = service.single(path, "chat", encoded, self._reading, request, context)
            return and_warned(answer, encoded.warnings) if encoded.warnings else answer
        decoder = MessagesDecoder(service.name, request.model, service.secrets(context))
        return service.answer(path, "chat", encoded, decoder, request, context)

    async def count_tokens(self, request: CountTokensRequest, context: Context) -> Batches:
        service, model = self.service, request.model
        encoded = encode_count(request, service.name, self._model(model))
        if context.strict:
            refuse_if_strict(encoded, service.name, model)
        encoded, context = self._announced(encoded, context)
        limits = list[RateLimits]()
        encoded = Encoded({**self.vendor.body, **encoded.body}, encoded.warnings)
        body = await service.fetch(
            "POST",
            self.vendor.count_path,
            "count_tokens",
            context,
            encoded.content(),
            model=model,
            heard=limits.append,
        )
        counted = decode_count(body, service.name, model, service.secrets(context))
        yield *map(Warned, encoded.warnings), Produced(counted), Finished(rate_limits=limits[0])

    async def models(self, context: Context) -> Sequence[ModelInfo]:
        """Ask for every page of the list.

        Raises:
            BadReply: the pages have no end.
        """
        service, found = self.service, list[ModelInfo]()
        query = {"limit": PAGE}
        for _ in range(PAGES):
            path = self.vendor.models_path
            body = await service.fetch("GET", path, "models", context, query=query)
            page = decode_models(body, service.name, service.secrets(context))
            found += page.models
            if page.after is None or page.after == query.get("after_id"):
                return found
            query["after_id"] = page.after
        raise BadReply(f"the list of models has more than {PAGES} pages", provider=service.name)

    def _announced(self, encoded: Encoded, context: Context) -> tuple[Encoded, Context]:
        """Name the beta features in a header, beside those that the caller names there."""
        encoded, names = without_betas(encoded)
        if not names:
            return encoded, context
        given = lowered(context.headers)
        for headers in (given, self.service.headers):
            if told := listed(headers):
                names = (*told, *names)
                break
        given["anthropic-beta"] = ",".join(dict.fromkeys(names))
        return encoded, replace(context, headers=given)


def listed(headers: Mapping[str, str]) -> list[str]:
    told = headers.get("anthropic-beta", "").split(",")
    return [name.strip() for name in told if name.strip()]


def offers_answer_tool(encoded: Encoded) -> bool:
    tools = encoded.body.get("tools")
    names = [tool.get("name") for tool in tools if isinstance(tool, dict)] if tools else []
    return ANSWER_TOOL in names
