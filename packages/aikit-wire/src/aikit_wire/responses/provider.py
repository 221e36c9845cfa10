"""Ask a service of the Responses dialect: for answers, for those of the background, for counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import quote

from aicore.calls import Batches
from aicore.context import Context
from aicore.errors import BadInput, BadReply
from aicore.events import Finished, Produced, Warned
from aicore.job_requests import (
    CancelRequest,
    FollowRequest,
    PollRequest,
    SubmitRequest,
)
from aicore.models import ModelInfo
from aicore.rate_limits import RateLimits
from aicore.requests import (
    ChatRequest,
    CountTokensRequest,
    Request,
)
from aicore.responses import TokenCount

from aikit_wire.counts import count
from aikit_wire.encoded import Encoded, refuse_if_strict
from aikit_wire.openai.manifest import Manifest
from aikit_wire.responses.decode import ResponsesDecoder
from aikit_wire.responses.dialect import DIALECT
from aikit_wire.responses.encode import OURS, encode_count, encode_response
from aikit_wire.service import Service
from aikit_wire.whole import read_object


class Responses:
    """The Responses endpoint of a vendor; `model` tells what is known of a model."""

    dialect = DIALECT

    def __init__(
        self, manifest: Manifest, service: Service, model: Callable[[str], ModelInfo | None]
    ) -> None:
        self.manifest = manifest
        self.service = service
        self._model = model

    def chat(self, request: ChatRequest, context: Context) -> Batches:
        """Ask for an answer, or with the option `retrieve` for what has become of one."""
        service, path = self.service, path_of(self.manifest, request.model)
        decoder = self._decoder(request, context)
        options = request.provider_options.get(service.name, {})
        if id := options.get("retrieve"):
            query = parameters(options, streaming=request.streaming)
            path, nothing = f"{path}/{quote(str(id), safe='')}", Encoded({})
            return service.answer(
                path, "chat", nothing, decoder, request, context, method="GET", query=query
            )
        encoded = encode_response(request, self.manifest, self._model(request.model))
        return service.answer(path, "chat", encoded, decoder, request, context)

    def submit(self, request: SubmitRequest, context: Context) -> Batches:
        """Have an answer made in the background."""
        path = path_of(self.manifest, request.model)
        encoded = encode_response(request, self.manifest, self._model(request.model))
        encoded = replace(encoded, body={**encoded.body, "background": True})
        decoder = self._decoder(request, context, job=True)
        return self.service.answer(path, "submit", encoded, decoder, request, context)

    def poll(self, request: PollRequest, context: Context) -> Batches:
        return self._again(request, context, "poll", request.id)

    def follow(self, request: FollowRequest, context: Context) -> Batches:
        query, resumed = {"stream": "true"}, request.after is not None
        if request.after is not None:
            query = {"starting_after": request.after, **query}
        return self._again(request, context, "follow", request.id, query, resumed=resumed)

    def cancel(self, request: CancelRequest, context: Context) -> Batches:
        return self._again(request, context, "cancel", request.id, end="/cancel")

    def _again(
        self,
        request: Request,
        context: Context,
        ability: str,
        id: str,
        query: Mapping[str, str] | None = None,
        end: str = "",
        *,
        resumed: bool = False,
    ) -> Batches:
        """Ask for an answer of the background again, or have it ended."""
        options = request.provider_options.get(self.service.name, {})
        return self.service.answer(
            f"{path_of(self.manifest, request.model)}/{quote(id, safe='')}{end}",
            ability,
            Encoded({}),
            self._decoder(request, context, job=True, resumed=resumed),
            request,
            context,
            method="POST" if end else "GET",
            query={**parameters(options, streaming=False), **(query or {})},
        )

    def _decoder(
        self, request: Request, context: Context, *, job: bool = False, resumed: bool = False
    ) -> ResponsesDecoder:
        secrets = self.service.secrets(context)
        return ResponsesDecoder(self.manifest, request.model, secrets, job=job, resumed=resumed)

    async def count_tokens(self, request: CountTokensRequest, context: Context) -> Batches:
        service, model = self.service, request.model
        encoded = encode_count(request, self.manifest, self._model(model))
        if context.strict:
            refuse_if_strict(encoded, service.name, model)
        path, content, limits = self.manifest.count_path, encoded.content(), list[RateLimits]()
        body = await service.fetch(
            "POST", path, "count_tokens", context, content, model=model, heard=limits.append
        )
        counted = decode_count(body, service.name, model, service.secrets(context))
        yield *map(Warned, encoded.warnings), Produced(counted), Finished(rate_limits=limits[0])


def path_of(manifest: Manifest, model: str) -> str:
    """Return where the responses of a model are asked for."""
    for pattern, path in manifest.responses_paths.items():
        if fnmatchcase(model, pattern):
            return path
    return manifest.responses_path


def parameters(options: Mapping[str, Any], *, streaming: bool) -> dict[str, str]:
    """Return the other options of a retrieval as query parameters.

    Raises:
        BadInput: one is neither text nor a number nor a bool.
    """
    query = dict[str, str]()
    for name, value in options.items():
        if name in OURS:
            continue
        if not isinstance(value, str | int):
            raise BadInput(f"the option {name!r} of a retrieval is text or a number")
        query[name] = str(value).lower() if isinstance(value, bool) else str(value)
    return {**query, "stream": "true"} if streaming else query


def decode_count(body: bytes, provider: str, model: str, secrets: Iterable[str] = ()) -> TokenCount:
    """Decode `{"input_tokens": …}`.

    Raises:
        AIError: the answer is an error, although its status was not.
        BadReply: it holds no count.
    """
    answer = read_object(body, "count of tokens", provider, secrets, model)
    tokens = count(answer, "input_tokens")
    if tokens is None:
        raise BadReply("the answer holds no count of tokens")
    return TokenCount(model=model, tokens=tokens, raw=answer)
