"""What a service says that a caller may still ask of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aicore.values import Value, record


@record(kw_only=True)
class RateLimit(Value):
    """One limit of a service, as its answer told it; what was not told is None.

    `unit` says what is counted: `requests`, `tokens`, `input_tokens`, `output_tokens`, or the
    service's own word. `limit` is how many there may be in `window` seconds, `remaining` how many
    are left, and `reset` how many seconds after the answer came the limit is whole again.
    """

    unit: str
    limit: float | None = None
    remaining: float | None = None
    reset: float | None = None
    window: float | None = None


class RateLimits:
    """All limits that an answer told, read from its headers when they are first asked for."""

    __slots__ = ("_limits", "_read")

    def __init__(
        self, limits: tuple[RateLimit, ...] | Callable[[], tuple[RateLimit, ...]] = ()
    ) -> None:
        self._read: Callable[[], tuple[RateLimit, ...]] | None = None
        self._limits: tuple[RateLimit, ...] = ()
        if callable(limits):
            self._read = limits
        else:
            self._limits = limits

    @property
    def limits(self) -> tuple[RateLimit, ...]:
        if self._read is not None:
            self._limits, self._read = self._read(), None
        return self._limits

    @property
    def requests(self) -> RateLimit | None:
        """The limit of requests; of several, that of which the least is left."""
        return self.of("requests")

    @property
    def tokens(self) -> RateLimit | None:
        """The limit of tokens; of several, that of which the least is left."""
        return self.of("tokens")

    def of(self, unit: str) -> RateLimit | None:
        """Return the limit of something; of several, that of which the least is left."""
        return min((item for item in self.limits if item.unit == unit), key=share, default=None)

    def __bool__(self) -> bool:
        return bool(self.limits)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RateLimits) and self.limits == other.limits

    def __hash__(self) -> int:
        return hash(self.limits)

    def __repr__(self) -> str:
        return f"RateLimits({self.limits!r})"

    def __reduce__(self) -> tuple[type[RateLimits], tuple[tuple[RateLimit, ...]]]:
        return RateLimits, (self.limits,)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """In JSON they are a list."""
        from pydantic_core import core_schema

        listed = handler.generate_schema(tuple[RateLimit, ...])
        return core_schema.no_info_after_validator_function(
            cls,
            listed,
            serialization=core_schema.plain_serializer_function_ser_schema(
                list_of, return_schema=listed
            ),
        )


def list_of(limits: RateLimits) -> tuple[RateLimit, ...]:
    return limits.limits


def share(item: RateLimit) -> float:
    """Return how much of a limit is left, from 0 to 1; more than that where it is not told."""
    if item.remaining is None:
        return 2
    return item.remaining / item.limit if item.limit else 1.5
