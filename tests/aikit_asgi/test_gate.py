"""What every request passes before a model is asked."""

from __future__ import annotations

from typing import Any

import pytest
from aikit_asgi import Limits, create_app
from aikit_asgi.gate import normal_path

from .asgi import CHAT, OPENAI_CHAT, ask


@pytest.mark.parametrize(
    ("path", "root_path", "below"),
    [
        ("/generate", "", "/generate"),
        ("/generate/", "", "/generate"),
        ("/", "", "/"),
        ("", "", "/"),
        ("/ai/generate", "/ai", "/generate"),
        ("/ai/generate/", "/ai/", "/generate"),
        ("/ai", "/ai", "/"),
        ("/generate", "/ai", "/generate"),  # cut off by the host, and named nevertheless
        ("/aint/generate", "/ai", "/aint/generate"),
        ("/api/ai/v1/models", "/api/ai", "/v1/models"),
        ("/v1/v1/models", "/v1", "/v1/models"),
    ],
)
def test_the_path_is_found_however_the_host_tells_it(path: str, root_path: str, below: str) -> None:
    assert normal_path({"path": path, "root_path": root_path}) == below
    if not root_path:
        assert normal_path({"path": path}) == below


@pytest.mark.parametrize("path", ["/generate", "/v1/chat/completions", "/healthz", "/nowhere"])
async def test_an_answer_has_the_id_that_its_request_had(path: str) -> None:
    answer = await ask(create_app(), path, CHAT, headers={"X-Request-ID": "job-7/u"})
    assert answer.headers["x-request-id"] == "job-7/u"


@pytest.mark.parametrize(
    "given", ["", "a b", "a\r\nset-cookie: x=1", "a\nb", "ü", "x" * 129, "\x00", "\x7f"]
)
async def test_an_id_that_could_do_harm_is_replaced(given: str) -> None:
    answers = [
        await ask(create_app(), "/healthz", headers={"x-request-id": given}) for _ in range(2)
    ]
    ids = {answer.headers["x-request-id"] for answer in answers}
    assert len(ids) == 2
    assert all(id.isalnum() and len(id) == 32 for id in ids)


async def test_headers_that_are_too_long_are_refused() -> None:
    app = create_app(limits=Limits(headers=200))
    assert (await ask(app, "/generate", CHAT, headers={"x": "1" * 150})).status == 200
    for path in ("/generate", "/healthz"):
        answer = await ask(app, path, CHAT, headers={"x": "1" * 200})
        assert answer.status == 431
        assert answer.error["message"] == "the headers are longer than 200 bytes"


async def test_a_body_that_says_it_is_too_long_is_refused_unread() -> None:
    app = create_app(limits=Limits(body=100))
    for length in ("101", "9" * 40):
        answer = await ask(app, "/generate", b"", headers={"content-length": length})
        assert (answer.status, answer.error["code"]) == (413, "invalid_request")
    exact = await ask(app, "/generate", CHAT, headers={"content-length": "100"})
    assert exact.status == 200


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "json",
        "x/json",
    ],
)
async def test_what_a_browser_sends_to_strangers_without_asking_is_refused(kind: str) -> None:
    for path, body in (("/generate", CHAT), ("/v1/chat/completions", OPENAI_CHAT)):
        answer = await ask(create_app(), path, body, headers={"content-type": kind})
        assert answer.status == 415
        assert "application/json" in answer.error["message"]


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "Application/JSON; charset=utf-8",
        "application/json;",
        "application/vnd.api+json",
    ],
)
async def test_json_by_any_of_its_names_is_taken(kind: str) -> None:
    answer = await ask(create_app(), "/generate", CHAT, headers={"content-type": kind})
    assert answer.status == 200


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/generate", "POST"),
        ("HEAD", "/generate/stream", "POST"),
        ("PUT", "/embed", "POST"),
        ("DELETE", "/v1/chat/completions", "POST"),
        ("OPTIONS", "/generate", "POST"),
        ("POST", "/healthz", "GET, HEAD"),
        ("POST", "/v1/models/fixture:echo", "GET, HEAD"),
        ("PATCH", "/openapi.json", "GET, HEAD"),
        ("BREW", "/provider-models", "GET, HEAD"),
    ],
)
async def test_a_wrong_method_is_told_the_right_ones(method: str, path: str, allow: str) -> None:
    body: Any = {} if method == "POST" else None
    answer = await ask(create_app(), path, body, method=method)
    assert (answer.status, answer.headers["allow"]) == (405, allow)
    assert answer.headers["x-should-retry"] == "false"


async def test_head_is_answered_like_get() -> None:
    for path in ("/healthz", "/openapi.json", "/v1/models"):
        head, get = await ask(create_app(), path, method="HEAD"), await ask(create_app(), path)
        assert head.status == 200
        assert head.headers["content-length"] == get.headers["content-length"]
