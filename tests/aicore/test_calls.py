"""Middleware has one order, and single events and plain results are lifted into calls."""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import permutations

import pytest
from aicore.calls import (
    Batch,
    Batches,
    Call,
    Layer,
    Middleware,
    each,
    in_order,
    once,
    singly,
    wrapped,
)
from aicore.context import Context
from aicore.errors import BadConfig
from aicore.events import Event, Finished, Produced, Started, StepStarted
from aicore.responses import Embeddings
from hypothesis import given
from hypothesis import strategies as st


@dataclass(frozen=True)
class Named:
    """Middleware that writes its name down when a call passes."""

    name: str
    layer: Layer = Layer.STEP
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    passed: list[str] = field(default_factory=list, compare=False)

    def wrap(self, call: Call) -> Call:
        async def named(request: object, context: Context) -> Batches:
            self.passed.append(self.name)
            async with aclosing(call(request, context)) as batches:
                async for batch in batches:
                    yield batch

        return named


def names(*middleware: Named) -> list[str]:
    return [item.name for item in in_order(middleware)]


def test_a_middleware_is_known_by_its_shape() -> None:
    assert isinstance(Named("a"), Middleware)
    assert not isinstance(object(), Middleware)


def test_the_layer_comes_before_the_name_and_before_all_wishes() -> None:
    stack = (
        Named("a", Layer.ATTEMPT, before=("z",)),
        Named("m", Layer.STEP),
        Named("z", Layer.OPERATION, after=("a",)),
    )
    for order in permutations(stack):
        assert names(*order) == ["z", "m", "a"]


def test_wishes_come_before_the_name() -> None:
    stack = (Named("a", after=("c",)), Named("b"), Named("c"), Named("d", before=("b",)))
    for order in permutations(stack):
        assert names(*order) == ["c", "a", "d", "b"]


def test_a_wish_about_something_that_is_not_installed_is_no_wish() -> None:
    assert names(Named("b", before=("x",)), Named("a", after=("y",))) == ["a", "b"]


@given(st.data())
def test_the_order_of_installation_never_matters(data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=8))
    # wishes only from later to earlier names, so that they never contradict each other
    stack = [
        Named(
            name,
            data.draw(st.sampled_from(Layer)),
            after=tuple(data.draw(st.lists(st.sampled_from(chosen[:place] or ["-"]), max_size=2))),
        )
        for place, name in enumerate(chosen)
    ]
    ordered = in_order(stack)
    places = {item.name: place for place, item in enumerate(ordered)}
    shuffled = list(stack)
    random.Random(0).shuffle(shuffled)
    assert in_order(shuffled) == ordered
    assert [item.layer for item in ordered] == sorted(item.layer for item in stack)
    for item in stack:
        for other in stack:
            if other.name in item.after and other.layer == item.layer:
                assert places[other.name] < places[item.name]


def test_two_of_one_name_are_refused() -> None:
    with pytest.raises(BadConfig, match=r"named 'cache' \(of \S+ and \S+\); rename or remove one"):
        in_order([Named("cache"), Named("cache", Layer.ATTEMPT)])


@pytest.mark.parametrize(
    "stack",
    [
        [Named("a", before=("b",)), Named("b", before=("a",))],
        [Named("a", after=("b",)), Named("b", after=("a",))],
        [Named("a", before=("a",))],
    ],
)
def test_contradicting_wishes_are_refused_by_name(stack: list[Named]) -> None:
    with pytest.raises(BadConfig, match=r"wants to stand before itself: .*a"):
        in_order(stack)


async def test_the_first_of_the_list_is_the_outermost() -> None:
    async def call(request: object, context: Context) -> Batches:
        passed.append("call")
        yield (Finished(),)

    passed: list[str] = []
    stack = [Named("outer", passed=passed), Named("inner", passed=passed)]
    assert [batch async for batch in wrapped(call, iter(stack))(None, Context())] == [(Finished(),)]
    assert passed == ["outer", "inner", "call"]
    assert wrapped(call, []) is call


async def test_each_tells_single_events_and_closes_the_call() -> None:
    closed: list[bool] = []

    async def call() -> Batches:
        try:
            yield (Started(), StepStarted(0))
            yield (Finished(),)
        finally:
            closed.append(True)

    assert [event async for event in each(call())] == [Started(), StepStarted(0), Finished()]
    async with aclosing(each(call())) as events:
        assert await anext(events) == Started()
        assert closed == [True]
    assert closed == [True, True]


async def test_single_events_become_batches_and_are_closed() -> None:
    closed: list[bool] = []

    class Provider:
        @singly
        async def chat(self, request: str) -> AsyncGenerator[Event, None]:
            """Chat."""
            try:
                yield Started(request)
                yield Finished()
            finally:
                closed.append(True)

    provider = Provider()
    assert provider.chat.__doc__ == "Chat."
    assert [batch async for batch in provider.chat("r")] == [(Started("r"),), (Finished(),)]
    async with aclosing(provider.chat("r")) as batches:
        await anext(batches)
    assert closed == [True, True]


async def test_a_plain_coroutine_becomes_a_call() -> None:
    result = Embeddings(vectors=((1.0,),))

    class Provider:
        @once
        async def embed(self, request: str, context: Context) -> Embeddings:
            assert request == "r"
            return result

    batches: list[Batch] = [batch async for batch in Provider().embed("r", context=Context())]
    assert batches == [(Produced(result), Finished())]
