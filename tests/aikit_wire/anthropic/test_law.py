"""Three laws: a stream is its answer, what came goes back unchanged, and reading never crashes."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from aicore.errors import AIError
from aicore.fold import fold, unfold
from aicore.messages import Message
from aicore.responses import Response
from aicore.values import from_json, to_json
from hypothesis import given
from hypothesis import strategies as st

from .answers import (
    HEAD,
    USAGE,
    Json,
    answered,
    begin,
    block,
    body_of,
    end,
    sse,
    streamed,
    whole,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
SCALARS = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | TEXT
VALUES = st.recursive(SCALARS, lambda item: st.lists(item, max_size=3), max_leaves=5)
OBJECTS = st.dictionaries(TEXT, VALUES, max_size=3)
IDS = st.from_regex(r"[a-zA-Z0-9_-]{1,12}", fullmatch=True)
SECRETS = st.from_regex(r"[A-Za-z0-9+/]{4,16}", fullmatch=True)

CITATIONS = st.fixed_dictionaries(
    {"type": st.sampled_from(["char_location", "web_search_result_location"])},
    optional={
        "url": TEXT,
        "title": TEXT,
        "cited_text": TEXT,
        "start_char_index": st.integers(0, 9),
    },
)


def fixed(kind: str, **fields: Any) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries({"type": st.just(kind), **fields})


def plain(value: Json) -> Json:
    """Leave out an empty list of citations, which says nothing."""
    return {name: item for name, item in value.items() if name != "citations" or item}


BLOCKS = st.one_of(
    fixed("text", text=TEXT, citations=st.lists(CITATIONS, max_size=2)).map(plain),
    fixed("thinking", thinking=TEXT | st.just(""), signature=SECRETS),
    fixed("redacted_thinking", data=SECRETS),
    fixed("tool_use", id=IDS, name=IDS, input=OBJECTS),
    fixed("tool_use", id=IDS, name=IDS, input=OBJECTS, caller=fixed("direct")),
    fixed("server_tool_use", id=IDS, name=st.just("web_search"), input=OBJECTS),
    fixed("web_search_tool_result", tool_use_id=IDS, content=st.lists(OBJECTS, max_size=2)),
    fixed("mcp_tool_use", id=IDS, name=IDS, server_name=IDS, input=OBJECTS),
    fixed("compaction", content=TEXT),
    fixed("container_upload", file_id=IDS),
)
CONTENT = st.lists(BLOCKS, min_size=1, max_size=6)


def pieces(text: str) -> list[str]:
    middle = len(text) // 2
    return [text[:middle], text[middle:]]


def events_of(index: int, value: Json) -> list[Json]:
    """Say a block as the service streams it."""

    def deltas(kind: str, field: str, text: str) -> list[Json]:
        return [{"type": kind, field: piece} for piece in pieces(text)]

    match value:
        case {"type": "text", "text": text, **more}:
            cited = [{"type": "citations_delta", "citation": c} for c in more.get("citations", ())]
            said = deltas("text_delta", "text", text)
            return block(index, {"type": "text", "text": ""}, *cited, *said)
        case {"type": "thinking", "thinking": text, "signature": signature}:
            start = {"type": "thinking", "thinking": "", "signature": ""}
            thought = deltas("thinking_delta", "thinking", text)
            return block(
                index, start, *thought, {"type": "signature_delta", "signature": signature}
            )
        case {"input": given_input}:
            written = json.dumps(given_input, ensure_ascii=False)
            parts = deltas("input_json_delta", "partial_json", written) if given_input else []
            return block(index, {**value, "input": {}}, *parts)
        case _:
            return block(index, value)


def stream_of(content: list[Json]) -> bytes:
    events = [event for index, item in enumerate(content) for event in events_of(index, item)]
    return sse(begin(), *events, *end())


@given(CONTENT)
def test_a_stream_and_a_whole_answer_come_to_equal_responses(content: list[Json]) -> None:
    assert streamed(stream_of(content)) == answered(whole(*content))


@given(CONTENT, st.data())
def test_where_the_network_cuts_a_stream_makes_no_difference(
    content: list[Json], data: st.DataObject
) -> None:
    body = stream_of(content)
    cuts = data.draw(st.lists(st.integers(0, len(body)), max_size=20))
    assert streamed(body, cuts) == streamed(body)


@given(CONTENT)
def test_every_answer_survives_events_and_json(content: list[Json]) -> None:
    response = answered(whole(*content))
    assert fold(unfold(response)) == response
    assert from_json(Response, to_json(response)) == response


@given(CONTENT)
def test_an_answer_goes_back_exactly_as_it_came(content: list[Json]) -> None:
    """Thoughts keep their signatures and places, calls their ids, items all that they have."""
    response = answered(whole(*content))
    message = from_json(Message, to_json(response.message))
    body = body_of(Message.user("Hi"), message, Message.user("Go on"))
    sent = body["messages"][1]["content"]
    sent = [{"type": "text", "text": sent}] if isinstance(sent, str) else sent
    assert sent == content
    assert body["messages"][0] == {"role": "user", "content": "Hi"}


@given(CONTENT, st.data())
def test_whatever_comes_only_known_errors_come_of_it(
    content: list[Json], data: st.DataObject
) -> None:
    """Bytes of a stream, some of them changed, are an answer or an `AIError`."""
    body = bytearray(stream_of(content))
    for place in data.draw(st.lists(st.integers(0, len(body) - 1), min_size=1, max_size=5)):
        body[place] = data.draw(st.integers(0, 255))
    with suppress(AIError):
        streamed(bytes(body))


JUNK = st.recursive(
    SCALARS | st.floats(),
    lambda item: (
        st.lists(item, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "text",
                    "content",
                    "input",
                    "id",
                    "name",
                    "index",
                    "delta",
                    "usage",
                    "citations",
                ]
            ),
            item,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(JUNK)
def test_an_answer_of_any_json_is_an_answer_or_a_known_error(junk: Any) -> None:
    for answer in (junk, {**HEAD, "content": junk}, {**HEAD, "content": [junk], "usage": junk}):
        with suppress(AIError):
            answered(json.dumps(answer).encode())


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_line_ends_make_no_difference(ending: bytes) -> None:
    body = stream_of([{"type": "text", "text": "Hi"}])
    assert streamed(body.replace(b"\n", ending)) == streamed(body)


def test_usage_is_no_part_of_what_goes_back() -> None:
    response = answered(whole({"type": "text", "text": "Hi"}, usage=USAGE, container={"id": "c"}))
    assert body_of(Message.user("Hi"), response.message, Message.user("?"))["messages"][1] == {
        "role": "assistant",
        "content": "Hi",
    }
