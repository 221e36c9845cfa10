"""Faults of services become errors that name their remedy."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import replace

import pytest
from aicore.errors import (
    AIError,
    BusyError,
    DeniedError,
    Forbidden,
    GarbledError,
    NotFound,
    Overloaded,
    RateLimited,
    RefusedError,
    Unauthorized,
    Unreachable,
)

from aikit_testing.conformance.author import Author, on_a_loop
from aikit_testing.conformance.bench import TEXT, half
from aikit_testing.conformance.cases import each_text_ability
from aikit_testing.conformance.scenario import Ability, Reply, Scenario
from aikit_testing.conformance.service import Delivery

BY_STATUS: Sequence[tuple[int, type[AIError]]] = [
    (400, RefusedError),
    (401, Unauthorized),
    (402, DeniedError),
    (403, Forbidden),
    (404, NotFound),
    (429, RateLimited),
    (500, Overloaded),
    (503, BusyError),
]
NONSENSE = [
    Reply(200, {"content-type": "application/json"}, [b""]),
    Reply(200, {"content-type": "application/json"}, [b"{}"]),
    Reply(200, {"content-type": "application/json"}, [b"[]"]),
    Reply(200, {"content-type": "application/json"}, [b"null"]),
    Reply(200, {"content-type": "application/json"}, [b'{"answer']),
    Reply(200, {"content-type": "text/html"}, [b"<html><body>It works!</body></html>"]),
    Reply(200, {"content-type": "application/octet-stream"}, [b"\xff\xfe\x00\x80"]),
]


class Faults(Author):
    """What can go wrong with a service does so under the right name."""

    @pytest.mark.parametrize(("status", "kind"), BY_STATUS, ids=[str(n) for n, _ in BY_STATUS])
    @on_a_loop
    async def test_error_statuses_name_their_remedy(self, status: int, kind: type[AIError]) -> None:
        ability = await self._main()
        said = Scenario(ability=ability, status=status, message="Reason 0815.")
        for streaming in (False, self._streams(ability)):
            async with self._served(ability, said) as bench:
                with pytest.raises(AIError) as raised:
                    await bench.ask(streaming=streaming)
            error = raised.value
            assert isinstance(error, kind), f"status {status} is {error!r}, not {kind.__name__}"
            assert error.status == status, "`status` is the HTTP status"
            assert (error.provider, error.model) == (self.provider, self.model)
            assert "Reason 0815." in error.message, "the service's own words are missing"

    @on_a_loop
    async def test_retry_after_is_read(self) -> None:
        ability = await self._main()
        said = Scenario(ability=ability, status=429, message="Slow down.")
        async with self._served(ability, said) as bench:
            with pytest.raises(AIError) as raised:
                await bench.ask()
        assert raised.value.retry_after == 7.0, "`retry_after` is the header, in seconds"

    @on_a_loop
    async def test_a_service_that_is_not_there_is_unreachable(self) -> None:
        ability = await self._main()
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # nobody listens, and nobody else can
            nowhere = self.settings(f"http://127.0.0.1:{taken.getsockname()[1]}")
            async with self._served(ability, **nowhere) as bench:
                with pytest.raises(AIError) as raised:
                    await bench.ask()
        assert isinstance(raised.value, Unreachable), f"this is {raised.value!r}, not Unreachable"

    @pytest.mark.parametrize("then", ["break", "end"], ids=["broken", "cut-short"])
    @each_text_ability
    @on_a_loop
    async def test_a_stream_without_its_end_is_an_error(self, ability: Ability, then: str) -> None:
        await self._need(ability, True)
        async with self._served(ability) as bench:
            bench.deliver = lambda reply: Delivery(
                reply, half(reply), "break" if then == "break" else "end"
            )
            async with bench.stream() as stream:
                with pytest.raises(AIError) as raised:
                    async for _ in stream:
                        pass
        assert isinstance(raised.value, GarbledError), f"this is {raised.value!r}, not CutOff"
        said = stream.partial().text
        assert said, "the text that had arrived was not passed on"
        assert "".join(TEXT).startswith(said)

    @on_a_loop
    async def test_half_an_answer_is_an_error(self) -> None:
        ability = await self._main()
        async with self._served(ability) as bench:
            bench.deliver = lambda reply: Delivery(cut(reply))
            with pytest.raises(AIError) as raised:
                await bench.ask()
        assert isinstance(raised.value, GarbledError), f"this is {raised.value!r}, not BadReply"

    @on_a_loop
    async def test_nonsense_is_a_bad_reply(self) -> None:
        ability = await self._main()
        for streaming in (False, self._streams(ability)):
            async with self._served(ability) as bench:
                for nonsense in NONSENSE:
                    bench.deliver = lambda reply, nonsense=nonsense: Delivery(  # type: ignore[misc]
                        nonsense
                    )
                    with pytest.raises(AIError) as raised:
                        await bench.ask(streaming=streaming)
                    error = raised.value
                    assert isinstance(error, GarbledError), (
                        f"{nonsense.chunks[0]!r} is {error!r}, not BadReply"
                    )


def cut(reply: Reply) -> Reply:
    """Keep the first half of a body."""
    whole = b"".join(reply.chunks)
    return replace(reply, chunks=[whole[: len(whole) // 2]])
