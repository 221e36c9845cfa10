"""Access tokens that expire: fetched when they are needed, shared by calls, renewed in time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from inspect import isawaitable, iscoroutinefunction
from threading import Thread
from typing import Any, TypeAlias, TypeVar

from aicore.errors import AIError, Unauthorized
from aicore.secrets import SecretLike, secret

T = TypeVar("T")

EARLY = 225.0
"""So many seconds before its end a token is renewed.

Google's metadata server gives out the same token until four minutes before (google-auth 2.63:
`REFRESH_THRESHOLD`).
"""


@dataclass(frozen=True, slots=True)
class Token:
    """An access token; `expires` is in Unix seconds, and None where nobody knows."""

    value: SecretLike
    expires: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers that go with it, such as the project whose quota is used."""


Fetch: TypeAlias = Callable[[], Awaitable[Token]]


class Tokens:
    """Hands out the token that `fetch` brings, until `early` seconds before it ends.

    Calls that need a new one at the same time wait for one fetch. One that leaves early does not
    end it for the others.
    """

    def __init__(
        self, fetch: Fetch, *, clock: Callable[[], float] = time.time, early: float = EARLY
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._early = early
        self._held: Token | None = None
        self._fetching: dict[asyncio.AbstractEventLoop, asyncio.Task[Token]] = {}

    async def fresh(self, refused: Token | None = None) -> Token:
        """Return a token that is not about to expire and is not the one that was refused.

        Raises:
            AIError: there is none to be had.
        """
        held = self._held
        if held is not None and held is not refused and not self._ends(held):
            return held
        loop = asyncio.get_running_loop()
        task = self._fetching.get(loop)
        if task is None:
            task = self._fetching[loop] = loop.create_task(self._renewed())
            task.add_done_callback(lambda done: self._done(loop, done))
        return await asyncio.shield(task)

    def _ends(self, token: Token) -> bool:
        return token.expires is not None and token.expires - self._clock() < self._early

    async def _renewed(self) -> Token:
        try:
            self._held = await self._fetch()
        except AIError:
            raise
        except Exception as error:
            raise Unauthorized(
                f"no access token could be got ({type(error).__name__}: {error}); "
                "see that the credentials are still good"
            ) from error
        return self._held

    def _done(self, loop: asyncio.AbstractEventLoop, task: asyncio.Task[Token]) -> None:
        self._fetching.pop(loop, None)
        if not task.cancelled():
            task.exception()  # whoever waited has it; if nobody did, it is no fault of the loop's


def asked(give: Callable[[], Any]) -> Fetch:
    """Return what asks a function for a token before each call; it may be a coroutine function.

    The function keeps what it has for as long as it is good, as the `get_bearer_token_provider`
    of azure-identity does. One that is no coroutine function runs in a thread.
    """

    async def fetch() -> Token:
        given = await (give() if iscoroutinefunction(give) else in_thread(give))
        if isawaitable(given):
            given = await given
        if not isinstance(given, str) and not hasattr(given, "get_secret_value"):
            kind = type(given).__name__
            raise Unauthorized(f"the function that gives access tokens must give text, not {kind}")
        return Token(secret(given), expires=0.0)

    return fetch


async def in_thread(work: Callable[[], T]) -> T:
    """Run what blocks in a thread of its own, which nobody waits for once its caller has left."""
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    Thread(target=run, name="aikit-token", daemon=True).start()
    return await asyncio.wrap_future(future)
