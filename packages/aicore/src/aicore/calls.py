"""The one type everything turns on: a call turns a request into batches of events."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing
from enum import IntEnum
from functools import wraps
from graphlib import CycleError, TopologicalSorter
from typing import Any, ParamSpec, Protocol, TypeAlias, runtime_checkable

from aicore.context import Context
from aicore.errors import BadConfig, PluginError
from aicore.events import Event, Finished, Produced
from aicore.responses import Produce

P = ParamSpec("P")

Batch: TypeAlias = tuple[Event, ...]
"""The events that one network read brought; never empty."""

Batches: TypeAlias = AsyncGenerator[Batch, None]
"""A running call. Closing the generator is part of the contract: it closes the connection."""

Call: TypeAlias = Callable[[Any, Context], Batches]
Wrap: TypeAlias = Callable[[Call], Call]


class Layer(IntEnum):
    """Where a middleware stands: around the user's call, around each model turn, or each try."""

    OPERATION = 1
    STEP = 2
    ATTEMPT = 3


@runtime_checkable
class Middleware(Protocol):
    """Turns a call into a call.

    The order is layer, then what `before` and `after` (names of other middleware) ask for, then
    name; never the order of installation. One that holds resources may have an async `aclose`.
    """

    @property
    def name(self) -> str: ...
    @property
    def layer(self) -> Layer: ...
    @property
    def before(self) -> tuple[str, ...]: ...
    @property
    def after(self) -> tuple[str, ...]: ...
    def wrap(self, call: Call) -> Call: ...


def in_order(middleware: Iterable[Middleware]) -> list[Middleware]:
    """Sort middleware from the outermost to the innermost.

    Raises:
        BadConfig: two share a name, or their wishes contradict each other.
    """
    by_name: dict[str, Middleware] = {}
    for item in middleware:
        if item.name in by_name:
            homes = " and ".join(type(one).__module__ for one in (by_name[item.name], item))
            raise BadConfig(
                f"two middleware are named {item.name!r} (of {homes}); rename or remove one"
            )
        by_name[item.name] = item
    ordered: list[Middleware] = []
    for layer in Layer:
        members = {name: item for name, item in by_name.items() if item.layer == layer}
        outer: dict[str, set[str]] = {name: set() for name in sorted(members)}
        for name, item in members.items():
            outer[name] |= {other for other in item.after if other in members}
            for other in item.before:
                if other in members:
                    outer[other].add(name)
        try:
            ordered += [members[name] for name in _sorted(outer)]
        except CycleError as error:
            names = " → ".join(error.args[1])
            raise BadConfig(f"middleware wants to stand before itself: {names}") from None
    return ordered


def _sorted(outer: dict[str, set[str]]) -> Iterable[str]:
    sorter = TopologicalSorter(outer)
    sorter.prepare()
    ready: list[str] = []
    while sorter.is_active():
        ready = sorted([*ready, *sorter.get_ready()])
        name = ready.pop(0)
        yield name
        sorter.done(name)


def wrapped(call: Call, middleware: Iterable[Middleware]) -> Call:
    """Put `middleware`, given from the outermost to the innermost, around `call`.

    Raises:
        PluginError: one of them fails; it is not left out, as it may be there to guard something.
    """
    for item in reversed(list(middleware)):
        try:
            call = item.wrap(call)
        except Exception as error:
            raise PluginError(
                f"middleware {item.name!r} is broken: it cannot be put around calls "
                f"({type(error).__name__}: {error})"
            ) from error
    return call


async def each(batches: Batches) -> AsyncGenerator[Event, None]:
    """Iterate the single events of a running call."""
    async with aclosing(batches):
        async for batch in batches:
            for event in batch:
                yield event


def singly(
    function: Callable[P, AsyncGenerator[Event, None]],
) -> Callable[P, Batches]:
    """Lift a provider method that yields events one at a time into a call."""

    @wraps(function)
    async def call(*args: P.args, **kwargs: P.kwargs) -> Batches:
        async with aclosing(function(*args, **kwargs)) as events:
            async for event in events:
                yield (event,)

    return call


def once(function: Callable[P, Awaitable[Produce]]) -> Callable[P, Batches]:
    """Lift a plain coroutine method that returns one result into a call."""

    @wraps(function)
    async def call(*args: P.args, **kwargs: P.kwargs) -> Batches:
        yield (Produced(await function(*args, **kwargs)), Finished())

    return call


__all__ = [
    "Batch",
    "Batches",
    "Call",
    "Layer",
    "Middleware",
    "Wrap",
    "each",
    "in_order",
    "once",
    "singly",
    "wrapped",
]
