"""Whatever an answer holds, reading it gives a response or an error of ours, and nothing else."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import entry_points
from inspect import isabstract
from pkgutil import walk_packages
from types import ModuleType

import pytest
from aicore.plugins import PROVIDERS
from aikit_wire import frames
from aikit_wire.answer import AnswerDecoder
from hypothesis import given, settings
from hypothesis import strategies as st

from ..wire.scope import IN_SCOPE
from .damage import mutate, mutated
from .fuzzed import FRAMES, FUZZED, READ, TARGETS
from .fuzzing import Fuzzed, Read, Target

each_dialect = pytest.mark.parametrize("dialect", FUZZED.values(), ids=FUZZED)
each_reader = pytest.mark.parametrize("reader", READ.values(), ids=READ)
each_target = pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
CUTS = st.lists(st.integers(0, 3000), max_size=5)


def modules() -> Iterator[ModuleType]:
    """Yield all that reads answers: the wire, and the providers that are here."""
    homes = {entry.module.partition(".")[0] for entry in entry_points(group=PROVIDERS)}
    for name in ("aikit_wire", *sorted(home for home in homes if home.startswith("aikit_"))):
        home = import_module(name)
        yield home
        for found in walk_packages(home.__path__, f"{name}."):
            yield import_module(found.name)


def below(kind: type) -> set[type]:
    """Return the classes below one that can be made, of ours."""
    ours: set[type] = set()
    subclasses: list[type] = kind.__subclasses__()
    for item in subclasses:
        if item.__module__.startswith("aikit_"):
            ours |= {item} | below(item)
    return ours


def test_everything_that_reads_answers_is_in_the_table() -> None:
    everything = list(modules())
    readers = {
        function
        for module in everything
        for name, function in vars(module).items()
        if name.startswith("decode_") and "body" in getattr(function, "__annotations__", ())
    }
    assert readers <= {entry.of for entry in READ.values()}
    decoders = {type(entry.decoder()) for entry in FUZZED.values()}
    assert {kind for kind in below(AnswerDecoder) if not isabstract(kind)} == decoders
    entries: list[Fuzzed | Read] = [*FUZZED.values(), *READ.values()]
    assert {api for entry in entries for api in entry.apis} >= {api for _, api in IN_SCOPE}
    offered = {getattr(frames, name) for name in frames.__all__ if name.endswith("Decoder")}
    assert {entry.decoder for entry in FRAMES.values()} == offered - {frames.FrameDecoder}


@each_dialect
@settings(max_examples=400)
@given(st.data())
def test_a_stream_with_something_wrong_in_it(dialect: Fuzzed, data: st.DataObject) -> None:
    pieces = list(data.draw(st.sampled_from(dialect.streams)))
    number = data.draw(st.integers(0, len(pieces) - 1))
    if not isinstance(pieces[number], str):
        pieces[number] = mutate(pieces[number], data)
    body = dialect.stream(*pieces[: data.draw(st.integers(0, len(pieces) + 3))])
    dialect.check(body, data.draw(CUTS))


@each_dialect
@settings(max_examples=300)
@given(st.data())
def test_a_whole_answer_with_something_wrong_in_it(dialect: Fuzzed, data: st.DataObject) -> None:
    answer = mutate(data.draw(st.sampled_from(dialect.wholes)), data)
    body = json.dumps(answer, indent=data.draw(st.none() | st.just(1))).encode()
    dialect.check(body, data.draw(CUTS), "application/json")


@each_reader
@given(st.data())
def test_an_answer_of_another_kind_with_something_wrong_in_it(
    reader: Read, data: st.DataObject
) -> None:
    answer = data.draw(st.sampled_from(reader.wholes))
    reader.check(json.dumps(mutate(answer, data)).encode())


@each_target
@settings(max_examples=200)
@given(st.data())
def test_a_body_of_which_some_bytes_are_others(target: Target, data: st.DataObject) -> None:
    target.check(data.draw(mutated(target.seeds)), data.draw(CUTS))


MEMORY, MEMORY_PER_BYTE = 4_000_000, 300


@each_target
@settings(max_examples=40)
@given(st.data())
def test_what_is_held_is_bound_by_the_size_of_a_body(target: Target, data: st.DataObject) -> None:
    body = data.draw(mutated(target.seeds))
    tracemalloc.start()
    try:
        target.check(body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MEMORY + MEMORY_PER_BYTE * len(body)
