"""The gateway's ASGI app: a routing table of bare callables behind one gate."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Literal, TypeAlias

from aicore.context import Context
from aicore.errors import AIError, BadInput, SetupError, UnknownProvider, Unsupported
from aikit.kit import Kit
from starlette.routing import Match, Route

from aikit_asgi import native, openapi
from aikit_asgi.auth import Auth
from aikit_asgi.faults import GatewayError, ShuttingDown, WrongKey
from aikit_asgi.gate import admitted, headers_of, named, normal_path
from aikit_asgi.http import Gone, Receive, Reply, Scope, Send
from aikit_asgi.limits import Limits
from aikit_asgi.listing import Listing
from aikit_asgi.live import last_words
from aikit_asgi.openai import routes as openai
from aikit_asgi.service import Service
from aikit_asgi.statuses import RequestError, is_inward

Group: TypeAlias = Literal["native", "openai"]
GROUPS: tuple[Group, ...] = ("native", "openai")
Endpoint: TypeAlias = Callable[[Scope, Receive, Reply, Context], Awaitable[None]]


def create_app(
    kit: Kit | None = None,
    *,
    include: Sequence[Group] = GROUPS,
    auth: Auth | None = None,
    models: Sequence[str] | Mapping[str, str] | None = None,
    limits: Limits | None = None,
) -> Gateway:
    """Make an ASGI app that serves the models of a Kit.

    `include` names the groups of routes. `auth` decides who may call; without it everybody may,
    so keep such an app on loopback. `models` limits what may be asked for (see `Listing`). The
    app needs no lifespan: it opens what it needs with the first request, so it may be mounted
    under any prefix of any ASGI host.

    Raises:
        ValueError: `include` names an unknown group.
        TypeError: `auth` or `limits` is of another kind.
        UnknownProvider: one of `models` belongs to no provider that is installed or configured.
    """
    kit = kit or Kit()
    groups: Sequence[Group] = (include,) if isinstance(include, str) else tuple(include)  # type: ignore[assignment]
    if unknown := set(groups) - set(GROUPS):
        raise ValueError(f"unknown route group {unknown.pop()!r}; there are {', '.join(GROUPS)}")
    if auth is not None and not callable(getattr(auth, "owner", None)):
        raise TypeError("`auth` takes APIKeys([...]), or an object with a method `owner`")
    if not isinstance(limits, Limits | None):
        raise TypeError("`limits` takes Limits(...)")
    for id in plain_ids(models):
        kit.split(id)
    return Gateway(kit, groups, auth, models, limits or Limits())


def plain_ids(models: Sequence[str] | Mapping[str, str] | None) -> Sequence[str]:
    """Return the ids among what may be asked for, without the patterns."""
    if isinstance(models, Mapping):
        return tuple(models.values())
    given = (models,) if isinstance(models, str) else models or ()
    return [item for item in given if not set(item) & set("*?[")]


log = logging.getLogger("aikit.gateway")


class Gateway:
    """The app that `create_app` makes."""

    def __init__(
        self,
        kit: Kit,
        include: Sequence[Group],
        auth: Auth | None,
        models: Sequence[str] | Mapping[str, str] | None,
        limits: Limits,
    ) -> None:
        self.kit = kit
        self._auth = auth
        self._limits = limits
        service = Service(kit, limits, Listing(kit, models))
        self._routes = [Route("/healthz", Health(), methods=["GET"])]
        if "native" in include:
            self._routes += [
                Route("/generate", native.Generate(service), methods=["POST"]),
                Route("/generate/stream", native.GenerateStream(service), methods=["POST"]),
                Route("/embed", native.Embed(service), methods=["POST"]),
                Route("/rerank", native.Rerank(service), methods=["POST"]),
                Route("/provider-models", native.ProviderModels(service), methods=["GET"]),
            ]
        if "openai" in include:
            self._routes += [
                Route("/v1/chat/completions", openai.ChatCompletions(service), methods=["POST"]),
                Route("/v1/embeddings", openai.Embeddings(service), methods=["POST"]),
                Route("/v1/models", openai.Models(service), methods=["GET"]),
                Route("/v1/models/{id:path}", openai.Model(service), methods=["GET"]),
            ]
        self._routes.append(
            Route("/openapi.json", OpenAPI(include, auth is not None), methods=["GET"])
        )
        self._direct: dict[tuple[str, str], Endpoint] = {
            (method, route.path): route.endpoint
            for route in self._routes
            for method in route.methods or ()
            if not route.param_convertors
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._other(scope, receive, send)
            return
        path, (headers, size) = normal_path(scope), headers_of(scope)
        request_id = named(headers)
        reply = Reply(send, (b"x-request-id", request_id.encode()))
        try:
            owner = admitted(scope, path, headers, size, self._auth, self._limits)
            del headers  # a stream lasts, and so would they
            context = Context(request_id=request_id, owner=owner, remote=True)
            endpoint = self._direct.get((scope["method"], path))
            if endpoint is None:
                scope = {**scope}  # it gets what the route reads in its path, and is the host's
                endpoint = self._match(scope, path, reply)
            await endpoint(scope, receive, reply, context)
        except asyncio.CancelledError:
            if not reply.started:
                await last_words(failed(path, reply, ShuttingDown()))
            raise
        except Gone:
            log.debug("request %s: the client has left", request_id)
        except Exception as error:
            known = error if isinstance(error, AIError) else GatewayError()
            if isinstance(error, WrongKey):
                reply.headers += ((b"www-authenticate", b"Bearer"),)
            note(request_id, known, error)
            if not reply.started:
                with suppress(Gone):
                    await failed(path, reply, known)
            elif not reply.complete:
                raise  # the server cuts the connection: no clean end on a broken answer

    def _match(self, scope: Scope, path: str, reply: Reply) -> Endpoint:
        """Find who answers a request, and put into its scope what the route reads in its path.

        Raises:
            RequestError: there is none (404), or not for this method (405).
        """
        scope.update(path=path, root_path="", path_params={})
        allowed: set[str] = set()
        for route in self._routes:
            match, child = route.matches(scope)
            if match is Match.FULL:
                scope.update(child)
                endpoint: Endpoint = route.endpoint
                return endpoint
            if match is Match.PARTIAL:
                allowed |= route.methods or set()
        if allowed:
            reply.headers += ((b"allow", ", ".join(sorted(allowed)).encode()),)
            raise RequestError(f"use {' or '.join(sorted(allowed))} here", 405)
        below = {**scope, "path": f"/v1{path}"}
        known = any(route.matches(below)[0] is not Match.NONE for route in self._routes)
        hint = f"; is it {below['path']}?" if known else ""
        raise RequestError(f"there is nothing at {path}{hint}", 404)

    async def _other(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Close the Kit when the server stops; a host that sends no lifespan loses nothing else."""
        await receive()
        if scope["type"] != "lifespan":
            await send({"type": "websocket.close", "code": 1000})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.kit.aclose()
        await send({"type": "lifespan.shutdown.complete"})


async def failed(path: str, reply: Reply, error: AIError) -> None:
    """Answer with an error, in the dialect that is spoken at a path."""
    send_error = openai.send_error if path.startswith("/v1/") else native.send_error
    await send_error(reply, error)


CALLERS = (BadInput, UnknownProvider, Unsupported)
"""Errors of the setup that are the client's own."""


def note(request_id: str, known: AIError, error: Exception) -> None:
    """Log what whoever runs the gateway has to mend, and clients are not told."""
    if known is not error:
        log.error("request %s failed", request_id, exc_info=error)
    elif (isinstance(known, SetupError) or is_inward(known)) and not isinstance(known, CALLERS):
        log.warning("request %s: %s: %s", request_id, known.code, known)


class Health:
    """GET /healthz"""

    async def __call__(
        self, scope: Scope, receive: Receive, reply: Reply, context: Context
    ) -> None:
        await reply.json(200, {"status": "ok"})


class OpenAPI:
    """GET /openapi.json"""

    def __init__(self, include: Sequence[str], secured: bool) -> None:
        self._include = tuple(include)
        self._secured = secured

    async def __call__(
        self, scope: Scope, receive: Receive, reply: Reply, context: Context
    ) -> None:
        await reply.json(200, openapi.document(self._include, self._secured))
