"""What travels beside a request and is never serialised, hashed or cached."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from os import urandom
from typing import Any

from aicore.errors import BadInput
from aicore.responses import Attempt
from aicore.secrets import SecretLike
from aicore.values import check, record


def new_id() -> str:
    """Return 32 random hexadecimal digits, without touching a `random` that a program seeded.

    They are drawn many at a time: asking the system takes a microsecond, once a call a twentieth.
    """
    while True:
        try:
            return _drawn.pop()
        except IndexError:
            digits = urandom(16 * 64).hex()
            _drawn.extend(digits[start : start + 32] for start in range(0, len(digits), 32))


_drawn: list[str] = []
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_drawn.clear)  # which would give out the same ones again


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Limits of one call, in seconds; None means no limit.

    `first_token` runs from the start to the first content, `gap` between two arrivals of content
    after that, `total` over the whole call. Each has its own error.

    Raises:
        BadInput: a limit is not a number of seconds above 0.
    """

    first_token: float | None = None
    gap: float | None = None
    total: float | None = None

    def __post_init__(self) -> None:
        check(self, _LIMITS)
        for name in _LIMITS:
            limit = getattr(self, name)
            if limit is not None and not limit > 0:  # also NaN
                raise BadInput(f"the deadline `{name}` must be more than 0 seconds, not {limit}")

    def __bool__(self) -> bool:
        return not (self.first_token is None and self.gap is None and self.total is None)


_LIMITS: Mapping[str, tuple[type, ...]] = dict.fromkeys(
    ("first_token", "gap", "total"), (int, float)
)


class CancelToken:
    """Cancels every call it was given to; may be used from any thread, and for many calls."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._callbacks: dict[object, Callable[[], None]] = {}
        self._cancelled = False

    @property
    def cancelled(self) -> bool:
        return self._cancelled

    def cancel(self) -> None:
        """Stop the calls; their readers get `Cancelled`. A second time does nothing."""
        with self._lock:
            self._cancelled = True
            callbacks, self._callbacks = self._callbacks, {}
        for callback in callbacks.values():
            callback()

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Have `callback` called once on cancellation, at once if that was before.

        Returns:
            A function that takes the subscription back.
        """
        subscription = object()
        with self._lock:
            if not self._cancelled:
                self._callbacks[subscription] = callback
                return lambda: self._forget(subscription)
        callback()
        return lambda: None

    def _forget(self, subscription: object) -> None:
        with self._lock:
            self._callbacks.pop(subscription, None)


@record(kw_only=True)
class Context:
    """The circumstances of one call.

    `api_keys` holds per-request keys by provider name and `headers` extra HTTP headers; neither
    shows in a repr. `strict` turns every setting that a provider cannot take into `Unsupported`
    before anything is sent. `remote` says that the request came over a network: no file of this
    machine may be opened because it names one. `attempts` is append-only and shared by
    everything derived from this context.
    """

    request_id: str = field(default_factory=new_id)
    tenant: str | None = None
    owner: str | None = None
    api_keys: Mapping[str, SecretLike] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    deadlines: Deadlines = Deadlines()
    cancel: CancelToken | None = None
    idempotency_key: str | None = field(default=None, repr=False)
    strict: bool = False
    remote: bool = False
    span: Any = field(default=None, repr=False)
    attempts: list[Attempt] = field(default_factory=list)
