"""The app as a whole: which routes there are, and what becomes of everything that goes wrong."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from aicore.calls import Batch
from aicore.context import Context
from aicore.errors import (
    AIError,
    BadConfig,
    BadReply,
    CutOff,
    Forbidden,
    MissingKey,
    RateLimited,
    TimedOut,
    TotalTimeout,
    Unauthorized,
    UnknownProvider,
    Unreachable,
)
from aikit import Kit
from aikit_asgi import APIKeys, create_app

from ..aikit.service import Service, whole
from .asgi import (
    CHAT,
    CLOSING,
    OPENAI_CHAT,
    OPENING,
    STREAMED,
    ask,
    exchange,
    kit_of,
    said,
    scope_of,
    scripted,
)

NATIVE = ("/generate", "/generate/stream", "/embed", "/provider-models")
OPENAI = ("/v1/chat/completions", "/v1/embeddings", "/v1/models", "/v1/models/fixture:echo")
ASKING: list[tuple[str, dict[str, Any]]] = [
    ("/generate", CHAT),
    ("/generate/stream", CHAT),
    ("/embed", {"model": "fixture:echo", "input": "a"}),
    ("/v1/chat/completions", OPENAI_CHAT),
    ("/v1/chat/completions", STREAMED),
    ("/v1/embeddings", {"model": "fixture:echo", "input": "a"}),
]
STREAMING = [("/generate/stream", CHAT), ("/v1/chat/completions", STREAMED)]


@pytest.mark.parametrize(
    ("include", "there", "absent"),
    [(("native",), NATIVE, OPENAI), (("openai",), OPENAI, NATIVE), ((), (), NATIVE + OPENAI)],
)
async def test_only_the_groups_that_were_named_are_there(
    include: Any, there: tuple[str, ...], absent: tuple[str, ...]
) -> None:
    app = create_app(include=include)
    for path in ("/healthz", "/openapi.json"):
        assert (await ask(app, path)).status == 200
    for path in there:
        assert (await ask(app, path)).status in (200, 405)
    for path in absent:
        answer = await ask(app, path)
        assert (answer.status, answer.error["message"]) == (404, f"there is nothing at {path}")


def test_an_unknown_group_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown route group 'openia'; there are native, openai"):
        create_app(include=["openia"])  # type: ignore[list-item]


async def test_errors_have_the_shape_of_the_group_they_are_asked_from() -> None:
    native = await ask(create_app(), "/nowhere")
    assert native.error == {
        "code": "invalid_request",
        "message": "there is nothing at /nowhere",
        "status": 404,
    }
    openai = await ask(create_app(), "/v1/nowhere")
    assert openai.error == {
        "code": "invalid_request",
        "message": "there is nothing at /v1/nowhere",
        "param": None,
        "type": "invalid_request_error",
    }


@pytest.mark.parametrize(("path", "body"), ASKING)
async def test_a_bug_becomes_a_500_and_a_line_in_the_log(
    path: str, body: Any, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(kit_of(ZeroDivisionError("the secret of the house")))
    answer = await ask(app, path, body, headers={"x-request-id": "job-7"})
    assert (answer.status, answer.error["code"]) == (500, "gateway_error")
    assert answer.headers["x-request-id"] == "job-7"
    assert "secret" not in answer.body.decode()
    assert "Traceback" not in answer.body.decode()
    (record,) = caplog.records
    assert record.name == "aikit.gateway"
    assert record.getMessage() == "request job-7 failed"
    assert "the secret of the house" in caplog.text


@pytest.mark.parametrize(("path", "body"), STREAMING)
async def test_a_bug_after_the_first_byte_is_told_in_the_stream(
    path: str, body: Any, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(kit_of(OPENING, said("a"), ZeroDivisionError("the secret of the house")))
    answer = await ask(app, path, body, headers={"x-request-id": "job-7"})
    assert (answer.status, answer.complete) == (200, True)
    name, data = answer.events[-1]
    assert name == ("error" if path == "/generate/stream" else "message")
    assert data["error"]["code"] == "gateway_error"
    assert "secret" not in answer.body.decode()
    assert b"[DONE]" not in answer.body
    assert b"event: done" not in answer.body
    assert "request job-7 failed" in caplog.messages


@pytest.mark.parametrize(("path", "body"), STREAMING)
async def test_an_error_before_the_first_byte_has_its_status(path: str, body: Any) -> None:
    app = create_app(kit_of(RateLimited("slow down", retry_after=6.2)))
    answer = await ask(app, path, body)
    assert answer.status == 429
    assert answer.headers["content-type"] == "application/json"
    assert (answer.headers["retry-after"], answer.headers["retry-after-ms"]) == ("7", "6200")


@pytest.mark.parametrize(("path", "body"), STREAMING)
async def test_an_error_after_the_first_byte_is_told_in_the_stream(path: str, body: Any) -> None:
    app = create_app(kit_of(OPENING, said("a"), BadReply("gibberish", status=400)))
    answer = await ask(app, path, body)
    assert (answer.status, answer.complete) == (200, True)
    assert answer.events[-1][1]["error"]["message"] == "gibberish"
    assert b"[DONE]" not in answer.body
    assert b"event: done" not in answer.body


async def test_an_answer_that_breaks_off_is_never_ended_cleanly() -> None:
    async def broken(scope: Any, receive: Any, send: Any, context: Context) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
        raise ZeroDivisionError

    app = create_app()
    app._direct["GET", "/healthz"] = broken
    async with exchange(app, "/healthz") as running:
        with pytest.raises(ZeroDivisionError):
            await running.task
        assert not running.answer.complete


@pytest.mark.parametrize(
    ("error", "public"),
    [
        (Unauthorized("bad key ABC", provider="openai"), "cannot use provider 'openai' now"),
        (Forbidden("account 7 may not", provider="openai"), "cannot use provider 'openai' now"),
        (MissingKey("set OPENAI_API_KEY", provider="openai"), "cannot use provider 'openai' now"),
        (CutOff("10.0.0.7 broke off", provider="openai"), "answer of provider 'openai' broke off"),
        (BadReply("see base_url", provider="openai"), "what provider 'openai' sent is no answer"),
        (TimedOut("timed out (10.0.0.7)", provider="openai"), "'openai' took too long"),
        (BadConfig("/etc/aikit.toml: x", provider="openai"), "cannot use provider 'openai' now"),
        (Unreachable("cannot reach 10.0.0.7", provider="vllm"), "cannot use provider 'vllm' now"),
        (BadConfig("/etc/aikit.toml: x"), "cannot use a provider now"),
    ],
)
async def test_what_is_wrong_with_the_gateways_account_is_logged_and_not_told(
    error: AIError, public: str, caplog: pytest.LogCaptureFixture
) -> None:
    for path, body in (("/generate", CHAT), ("/v1/chat/completions", OPENAI_CHAT)):
        caplog.clear()
        answer = await ask(create_app(kit_of(error)), path, body, headers={"x-request-id": "r1"})
        assert answer.status in (500, 502, 504)
        assert public in answer.error["message"]
        assert error.message not in answer.body.decode()
        assert caplog.messages == [f"request r1: {error.code}: {error}"]


@pytest.mark.parametrize(
    "error",
    [
        TotalTimeout("the call took longer than 3 s"),
        BadReply("tool call validation failed", provider="groq", status=400),
    ],
)
async def test_a_limit_and_what_a_service_says_itself_are_told_and_not_logged(
    error: AIError, caplog: pytest.LogCaptureFixture
) -> None:
    for path, body in (("/generate", CHAT), ("/v1/chat/completions", OPENAI_CHAT)):
        answer = await ask(create_app(kit_of(error)), path, body)
        assert answer.error["message"] == error.message
    assert caplog.messages == []


@pytest.mark.parametrize(("path", "body"), STREAMING)
async def test_it_is_logged_after_the_first_byte_too(
    path: str, body: Any, caplog: pytest.LogCaptureFixture
) -> None:
    denied = Unauthorized("bad key ABC", provider="openai")
    app = create_app(kit_of(OPENING, denied))
    answer = await ask(app, path, body, headers={"x-request-id": "r1"})
    assert "cannot use provider 'openai' now" in answer.events[-1][1]["error"]["message"]
    assert caplog.messages == [f"request r1: unauthorized: {denied}"]


async def test_who_forgets_the_version_is_told() -> None:
    path = "/chat/completions"
    answer = await ask(create_app(), path, OPENAI_CHAT)
    assert answer.status == 404
    assert answer.error["message"] == f"there is nothing at {path}; is it /v1{path}?"
    without = await ask(create_app(include=["native"]), path, OPENAI_CHAT)
    assert without.error["message"] == f"there is nothing at {path}"


async def test_what_clients_do_wrong_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    app = create_app()
    for body in ({"model": "nobody:x", "prompt": "a"}, {"model": "fixture:echo"}, {}):
        assert (await ask(app, "/generate", body)).status in (400, 404)
    assert not caplog.records


async def test_no_key_ever_shows(caplog: pytest.LogCaptureFixture) -> None:
    upstream, own = "upstream-key-5f3a9c", "gateway-key-77aa01"
    caplog.set_level(logging.DEBUG)
    said_back = {"error": {"message": f"Incorrect API key: {upstream}", "code": upstream}}

    def leak(request: Any) -> Any:
        status = "400 Bad Request" if b"bad" in request.body else "401 Unauthorized"
        return (whole(said_back, status=status),)

    async with Service(leak) as service:
        providers = {"openai": {"base_url": service.url, "api_key": upstream}}
        async with Kit(providers=providers) as kit:
            app = create_app(kit, auth=APIKeys([own]))
            for model in ("openai:m", "openai:bad"):
                for path, body in ASKING:
                    headers = {"authorization": f"Bearer {own}"}
                    answer = await ask(app, path, {**body, "model": model}, headers=headers)
                    assert answer.status in (400, 502)
                    shown = answer.body.decode() + str(answer.headers)
                    assert upstream not in shown
                    assert own not in shown
    assert service.requests[0].headers["authorization"] == f"Bearer {upstream}"
    assert not any(own in str(request.headers) for request in service.requests)
    assert caplog.records
    assert upstream not in caplog.text
    assert own not in caplog.text


async def test_calls_from_the_network_are_marked_as_such() -> None:
    contexts = list[Context]()

    async def note(request: Any, context: Context) -> AsyncGenerator[Batch, None]:
        contexts.append(context)
        yield OPENING + CLOSING

    app = create_app(scripted(note))
    for path, body in ASKING:
        if "embed" not in path:
            await ask(app, path, body, headers={"x-request-id": "job-7"})
    assert len(contexts) == 4
    assert all(context.remote and context.request_id == "job-7" for context in contexts)


@pytest.mark.parametrize("model", ["llamacpp:/etc/passwd", "llamacpp:~/model.gguf", "llamacpp:./x"])
async def test_no_file_is_opened_because_a_client_names_it(model: str) -> None:
    for path, body in ASKING:
        answer = await ask(create_app(), path, {**body, "model": model})
        assert answer.status == 404
        assert "is named" in answer.error["message"]


async def test_a_client_that_has_left_is_nobodys_error(caplog: pytest.LogCaptureFixture) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    sent = list[Any]()

    async def send(message: Any) -> None:
        sent.append(message)

    scope = scope_of("/generate", "POST", {"content-type": "application/json"})
    await create_app()(scope, receive, send)
    assert not sent
    assert not caplog.records


@pytest.mark.parametrize(("path", "body"), [*ASKING, ("/nowhere", CHAT)])
async def test_a_server_that_cannot_send_is_told_that_the_client_has_left(
    path: str, body: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": json.dumps(body).encode()}

    async def send(message: Any) -> None:
        raise BrokenPipeError

    scope = scope_of(path, "POST", {"content-type": "application/json"})
    await asyncio.wait_for(create_app()(scope, receive_once(receive), send), 5)
    assert not caplog.records


def receive_once(receive: Any) -> Any:
    received = False

    async def once() -> Any:
        nonlocal received
        if received:
            await asyncio.Event().wait()
        received = True
        return await receive()

    return once


async def test_websockets_are_refused() -> None:
    sent = list[Any]()

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await create_app()({"type": "websocket", "path": "/generate"}, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1000}]


async def test_the_kit_is_closed_with_the_server_and_opens_again() -> None:
    incoming: asyncio.Queue[Any] = asyncio.Queue()
    sent = list[str]()

    async def send(message: Any) -> None:
        sent.append(message["type"])

    kit = Kit()
    app = create_app(kit)
    running = asyncio.create_task(app({"type": "lifespan"}, incoming.get, send))
    incoming.put_nowait({"type": "lifespan.startup"})
    assert repr(kit) == "<Kit open=[]>"
    assert (await ask(app, "/generate", CHAT)).status == 200
    assert repr(kit) == "<Kit open=['fixture']>"
    incoming.put_nowait({"type": "lifespan.shutdown"})
    await running
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert repr(kit) == "<Kit open=[]>"
    assert (await ask(app, "/generate", CHAT)).status == 200


async def test_a_request_that_the_server_gives_up_is_told_so() -> None:
    app = create_app(kit_of(5.0, OPENING))
    for path, body in ASKING:
        async with exchange(app, path, body) as running:
            await asyncio.sleep(0.01)
            running.task.cancel()
            await asyncio.wait([running.task])
            assert running.task.cancelled()
            assert running.answer.status == 503
            assert running.answer.error["code"] == "shutting_down"
            assert running.answer.headers["retry-after"] == "1"


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"auth": "key"}, TypeError, "APIKeys"),
        ({"auth": ["key"]}, TypeError, "APIKeys"),
        ({"limits": {"body": 1}}, TypeError, "Limits"),
        ({"include": "websocket"}, ValueError, "websocket"),
        ({"models": ["garbage"]}, UnknownProvider, "garbage"),
        ({"models": {"fast": "nope:x"}}, UnknownProvider, "nope"),
    ],
)
def test_wrong_arguments_are_refused_at_once(
    arguments: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        create_app(**arguments)


async def test_options_for_a_provider_that_does_not_exist_are_refused_streamed_or_not() -> None:
    for path, body in ASKING:
        answer = await ask(create_app(), path, {**body, "provider_options": {"fixtur": {"x": 1}}})
        assert answer.status == 400, path
        assert "fixtur" in answer.error["message"]
