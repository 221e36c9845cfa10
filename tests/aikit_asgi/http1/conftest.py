"""Which servers the claims about HTTP/1.1 are made of, in which event loops, and what they miss."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib import metadata

import pytest
from aikit_asgi.protocol import HTTPProtocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"asyncio": asyncio.new_event_loop}
with suppress(ImportError):  # it is not made for every platform
    from uvloop import new_event_loop

    LOOPS["uvloop"] = new_event_loop

ORACLE = HttpToolsProtocol
KNOWN = [*map(int, metadata.version("uvicorn").split(".")[:2])] >= [0, 54]
"""What uvicorn does wrong is known of this version; older ones are no oracle."""
OURS: tuple[type[asyncio.Protocol], ...] = (HTTPProtocol,)
"""The protocols of `aikit serve`; claims that uvicorn does not make are tested with these only."""

NAMES: dict[type, str] = {ORACLE: "uvicorn"}

UVICORN = (ORACLE,)
MISSES: list[tuple[tuple[type, ...], str, tuple[str, ...]]] = [
    (
        UVICORN,
        "400: it takes the path as it is parsed, which is None (RFC 9112 3.2.2)",
        ("test_a_whole_address_without_a_path_is_that_of_the_root",),
    ),
    (
        UVICORN,
        "httptools leaves it (RFC 9110 5.5)",
        ("test_white_space_behind_a_value_is_no_part_of_it",),
    ),
    (
        UVICORN,
        "it sends chunks to whomever (RFC 9112 6.1: must not)",
        ("test_a_client_of_1_0_is_not_told_of_chunks",),
    ),
    (
        UVICORN,
        "it misses the body that may not be there, and closes (RFC 9110 8.6)",
        ("test_not_modified_may_tell_how_long_the_body_is",),
    ),
    (
        UVICORN,
        "it adds trailers to the headers (RFC 9110 6.5.1: must not)",
        ("test_chunks_are_put_together: trailers",),
    ),
    (UVICORN, "RFC 9110 10.1.1: must not", ("test_a_client_of_1_0_is_not_told_to_go_on",)),
    (
        UVICORN,
        "it tells only the app of the last request, which is not there yet",
        ("test_a_client_that_leaves_with_a_request_waiting_is_noticed",),
    ),
    (
        UVICORN,
        "it takes what has these numbers as 1.1 (RFC 9110 15.6.6)",
        tuple(
            f"test_what_is_no_request_is_refused_and_closed: {case}"
            for case in ("no version", "version 0.9", "version 2.0")
        ),
    ),
    (
        UVICORN,
        "it leaves this to the app (RFC 9112 3.2: must)",
        ("test_a_request_has_one_host",),
    ),
    (
        UVICORN,
        "the app gets a body that is compressed, and is not told (RFC 9112 6.1)",
        (
            "test_an_encoding_that_nobody_takes_off_is_refused: in one",
            "test_an_encoding_that_nobody_takes_off_is_refused: in two",
        ),
    ),
    (
        UVICORN,
        "it refuses at once, ahead of the answers of apps that still run",
        (
            "test_junk_after_a_request_is_not_its_answer",
            "test_junk_within_an_answer_cuts_it_off",
            "test_a_good_request_before_a_bad_one_is_answered_however_they_come",
        ),
    ),
    (
        UVICORN,
        "httptools takes what follows as the other protocol (RFC 9110 7.8)",
        (
            "test_a_declined_upgrade_loses_no_body",
            "test_requests_behind_a_declined_upgrade_are_requests_or_nothing",
        ),
    ),
    (
        UVICORN,
        "an app that says 200 to CONNECT has made a tunnel (RFC 9110 9.3.6)",
        (
            "test_nobody_is_connected_to_elsewhere: path",
            "test_nobody_is_connected_to_elsewhere: address",
        ),
    ),
    (
        UVICORN,
        "whatever comes ends the idle time, also when it begins no request: it is open for ever",
        (
            "test_blank_lines_do_not_keep_a_connection",
            "test_a_body_behind_its_answer_does_not_keep_a_connection",
        ),
    ),
]
"""What servers do wrong: which, why, and the tests, or `test: case`, that have to fail."""


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    return LOOPS


def named(http: type) -> str:
    return NAMES.get(http, http.__name__)


@pytest.fixture(params=(ORACLE, *OURS) if KNOWN else OURS, ids=named)
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
        for servers, reason, tests in MISSES:
            for name, _, of in (test.partition(": ") for test in tests):
                if name == item.originalname and f"-{of}-" in case and server in servers:
                    item.add_marker(pytest.mark.xfail(strict=True, reason=reason))
