"""The provider of Bedrock: each call goes to the operation that serves it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Literal, TypeVar

from aicore.calls import Batches
from aicore.context import Context
from aicore.errors import BadConfig, BadInput, BadReply, Unsupported
from aicore.events import Finished, Produced, Warned
from aicore.models import ModelInfo
from aicore.providers import Host
from aicore.requests import (
    ChatRequest,
    CompleteRequest,
    CountTokensRequest,
    EmbedRequest,
    Request,
)
from aicore.responses import Embeddings, TokenCount
from aicore.usage import sum_of
from aicore.whole import events_of
from aikit_wire.answer import AnswerDecoder, whole
from aikit_wire.anthropic.dialect import ANSWER_TOOL as CLAUDES_TOOL
from aikit_wire.encoded import Encoded, refuse_if_strict
from aikit_wire.exchange import read
from aikit_wire.ledger import Ledger
from aikit_wire.media import with_bytes
from aikit_wire.transport import HTTPRequest, Transport
from aikit_wire.vendor import Vendor
from aikit_wire.whole import read_object

from aikit_provider_bedrock import completions, embeddings
from aikit_provider_bedrock.converse.decode import ConverseDecoder
from aikit_provider_bedrock.converse.dialect import ANSWER_TOOL, DIALECT, Target
from aikit_provider_bedrock.converse.encode import encode_chat, encode_count
from aikit_provider_bedrock.framing import STREAM, eventstream_or_whole
from aikit_provider_bedrock.invoke import (
    ClaudeDecoder,
    NovaDecoder,
    encode_claude,
    encode_nova,
    needs_messages,
    to_count,
)
from aikit_provider_bedrock.listing import decode_models, decode_profiles
from aikit_provider_bedrock.models import Names, profiles_of
from aikit_provider_bedrock.service import BedrockService

APIS = ("auto", "converse", "invoke")
PAGES = 100
Asked = TypeVar("Asked", bound=ChatRequest)


class Bedrock:
    """Bedrock in one region.

    Chats go over Converse. Which operation it is can be told by the option `api` of a call or the
    setting `api`: `invoke` sends what the model's maker has defined, which is Anthropic's dialect
    for Claude. Where a chat holds what only that can say, it is what `auto` takes.
    """

    dialect = DIALECT

    def __init__(self, vendor: Vendor, host: Host, *, transport: Transport | None = None) -> None:
        self.service = BedrockService(vendor, host, transport=transport)
        self._api = one_of(host.settings.get("api", "auto"), BadConfig)
        self._names = Names(profiles_of(host.settings, host.name), host.model)

    @property
    def key_use(self) -> Literal["required", "optional", "none"]:
        """Whether calls need a key, which `aikit doctor` tells."""
        return self.service.key_use

    async def aclose(self) -> None:
        await self.service.aclose()

    async def chat(self, request: ChatRequest, context: Context) -> Batches:
        """Answer over Converse, or over InvokeModel where that is told or needed.

        Raises:
            Unsupported: InvokeModel is told, and the model is neither Claude nor Nova.
        """
        request = await self._with_bytes(request, context)
        name, model, secrets = self.service.name, request.model, self.service.secrets(context)
        encoded, invoked = self._encoded(request)
        decoder: AnswerDecoder
        if not invoked:
            tool = ANSWER_TOOL if ANSWER_TOOL in tool_names(encoded) else None
            claude = self._names.vendor(model) == "anthropic"
            decoder = ConverseDecoder(name, model, secrets, claude=claude, answer_tool=tool)
            verb = "converse-stream" if request.streaming else "converse"
        else:
            verb = invocation(request)
            if self._names.vendor(model) == "anthropic":
                tool = CLAUDES_TOOL if CLAUDES_TOOL in tool_names(encoded) else None
                decoder = ClaudeDecoder(name, model, secrets, answer_tool=tool)
            else:
                decoder = NovaDecoder(name, model, secrets)
        async with aclosing(self._answer(verb, "chat", encoded, decoder, request, context)) as told:
            async for batch in told:
                yield batch

    async def complete(self, request: CompleteRequest, context: Context) -> Batches:
        """Complete a text over InvokeModel, in the form of the model's maker.

        Raises:
            Unsupported: models of this maker complete no texts.
        """
        name, model = self.service.name, request.model
        form = completions.form_of(self._names.base(model), name)
        encoded = completions.encode_complete(request, form, name)
        secrets = self.service.secrets(context)
        decoder = completions.CompletionDecoder(name, model, secrets, form=form)
        verb = invocation(request)
        if request.streaming:
            answer = self._answer(verb, "complete", encoded, decoder, request, context)
            async with aclosing(answer) as told:
                async for batch in told:
                    yield batch
            return
        if context.strict:
            refuse_if_strict(encoded, name, model)
        message = self._asked(verb, "complete", encoded, model, context)
        async with self.service.exchange(message, model, context) as response:
            decoder.headers, body = response.headers, await read(response)
        yield *map(Warned, encoded.warnings), *events_of(whole(body, decoder, message))

    async def count_tokens(self, request: CountTokensRequest, context: Context) -> Batches:
        """Count the tokens of a chat, in the form that it would be sent in."""
        service, model = self.service, request.model
        request = await self._with_bytes(request, context)
        encoded, invoked = self._encoded(request)
        encoded = to_count(encoded) if invoked else encode_count(request, self._target(model))
        if context.strict:
            refuse_if_strict(encoded, service.name, model)
        body = await service.fetch(
            "POST",
            "/model/{model}/count-tokens",
            "count_tokens",
            context,
            encoded.content(),
            model=model,
        )
        counted = decode_count(body, service.name, model, service.secrets(context))
        yield *map(Warned, encoded.warnings), Produced(counted), Finished()

    async def embed(self, request: EmbedRequest, context: Context) -> Batches:
        """Embed texts over InvokeModel, in several requests if the model takes fewer at a time.

        Raises:
            Unsupported: it is not known how the model is asked.
        """
        service, model = self.service, request.model
        form = embeddings.form_of(self._names.base(model), service.name)
        results = list[Embeddings]()
        for start in range(0, len(request.inputs), form.limit):
            texts = request.inputs[start : start + form.limit]
            encoded = embeddings.encode_embed(request, texts, form, service.name)
            if context.strict:
                refuse_if_strict(encoded, service.name, model)
            if start == 0 and encoded.warnings:
                yield tuple(map(Warned, encoded.warnings))
            message = self._asked("invoke", "embed", encoded, model, context)
            async with service.exchange(message, model, context) as response:
                body, headers = await read(response), response.headers
            result = embeddings.decode_embeddings(
                body, headers, len(texts), service.name, service.secrets(context)
            )
            results.append(result)
        vectors = tuple(vector for item in results for vector in item.vectors)
        usage = sum_of(item.usage for item in results)
        if len(results) == 1:
            usage = results[0].usage
        yield Produced(replace(results[0], vectors=vectors, usage=usage)), Finished()

    async def models(self, context: Context) -> Sequence[ModelInfo]:
        """Ask for the region's models, and for the profiles that lead to models of several.

        Raises:
            BadReply: the pages have no end.
        """
        service, secrets = self.service.at("bedrock"), self.service.secrets(context)
        body = await service.fetch("GET", "/foundation-models", "models", context)
        found = decode_models(body, service.name, secrets)
        by_id, query = {model.id: model for model in found}, {"maxResults": "1000"}
        for _ in range(PAGES):
            body = await service.fetch("GET", "/inference-profiles", "models", context, query=query)
            profiles, token = decode_profiles(body, service.name, by_id, secrets)
            found += profiles
            if token is None:
                return found
            query["nextToken"] = token
        raise BadReply(f"the list of models has more than {PAGES} pages", provider=service.name)

    def _asked(
        self, verb: str, ability: str, encoded: Encoded, model: str, context: Context
    ) -> HTTPRequest:
        path, body = f"/model/{{model}}/{verb}", encoded.content()
        return self.service.request("POST", path, ability, context, body, model=model)

    def _answer(
        self,
        verb: str,
        ability: str,
        encoded: Encoded,
        decoder: AnswerDecoder,
        request: Request,
        context: Context,
    ) -> Batches:
        return self.service.answer(
            f"/model/{{model}}/{verb}",
            ability,
            encoded,
            decoder,
            request,
            context,
            headers={"accept": STREAM if request.streaming else "application/json"},
            framing=eventstream_or_whole,
        )

    def _encoded(self, request: ChatRequest) -> tuple[Encoded, bool]:
        """Encode a chat, and tell whether for InvokeModel."""
        name, model = self.service.name, request.model
        told = request.provider_options.get(name, {}).get("api", self._api)
        vendor, api = self._names.vendor(model), one_of(told, BadInput)
        if api == "invoke" or (api == "auto" and vendor == "anthropic" and needs_messages(request)):
            if vendor == "anthropic":
                return encode_claude(request, name, self._names.info(model)), True
            if vendor == "amazon":
                return encode_nova(request, self._target(model)), True
            raise Unsupported(
                f"chats of {vendor or 'unknown'!r} models go over Converse: set no `api`, or name "
                f"the model that a profile stands for under [providers.{name}.profiles]",
                provider=name,
            )
        return encode_chat(request, self._target(model)), False

    def _target(self, model: str) -> Target:
        name, names = self.service.name, self._names
        return Target(name, names.vendor(model), names.info(model), Ledger(name))

    async def _with_bytes(self, request: Asked, context: Context) -> Asked:
        """Return a request with bytes for what is on the web, which the service does not fetch.

        Raises:
            BadInput: a URL must not be fetched, or there is too much.
            InvalidRequest: a URL cannot be fetched.
        """
        messages = await with_bytes(
            request.messages,
            self.service.transport,
            context,
            wanted=lambda part: (part.url or "").lower().startswith(("http://", "https://")),
            allow_private=self.service.allow_private_media,
        )
        return replace(request, messages=messages)


def invocation(request: Request) -> str:
    return "invoke-with-response-stream" if request.streaming else "invoke"


def one_of(api: object, error: type[BadConfig | BadInput]) -> str:
    if api not in APIS:
        raise error(f"`api` of Bedrock is one of {', '.join(APIS)}, not {api!r}")
    return str(api)


def tool_names(encoded: Encoded) -> set[str | None]:
    """Return the names of the tools of a body, of Converse's or of Anthropic's form."""
    body = encoded.body
    config = body.get("toolConfig")
    tools = config.get("tools") if isinstance(config, dict) else body.get("tools")
    items = [tool for tool in tools or () if isinstance(tool, dict)]
    return {tool.get("toolSpec", tool).get("name") for tool in items}


def decode_count(body: bytes, provider: str, model: str, secrets: Iterable[str] = ()) -> TokenCount:
    """Decode how many tokens a chat is.

    Raises:
        AIError: the answer is an error, although its status was not.
        BadReply: the answer holds no count.
    """
    answer = read_object(body, "count of tokens", provider, secrets, model)
    tokens = answer.get("inputTokens")
    if type(tokens) is not int:
        raise BadReply("the answer holds no count of tokens")
    return TokenCount(model=model, tokens=tokens, raw=answer)
