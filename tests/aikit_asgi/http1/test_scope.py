"""What an app is told of a request."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aikit_asgi.http import Receive, Scope, Send

from .wire import Echo, hello, serving

Protocol = type[asyncio.Protocol]


async def scope_of(http: Protocol, *pieces: bytes, **settings: Any) -> Scope:
    """Send a request and return what the app was told."""
    echo = Echo()
    async with serving(http, echo, **settings) as served:
        assert (await served.ask(*pieces)).status == 200
    (scope,) = echo.scopes
    return scope


def get(target: bytes, *lines: bytes, version: bytes = b"1.1") -> bytes:
    head = [b"GET %b HTTP/%b" % (target, version), b"host: a", *lines]
    return b"\r\n".join([*head, b"", b""])


async def test_it_is_told_that_a_request_came(http: Protocol) -> None:
    scope = await scope_of(http, get(b"/"))
    assert scope["type"] == "http"
    assert scope["asgi"]["version"] == "3.0"
    assert scope["asgi"]["spec_version"] == "2.3"
    assert scope["scheme"] == "http"
    assert (scope["method"], scope["http_version"]) == ("GET", "1.1")


async def test_the_version_is_that_of_the_request(http: Protocol) -> None:
    assert (await scope_of(http, get(b"/", version=b"1.0")))["http_version"] == "1.0"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "QUERY"])
async def test_the_method_is_that_of_the_request(http: Protocol, method: str) -> None:
    request = get(b"/").replace(b"GET", method.encode(), 1)
    assert (await scope_of(http, request))["method"] == method


@pytest.mark.parametrize(
    ("target", "path", "raw_path", "query"),
    [
        (b"/", "/", b"/", b""),
        (b"/a/b", "/a/b", b"/a/b", b""),
        (b"/a?b=c&d", "/a", b"/a", b"b=c&d"),
        (b"/a?", "/a", b"/a", b""),
        (b"/a?b?c=%3F", "/a", b"/a", b"b?c=%3F"),
        (b"/a%20b%2Fc", "/a b/c", b"/a%20b%2Fc", b""),
        (b"/caf%C3%A9", "/café", b"/caf%C3%A9", b""),
        (b"/a%3Fb", "/a?b", b"/a%3Fb", b""),
        (b"/a%25b", "/a%b", b"/a%25b", b""),
        (b"/a%zz", "/a%zz", b"/a%zz", b""),
        (b"//a//b", "//a//b", b"//a//b", b""),
        (b"/../a/./b", "/../a/./b", b"/../a/./b", b""),
        (b"/a:b@c;d,e", "/a:b@c;d,e", b"/a:b@c;d,e", b""),
        (b"/v1/models/openai:m", "/v1/models/openai:m", b"/v1/models/openai:m", b""),
        (b"/a?http://b/c", "/a", b"/a", b"http://b/c"),
        (b"http://b.test/c?d", "/c", b"/c", b"d"),
        (b"http://b.test:80/c%20d", "/c d", b"/c%20d", b""),
    ],
)
async def test_the_path_is_decoded_once_and_the_rest_is_as_sent(
    http: Protocol, target: bytes, path: str, raw_path: bytes, query: bytes
) -> None:
    scope = await scope_of(http, get(target))
    assert scope["path"] == path
    assert (scope["raw_path"], scope["query_string"]) == (raw_path, query)


async def test_a_path_that_is_no_utf_8_is_still_a_path(http: Protocol) -> None:
    assert (await scope_of(http, get(b"/a%FFb")))["path"] == "/a\ufffdb"


async def test_options_may_ask_about_the_server(http: Protocol) -> None:
    scope = await scope_of(http, get(b"*").replace(b"GET", b"OPTIONS"))
    assert (scope["path"], scope["raw_path"]) == ("*", b"*")


async def test_a_whole_address_without_a_path_is_that_of_the_root(http: Protocol) -> None:
    assert (await scope_of(http, get(b"http://b.test")))["path"] == "/"


async def test_a_path_cut_over_several_reads_is_one(http: Protocol) -> None:
    pieces = [b"GE", b"T /a", b"b%2", b"0c?d", b"=e HTT", b"P/1.1\r\nhost: a\r\n\r\n"]
    scope = await scope_of(http, *pieces)
    assert (scope["path"], scope["query_string"]) == ("/ab c", b"d=e")


async def test_a_prefix_that_a_proxy_cuts_off_is_put_back(http: Protocol) -> None:
    scope = await scope_of(http, get(b"/a%20b?c"), root_path="/ai")
    assert scope["root_path"] == "/ai"
    assert (scope["path"], scope["raw_path"]) == ("/ai/a b", b"/ai/a%20b")


async def test_without_a_prefix_the_root_path_is_empty(http: Protocol) -> None:
    assert (await scope_of(http, get(b"/a")))["root_path"] == ""


async def test_headers_are_lower_case_in_their_order_and_none_is_lost(http: Protocol) -> None:
    lines = [b"X-One: 1", b"x-two:2", b"X-ONE:  3 4", b"Cookie: a=b; c", b"X-None:", b"X-L: \xe9"]
    scope = await scope_of(http, get(b"/", *lines))
    assert [*map(tuple, scope["headers"])] == [
        (b"host", b"a"),
        (b"x-one", b"1"),
        (b"x-two", b"2"),
        (b"x-one", b"3 4"),
        (b"cookie", b"a=b; c"),
        (b"x-none", b""),
        (b"x-l", b"\xe9"),
    ]


async def test_white_space_behind_a_value_is_no_part_of_it(http: Protocol) -> None:
    scope = await scope_of(http, get(b"/", b"x: 1 \t"))
    assert (b"x", b"1") in [*map(tuple, scope["headers"])]


async def test_headers_cut_over_several_reads_are_whole(http: Protocol) -> None:
    head = get(b"/", b"x-one: 1 2", b"x-two: 3")
    scope = await scope_of(http, *(head[place : place + 1] for place in range(len(head))))
    expected = [(b"host", b"a"), (b"x-one", b"1 2"), (b"x-two", b"3")]
    assert [*map(tuple, scope["headers"])] == expected


async def test_both_ends_of_the_connection_are_told(http: Protocol) -> None:
    echo = Echo()
    async with serving(http, echo) as served:
        client = await served.connect()
        await client.send(get(b"/"))
        await client.answer()
        (scope,) = echo.scopes
        assert tuple(scope["server"]) == ("127.0.0.1", served.port)
        assert tuple(scope["client"]) == client.writer.get_extra_info("sockname")


async def test_each_request_has_a_state_of_its_own_with_what_the_app_has_begun_with(
    http: Protocol,
) -> None:
    begun: dict[str, Any] = {"pool": object()}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["state"] == begun
        assert scope["state"]["pool"] is begun["pool"]
        scope["state"]["user"] = "a"
        await hello(scope, receive, send)

    async with serving(http, app, state=begun) as served:
        client = await served.connect()
        for _ in range(2):
            await client.send(get(b"/"))
            assert (await client.answer()).status == 200
    assert [*begun] == ["pool"]


async def test_requests_of_one_connection_share_nothing(http: Protocol) -> None:
    echo = Echo()
    async with serving(http, echo) as served:
        client = await served.connect()
        for path in (b"/a", b"/b"):
            await client.send(get(path, b"x: " + path))
            await client.answer()
    one, two = echo.scopes
    assert one is not two
    assert one["headers"] is not two["headers"]
    assert (one["path"], two["path"]) == ("/a", "/b")
