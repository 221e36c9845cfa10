"""What a Kit makes of services that break off, mislabel, dawdle or answer something else."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import zlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import httpx2
import pytest
from aicore.errors import (
    AIError,
    BadConfig,
    BadInput,
    BadReply,
    CutOff,
    GarbledError,
    InvalidRequest,
    Overloaded,
    RateLimited,
    TimedOut,
    Unauthorized,
    Unreachable,
)
from aikit import Deadlines, Kit, Response
from aikit_wire import answer as decoding
from aikit_wire import exchange

from .dialects import KEY
from .service import (
    CLOSE,
    DONE,
    END,
    HELLO,
    RESET,
    STALL,
    STREAM,
    Script,
    Service,
    answer,
    chunk,
    either,
    event,
    head,
    said,
    whole,
)

BODY = event(said("Hel")) + event(said("lo", "stop")) + DONE


def kit_for(service: Service, client: Any = None, **settings: Any) -> Kit:
    given = {"base_url": service.url, "api_key": KEY, **settings}
    return Kit(model="openai:m", providers={"openai": given}, http_client=client)


async def read(kit: Kit, *, streaming: bool, **settings: Any) -> Response:
    if not streaming:
        return await kit.generate("Hi", **settings)
    async with kit.stream("Hi", **settings) as stream:
        return await stream.response()


async def ask(script: Script, *, streaming: bool = True, **settings: Any) -> Response:
    """Ask a service that answers by a script."""
    async with Service(script) as service, kit_for(service, **settings) as kit:
        async with asyncio.timeout(3):
            return await read(kit, streaming=streaming)


# The connection afterwards


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize("library", [None, httpx, httpx2])
async def test_a_connection_is_used_again(library: Any, streaming: bool) -> None:
    client = library.AsyncClient() if library else None
    async with Service(either) as service, kit_for(service, client) as kit:
        for _ in range(3):
            assert (await read(kit, streaming=streaming)).text == "Hello"
        assert [len(peer.requests) for peer in service.peers] == [3]
        if client:
            await client.aclose()


async def test_a_connection_is_used_again_when_the_end_of_the_body_comes_late() -> None:
    script = (STREAM + chunk(BODY), 0.05, END)
    async with Service(script) as service, kit_for(service) as kit:
        for _ in range(2):
            await read(kit, streaming=True)
        assert [len(peer.requests) for peer in service.peers] == [2]


async def test_a_connection_closed_by_the_service_is_not_used_again() -> None:
    async with Service((*HELLO, CLOSE)) as service, kit_for(service) as kit:
        for _ in range(2):
            assert (await read(kit, streaming=True)).text == "Hello"
            await asyncio.sleep(0.02)
        assert [len(peer.requests) for peer in service.peers] == [1, 1]


async def test_a_body_that_does_not_end_does_not_keep_the_answer_waiting_for_long() -> None:
    async with Service((STREAM + chunk(BODY), STALL)) as service, kit_for(service) as kit:
        began = asyncio.get_running_loop().time()
        response = await read(kit, streaming=True)
        took = asyncio.get_running_loop().time() - began
        assert response.text == "Hello"
        assert 0.4 < took < 0.9
        await service.peers[0].gone


@pytest.mark.parametrize("limits", [Deadlines(total=0.1), Deadlines(gap=0.1)])
async def test_a_deadline_that_passes_after_the_answer_was_whole_is_no_error(
    limits: Deadlines,
) -> None:
    async with Service((STREAM + chunk(BODY), STALL)) as service, kit_for(service) as kit:
        response = await read(kit, streaming=True, timeout=limits)
        assert response.text == "Hello"
        assert [attempt.error for attempt in response.attempts] == [None]


async def test_a_connection_that_breaks_after_the_answer_was_whole_is_no_error() -> None:
    assert (await ask((STREAM + chunk(BODY), 0.02, RESET))).text == "Hello"


# Connections that break


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize("end", [CLOSE, RESET])
async def test_no_answer_at_all_is_unreachable(end: str, streaming: bool) -> None:
    with pytest.raises(Unreachable, match=r"cannot reach 127\.0\.0\.1:\d+"):
        await ask((end,), streaming=streaming)


@pytest.mark.parametrize("end", [CLOSE, RESET])
@pytest.mark.parametrize(
    ("begin", "streaming"),
    [
        (STREAM, True),
        (STREAM + chunk(event(said("Hel"))), True),
        (STREAM + chunk(b'data: {"id": "chat-1", "cho'), True),
        (head(), False),
        (head() + chunk(b'{"id": "chat-1", '), False),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{", False),
    ],
)
async def test_half_an_answer_is_cut_off(begin: bytes, streaming: bool, end: str) -> None:
    with pytest.raises(CutOff) as caught:
        await ask((begin, 0.02, end), streaming=streaming)
    assert caught.value.provider == "openai"
    assert caught.value.model == "m"
    assert caught.value.retryable


@pytest.mark.parametrize(
    "body",
    [event(said("Hel")), event(said("Hel")) + b'data: {"id": "chat-1", "cho', b"", b": hi\n\n"],
)
async def test_a_body_that_ends_before_the_answer_does_is_cut_off(body: bytes) -> None:
    with pytest.raises(CutOff):
        await ask((STREAM + (chunk(body) if body else b"") + END,))


async def test_what_came_before_the_break_stays() -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 1}
    begin = STREAM + chunk(event(said("Hel")) + event({**said(), "usage": usage}))
    async with Service((begin, 0.02, CLOSE)) as service, kit_for(service) as kit:
        stream = kit.stream("Hi")
        with pytest.raises(CutOff):
            await stream.response()
        assert stream.partial().text == "Hel"
        assert stream.usage
        assert stream.usage.input_tokens == 3


async def test_a_refused_connection_is_unreachable() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    settings = {"openai": {"base_url": f"http://127.0.0.1:{port}/v1", "api_key": KEY}}
    async with Kit(providers=settings) as kit:
        with pytest.raises(Unreachable, match=f"cannot reach 127.0.0.1:{port}") as caught:
            await kit.generate("Hi", model="openai:m")
    assert caught.value.provider == "openai"


async def test_a_failed_handshake_is_unreachable() -> None:
    async with Service((b"HTTP/1.1 400 Bad Request\r\n\r\n", CLOSE)) as service:
        service_speaks = Speaks(b"220 this is not TLS\r\n")
        server = await asyncio.get_running_loop().create_server(
            lambda: service_speaks, "127.0.0.1", 0
        )
        port = server.sockets[0].getsockname()[1]
        kit = kit_for(service, base_url=f"https://127.0.0.1:{port}/v1")
        with pytest.raises(Unreachable, match=r"cannot reach .*SSL"):
            await kit.generate("Hi")
        await kit.aclose()
        server.close()


class Speaks(asyncio.Protocol):
    """Says the same whatever it hears."""

    def __init__(self, words: bytes) -> None:
        self.words = words

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(self.words)
        self.transport.close()


async def test_a_service_of_another_protocol_gives_no_reply() -> None:
    with pytest.raises(BadReply, match="no valid HTTP"):
        await ask((b"220 mail.example.org ESMTP\r\n", CLOSE))


# Limits of the phases


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize("begin", [b"", head(), STREAM])
async def test_silence_longer_than_the_read_limit_is_a_timeout(
    begin: bytes, streaming: bool
) -> None:
    with pytest.raises(TimedOut, match=r"timed out waiting for bytes \(127\.0\.0\.1"):
        await ask((begin, STALL), streaming=streaming, timeouts={"read": 0.05})


async def test_a_handshake_longer_than_the_connect_limit_is_a_timeout() -> None:
    async with Service(deaf=True) as service:
        base_url = service.url.replace("http:", "https:")
        async with kit_for(service, base_url=base_url, timeouts={"connect": 0.05}) as kit:
            with pytest.raises(TimedOut, match="timed out connecting"):
                await kit.generate("Hi")
        for peer in service.peers:
            peer.transport.resume_reading()


async def test_a_service_that_does_not_take_the_request_is_a_timeout() -> None:
    async with Service(deaf=True) as service:
        async with kit_for(service, timeouts={"write": 0.05}) as kit:
            with pytest.raises(TimedOut, match="timed out sending the request"):
                await kit.generate("Hi" * 10_000_000)
        for peer in service.peers:
            peer.transport.abort()


@pytest.mark.parametrize("library", [httpx, httpx2])
async def test_no_free_connection_is_a_timeout(library: Any) -> None:
    async with (
        Service() as service,
        library.AsyncClient(limits=library.Limits(max_connections=1)) as client,
        kit_for(service, client, timeouts={"pool": 0.05}) as kit,
    ):
        first = asyncio.create_task(kit.generate("Hi"))
        await asyncio.sleep(0.05)
        with pytest.raises(TimedOut, match="timed out waiting for a free connection"):
            await kit.generate("Hi")
        first.cancel()
        await asyncio.wait([first])


# Bodies that are not what they are called


@pytest.mark.parametrize(
    "content_type",
    ["text/event-stream; charset=utf-8", "text/plain", "application/json", "text/html"],
)
@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"\n\n", b": hello\n\n", b"event: x\n"])
@pytest.mark.parametrize("streaming", [True, False])
async def test_an_event_stream_is_one_whatever_it_is_called_and_was_asked_for(
    before: bytes, content_type: str, streaming: bool
) -> None:
    response = await ask((head(content_type) + chunk(before + BODY) + END,), streaming=streaming)
    assert response.text == "Hello"
    assert response.finish_reason == "stop"


@pytest.mark.parametrize("content_type", ["application/json", "text/event-stream", "text/plain"])
@pytest.mark.parametrize("streaming", [True, False])
async def test_an_object_is_an_answer_whatever_it_is_called_and_was_asked_for(
    content_type: str, streaming: bool
) -> None:
    body = whole(b"\n " + whole(answer()).partition(b"\r\n\r\n")[2], type=content_type)
    assert (await ask((body,), streaming=streaming)).text == "Hello"


@pytest.mark.parametrize("content_type", ["application/json", "text/event-stream", "text/plain"])
@pytest.mark.parametrize("cut", [1, 3, 5, 20])
async def test_what_a_body_is_does_not_depend_on_the_reads(cut: int, content_type: str) -> None:
    stream = head(content_type) + chunk(BODY[:cut])
    rest = chunk(BODY[cut:]) + END
    assert (await ask((stream, 0.01, rest))).text == "Hello"
    body = whole(answer(), type=content_type)
    end = body.index(b"{") + cut
    assert (await ask((body[:end], 0.01, body[end:]))).text == "Hello"


@pytest.mark.parametrize("content_type", ["application/json", "text/event-stream", "text/plain"])
@pytest.mark.parametrize("streaming", [True, False])
async def test_blank_lines_while_the_answer_is_waited_for_do_not_matter(
    content_type: str, streaming: bool
) -> None:
    waiting = head(content_type) + b"".join(chunk(b"\n") for _ in range(2000))
    for body in (BODY, json.dumps(answer()).encode()):
        response = await ask((waiting, 0.01, chunk(body) + END), streaming=streaming)
        assert response.text == "Hello"


@pytest.mark.parametrize("streaming", [True, False])
async def test_a_web_page_is_a_bad_reply_that_says_where_to_look(streaming: bool) -> None:
    page = b"<!doctype html><html><title>Welcome to nginx!</title></html>"
    for content_type in ("text/html", "text/event-stream", "application/json"):
        with pytest.raises(
            BadReply,
            match=r"a web page came instead of an answer: POST http.*/chat/completions ",
        ):
            await ask((whole(page, type=content_type),), streaming=streaming)


@pytest.mark.parametrize("streaming", [True, False])
async def test_plain_words_are_a_bad_reply_that_shows_them(streaming: bool) -> None:
    for words in (b"internal server error", b"error: no such route", b"disabled", b"[1, 2]"):
        with pytest.raises(BadReply):
            await ask((whole(words, type="text/plain"),), streaming=streaming)
    with pytest.raises(BadReply, match="no such route"):
        await ask((whole(b"error: no such route", type="text/plain"),), streaming=streaming)


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize("content_type", ["application/json", "text/event-stream"])
async def test_an_error_with_status_200_is_that_error(content_type: str, streaming: bool) -> None:
    error = {"error": {"message": "Slow down.", "code": "rate_limit_exceeded"}}
    with pytest.raises(RateLimited, match="openai: Slow down") as caught:
        await ask((whole(error, type=content_type),), streaming=streaming)
    assert caught.value.vendor_code == "rate_limit_exceeded"
    with pytest.raises(RateLimited, match="openai: Slow down"):
        await ask((STREAM + chunk(event(said("Hel")) + event(error)) + END,), streaming=streaming)


async def test_a_redirect_is_not_followed() -> None:
    body = whole(b"", "location: http://127.0.0.1:9/", status="302 Found")
    with pytest.raises(AIError) as caught:
        await ask((body,))
    assert caught.value.status == 302


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_compressed_body_is_read(encoding: str, streaming: bool) -> None:
    pack = gzip.compress if encoding == "gzip" else zlib.compress
    body = BODY if streaming else whole(answer()).partition(b"\r\n\r\n")[2]
    packed = pack(body)
    content_type = "text/event-stream" if streaming else "application/json"
    begin = head(content_type, f"content-encoding: {encoding}")
    script = (begin + chunk(packed[:7]), 0.01, chunk(packed[7:]) + END)
    assert (await ask(script, streaming=streaming)).text == "Hello"


@pytest.mark.parametrize("streaming", [True, False])
async def test_a_body_that_only_claims_to_be_compressed_is_a_bad_reply(streaming: bool) -> None:
    begin = head("text/event-stream", "content-encoding: gzip")
    with pytest.raises(BadReply, match="does not match its content encoding"):
        await ask((begin + chunk(BODY) + END,), streaming=streaming)


async def test_an_answer_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "BODY_BYTES", 1000)
    monkeypatch.setattr(exchange, "BODY_BYTES", 1000)
    monkeypatch.setattr(exchange.read, "__defaults__", (1000,))
    with pytest.raises(GarbledError, match="longer than 1000 bytes"):
        await ask((head() + chunk(b" " * 600), 0.01, chunk(b" " * 600)))
    async with Service((whole(b" " * 2000),)) as service, kit_for(service) as kit:
        with pytest.raises(GarbledError, match="longer than 1000 bytes"):
            await kit.models("openai")


# Errors by status


async def test_an_error_whose_body_breaks_off_is_still_that_error() -> None:
    with pytest.raises(Overloaded) as caught:
        await ask((head(status="503 Unavailable") + chunk(b'{"error"'), 0.01, RESET))
    assert caught.value.status == 503


async def test_an_error_whose_body_never_ends_is_still_that_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exchange, "ERROR_BYTES", 1000)
    with pytest.raises(Overloaded, match="the service gave no reason"):
        await ask((head(status="500 Oops") + chunk(b"x" * 2000), STALL))


@pytest.mark.parametrize("streaming", [True, False])
async def test_a_service_that_repeats_the_key_does_not_get_it_into_the_error(
    streaming: bool,
) -> None:
    error = {"error": {"message": f"bad key {KEY}", "param": [KEY], "code": "invalid_api_key"}}
    answers = [
        whole(error, status="401 Unauthorized"),
        whole(error),
        whole(f"what is {KEY}?".encode()),
        STREAM + chunk(event(error)) + END,
        STREAM + chunk(b"data: {" + KEY.encode() + b"\n\n") + END,
    ]
    for body in answers:
        with pytest.raises((Unauthorized, BadReply, CutOff)) as caught:
            await ask((body,), streaming=streaming)
        shown = f"{caught.value!r} {caught.value} {caught.value.as_dict()} {caught.value.details}"
        assert KEY not in shown
        assert "**" in shown or "BadReply" not in shown


async def test_keys_in_headers_of_the_users_own_do_not_get_into_an_error_either() -> None:
    told = "no: gate-pass-a of team-pass-b, x-team search"
    script = (whole({"error": {"message": told, "param": "gate-pass-a"}}, status="400 No"),)
    async with Service(script) as service:
        own = {"base_url": service.url, "api_key": KEY, "headers": {"X-Gateway-Key": "gate-pass-a"}}
        async with Kit(model="openai:m", providers={"openai": own}) as kit:
            more = {"proxy-authorization": "Basic team-pass-b", "x-team": "search"}
            with pytest.raises(InvalidRequest) as caught:
                await kit.generate("Hi", headers=more)
    error = caught.value
    assert error.message == "no: ********** of **********, x-team search"
    assert error.details == {"error": {"message": error.message, "param": "**********"}}


@pytest.mark.parametrize("library", [httpx, httpx2])
async def test_no_client_takes_a_key_to_where_a_service_redirects(library: Any) -> None:
    async with Service((STALL,)) as stranger:
        away = whole(b"", f"location: {stranger.url}/chat/completions", status="307 Moved")
        async with (
            Service((away,)) as service,
            library.AsyncClient(follow_redirects=True, trust_env=False) as client,
        ):
            own = {"use": "openai-compatible", "auth": "header", "auth_header": "x-api-key"}
            settings = {**own, "base_url": service.url, "api_key": KEY}
            kit = Kit(model="own:m", providers={"own": settings}, http_client=client)
            with pytest.raises(BadConfig, match="redirects to"):
                await kit.generate("Hi", timeout=1)
        assert not stranger.requests


# Requests that cannot be sent


@pytest.mark.parametrize(
    ("base_url", "says"),
    [
        ("localhost:8000/v1", "check `base_url`"),
        ("ftp://localhost/v1", "check `base_url`"),
        ("http://[::1/v1", "is not a URL"),
        ("http://localhost:port/v1", "check `base_url`"),
        ("http://", "base_url"),
    ],
)
async def test_an_address_that_is_none_is_a_mistake_in_the_settings(
    base_url: str, says: str
) -> None:
    async with Kit(providers={"openai": {"base_url": base_url, "api_key": KEY}}) as kit:
        with pytest.raises(BadConfig, match=says):
            await kit.generate("Hi", model="openai:m")


@pytest.mark.parametrize(
    "headers",
    [
        {"x-token": "secret\r\nx-more: 1"},
        {"x-token": "secret\N{SNOWMAN}"},
        {"x-token": " secret"},
        {"x-token": b"secret"},
        {"x token": "secret"},
        {"": "secret"},
    ],
)
async def test_a_header_that_cannot_be_sent_is_refused_without_showing_it(
    headers: dict[str, Any],
) -> None:
    async with Service(either) as service, kit_for(service) as kit:
        with pytest.raises(BadInput) as caught:
            await kit.generate("Hi", headers=headers)
        assert "secret" not in str(caught.value)
        assert not service.requests


async def test_a_header_is_sent_once_however_it_is_spelled() -> None:
    async with Service(either) as service:
        async with kit_for(service, headers={"User-Agent": "mine", "X-A": "1"}) as kit:
            await kit.generate("Hi", headers={"x-a": "2", "USER-AGENT": "yours"})
        lines = service.requests[0].headers
        assert (lines["user-agent"], lines["x-a"]) == ("yours", "2")
        assert service.raw.lower().count(b"user-agent:") == 1
        assert service.raw.lower().count(b"\nx-a:") == 1


@pytest.mark.parametrize("client", [httpx.Client(), httpx2.Client(), object(), "http://proxy"])
async def test_what_is_no_asynchronous_client_is_refused(client: Any) -> None:
    kit = Kit(providers={"openai": {"api_key": KEY}}, http_client=client)
    with pytest.raises(BadConfig, match=r"must be an httpx\.AsyncClient or httpx2\.AsyncClient"):
        await kit.generate("Hi", model="openai:m")


@pytest.mark.parametrize("library", [httpx, httpx2])
async def test_a_client_that_is_closed_is_refused(library: Any) -> None:
    client = library.AsyncClient()
    await client.aclose()
    kit = Kit(providers={"openai": {"api_key": KEY}}, http_client=client)
    with pytest.raises(BadConfig, match="the `http_client` that was handed in is closed"):
        await kit.generate("Hi", model="openai:m")


async def test_a_client_that_was_handed_in_stays_open() -> None:
    async with httpx2.AsyncClient() as client, Service(either) as service:
        async with kit_for(service, client) as kit:
            await kit.generate("Hi")
        assert not client.is_closed
        await client.aclose()


class Failing(httpx2.AsyncByteStream):
    """A body that breaks off by an exception of our choosing."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield event(said("Hel"))
        yield b""
        raise self.error


async def fail(error: Exception, *, inside: bool) -> Response:
    """Ask over a client that raises an exception, instead of an answer or inside of it."""

    def handle(request: httpx2.Request) -> httpx2.Response:
        if inside:
            return httpx2.Response(200, stream=Failing(error))
        raise error

    settings = {"openai": {"api_key": KEY}}
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(handle)) as client:
        kit = Kit(model="openai:m", providers=settings, http_client=client)
        return await read(kit, streaming=True)


@pytest.mark.parametrize("inside", [False, True])
async def test_an_exception_that_is_no_http_error_is_not_taken_for_one(inside: bool) -> None:
    error = ZeroDivisionError("in the transport")
    with pytest.raises(BadReply, match="ZeroDivisionError") as caught:
        await fail(error, inside=inside)
    assert caught.value.__cause__ is error


async def test_a_request_that_the_client_refuses_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(BadInput, match="the request cannot be sent: LocalProtocolError: no"):
        await fail(httpx2.LocalProtocolError("no"), inside=False)


async def test_a_stream_that_was_read_elsewhere_is_cut_off() -> None:
    with pytest.raises(CutOff, match="StreamClosed"):
        await fail(httpx2.StreamClosed(), inside=True)
