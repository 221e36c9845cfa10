"""Three laws: a stream is its answer, what came goes back unchanged, and reading never crashes."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from typing import Any

from aicore.errors import AIError
from aicore.fold import fold, unfold
from aicore.messages import Message
from aicore.responses import Response
from aicore.values import from_json, to_json
from hypothesis import given
from hypothesis import strategies as st

from .bedrock_answers import Json, answered, body_of, events, stream, streamed, whole

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
SCALARS = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | TEXT
VALUES = st.recursive(SCALARS, lambda item: st.lists(item, max_size=3), max_leaves=5)
OBJECTS = st.dictionaries(TEXT, VALUES, max_size=3)
IDS = st.from_regex(r"[a-zA-Z0-9_-]{1,12}", fullmatch=True)
BYTES = st.binary(min_size=1, max_size=12).map(lambda data: base64.b64encode(data).decode())
CITATIONS = st.fixed_dictionaries(
    {"location": st.just({"documentChar": {"documentIndex": 0}})},
    optional={"title": TEXT, "sourceContent": st.just([{"text": "a"}]), "source": TEXT},
)


def block(kind: str, **fields: Any) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries({kind: st.fixed_dictionaries(fields)})


BLOCKS = st.one_of(
    st.fixed_dictionaries({"text": TEXT}),
    block(
        "reasoningContent",
        reasoningText=st.fixed_dictionaries({"text": TEXT | st.just(""), "signature": TEXT}),
    ),
    block("reasoningContent", redactedContent=BYTES),
    block(
        "citationsContent",
        content=st.lists(st.fixed_dictionaries({"text": TEXT}), min_size=1, max_size=1),
        citations=st.lists(CITATIONS, min_size=1, max_size=2),
    ),
    block("toolUse", toolUseId=IDS, name=IDS, input=OBJECTS),
    block(
        "toolUse",
        toolUseId=IDS,
        name=st.just("nova_grounding"),
        input=OBJECTS,
        type=st.just("server_tool_use"),
    ),
    block(
        "toolResult",
        toolUseId=IDS,
        type=st.just("nova_grounding_result"),
        content=st.lists(st.fixed_dictionaries({"text": TEXT}), max_size=2),
    ),
    block("image", format=st.just("png"), source=st.just({"bytes": "iVBORw0KGgo="})),
)
CONTENT = st.lists(BLOCKS, min_size=1, max_size=6)


@given(CONTENT, st.booleans())
def test_a_stream_and_a_whole_answer_come_to_equal_responses(
    content: list[Json], claude: bool
) -> None:
    one = streamed(stream(*events(*content)), claude=claude)
    assert one == answered(whole(*content), claude=claude)


@given(CONTENT, st.data())
def test_where_the_network_cuts_a_stream_makes_no_difference(
    content: list[Json], data: st.DataObject
) -> None:
    body = stream(*events(*content))
    cuts = data.draw(st.lists(st.integers(0, len(body)), max_size=20))
    assert streamed(body, cuts) == streamed(body)


@given(CONTENT)
def test_every_answer_survives_events_and_json(content: list[Json]) -> None:
    response = answered(whole(*content))
    assert fold(unfold(response)) == response
    assert from_json(Response, to_json(response)) == response


@given(CONTENT, st.booleans())
def test_an_answer_goes_back_exactly_as_it_came(content: list[Json], claude: bool) -> None:
    """Thoughts keep their signatures and places, calls their ids, items all that they have."""
    response = answered(whole(*content), claude=claude)
    message = from_json(Message, to_json(response.message))
    vendor = "anthropic" if claude else "amazon"
    body = body_of(Message.user("Hi"), message, Message.user("Go on"), vendor=vendor)
    assert body["messages"][1]["content"] == content
    assert body["messages"][0] == {"role": "user", "content": [{"text": "Hi"}]}


@given(CONTENT, st.data())
def test_whatever_comes_only_known_errors_come_of_it(
    content: list[Json], data: st.DataObject
) -> None:
    """Events of a stream, one of them changed, are an answer or an `AIError`."""
    told = events(*content)
    told[data.draw(st.integers(0, len(told) - 1))] = {"contentBlockDelta": data.draw(JUNK)}
    with suppress(AIError):
        streamed(stream(*told))


NAMES = ["text", "content", "toolUse", "reasoningContent", "citation", "contentBlockIndex", "delta"]
JUNK = st.recursive(
    SCALARS | st.floats(),
    lambda item: (
        st.lists(item, max_size=3) | st.dictionaries(st.sampled_from(NAMES), item, max_size=4)
    ),
    max_leaves=8,
)


@given(JUNK)
def test_an_answer_of_any_json_is_an_answer_or_a_known_error(junk: Any) -> None:
    for answer in (junk, whole() | {"output": junk}, whole(junk), whole() | {"usage": junk}):
        with suppress(AIError):
            answered(json.dumps(answer).encode())
