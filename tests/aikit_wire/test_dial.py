"""A host with several addresses is reached over the first that answers, and no socket is lost."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from aikit_wire.http1 import dial as dialling
from aikit_wire.http1.dial import dial, interleaved, literal

SIX, FOUR = socket.AF_INET6, socket.AF_INET
NEVER = "127.0.0.9"
"""Connecting to this address does not end; others are connected as they are."""


@pytest.fixture
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        found: int = server.getsockname()[1]
    return found


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[socket.socket]]:
    """The sockets that were to be connected; at the end they must be closed."""
    made = list[socket.socket]()
    monkeypatch.setattr(dialling, "EYEBALLS", 0.05)
    yield made
    assert all(one.fileno() == -1 for one in made)


def addresses(
    monkeypatch: pytest.MonkeyPatch, opened: list[socket.socket], *known: tuple[str, int]
) -> None:
    loop = asyncio.get_running_loop()
    connect = loop.sock_connect

    async def lookup(host: str, port: int, **more: Any) -> Any:
        return [(FOUR, socket.SOCK_STREAM, 6, "", address) for address in known]

    async def attempt(sock: socket.socket, address: tuple[str, int]) -> None:
        opened.append(sock)
        if address[0] == NEVER:
            await asyncio.Event().wait()
        await connect(sock, address)

    monkeypatch.setattr(loop, "getaddrinfo", lookup)
    monkeypatch.setattr(loop, "sock_connect", attempt)


@pytest.mark.parametrize("silent", [0, 1, 3])
async def test_an_address_that_does_not_answer_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, opened: list[socket.socket], port: int, silent: int
) -> None:
    addresses(monkeypatch, opened, *[(NEVER, 1)] * silent, ("127.0.0.1", port))
    async with asyncio.timeout(1):
        with await dial("many.example", 80) as connection:
            assert connection.getpeername() == ("127.0.0.1", port)
    await asyncio.sleep(0)
    assert len(opened) == silent + 1


async def test_one_that_refuses_is_passed_over_at_once(
    monkeypatch: pytest.MonkeyPatch, opened: list[socket.socket], port: int, closed: int
) -> None:
    monkeypatch.setattr(dialling, "EYEBALLS", 60)
    addresses(monkeypatch, opened, *[("127.0.0.1", closed)] * 2, ("127.0.0.1", port))
    async with asyncio.timeout(1):
        (await dial("many.example", 80)).close()


async def test_when_all_refuse_the_error_says_so(
    monkeypatch: pytest.MonkeyPatch, opened: list[socket.socket], closed: int
) -> None:
    addresses(monkeypatch, opened, ("127.0.0.1", closed), ("127.0.0.2", closed))
    with pytest.raises(OSError, match=r"127\.0\.0\.1.*; .*127\.0\.0\.2"):
        await dial("many.example", 80)


async def test_a_host_without_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    addresses(monkeypatch, [])
    with pytest.raises(OSError, match="no address"):
        await dial("none.example", 80)


async def test_two_that_answer_at_once_leave_one_socket(
    monkeypatch: pytest.MonkeyPatch, opened: list[socket.socket], port: int
) -> None:
    monkeypatch.setattr(dialling, "EYEBALLS", 0)
    addresses(monkeypatch, opened, *[("127.0.0.1", port)] * 3)
    (await dial("many.example", 80)).close()
    await asyncio.sleep(0)


@pytest.mark.parametrize("turns", range(8))
async def test_cancelled_at_any_turn_no_socket_is_left(
    monkeypatch: pytest.MonkeyPatch, opened: list[socket.socket], port: int, turns: int
) -> None:
    addresses(monkeypatch, opened, *[("127.0.0.1", port)] * 2)
    task = asyncio.create_task(dial("many.example", 80))
    for _ in range(turns):
        await asyncio.sleep(0)
    if not task.cancel():
        task.result().close()
    await asyncio.wait([task])
    await asyncio.sleep(0)


def test_families_take_turns_and_the_systems_first_stays_first() -> None:
    a, b, c = (SIX, "a"), (SIX, "b"), (FOUR, "c")
    assert interleaved([a, b, c]) == [a, c, b]
    assert interleaved([c, a, b]) == [c, a, b]
    assert interleaved([]) == []


def test_an_address_needs_no_lookup() -> None:
    assert literal("127.0.0.1", 80) == (FOUR, ("127.0.0.1", 80))
    assert literal("::1", 80) == (SIX, ("::1", 80))
    assert literal("localhost", 80) is None
