"""Thoughts that a model writes between tags are told from its text, wherever a read ends."""

from __future__ import annotations

from itertools import pairwise, product

import pytest
from aicore.fold import fold
from aicore.turn import Turn
from aikit_wire.openai.manifest import Manifest
from aikit_wire.openai.thinking import ThinkTags, think_tags
from hypothesis import given
from hypothesis import strategies as st

from .answers import ACME, answered, chunk, sse, streamed, whole

TAGGED = Manifest(name="acme", think_tags={"deep-*": "outside", "start-*": "inside"})


def split(*pieces: str, inside: bool = False) -> list[tuple[str, str]]:
    """Return kind and text of the parts that pieces of text come to."""
    turn, tags = Turn(), ThinkTags(inside=inside)
    for piece in pieces:
        tags.feed(piece, turn, 0)
    tags.finish(turn, 0)
    turn.reason("stop")
    turn.finish()
    parts = fold(turn.take()).parts
    return [(part.type, getattr(part, "text", "")) for part in parts]


CASES = [
    ("<think>why</think>so", False, [("reasoning", "why"), ("text", "so")]),
    ("<think>\n\nwhy\n</think>\n\nso", False, [("reasoning", "why\n"), ("text", "so")]),
    (" \n<think>why</think> so", False, [("reasoning", "why"), ("text", "so")]),
    ("<think></think>so", False, [("text", "so")]),
    ("<think>\n\n</think>\n\nso", False, [("text", "so")]),
    ("<think>why", False, [("reasoning", "why")]),
    ("<think>why</thi", False, [("reasoning", "why</thi")]),
    ("<think>a < b</ b</think>so", False, [("reasoning", "a < b</ b"), ("text", "so")]),
    ("<think>why</think>", False, [("reasoning", "why")]),
    (
        "<think>a</think>b<think>c</think>",
        False,
        [("reasoning", "a"), ("text", "b<think>c</think>")],
    ),
    ("so <think>no</think>", False, [("text", "so <think>no</think>")]),
    ("<thinking>no</thinking>", False, [("text", "<thinking>no</thinking>")]),
    ("<b>so</b>", False, [("text", "<b>so</b>")]),
    ("  so", False, [("text", "  so")]),
    (" <thi", False, [("text", " <thi")]),
    (" ", False, [("text", " ")]),
    ("", False, []),
    ("why</think>so", True, [("reasoning", "why"), ("text", "so")]),
    ("\nwhy</think>\nso", True, [("reasoning", "why"), ("text", "so")]),
    ("<think>why</think>so", True, [("reasoning", "why"), ("text", "so")]),
    ("</think>so", True, [("text", "so")]),
    ("why", True, [("reasoning", "why")]),
    ("<thi", True, [("reasoning", "<thi")]),
    ("why</think>a</think>b", True, [("reasoning", "why"), ("text", "a</think>b")]),
]


@pytest.mark.parametrize(("text", "inside", "parts"), CASES)
def test_text_is_split_the_same_at_every_border(
    text: str, inside: bool, parts: list[tuple[str, str]]
) -> None:
    assert split(text, inside=inside) == parts
    assert split(*text, inside=inside) == parts
    for first, second in product(range(len(text) + 1), repeat=2):
        if first <= second:
            pieces = (text[:first], text[first:second], text[second:])
            assert split(*pieces, inside=inside) == parts, pieces


@given(
    st.lists(st.sampled_from(["<think>", "</think>", "<thi", "nk>", "</", "\n", " ", "a", "<"])),
    st.booleans(),
    st.data(),
)
def test_no_text_is_split_differently_by_its_reads(
    words: list[str], inside: bool, data: st.DataObject
) -> None:
    text = "".join(words)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    places = [0, *cuts, len(text)]
    pieces = [text[start:end] for start, end in pairwise(places)]
    assert split(*pieces, inside=inside) == split(text, inside=inside)


def test_only_the_models_that_the_manifest_names_have_tags() -> None:
    assert think_tags(TAGGED, "other") is None
    assert think_tags(ACME, "deep-1") is None
    assert think_tags(TAGGED, "deep-1") is not None


@pytest.mark.parametrize(
    ("model", "text"), [("deep-1", "<think>why</think>so"), ("start-1", "why</think>so")]
)
def test_an_answer_of_such_a_model_has_reasoning(model: str, text: str) -> None:
    stream = streamed(
        sse(*(chunk({"content": it}) for it in text), chunk({}, "stop")), TAGGED, model
    )
    assert (stream.reasoning, stream.text) == ("why", "so")
    assert answered(whole({"content": text}), TAGGED, model) == stream


def test_an_answer_of_another_model_keeps_its_tags() -> None:
    assert answered(whole({"content": "<think>a</think>b"}), TAGGED).text == "<think>a</think>b"


def test_each_of_several_answers_is_split_for_itself() -> None:
    body = sse(
        chunk({"content": "<think>a"}),
        chunk({"content": "<think>b</think>"}, index=1),
        chunk({"content": "</think>x"}, "stop"),
        chunk({"content": "y"}, "stop", index=1),
    )
    candidates = streamed(body, TAGGED, "deep-1").candidates
    assert [(it.reasoning, it.text) for it in candidates] == [("a", "x"), ("b", "y")]
