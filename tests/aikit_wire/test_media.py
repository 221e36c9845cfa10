"""Media are fetched by URL from public hosts, with limits, and as by nobody in particular."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import httpx
import httpx2
import pytest
import trustme
from aicore.context import Context
from aicore.errors import AIError, BadInput, InvalidRequest, Unreachable
from aicore.messages import FilePart, ImagePart, Message, TextPart, ToolResultPart
from aikit_wire.choose import OWN, STOCK, VARIABLE, transport_for
from aikit_wire.media import Limits, with_bytes
from aikit_wire.public import is_public, look_up
from aikit_wire.stock import StockTransport
from aikit_wire.transport import HTTPRequest, Transport

from tests.aikit.service import STALL, Request, Script, Service, chunk, head, whole

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"
HOST = "pictures.example"


@pytest.fixture(autouse=True, params=[OWN, STOCK])
def either_transport(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, request.param)


def picture(data: bytes = PNG, *more: str, type: str = "image/png") -> Script:
    return (whole(data, *more, "connection: close", type=type),)


def moved(to: str, status: str = "302 Found") -> Script:
    return (whole(b"", f"location: {to}", "connection: close", status=status),)


class Names:
    """A look-up that answers from a table, and notes what it was asked."""

    def __init__(self, table: Mapping[str, Sequence[str]] | None = None) -> None:
        self.table = table or {}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.table.get(host, ("127.0.0.1",))


def ours(address: str) -> bool:
    """Stand in for `is_public`: the test's own service is the public internet."""
    return address in ("127.0.0.1", "::1")


async def fetched(
    *messages: Message,
    transport: Transport | None = None,
    context: Context | None = None,
    **options: Any,
) -> tuple[Message, ...]:
    given: dict[str, Any] = {"look_up": Names(), "public": ours} | options
    own = transport or transport_for(None)
    try:
        return await with_bytes(messages, own, context or Context(), **given)
    finally:
        await own.aclose()


async def refused(url: str, **options: Any) -> AIError:
    with pytest.raises(AIError) as caught:
        await fetched(Message.user(ImagePart(url=url)), **options)
    assert not caught.value.health_relevant
    assert caught.value.message.startswith("the image of messages[0] (")
    return caught.value


async def test_a_part_carries_the_bytes_and_all_else_that_it_had() -> None:
    data = {"claude": {"cache_control": {"type": "ephemeral"}}}
    async with Service(picture(type="application/octet-stream")) as service:
        url = f"http://{HOST}:{service.port}/a%20b/ö?size=1&x=[y]"
        part = ImagePart(url=url, name="cat", detail="low", provider_data=data)
        (message,) = await fetched(Message.user("Look:", part))
    expected = ImagePart(
        data=PNG, media_type="image/png", name="cat", detail="low", provider_data=data
    )
    assert message == Message.user("Look:", expected)
    assert service.requests[0].path == "/a%20b/%C3%B6?size=1&x=[y]"


async def test_a_media_type_that_was_given_stays_and_one_that_was_not_is_the_hosts() -> None:
    async with Service(picture(b"plain", type="Text/CSV; charset=utf-8")) as service:
        url = f"http://{HOST}:{service.port}/"
        given, told = FilePart(url=url, media_type="text/x-log"), FilePart(url=url)
        (message,) = await fetched(Message.user(given, told))
    types = [part.media_type for part in message.parts if isinstance(part, FilePart)]
    assert types == ["text/x-log", "text/csv"]


async def test_the_media_of_tool_results_are_fetched_and_the_same_url_once() -> None:
    async with Service(picture()) as service:
        image = ImagePart(url=f"http://{HOST}:{service.port}/")
        user, tool = await fetched(
            Message.user(image), Message.tool(ToolResultPart("1", ["Shot:", image], "camera"))
        )
    found = ImagePart(data=PNG)
    assert user == Message.user(found)
    assert tool == Message.tool(ToolResultPart("1", [TextPart("Shot:"), found], "camera"))
    assert len(service.requests) == 1


async def test_only_what_is_wanted_is_fetched() -> None:
    parts = [ImagePart(url="http://unwanted.example/"), ImagePart(file_id="f"), ImagePart(data=PNG)]
    names = Names()
    messages = (Message.user(*parts),)
    assert await fetched(*messages, wanted=lambda part: False, look_up=names) == messages
    assert await fetched(Message.user(*parts[1:]), look_up=names) == (Message.user(*parts[1:]),)
    assert names.asked == []


# Where it may lead


async def test_the_address_that_was_checked_is_the_one_connected_to() -> None:
    """A second look-up, which might give another address, does not happen."""
    async with Service(picture()) as service:
        names = Names()
        await fetched(Message.user(ImagePart(url=f"http://{HOST}:{service.port}/")), look_up=names)
    assert names.asked == [HOST]  # this name has no address outside of this test
    assert service.requests[0].headers["host"] == f"{HOST}:{service.port}"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1", "[::1]", "0x7f000001"])
async def test_this_machine_is_not_asked(host: str) -> None:
    async with Service(picture()) as service:
        error = await refused(f"http://{host}:{service.port}/", public=is_public, look_up=look_up)
    assert isinstance(error, BadInput)
    assert "is not public" in error.message
    assert "allow_private_media" in error.message
    assert service.accepted == 0


async def test_one_address_that_is_not_public_is_enough_to_refuse_a_host() -> None:
    async with Service(picture()) as service:
        names = Names({HOST: ("127.0.0.1", "10.0.0.1")})
        error = await refused(f"http://{HOST}:{service.port}/", look_up=names)
    assert "is not public" in error.message
    assert service.accepted == 0


async def test_the_users_settings_may_allow_it_but_not_for_calls_over_a_network() -> None:
    async with Service(picture()) as service:
        url = f"http://localhost:{service.port}/"
        options: dict[str, Any] = {"public": lambda address: False, "allow_private": True}
        (message,) = await fetched(Message.user(ImagePart(url=url)), **options)
        assert message == Message.user(ImagePart(data=PNG))
        error = await refused(url, context=Context(remote=True), **options)
    assert "is not public" in error.message
    assert len(service.requests) == 1


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("file:///etc/passwd", "only URLs of http and https"),
        ("ftp://pictures.example/cat.png", "only URLs of http and https"),
        ("http:///cat.png", "only URLs of http and https"),
        ("cat.png", "only URLs of http and https"),
        ("http://me:secret@pictures.example/", "a URL with a user or password"),
        ("http://pictures.example\\@127.0.0.1/", "a URL with a user or password"),
        ("http://pictures.example:99999/", "it is no URL"),
        ("http://[::1/", "it is no URL"),
        (f"http://{'a' * 70}.example/", "it is no URL"),
    ],
)
async def test_what_cannot_be_fetched_is_refused_before_anything_is_sent(
    url: str, reason: str
) -> None:
    names = Names()
    error = await refused(url, look_up=names)
    assert isinstance(error, BadInput)
    assert reason in error.message
    assert "secret" not in error.message
    assert names.asked == []


async def test_redirects_are_followed_and_every_hop_is_checked() -> None:
    def script(request: Request) -> Script:
        return picture() if request.path == "/there" else moved("/there")

    async with Service(script) as service:
        names = Names()
        url = f"http://{HOST}:{service.port}/here"
        (message,) = await fetched(Message.user(ImagePart(url=url)), look_up=names)
    assert message == Message.user(ImagePart(data=PNG))
    assert names.asked == [HOST, HOST]


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        ("http://inside.example/", "is not public"),
        ("//inside.example/", "is not public"),
        ("file:///etc/passwd", "only URLs of http and https"),
        ("http://me:secret@pictures.example/", "a URL with a user or password"),
        ("http://[::1/", "URL"),  # httpx2 before 2.14 gives no answer then
    ],
)
async def test_a_redirect_cannot_lead_where_a_url_may_not(to: str, reason: str) -> None:
    async with Service(moved(to)) as service:
        names = Names({"inside.example": ("10.0.0.1",)})
        error = await refused(f"http://{HOST}:{service.port}/", look_up=names)
    assert isinstance(error, BadInput | InvalidRequest)
    assert reason in error.message


async def test_redirects_end_after_five() -> None:
    async with Service(moved("/again")) as service:
        error = await refused(f"http://{HOST}:{service.port}/")
    assert "redirects more than 5 times" in error.message
    assert len(service.requests) == 6


async def test_a_client_that_follows_redirects_does_not_follow_these() -> None:
    client = httpx2.AsyncClient(follow_redirects=True)
    async with client, Service(moved("http://inside.example/")) as service:
        names = Names({"inside.example": ("10.0.0.1",)})
        error = await refused(
            f"http://{HOST}:{service.port}/", look_up=names, transport=transport_for(client)
        )
    assert "is not public" in error.message


async def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    async with Service(picture()) as service:
        names = Names({HOST: ("::1", "127.0.0.1")})
        url = f"http://{HOST}:{service.port}/"
        (message,) = await fetched(Message.user(ImagePart(url=url)), look_up=names)
    assert message == Message.user(ImagePart(data=PNG))


# What is sent


@pytest.mark.parametrize("library", [httpx, httpx2])
async def test_nothing_of_the_clients_own_goes_to_a_stranger(library: Any) -> None:
    client = library.AsyncClient(
        headers={"x-secret": "1"}, cookies={"session": "2"}, params={"key": "3"}, auth=("me", "4")
    )
    async with client, Service(picture()) as service:
        url = f"http://{HOST}:{service.port}/cat.png"
        await fetched(Message.user(ImagePart(url=url)), transport=transport_for(client))
    (request,) = service.requests
    assert request.path == "/cat.png"
    assert set(request.headers) == {"host", "accept", "accept-encoding", "connection", "user-agent"}


async def test_the_certificate_is_checked_for_the_name_and_not_the_address() -> None:
    authority = trustme.CA()
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(HOST).configure_cert(serving)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"".join(step for step in picture() if isinstance(step, bytes)))
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=serving)
    port = server.sockets[0].getsockname()[1]
    async with server, httpx2.AsyncClient(verify=trusting) as client:
        transport = transport_for(client)
        right = Message.user(ImagePart(url=f"https://{HOST}:{port}/"))
        assert await fetched(right, transport=transport) == (Message.user(ImagePart(data=PNG)),)
        error = await refused(f"https://other.example:{port}/", transport=transport)
    assert isinstance(error, InvalidRequest)
    assert "certificate" in error.message


# What comes back


async def test_a_body_that_says_it_is_too_long_is_not_read() -> None:
    script = (b"HTTP/1.1 200 OK\r\ncontent-length: 101\r\n\r\n", STALL)
    async with Service(script) as service:
        error = await refused(f"http://{HOST}:{service.port}/", limits=Limits(size=100))
    assert isinstance(error, BadInput)
    assert "more than 100 bytes" in error.message


async def test_a_body_that_does_not_say_is_read_up_to_the_limit() -> None:
    script = (head("image/png") + chunk(b"x" * 101), STALL)
    async with Service(script) as service:
        error = await refused(f"http://{HOST}:{service.port}/", limits=Limits(size=100))
    assert isinstance(error, BadInput)
    assert "more than 100 bytes" in error.message


async def test_all_media_together_have_a_limit_and_so_have_their_urls() -> None:
    async with Service(picture(b"x" * 60)) as service:
        images = [ImagePart(url=f"http://{HOST}:{service.port}/{n}") for n in range(2)]
        with pytest.raises(BadInput, match="more than 100 bytes together"):
            await fetched(Message.user(*images), limits=Limits(total=100))
        with pytest.raises(BadInput, match="2 URLs are too many"):
            await fetched(Message.user(*images), limits=Limits(count=1))


@pytest.mark.parametrize(
    ("script", "reason", "retryable"),
    [
        ((whole(b"no", "connection: close", status="404 Not Found"),), "status 404", False),
        ((whole(b"no", "connection: close", status="503 Busy"),), "status 503", True),
        (moved("", "304 Not Modified"), "status 304", False),
        (picture(b""), "it is empty", False),
        (picture(PNG, "content-encoding: gzip"), "compresses it", False),
        (picture(b"<html>", type="text/html"), "a web page came", False),
        ((head("image/png") + chunk(PNG), "reset"), "broke in the middle", True),
        (("reset",), "cannot reach", True),
    ],
)
async def test_a_host_that_gives_nothing_is_not_the_providers_fault(
    script: Script, reason: str, retryable: bool
) -> None:
    async with Service(script) as service:
        error = await refused(f"http://{HOST}:{service.port}/cat.png?key=secret")
    assert isinstance(error, InvalidRequest)
    assert reason in error.message
    assert f"http://{HOST}:{service.port}/cat.png" in error.message
    assert "secret" not in error.message
    assert error.retryable is retryable


async def test_a_host_without_addresses_can_be_tried_again() -> None:
    async def nothing(host: str, port: int) -> Sequence[str]:
        raise Unreachable("no address was found")

    error = await refused("http://nowhere.example/", look_up=nothing)
    assert (type(error), error.retryable) == (InvalidRequest, True)
    error = await refused("http://nowhere.example/", look_up=Names({"nowhere.example": ()}))
    assert "no address" in error.message


# Time


async def test_a_host_that_stalls_is_left_in_time() -> None:
    async with Service((head("image/png") + chunk(PNG), STALL)) as service:
        error = await refused(f"http://{HOST}:{service.port}/", limits=Limits(seconds=0.1))
    assert (type(error), error.retryable) == (InvalidRequest, True)
    assert "took longer than 0.1 s" in error.message


async def test_several_are_fetched_at_once_but_not_all() -> None:
    open_now, most = 0, 0

    class Counting(StockTransport):
        async def send(self, request: HTTPRequest, phases: Any) -> Any:
            nonlocal open_now, most
            open_now += 1
            most = max(most, open_now)
            try:
                return await super().send(request, phases)
            finally:
                open_now -= 1

    async with Service((0.02, *picture())) as service:
        images = [ImagePart(url=f"http://{HOST}:{service.port}/{n}") for n in range(9)]
        await fetched(Message.user(*images), transport=Counting(), limits=Limits(at_once=3))
    assert most == 3


@pytest.mark.parametrize(
    "script", [(STALL,), (head("image/png") + chunk(PNG), STALL)], ids=["silent", "midway"]
)
async def test_cancelling_closes_the_connections(script: Script) -> None:
    async with Service(script) as service:
        images = [ImagePart(url=f"http://{HOST}:{service.port}/{n}") for n in range(2)]
        task = asyncio.create_task(fetched(Message.user(*images)))
        while len(service.requests) < 2:
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.gather(*(peer.gone for peer in service.peers))


async def test_one_failure_ends_the_others() -> None:
    def script(request: Request) -> Script:
        return picture(b"") if request.path == "/bad" else (STALL,)

    async with Service(script) as service:
        images = [ImagePart(url=f"http://{HOST}:{service.port}/{n}") for n in ("good", "bad")]
        with pytest.raises(InvalidRequest, match="it is empty"):
            await fetched(Message.user(*images))
