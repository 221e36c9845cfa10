"""Frames that only add text are read without parsing them, and nobody can tell."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aicore.calls import Batch
from aicore.errors import AIError, GarbledError
from aikit_wire.frames import Frame, SSEDecoder
from aikit_wire.openai.decode import ChatDecoder
from aikit_wire.openai.manifest import Manifest
from aikit_wire.repeats import Repeat
from hypothesis import given, settings
from hypothesis import strategies as st

from ..wire.corpus import ABSENT, Exchange, exchanges
from .answers import stream_events

STREAMED = [
    exchange
    for exchange in exchanges()
    if exchange.api == "openai-chat" and exchange.recorded["response"]["stream"]
]
TAGS = Manifest(name="acme", think_tags={"*": "outside"})
PLAIN = Manifest(name="acme")


def compact(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def spaced(value: Any) -> bytes:
    return json.dumps(value).encode()


def chunk(delta: Any, dump: Callable[[Any], bytes] = compact, **more: object) -> Frame:
    choice = {"index": 0, "delta": delta, "finish_reason": None}
    return Frame(dump({"id": "a", "object": "chat.completion.chunk", "choices": [choice], **more}))


@contextmanager
def parsing_everything() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Repeat, "of", lambda *args: None)
        yield


def told(frames: list[Frame], manifest: Manifest = PLAIN) -> tuple[Batch, str | None]:
    """Decode frames one by one; return the events, and the error that ended them."""
    decoder, events = ChatDecoder(manifest, "m"), list[Any]()
    try:
        for frame in frames:
            events += decoder.frames([frame])
        decoder.check()
    except AIError as error:
        return tuple(events), repr(error)
    return tuple(events), None


def same_as_parsed(frames: list[Frame], manifest: Manifest = PLAIN) -> None:
    read = told(frames, manifest)
    with parsing_everything():
        assert told(frames, manifest) == read


@pytest.mark.parametrize("dump", [compact, spaced])
@pytest.mark.parametrize("noise", [{}, {"obfuscation": "x7Qp"}])
@pytest.mark.parametrize("field", ["content", "reasoning_content"])
def test_a_repeated_frame_is_not_parsed(
    dump: Callable[[Any], bytes],
    noise: dict[str, Any],
    field: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frames = [chunk({field: text}, dump, **noise) for text in ("a", " b", "c d")]
    decoder = ChatDecoder(PLAIN, "m")
    decoder.frames(frames[:2])
    if dump is compact or not noise:
        monkeypatch.setattr(decoder, "_json", None)
    (event,) = decoder.frames(frames[2:])
    assert getattr(event, "text", None) == "c d"


FIELDS = st.sampled_from(["content", "reasoning_content", "refusal", "role", "annotations", "p"])
TEXTS = st.one_of(st.sampled_from(["", "a", ' "', "\\", "\n", "\u2028", "é", "}"]), st.text())
DELTAS = st.dictionaries(FIELDS, TEXTS, max_size=2)
MORE = st.dictionaries(st.sampled_from(["obfuscation", "model", "error", "x"]), TEXTS, max_size=1)


@given(st.lists(st.tuples(DELTAS, MORE, st.sampled_from([compact, spaced])), max_size=6))
def test_every_stream_says_what_parsing_says(
    pieces: list[tuple[Any, Any, Callable[[Any], bytes]]],
) -> None:
    frames = [chunk(delta, dump, **more) for delta, more, dump in pieces]
    same_as_parsed(frames)
    same_as_parsed(frames, TAGS)


@settings(max_examples=1000)
@given(st.data())
def test_a_frame_broken_anywhere_is_as_broken_as_parsing_finds_it(data: st.DataObject) -> None:
    noise: Any = data.draw(st.sampled_from([{}, {"obfuscation": "x7Qp"}]))
    good = [chunk({"content": text}, **noise) for text in ("a", " b")]
    broken = bytearray(good[1].data)
    at = data.draw(st.integers(0, len(broken) - 1))
    byte = data.draw(st.sampled_from(b'"\\\x00\x09\x80\xff{}x,'))
    if data.draw(st.booleans()):
        broken[at] = byte
    else:
        broken.insert(at, byte)
    same_as_parsed([*good, Frame(bytes(broken)), good[0]])


@pytest.mark.parametrize("exchange", STREAMED, ids=lambda exchange: exchange.name)
def test_recorded_streams_say_what_parsing_says(exchange: Exchange) -> None:
    decoder = SSEDecoder()
    same_as_parsed([*decoder.feed(exchange.body), *decoder.close()])


def read_from(body: bytes, cuts: Iterable[int] = ()) -> tuple[Batch, str | None]:
    """Decode a body as it comes in network reads; return the events, and the error at its end."""
    events = list[Any]()
    try:
        for event in stream_events(body, ChatDecoder(PLAIN, "m"), cuts):
            events.append(event)
    except AIError as error:
        return tuple(events), repr(error)
    return tuple(events), None


def same_however_cut(body: bytes, cuts: Iterable[int]) -> None:
    read = read_from(body, cuts)
    with parsing_everything():
        assert read_from(body) == read


def wire(frames: Iterable[Frame]) -> bytes:
    return b"".join([b"data: %b\n\n" % frame.data for frame in frames])


CUTS = st.lists(st.integers(0, 1000), max_size=6)


@given(st.lists(st.tuples(DELTAS, MORE, st.sampled_from([compact, spaced])), max_size=6), CUTS)
def test_events_that_come_together_say_what_parsing_says(
    pieces: list[tuple[Any, Any, Callable[[Any], bytes]]], cuts: list[int]
) -> None:
    same_however_cut(wire(chunk(delta, dump, **more) for delta, more, dump in pieces), cuts)


@settings(max_examples=1000)
@given(st.data(), CUTS)
def test_events_broken_anywhere_are_as_broken_as_parsing_finds_them(
    data: st.DataObject, cuts: list[int]
) -> None:
    noise: Any = data.draw(st.sampled_from([{}, {"obfuscation": "x7Qp"}]))
    texts = data.draw(st.lists(TEXTS, min_size=3, max_size=6))
    broken = bytearray(wire(chunk({"content": text}, **noise) for text in ["a", *texts]))
    for _ in range(data.draw(st.integers(0, 2))):
        at = data.draw(st.integers(0, len(broken) - 1))
        byte = data.draw(st.sampled_from(b'"\\\x00\x09\n\r\x80\xff{}x,'))
        if data.draw(st.booleans()):
            broken[at] = byte
        else:
            broken.insert(at, byte)
    same_however_cut(bytes(broken), cuts)


@given(st.lists(st.integers(0, 100_000), max_size=4))
@pytest.mark.parametrize("exchange", STREAMED, ids=lambda exchange: exchange.name)
def test_recorded_streams_say_the_same_however_they_are_cut(
    exchange: Exchange, cuts: list[int]
) -> None:
    same_however_cut(exchange.body, cuts)


@pytest.mark.parametrize("noise", [{}, {"obfuscation": "x7Qp"}])
def test_events_that_come_together_are_neither_parsed_nor_cut_into_frames(
    noise: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["a", " b", 'say "hi"\n', "é", "c"]
    frames, decoder = SSEDecoder(), ChatDecoder(PLAIN, "m")
    decoder.read(frames, wire([chunk({"content": "Hi"}, **noise)] * 2))
    monkeypatch.setattr(decoder, "_json", None)
    monkeypatch.setattr(frames, "feed", None)
    events = decoder.read(frames, wire([chunk({"content": text}, **noise) for text in texts]))
    assert [getattr(event, "text", None) for event in events] == texts


def test_what_came_before_a_fault_of_the_same_read_is_told_first() -> None:
    frames, decoder = SSEDecoder(max_bytes=200), ChatDecoder(PLAIN, "m")
    decoder.read(frames, wire([chunk({"content": "a"})] * 2))
    (event,) = decoder.read(frames, wire([chunk({"content": "b"})]) + b"x" * 201)
    assert getattr(event, "text", None) == "b"
    with pytest.raises(GarbledError, match="longer than 200 bytes"):
        decoder.check()


def test_there_are_recorded_streams() -> None:
    if not STREAMED:
        pytest.skip(ABSENT)


@pytest.mark.parametrize(
    ("data", "name", "text"),
    [
        (b'{"content":"a","content":"a"}', b"content", "a"),
        (b'{"content":"a"}', b"text", "a"),
        (b'{"content":"a\\n"}', b"content", "a\n"),
        (b'{"content":""}', b"content", ""),
    ],
)
def test_what_is_not_plain_teaches_nothing(data: bytes, name: bytes, text: str) -> None:
    assert Repeat.of(Frame(data), name, text) is None


def test_another_event_name_is_no_repetition() -> None:
    repeat = Repeat.of(Frame(b'{"text":"a"}', "delta"), b"text", "a")
    assert repeat is not None
    assert repeat.text_of(Frame(b'{"text":"b"}', "delta")) == "b"
    assert repeat.text_of(Frame(b'{"text":"b"}', "other")) is None
