"""Access tokens: shared by calls, renewed in time and once when they are refused."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from aicore.errors import AIError, Forbidden, Unauthorized
from aicore.responses import Response
from aicore.secrets import Secret
from aikit import Kit
from aikit_wire.tokens import EARLY, Token, Tokens, asked


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Source:
    """Gives out numbered tokens that last an hour, once it is let."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.given = 0
        self.open = asyncio.Event()
        self.open.set()
        self.error: Exception | None = None

    async def __call__(self) -> Token:
        await self.open.wait()
        if self.error is not None:
            raise self.error
        self.given += 1
        return Token(Secret(f"token-{self.given}"), self.clock.now + 3600)


class Acme(httpx2.AsyncBaseTransport):
    """A service that refuses some tokens, and notes all that it is shown."""

    def __init__(self, *refused: str, status: int = 401, code: str = "no", begins: bool = False):
        self.refused = refused
        self.status, self.code = status, code
        self.begins = begins
        self.shown: list[httpx2.Headers] = []
        self.closed = 0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.shown.append(request.headers)
        if request.url.path.endswith("/models"):
            pieces = [b'{"data": [{"id": "m"}]}']
        else:
            pieces = [event({"choices": [{"index": 0, "delta": {"content": "Hi"}}]})]
        error = {"error": {"message": "Invalid credentials.", "code": self.code}}
        refused = self.tokens[-1] in self.refused
        if refused and not self.begins:
            return httpx2.Response(self.status, json=error)
        told = error if refused else {"choices": [{"index": 0, "finish_reason": "stop"}]}
        if not request.url.path.endswith("/models"):
            pieces += [event(told), b"data: [DONE]\n\n"]
        return httpx2.Response(200, stream=Pieces(self, pieces))

    @property
    def tokens(self) -> list[str]:
        return [
            headers["api-key"]
            if "api-key" in headers
            else headers["authorization"].removeprefix("Bearer ")
            for headers in self.shown
        ]

    @asynccontextmanager
    async def kit(self, tokens: Tokens) -> AsyncIterator[Kit]:
        settings = {
            "use": "azure-openai",
            "base_url": "https://acme.example/v1",
            "auth_token": tokens,
        }
        async with (
            httpx2.AsyncClient(transport=self) as client,
            Kit(providers={"acme": settings}, http_client=client) as kit,
        ):
            yield kit

    async def told(self, tokens: Tokens, **settings: Any) -> Response:
        async with (
            self.kit(tokens) as kit,
            kit.stream("Hi", model="acme:m", top_k=1, **settings) as stream,
        ):
            return await stream.response()


class Pieces(httpx2.AsyncByteStream):
    def __init__(self, acme: Acme, pieces: list[bytes]) -> None:
        self.acme = acme
        self.pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece

    async def aclose(self) -> None:
        self.acme.closed += 1


def event(data: Any) -> bytes:
    return b"data: " + json.dumps(data).encode() + b"\n\n"


async def test_a_token_is_kept_until_shortly_before_its_end() -> None:
    clock = Clock()
    tokens = Tokens(source := Source(clock), clock=clock)
    first = await tokens.fresh()
    clock.now += 3600 - EARLY
    assert await tokens.fresh() is first
    clock.now += 1
    assert (await tokens.fresh()).value == Secret("token-2")
    assert source.given == 2


async def test_calls_that_need_a_token_at_once_wait_for_one_fetch() -> None:
    tokens = Tokens(source := Source(Clock()), clock=source.clock)
    source.open.clear()
    waiting = [asyncio.ensure_future(tokens.fresh()) for _ in range(5)]
    await asyncio.sleep(0)
    waiting[0].cancel()  # which ends nothing for the others
    await asyncio.sleep(0)
    source.open.set()
    with pytest.raises(asyncio.CancelledError):
        await waiting[0]
    assert {token.value for token in await asyncio.gather(*waiting[1:])} == {Secret("token-1")}
    assert source.given == 1


async def test_a_fetch_that_nobody_waits_for_fails_in_silence() -> None:
    tokens = Tokens(source := Source(Clock()), clock=source.clock)
    source.open.clear()
    waiting = asyncio.ensure_future(tokens.fresh())
    await asyncio.sleep(0)
    waiting.cancel()
    source.error = OSError("gone")
    source.open.set()
    for _ in range(3):
        await asyncio.sleep(0)
    source.error = None
    assert (await tokens.fresh()).value == Secret("token-1")


def test_tokens_serve_every_loop() -> None:
    clock = Clock()
    given: list[str] = []

    async def fetch() -> Token:
        given.append("token")
        return Token(Secret("token"), clock.now + 3600)

    tokens = Tokens(fetch, clock=clock)
    for _ in range(2):
        asyncio.run(tokens.fresh())
    assert given == ["token"]


async def test_what_keeps_a_token_from_coming_is_named() -> None:
    tokens = Tokens(source := Source(Clock()), clock=source.clock)
    source.error = OSError("no route")
    with pytest.raises(Unauthorized, match="OSError: no route") as raised:
        await tokens.fresh()
    assert isinstance(raised.value.__cause__, OSError)
    source.error = Forbidden("not you")
    with pytest.raises(Forbidden):
        await tokens.fresh()


async def test_a_call_bears_the_token_and_what_goes_with_it() -> None:
    async def fetch() -> Token:
        return Token(Secret("token-1"), None, {"x-quota": "mine", "x-both": "token"})

    acme = Acme()
    told = await acme.told(Tokens(fetch), headers={"x-both": "call"})
    assert (told.text, [warning.setting for warning in told.warnings]) == ("Hi", ["top_k"])
    (shown,) = acme.shown
    assert (shown["authorization"], shown["x-quota"]) == ("Bearer token-1", "mine")
    assert shown["x-both"] == "call"


async def test_a_refused_token_is_renewed_once() -> None:
    clock = Clock()
    acme = Acme("token-1")
    tokens = Tokens(Source(clock), clock=clock)
    for _ in range(2):
        told = await acme.told(tokens)
        assert [warning.setting for warning in told.warnings] == ["top_k"]  # told once
    assert acme.tokens == ["token-1", "token-2", "token-2"]
    acme = Acme("token-2", "token-3")
    with pytest.raises(Unauthorized):
        await acme.told(tokens)
    assert acme.tokens == ["token-2", "token-3"]


@pytest.mark.parametrize(
    ("acme", "kind"),
    [
        (Acme("token-1", status=403), Forbidden),
        (Acme("token-1", status=400, code="invalid_api_key"), Unauthorized),
        (Acme("token-1", code="invalid_api_key", begins=True), Unauthorized),
    ],
    ids=["forbidden", "no-401", "begun"],
)
async def test_nothing_else_is_tried_again(acme: Acme, kind: type[AIError]) -> None:
    clock = Clock()
    with pytest.raises(kind) as caught:
        await acme.told(Tokens(Source(clock), clock=clock))
    assert type(caught.value) is kind
    assert acme.tokens == ["token-1"]


async def test_the_key_of_a_call_goes_before() -> None:
    source, acme = Source(Clock()), Acme()
    async with acme.kit(Tokens(source)) as kit:
        await kit.generate("Hi", model="acme:m", api_key="mine")
        await kit.models("acme", api_key="mine")
    assert (acme.tokens, source.given) == (["mine", "mine"], 0)


async def test_what_comes_in_one_piece_is_asked_for_once_more_too() -> None:
    clock = Clock()
    acme = Acme("token-1")
    async with acme.kit(Tokens(Source(clock), clock=clock)) as kit:
        assert [model.id for model in await kit.models("acme")] == ["m"]
    assert acme.tokens == ["token-1", "token-2"]


async def test_leaving_a_call_closes_its_connection() -> None:
    clock, acme = Clock(), Acme()
    async with acme.kit(Tokens(Source(clock), clock=clock)) as kit:
        async with kit.stream("Hi", model="acme:m") as stream:
            async for _ in stream.text:
                break
        assert acme.closed == 1


def plain() -> str:
    assert threading.current_thread() is not threading.main_thread()
    return "token"


async def coroutine() -> str:
    return "token"


def secret() -> Secret:
    return Secret("token")


def awaitable() -> Awaitable[str]:
    return coroutine()


@pytest.mark.parametrize("give", [plain, coroutine, secret, awaitable])
async def test_a_function_is_asked_before_each_call(give: Callable[[], Any]) -> None:
    calls: list[None] = []
    fetch = asked(give)

    async def counted() -> Token:
        calls.append(None)
        return await fetch()

    tokens = Tokens(counted)
    assert [(await tokens.fresh()).value for _ in range(2)] == [Secret("token")] * 2
    assert len(calls) == 2


async def test_a_function_that_gives_no_text_is_an_error() -> None:
    with pytest.raises(Unauthorized, match="must give text, not int"):
        await Tokens(asked(lambda: 5)).fresh()


async def test_a_function_that_blocks_holds_nobody_up() -> None:
    """The loop goes on, and who leaves does not wait for the function's end."""
    begun, end = threading.Event(), threading.Event()

    def blocks() -> str:
        begun.set()
        end.wait(10)
        return "token"

    waiting = asyncio.ensure_future(Tokens(asked(blocks)).fresh())
    while not begun.is_set():
        await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    end.set()
