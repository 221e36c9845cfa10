"""Three laws: a stream is its answer, what came goes back unchanged, and reading never crashes."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from aicore.errors import AIError
from aicore.fold import fold, unfold
from aicore.messages import Message
from aicore.responses import Response
from aicore.values import from_json, to_json
from hypothesis import given, settings
from hypothesis import strategies as st

from ..answers import Json
from ..damage import mutate
from .answers import answered, body, body_of, stream_of, streamed, whole

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
MAYBE = TEXT | st.just("")
SCALARS = st.booleans() | st.integers(-(10**9), 10**9) | TEXT
VALUES = st.recursive(SCALARS, lambda item: st.lists(item, max_size=3), max_leaves=5)
OBJECTS = st.dictionaries(TEXT, VALUES, max_size=3)
IDS = st.from_regex(r"[a-z]{2}_[a-f0-9]{1,8}", fullmatch=True)
NAMES = st.from_regex(r"[a-zA-Z0-9_-]{1,12}", fullmatch=True)
STATUS = st.sampled_from(["completed", "incomplete"])
PHASES = st.sampled_from(["commentary", "final_answer"])

NOTHING: Mapping[str, Any] = {}


def fixed(kind: str, optional: Mapping[str, Any] = NOTHING, **fields: Any) -> Any:
    required: dict[str, Any] = {"type": st.just(kind), **fields}
    return st.fixed_dictionaries(required, optional=optional)


NOTES = st.one_of(
    fixed(
        "url_citation", url=TEXT, title=TEXT, start_index=st.integers(0), end_index=st.integers(0)
    ),
    fixed("file_citation", file_id=NAMES, filename=TEXT, index=st.integers(0, 9)),
    fixed("a_new_one", what=VALUES),
)
PIECES = st.one_of(
    fixed("output_text", text=MAYBE, annotations=st.lists(NOTES, max_size=2)),
    fixed("refusal", refusal=MAYBE),
    fixed("output_hologram", data=OBJECTS),
)
SUMMARY = fixed("summary_text", text=MAYBE)
SHOWN = fixed("reasoning_text", text=MAYBE)
PICTURES = st.binary(min_size=1, max_size=8).map(lambda data: base64.b64encode(data).decode())

ITEMS = st.one_of(
    fixed(
        "message",
        {"phase": PHASES},
        id=IDS,
        role=st.just("assistant"),
        status=STATUS,
        content=st.lists(PIECES, max_size=3),
    ),
    fixed(
        "reasoning",
        {"encrypted_content": TEXT, "status": STATUS, "content": st.lists(SHOWN, min_size=1)},
        id=IDS,
        summary=st.lists(SUMMARY, max_size=3),
    ),
    fixed(
        "function_call",
        {"namespace": NAMES, "caller": OBJECTS},
        id=IDS,
        call_id=NAMES,
        name=NAMES,
        arguments=TEXT,
        status=STATUS,
    ),
    fixed("custom_tool_call", id=IDS, call_id=NAMES, name=NAMES, input=MAYBE),
    fixed("image_generation_call", {"size": TEXT}, id=IDS, result=PICTURES | TEXT),
    fixed("web_search_call", id=IDS, status=STATUS, action=OBJECTS),
    fixed("mcp_call", id=IDS, name=NAMES, arguments=TEXT, output=MAYBE),
    fixed("compaction", id=IDS, encrypted_content=TEXT),
    fixed("a_new_call", id=IDS, what=VALUES),
)
OUTPUTS = st.lists(ITEMS, min_size=1, max_size=5, unique_by=lambda item: item["id"])


@given(OUTPUTS)
def test_a_stream_and_a_whole_answer_come_to_equal_responses(output: list[Json]) -> None:
    answer = whole(*output)
    assert streamed(body_of(stream_of(answer))) == answered(answer)


@given(OUTPUTS)
def test_a_stream_that_tells_items_at_their_end_alone_is_the_same(output: list[Json]) -> None:
    """Some servers send no deltas, others nothing but the end."""
    answer = whole(*output)
    stream = stream_of(answer)
    ends = [item for item in stream if not item["type"].endswith((".delta", ".added"))]
    last = [item for item in stream if "response" in item]
    assert streamed(body_of(ends)) == streamed(body_of(last)) == answered(answer)


@given(OUTPUTS, st.data())
def test_where_the_network_cuts_a_stream_makes_no_difference(
    output: list[Json], data: st.DataObject
) -> None:
    stream = body_of(stream_of(whole(*output)))
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=20))
    assert streamed(stream, cuts) == streamed(stream)


@given(OUTPUTS)
def test_every_answer_survives_events_and_json(output: list[Json]) -> None:
    response = answered(whole(*output))
    assert fold(unfold(response)) == response
    assert from_json(Response, to_json(response)) == response


@given(OUTPUTS)
def test_an_answer_goes_back_exactly_as_it_came(output: list[Json]) -> None:
    """Thoughts stay encrypted and in their place, messages keep id and phase, items all of it."""
    response = answered(whole(*output))
    message = from_json(Message, to_json(response.message))
    first, *sent, last = body("Hi", message, "Go on")["input"]
    assert sent == output
    assert (first["content"], last["content"]) == ("Hi", "Go on")


@given(OUTPUTS)
def test_to_another_service_go_texts_and_calls_alone(output: list[Json]) -> None:
    """Ids and encrypted thoughts of one account are an error, or a riddle, at another."""
    response = answered(whole(*output), provider="elsewhere")
    _, *sent, _ = body("Hi", response.message, "Go on")["input"]
    assert not [item for item in sent if "id" in item or item.get("type") == "reasoning"]
    calls = [item["call_id"] for item in sent if "call_id" in item]
    assert calls == [item["call_id"] for item in output if item["type"] in CALLS]


CALLS = ("function_call", "custom_tool_call")


@settings(max_examples=300)
@given(OUTPUTS, st.data())
def test_a_damaged_answer_is_an_answer_or_a_known_error(
    output: list[Json], data: st.DataObject
) -> None:
    answer = whole(*output)
    stream = stream_of(answer)
    number = data.draw(st.integers(0, len(stream) - 1))
    stream[number] = mutate(stream[number], data)
    with suppress(AIError):
        assert_sound(streamed(body_of(stream)))
    with suppress(AIError):
        assert_sound(answered(mutate(answer, data)))


def assert_sound(response: Response) -> None:
    assert fold(unfold(response)) == response
    assert from_json(Response, to_json(response)) == response
    with suppress(AIError):
        json.dumps(body("Hi", response.message))


@given(OUTPUTS, st.data())
def test_damaged_bytes_are_an_answer_or_a_known_error(
    output: list[Json], data: st.DataObject
) -> None:
    stream = bytearray(body_of(stream_of(whole(*output))))
    for place in data.draw(st.lists(st.integers(0, len(stream) - 1), min_size=1, max_size=5)):
        stream[place] = data.draw(st.integers(0, 255))
    with suppress(AIError):
        assert_sound(streamed(bytes(stream)))
