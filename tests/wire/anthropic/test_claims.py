"""This half of the suite accepts what is right and notices every kind of corruption."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
from aicore.requests import JSONSchema, NamedTool, PromptCache, ProviderTool, Reasoning

from ..comparison import problems
from ..corpus import Exchange, Json
from ..corruption import corruptions
from ..differences import differences
from ..replay import replay
from . import invented
from .reader import DIALECT, read_body

PAIR = ("anthropic", "anthropic-messages")


@pytest.mark.parametrize("exchange", invented.ALL, ids=lambda exchange: exchange.name)
async def test_a_right_exchange_has_no_problems(exchange: Exchange) -> None:
    assert not list(problems(exchange, *await replay(exchange)))


@pytest.mark.parametrize("exchange", invented.ALL, ids=lambda exchange: exchange.name)
async def test_every_corrupted_meaning_is_noticed(exchange: Exchange) -> None:
    replayed = await replay(exchange)
    corrupted = list(corruptions(exchange))
    assert corrupted
    for fact, wrong in corrupted:
        assert list(problems(wrong, *replayed)), fact


MEANINGS: list[tuple[str, Any]] = [
    ("citations", []),
    ("server_tool_calls", []),
    ("block_types", ["text"]),
    ("text_blocks", ["It rains, I read."]),
    ("reasoning_signature_present", False),
    ("stop_sequence", "END"),
]


@pytest.mark.parametrize(("name", "value"), MEANINGS)
async def test_a_corrupted_fact_of_this_wire_is_noticed(name: str, value: Any) -> None:
    replayed = await replay(invented.STREAMED)
    wrong = {**(invented.STREAMED.expected or {}), name: value}
    [problem] = problems(replace(invented.STREAMED, expected=wrong), *replayed)
    assert problem.startswith(name)


COUNTS = [
    ("input_tokens", 11),
    ("cache_read_input_tokens", 33),
    ("cache_creation_input_tokens", 9),
    ("cache_creation", {"ephemeral_1h_input_tokens": 7}),
    ("output_tokens_details", {"thinking_tokens": 6}),
]


@pytest.mark.parametrize(("name", "value"), COUNTS)
async def test_a_corrupted_count_is_noticed(name: str, value: Any) -> None:
    replayed = await replay(invented.STREAMED)
    expected = copy.deepcopy(invented.STREAMED.expected or {})
    usage = {**expected["usage"], name: value}
    wrong = replace(invented.STREAMED, expected={**expected, "usage": usage})
    found = [problem.split(":")[0] for problem in problems(wrong, *replayed)]
    assert found == ["raw usage", "usage"]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths to all values of a body that are no lists or objects."""
    if isinstance(value, dict):
        return [place for name in value for place in places(value[name], (*path, name))]
    if isinstance(value, list):
        return [place for i, item in enumerate(value) for place in places(item, (*path, i))]
    return [path]


SAME: set[tuple[Any, ...]] = {("stream",)}
"""A stream that was not asked for is another exchange, which is seen by how it is asked."""


@pytest.mark.parametrize("exchange", [invented.STREAMED, invented.WHOLE], ids=lambda e: e.name)
async def test_every_value_of_a_request_counts(exchange: Exchange) -> None:
    replayed = await replay(exchange)
    assert exchange.asked is not None
    for path in places(exchange.asked):
        recorded: Any = copy.deepcopy(exchange.recorded)
        target = recorded["request"]["body"]["json"]
        *steps, name = path
        for step in steps:
            target = target[step]
        target[name] = "another" if target[name] is not True else False
        if path in SAME and exchange is invented.WHOLE:
            continue
        assert list(problems(replace(exchange, recorded=recorded), *replayed)), path


async def test_another_address_and_key_are_noticed() -> None:
    outcomes, sent = await replay(invented.REFUSED)
    moved = replace(sent[0], url=f"{sent[0].url}/x", headers={"x-api-key": "another"})
    found = [p.split(":")[0] for p in problems(invented.REFUSED, outcomes, [moved, *sent[1:]])]
    assert found == ["x-api-key", "url"]


def turns(*contents: Any, **fields: Any) -> Json:
    return {"messages": [{"role": "user", "content": item} for item in contents], **fields}


TEXT = {"type": "text", "text": "a"}
RESULT = {"type": "tool_result", "tool_use_id": "t"}
SAYS_THE_SAME: list[tuple[Json, Json]] = [
    (turns("a"), turns([TEXT])),
    (turns("a", "b"), turns([TEXT, {"type": "text", "text": "b"}])),
    (turns("a", system="b"), turns("a", system=[{"type": "text", "text": "b"}])),
    (turns("a", system=""), turns("a")),
    (turns("a", stream=False, tools=[], container=None), turns("a")),
    (turns([{**RESULT, "is_error": False, "content": ""}]), turns([RESULT])),
    (turns([{**RESULT, "content": "a"}]), turns([{**RESULT, "content": [TEXT]}])),
    (turns([{**TEXT, "citations": []}]), turns([TEXT])),
    (
        turns("a", tool_choice={"type": "any", "disable_parallel_tool_use": False}),
        turns("a", tool_choice={"type": "any"}),
    ),
    (
        {"messages": [{"role": "assistant", "content": "a "}]},
        {"messages": [{"role": "assistant", "content": "a"}]},
    ),
]
SAYS_ANOTHER_THING: list[tuple[Json, Json]] = [
    (turns("a"), turns("b")),
    (turns("a "), turns("a")),
    (turns("a", system="b"), turns("a")),
    (turns("a", stream=True), turns("a")),
    (turns([{**RESULT, "is_error": True}]), turns([RESULT])),
    (turns([{**TEXT, "cache_control": {"type": "ephemeral"}}]), turns([TEXT])),
    (turns("a", tool_choice={"type": "auto"}), turns("a")),
    (
        {"messages": [{"role": "system", "content": "a"}, {"role": "system", "content": "b"}]},
        {"messages": [{"role": "system", "content": [TEXT, {"type": "text", "text": "b"}]}]},
    ),
]


@pytest.mark.parametrize(("recorded", "sent"), SAYS_THE_SAME)
def test_bodies_that_mean_the_same_are_no_difference(recorded: Json, sent: Json) -> None:
    assert not list(differences(recorded, sent, PAIR))
    assert not list(differences(sent, recorded, PAIR))


@pytest.mark.parametrize(("recorded", "sent"), SAYS_ANOTHER_THING)
def test_bodies_that_mean_something_else_are_a_difference(recorded: Json, sent: Json) -> None:
    assert list(differences(recorded, sent, PAIR))


def test_a_body_is_read_into_our_words() -> None:
    request = read_body(invented.ASKED, "anthropic")
    assert request.reasoning == Reasoning("low")
    assert (request.tool_choice, request.parallel_tool_calls) == ("required", False)
    assert (request.user, request.prompt_cache) == ("u1", PromptCache(ttl="1h"))
    assert (request.stop, request.max_tokens, request.provider_options) == (("END",), 4096, {})
    assert request.tools[1] == ProviderTool(DIALECT, invented.ASKED["tools"][1])


def test_what_we_have_no_word_for_stays_an_option() -> None:
    asked: Json = {
        "model": "m",
        "max_tokens": 0,
        "messages": [{"role": "user", "content": "hi"}],
        "thinking": {"type": "adaptive", "display": "omitted"},
        "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": {}}},
        "tool_choice": {"type": "tool", "name": "f"},
        "metadata": {"user_id": "u", "more": 1},
        "cache_control": {"type": "forever"},
        "inference_geo": "us",
    }
    request = read_body(asked, "anthropic")
    assert request.tool_choice == NamedTool("f")
    assert request.response_format == JSONSchema({})
    assert request.provider_options["anthropic"] == {
        "max_tokens": 0,
        "thinking": asked["thinking"],
        "output_config": {"effort": "low"},
        "metadata": asked["metadata"],
        "cache_control": asked["cache_control"],
        "inference_geo": "us",
    }
