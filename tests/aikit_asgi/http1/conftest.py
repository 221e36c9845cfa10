"""Which servers the claims about HTTP/1.1 are made of, in which event loops, and what they miss."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress

import pytest
from aikit_asgi.protocol import Bounded
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"asyncio": asyncio.new_event_loop}
with suppress(ImportError):  # it is not made for every platform
    from uvloop import new_event_loop

    LOOPS["uvloop"] = new_event_loop

ORACLE = HttpToolsProtocol
OURS: tuple[type[asyncio.Protocol], ...] = (Bounded,)
"""The protocols of `aikit serve`; claims that uvicorn does not make are tested with these only."""

NAMES: dict[type, str] = {ORACLE: "uvicorn"}

UVICORN = (ORACLE, Bounded)
MISSES: dict[str, tuple[tuple[type, ...], str]] = {
    "test_a_whole_address_without_a_path_is_that_of_the_root": (
        UVICORN,
        "400: it takes the path as it is parsed, which is None (RFC 9112 3.2.2)",
    ),
    "test_white_space_behind_a_value_is_no_part_of_it": (
        UVICORN,
        "httptools leaves it (RFC 9110 5.5)",
    ),
    "test_a_client_of_1_0_is_not_told_of_chunks": (
        UVICORN,
        "it sends chunks to whomever (RFC 9112 6.1: must not)",
    ),
    "test_not_modified_may_tell_how_long_the_body_is": (
        UVICORN,
        "it misses the body that may not be there, and closes (RFC 9110 8.6)",
    ),
    "test_chunks_are_put_together: trailers": (
        UVICORN,
        "it adds trailers to the headers (RFC 9110 6.5.1: must not)",
    ),
    "test_a_client_of_1_0_is_not_told_to_go_on": (UVICORN, "RFC 9110 10.1.1: must not"),
    "test_a_client_that_leaves_with_a_request_waiting_is_noticed": (
        UVICORN,
        "it tells only the app of the last request, which is not there yet",
    ),
}
"""What a server is known to do wrong, by the test, or `test: case`; such a test has to fail."""


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    return LOOPS


def named(http: type) -> str:
    return NAMES.get(http, http.__name__)


@pytest.fixture(params=(ORACLE, *OURS), ids=named)
def http(request: pytest.FixtureRequest) -> type[asyncio.Protocol]:
    """The protocol of every server."""
    protocol: type[asyncio.Protocol] = request.param
    return protocol


@pytest.fixture(params=OURS, ids=named)
def ours(request: pytest.FixtureRequest) -> type[asyncio.Protocol]:
    """The protocol of our server."""
    protocol: type[asyncio.Protocol] = request.param
    return protocol


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    for item in items:
        if not isinstance(item, pytest.Function) or not hasattr(item, "callspec"):
            continue
        given, case = item.callspec.params, f"-{item.callspec.id}--"
        server = given.get("http", given.get("ours"))
        for test, (servers, reason) in MISSES.items():
            name, _, of = test.partition(": ")
            if name == item.originalname and f"-{of}-" in case and server in servers:
                item.add_marker(pytest.mark.xfail(strict=True, reason=reason))
