"""Whole answers are read a short way where a dialect has one, to what the long way comes to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import pytest
from aicore.errors import AIError
from aicore.fold import fold
from aicore.responses import Response
from aikit_wire.openai.decode import ChatDecoder
from aikit_wire.openai.manifest import Manifest
from hypothesis import given, settings
from hypothesis import strategies as st

from .answers import Json
from .anthropic import answers as anthropic
from .damage import mutate
from .fuzzed import FUZZED
from .fuzzing import Fuzzed, traffic
from .gemini import sample as gemini

PLAIN: Final = Manifest(name="acme")
"""A manifest for which no text is looked into for tags."""
SHORT: Final[Mapping[str, Fuzzed]] = {
    "openai-chat": replace(FUZZED["openai-chat"], decoder=lambda: ChatDecoder(PLAIN, "m")),
    "anthropic": FUZZED["anthropic"],
    "gemini": FUZZED["gemini"],
}
"""The dialects that have a short way."""
ODD: Final[list[Any]] = [
    *(None, "", 0, False, [], {}, "error", 7, 1.5, True, ["item"], {"name": "value"}),
]
each_dialect = pytest.mark.parametrize("dialect", SHORT.values(), ids=SHORT)


def short(dialect: Fuzzed, answer: Any) -> Response | None:
    """Read an answer; return what the short way came to, None if the long way was taken."""
    try:
        read = dialect.decoder().answer(json.dumps(answer).encode())
    except AIError:
        return None
    return read if isinstance(read, Response) else None


def same(dialect: Fuzzed, answer: Any) -> bool:
    """Compare both ways; tell whether there was a short one."""
    read = short(dialect, answer)
    if read is not None:
        told = fold(dialect.decoder().told(answer))
        assert read == told
        assert repr(read) == repr(told)  # which tells 1 from True
    return read is not None


@each_dialect
def test_recorded_answers_come_to_the_same(dialect: Fuzzed) -> None:
    answers = [item.answer for item in traffic() if item.api in dialect.apis and item.answer]
    compared = [same(dialect, answer) for answer in answers]
    assert sum(compared) > len(compared) / 4


@each_dialect
@settings(max_examples=500)
@given(st.data())
def test_an_answer_with_something_wrong_in_it_comes_to_the_same(
    dialect: Fuzzed, data: st.DataObject
) -> None:
    same(dialect, mutate(data.draw(st.sampled_from(dialect.wholes)), data))


def with_odd(fields: Json, *more: str) -> st.SearchStrategy[Json]:
    """Make an object of which some fields, of its own or others, may have another value."""
    other = st.dictionaries(st.sampled_from([*fields, *more]), st.sampled_from(ODD), max_size=2)
    absent = st.frozensets(st.sampled_from([*fields]), max_size=1)

    def damaged(other: Json, absent: frozenset[str]) -> Json:
        both = {**fields, **other}
        return {name: value for name, value in both.items() if name not in absent}

    return st.builds(dict, st.just(fields)) | st.builds(damaged, other, absent)


TEXT: Final[Json] = {"type": "text", "text": "Hi"}
THOUGHT: Final[Json] = {"type": "thinking", "thinking": "Hm", "signature": "c2ln"}
CALL: Final[Json] = {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": "é", "b": []}}
BLOCKS = st.one_of(
    with_odd(TEXT, "citations", "caller"),
    with_odd(THOUGHT, "data"),
    with_odd(CALL, "caller"),
    st.sampled_from([TEXT, THOUGHT, CALL, {"type": "redacted_thinking", "data": "eA=="}]),
)
USAGE = with_odd(
    {**anthropic.USAGE, "cache_read_input_tokens": 4, "service_tier": "standard"},
    *("cache_creation", "cache_creation_input_tokens", "iterations", "speed", "inference_geo"),
    *("output_tokens_details",),
)
MESSAGES = with_odd(
    {**anthropic.whole(TEXT), "stop_sequence": None},
    *("container", "stop_details", "error"),
)


@settings(max_examples=500)
@given(MESSAGES, st.lists(BLOCKS, max_size=3), USAGE)
def test_messages_come_to_the_same(message: Json, blocks: list[Json], usage: Json) -> None:
    if message.get("content"):
        message["content"] = blocks
    if message.get("usage"):
        message["usage"] = usage
    same(SHORT["anthropic"], message)


SIGNED: Final[Json] = {"text": "Hi", "thoughtSignature": "c2ln"}
HELD: Final[Json] = {"text": "Hm", "thought": True}
CALLED: Final[Json] = {"functionCall": {"name": "f", "args": {"a": "é", "b": []}}}
IN_PIECES: Final[Json] = {
    "functionCall": {"name": "f", "partialArgs": [{"jsonPath": "$.a", "stringValue": "b"}]}
}
MIXED: Final[Json] = {"text": "Hi", "inlineData": {"mimeType": "image/png", "data": "aGk="}}
PARTS = st.one_of(
    with_odd({"text": "Hi"}, "thought", "thoughtSignature", "functionCall", "inlineData", "other"),
    with_odd(HELD, "thoughtSignature"),
    with_odd(CALLED, "thoughtSignature", "thought", "text"),
    with_odd(CALLED["functionCall"], "id", "willContinue", "partialArgs").map(
        lambda call: {"functionCall": call}
    ),
    st.sampled_from([{"text": "Hi"}, {"text": ""}, {"text": "", "thoughtSignature": "c2ln"}]),
    st.sampled_from([SIGNED, HELD, CALLED, IN_PIECES, MIXED, {"executableCode": {"code": "1"}}]),
)
CANDIDATES = with_odd(
    {"content": {"parts": [], "role": "model"}, "finishReason": "STOP", "index": 0},
    *("avgLogprobs", "safetyRatings", "groundingMetadata", "citationMetadata", "logprobsResult"),
    "finishMessage",
)
METADATA = with_odd(
    {"promptTokenCount": 3, "candidatesTokenCount": 4, "totalTokenCount": 9},
    *("thoughtsTokenCount", "toolUsePromptTokenCount", "cachedContentTokenCount"),
    *("promptTokensDetails", "candidatesTokensDetails"),
)
CONTENTS = with_odd(
    {**gemini.piece(), "usageMetadata": {}, "createTime": "2026-11-20T10:00:00.5Z"},
    *("promptFeedback", "error", "modelStatus"),
)


@settings(max_examples=1000)
@given(CONTENTS, CANDIDATES, st.lists(PARTS, max_size=3), METADATA)
def test_contents_come_to_the_same(
    content: Json, candidate: Json, parts: list[Json], usage: Json
) -> None:
    if candidate.get("content") == {"parts": [], "role": "model"}:
        candidate["content"] = {"parts": parts, "role": "model"}
    if content.get("candidates") == gemini.piece()["candidates"]:
        content["candidates"] = [candidate]
    if content.get("usageMetadata") == {}:
        content["usageMetadata"] = usage
    same(SHORT["gemini"], content)


SOUNDS: Final = [{"modality": "AUDIO", "tokenCount": 2}, {"modality": "TEXT", "tokenCount": 1}]


@pytest.mark.parametrize(
    ("dialect", "answer"),
    [
        ("anthropic", anthropic.whole(TEXT)),
        ("anthropic", anthropic.whole(THOUGHT, TEXT, CALL, stop="tool_use")),
        ("gemini", gemini.piece({"text": "Hi"}, finish="STOP", avgLogprobs=-0.5)),
        ("gemini", gemini.piece(CALLED, finish="MAX_TOKENS")),
        ("gemini", gemini.piece(HELD, SIGNED, CALLED, CALLED, {"text": "So"}, finish="STOP")),
        (
            "gemini",
            {
                **gemini.piece(finish="MAX_TOKENS"),
                "usageMetadata": {"promptTokenCount": 3, "promptTokensDetails": SOUNDS},
            },
        ),
    ],
)
def test_what_most_answers_are_takes_the_short_way(dialect: str, answer: Json) -> None:
    assert same(SHORT[dialect], answer)
