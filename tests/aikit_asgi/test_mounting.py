"""The app works wherever it is mounted, with no lifespan, and whatever the host does to paths."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Thread
from typing import Any

import httpx
import pytest
from a2wsgi import ASGIMiddleware
from aikit_asgi import create_app
from fastapi import FastAPI
from flask import Flask
from starlette.applications import Starlette
from starlette.routing import Mount
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server

from .asgi import CHAT, STREAMED, Answer, ask, events
from .server import serve

PATHS = ["/generate", "/generate/", "/v1/chat/completions", "/v1/chat/completions/"]


@cache
def django_site() -> Any:
    """Make a Django project of one page."""
    from django.conf import settings
    from django.core.asgi import get_asgi_application
    from django.http import HttpResponse
    from django.urls import path

    pages = (path("page/", lambda request: HttpResponse(f"the site at {request.path}")),)
    settings.configure(ROOT_URLCONF=pages, ALLOWED_HOSTS=["*"])
    return get_asgi_application()


def starlette(app: Any) -> Any:
    return Starlette(routes=[Mount("/ai", app)])


def fastapi(app: Any) -> Any:
    host = FastAPI()
    host.mount("/ai", app)
    return host


def nested(app: Any) -> Any:
    return Starlette(routes=[Mount("/api", starlette(app))])


def litestar(app: Any) -> Any:
    """Do to paths what Litestar does: cut the prefix off, add a slash, and name no root."""

    async def mounted(scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"].removeprefix("/ai").rstrip("/") + "/"
        await app({**scope, "path": path, "root_path": ""}, receive, send)

    return mounted


def cut_and_named(app: Any) -> Any:
    """Cut the prefix off, and name it nevertheless, as hosts before ASGI 2.3 do."""

    async def mounted(scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"].removeprefix("/ai")
        await app({**scope, "path": path, "root_path": "/ai"}, receive, send)

    return mounted


def quart(app: Any) -> Any:
    """Dispatch by the path, and name the prefix."""

    async def mounted(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "root_path": "/ai"}, receive, send)

    return mounted


def django(app: Any) -> Any:
    """Stand before Django, in its `asgi.py`."""
    return Starlette(routes=[Mount("/ai", app), Mount("/", django_site())])


def behind_a_proxy(app: Any) -> Any:
    """Mount it where a proxy cuts off a first prefix, which the host is told."""
    host = starlette(app)

    async def proxied(scope: Any, receive: Any, send: Any) -> None:
        await host({**scope, "root_path": "/api"}, receive, send)

    return proxied


HOSTS = {
    starlette: "/ai",
    fastapi: "/ai",
    nested: "/api/ai",
    litestar: "/ai",
    cut_and_named: "/ai",
    quart: "/ai",
    django: "/ai",
    behind_a_proxy: "/ai",
}
everywhere = pytest.mark.parametrize(
    ("host", "prefix"), HOSTS.items(), ids=[host.__name__ for host in HOSTS]
)


@everywhere
async def test_every_route_is_found_below_its_prefix(host: Any, prefix: str) -> None:
    app = host(create_app())
    for path in PATHS:
        body = STREAMED if "/v1/" in path else CHAT
        answer = await ask(app, prefix + path, body)
        assert answer.status == 200, (path, answer.body)
    for path in ("/healthz", "/openapi.json", "/v1/models", "/v1/models/fixture:echo"):
        assert (await ask(app, prefix + path)).status == 200
    model = await ask(app, f"{prefix}/v1/models/openai-compatible:org/model/")
    assert model.json["id"] == "openai-compatible:org/model"


async def test_what_a_host_reads_in_its_own_path_names_no_model() -> None:
    app: Any = create_app()
    host = Starlette(routes=[Mount("/{id}/ai", app)])
    assert (await ask(host, "/tenant-1/ai/v1/models")).json["object"] == "list"
    named = await ask(host, "/tenant-1/ai/v1/models/fixture:echo")
    assert named.json["id"] == "fixture:echo"


@everywhere
async def test_streams_are_streams_below_a_prefix(host: Any, prefix: str) -> None:
    app = host(create_app())
    native = await ask(app, f"{prefix}/generate/stream", CHAT)
    assert native.events[-1][0] == "done"
    openai = await ask(app, f"{prefix}/v1/chat/completions", STREAMED)
    assert openai.events[-1] == ("message", "[DONE]")


@everywhere
async def test_errors_keep_their_shape_below_a_prefix(host: Any, prefix: str) -> None:
    app = host(create_app())
    native: Answer = await ask(app, f"{prefix}/generate", {})
    assert (native.status, native.error["status"]) == (400, 400)
    openai = await ask(app, f"{prefix}/v1/nowhere")
    assert (openai.status, openai.error["type"]) == (404, "invalid_request_error")


@pytest.mark.parametrize("settings", [{}, {"root_path": "/proxied"}, {"lifespan": "off"}], ids=str)
@pytest.mark.parametrize(
    "host",
    [starlette, fastapi, django, lambda app: app],
    ids=["starlette", "fastapi", "django", "alone"],
)
def test_a_real_server_serves_it_live(host: Any, settings: Any) -> None:
    app = host(create_app())
    prefix = "" if isinstance(app, type(create_app())) else "/ai"
    with (
        serve(app, **settings) as url,
        httpx.Client(base_url=url + prefix, trust_env=False, follow_redirects=False) as client,
    ):
        assert client.get("/healthz").json() == {"status": "ok"}
        whole = client.post("/generate", json=CHAT)
        assert whole.json()["steps"][0]["candidates"][0]["parts"][0]["text"] == "Hello there"
        with client.stream("POST", "/generate/stream/", json=CHAT) as response:
            pieces = list(response.iter_raw())
            assert "connection" not in response.headers
        assert len(pieces) > 1
        assert events(b"".join(pieces))[-1][0] == "done"
        chunks = client.post("/v1/chat/completions", json=STREAMED).text
        assert chunks.endswith("data: [DONE]\n\n")


def test_django_answers_what_is_not_below_the_prefix() -> None:
    with serve(django(create_app())) as url:
        assert httpx.get(f"{url}/page/", trust_env=False).text == "the site at /page/"
        assert httpx.get(f"{url}/nowhere/", trust_env=False).status_code == 404


def below_flask(app: Any) -> Any:
    """Mount it in Flask, through the bridge from WSGI."""
    host = Flask("host")
    host.route("/page/")(lambda: "the site")
    bridged: Any = ASGIMiddleware(app)
    wsgi: Any = DispatcherMiddleware(host.wsgi_app, {"/ai": bridged})
    host.wsgi_app = wsgi  # type: ignore[method-assign]
    return host


@contextmanager
def wsgi_server(app: Any) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def test_flask_serves_it_through_a_bridge() -> None:
    app: Any = create_app()
    with (
        wsgi_server(below_flask(app)) as url,
        httpx.Client(base_url=url, trust_env=False) as client,
    ):
        assert client.get("/page/").text == "the site"
        assert client.get("/ai/healthz").json() == {"status": "ok"}
        whole = client.post("/ai/generate", json=CHAT)
        assert whole.json()["steps"][0]["candidates"][0]["parts"][0]["text"] == "Hello there"
        native = client.post("/ai/generate/stream", json=CHAT)
        assert events(native.content)[-1][0] == "done"
        assert client.post("/ai/v1/chat/completions", json=STREAMED).text.endswith(
            "data: [DONE]\n\n"
        )
        refused = client.post("/ai/generate", json={})
        assert (refused.status_code, refused.json()["error"]["status"]) == (400, 400)


def test_http_1_0_is_answered() -> None:
    body, received = json.dumps(CHAT).encode(), b""
    head = f"POST /generate HTTP/1.0\r\ncontent-length: {len(body)}\r\n"
    with serve(create_app()) as url:
        address = ("127.0.0.1", int(url.rpartition(":")[2]))
        with socket.create_connection(address) as client:
            client.sendall(f"{head}content-type: application/json\r\n\r\n".encode() + body)
            while piece := client.recv(65536):
                received += piece
    top, _, rest = received.partition(b"\r\n\r\n")
    assert top.startswith(b"HTTP/1.1 200")
    assert json.loads(rest)["model"] == "echo"
