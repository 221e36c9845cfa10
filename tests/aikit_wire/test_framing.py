"""A body is told for what it is, whatever it was declared to be and however it is cut."""

from __future__ import annotations

import json

import pytest
from aikit_wire.frames import NDJSONDecoder
from aikit_wire.framing import lines_or_whole

OBJECT = {"model": "m", "done": True}
LINE = json.dumps(OBJECT).encode()
PRETTY = json.dumps(OBJECT, indent=2).encode()
LINES, JSON, NONE = "application/x-ndjson", "application/json; charset=utf-8", ""


@pytest.mark.parametrize("declared", [LINES, JSON, NONE])
@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"\n \r\n"])
def test_a_first_line_that_is_an_object_is_one_of_lines(declared: str, before: bytes) -> None:
    start = before + LINE + b"\n" + LINE[:5]
    assert isinstance(lines_or_whole(start, declared), NDJSONDecoder)


@pytest.mark.parametrize("declared", [JSON, NONE])
def test_an_object_over_several_lines_is_whole(declared: str) -> None:
    for end in range(len(PRETTY) + 1):
        assert lines_or_whole(PRETTY[:end], declared) is None


@pytest.mark.parametrize("declared", [JSON, NONE])
def test_a_line_that_has_not_ended_waits_for_its_end_up_to_a_limit(declared: str) -> None:
    assert lines_or_whole(LINE, declared) is None
    long = json.dumps({"text": "x" * 2000}).encode()
    assert lines_or_whole(long[:999], declared) is None
    assert isinstance(lines_or_whole(long[:1024], declared), NDJSONDecoder)


def test_lines_that_are_declared_are_believed_at_once() -> None:
    assert isinstance(lines_or_whole(b"{", LINES), NDJSONDecoder)


@pytest.mark.parametrize("start", [b"", b"[", b"<html>", b"404 page not found", b"null\n", b"\xff"])
@pytest.mark.parametrize("declared", [LINES, JSON, NONE])
def test_what_begins_with_no_object_is_not_cut(start: bytes, declared: str) -> None:
    assert lines_or_whole(start, declared) is None
