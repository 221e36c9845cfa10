"""Access tokens: shared by calls, renewed in time and once when they are refused."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aicore.calls import Batches
from aicore.context import Context
from aicore.errors import AIError, Forbidden, Unauthorized
from aicore.events import TextDelta, Warned
from aicore.responses import CallWarning
from aicore.secrets import Secret
from aikit_wire.tokens import EARLY, Token, Tokens, asked, asked_with, authorized

REFUSED = Unauthorized("Invalid credentials.", status=401)
TEXT = TextDelta(text="Hi", step=0, part=0)
WARNED = Warned(CallWarning("seed", "dropped", "no such setting", "acme"))


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


class Acme:
    """A service that refuses some tokens, and notes all that it is shown."""

    def __init__(self, *refused: str, error: AIError = REFUSED, begins: bool = False) -> None:
        self.refused = refused
        self.error = error
        self.begins = begins
        self.shown: list[tuple[str, dict[str, str]]] = []

    async def call(self, request: Any, context: Context) -> Batches:
        yield (WARNED,)
        token = context.api_keys["acme"].get_secret_value()
        self.shown.append((token, dict(context.headers)))
        if self.begins:
            yield (TEXT,)
        if token in self.refused:
            raise self.error
        yield (TEXT,)

    async def ask(self, context: Context) -> str:
        return [batch async for batch in self.call(None, context)][-1][0].text  # type: ignore[union-attr]


async def events(call: Callable[..., Batches], context: Context | None = None) -> list[Any]:
    return [event async for batch in call(None, context or Context()) for event in batch]


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
    call = authorized(acme.call, Tokens(fetch), "acme")
    told = await events(call, Context(headers={"x-both": "call"}))
    assert told == [WARNED, TEXT]
    assert acme.shown == [("token-1", {"x-quota": "mine", "x-both": "call"})]


async def test_a_refused_token_is_renewed_once() -> None:
    clock = Clock()
    acme = Acme("token-1")
    tokens = Tokens(Source(clock), clock=clock)
    call = authorized(acme.call, tokens, "acme")
    assert await events(call) == [WARNED, TEXT]  # the warning too is told once
    assert await events(call) == [WARNED, TEXT]
    assert [token for token, _ in acme.shown] == ["token-1", "token-2", "token-2"]
    acme = Acme("token-2", "token-3")
    with pytest.raises(Unauthorized):
        await events(authorized(acme.call, tokens, "acme"))
    assert [token for token, _ in acme.shown] == ["token-2", "token-3"]


@pytest.mark.parametrize(
    ("acme", "kind"),
    [
        (Acme("token-1", error=Forbidden("not you", status=403)), Forbidden),
        (Acme("token-1", error=Unauthorized("bad key", status=400)), Unauthorized),
        (Acme("token-1", begins=True), Unauthorized),
    ],
    ids=["forbidden", "no-401", "begun"],
)
async def test_nothing_else_is_tried_again(acme: Acme, kind: type[AIError]) -> None:
    clock = Clock()
    with pytest.raises(kind):
        await events(authorized(acme.call, Tokens(Source(clock), clock=clock), "acme"))
    assert len(acme.shown) == 1


async def test_the_key_of_a_call_goes_before() -> None:
    source = Source(Clock())
    tokens, acme = Tokens(source), Acme()
    context = Context(api_keys={"acme": Secret("mine")})
    await events(authorized(acme.call, tokens, "acme"), context)
    assert await asked_with(tokens, acme.ask, "acme", context) == "Hi"
    assert [token for token, _ in acme.shown] == ["mine", "mine"]
    assert source.given == 0


async def test_what_comes_in_one_piece_is_asked_for_once_more_too() -> None:
    clock = Clock()
    acme = Acme("token-1")
    assert await asked_with(Tokens(Source(clock), clock=clock), acme.ask, "acme", Context()) == "Hi"
    assert [token for token, _ in acme.shown] == ["token-1", "token-2"]
    acme = Acme("token-1", error=Unauthorized("bad key", status=400))
    with pytest.raises(Unauthorized):
        await asked_with(Tokens(Source(clock), clock=clock), acme.ask, "acme", Context())
    assert len(acme.shown) == 1


async def test_leaving_a_call_closes_what_it_runs() -> None:
    closed: list[bool] = []

    async def call(request: Any, context: Context) -> Batches:
        try:
            yield (TEXT,)
            yield (TEXT,)
        finally:
            closed.append(True)

    clock = Clock()
    batches = authorized(call, Tokens(Source(clock), clock=clock), "acme")(None, Context())
    await anext(batches)
    await batches.aclose()
    assert closed == [True]


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
