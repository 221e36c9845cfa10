"""This part of the suite accepts what is right and notices every kind of corruption."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from aicore.requests import NamedTool, PromptCache, ProviderTool, Reasoning

from ..comparison import problems
from ..corpus import Exchange, Json
from ..corruption import corruptions
from ..differences import differences
from ..replay import replay
from . import invented
from .reader import read_body

PAIR = ("openai", "openai-responses")


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
    ("output_types", ["reasoning", "message", "web_search_call", "function_call"]),
    ("output_types", [*invented.MEANING["output_types"], "message"]),
    ("native_items", []),
    ("custom_tool_calls", []),
    ("reasoning_summary", ["**Two towns.**"]),
    ("reasoning_text", "Hm."),
    ("status", "incomplete"),
    ("incomplete_reason", "max_output_tokens"),
]


@pytest.mark.parametrize(("name", "value"), MEANINGS)
async def test_a_corrupted_fact_of_this_wire_is_noticed(name: str, value: Any) -> None:
    replayed = await replay(invented.STREAMED)
    wrong = {**(invented.STREAMED.expected or {}), name: value}
    found = list(problems(replace(invented.STREAMED, expected=wrong), *replayed))
    assert any(problem.startswith(name) for problem in found)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("input_tokens", 41),
        ("output_tokens", 13),
        ("input_tokens_details", {"cached_tokens": 31}),
        ("output_tokens_details", {"reasoning_tokens": 6}),
    ],
)
async def test_a_corrupted_count_is_noticed(name: str, value: Any) -> None:
    replayed = await replay(invented.STREAMED)
    expected = copy.deepcopy(invented.STREAMED.expected or {})
    wrong = {**expected, "usage": {**expected["usage"], name: value}}
    found = list(problems(replace(invented.STREAMED, expected=wrong), *replayed))
    assert [problem.split(":")[0] for problem in found] == ["raw usage", "usage"]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the paths to all values of a body that are no lists or objects."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from places(item, (*path, key))
    else:
        yield path


ASKED: Json = invented.STREAMED.asked or {}


@pytest.mark.parametrize("path", [*places(ASKED)], ids=str)
async def test_a_corrupted_value_of_the_request_is_noticed(path: tuple[Any, ...]) -> None:
    outcomes, sent = await replay(invented.STREAMED)
    recorded: Any = copy.deepcopy(invented.STREAMED.recorded)
    place = recorded["request"]["body"]["json"]
    *steps, last = path
    for step in steps:
        place = place[step]
    place[last] = "another"
    wrong = replace(invented.STREAMED, recorded=recorded)
    found = list(problems(wrong, outcomes, sent))
    assert any(problem.startswith("body.") for problem in found)


async def test_another_path_and_another_method_are_noticed() -> None:
    replayed = await replay(invented.AGAIN)
    for field, value, problem in (
        ("path", "/v1/answers/resp_1", "path"),
        ("path", "/v1/responses/resp_2", "url"),
        ("query", [["starting_after", "2"]], "url"),
    ):
        recorded: Any = copy.deepcopy(invented.AGAIN.recorded)
        recorded["request"][field] = value
        found = list(problems(replace(invented.AGAIN, recorded=recorded), *replayed))
        assert found[0].startswith(problem)


SAYS_THE_SAME: list[tuple[Json, Json]] = [
    ({"stream": False, "tools": [], "include": []}, {}),
    ({"input": "Hi"}, {"input": [{"role": "user", "content": "Hi"}]}),
    (
        {"input": [{"type": "message", "role": "user", "content": "Hi"}]},
        {"input": [{"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}]},
    ),
    ({"input": [{"role": "system", "content": "A"}]}, {"instructions": "A", "input": []}),
    ({}, {"include": ["reasoning.encrypted_content"]}),
    ({"include": ["a", "b"]}, {"include": ["b", "a"]}),
    (
        {"input": [{"role": "assistant", "content": [{"type": "output_text", "text": "A"}]}]},
        {"input": [{"role": "assistant", "content": "A"}]},
    ),
]
SAYS_ANOTHER_THING: list[tuple[Json, Json]] = [
    ({"stream": True}, {}),
    ({"include": ["reasoning.encrypted_content"]}, {}),
    ({"include": ["a"]}, {}),
    ({"store": False}, {}),
    ({"input": "Hi"}, {"input": [{"role": "system", "content": "Hi"}]}),
    (
        {"previous_response_id": "r", "input": [{"role": "system", "content": "A"}]},
        {"previous_response_id": "r", "instructions": "A", "input": []},
    ),
    (
        {"input": [{"role": "system", "content": "A"}, {"role": "system", "content": "B"}]},
        {"instructions": "A\n\nB", "input": []},
    ),
    (
        {"input": [{"type": "message", "id": "msg_1", "role": "assistant", "content": "A"}]},
        {"input": [{"role": "assistant", "content": "A"}]},
    ),
]


@pytest.mark.parametrize(("recorded", "sent"), SAYS_THE_SAME)
def test_bodies_that_mean_the_same_are_no_difference(recorded: Json, sent: Json) -> None:
    assert not list(differences(recorded, sent, PAIR))


@pytest.mark.parametrize(("recorded", "sent"), SAYS_ANOTHER_THING)
def test_bodies_that_mean_something_else_are_a_difference(recorded: Json, sent: Json) -> None:
    assert list(differences(recorded, sent, PAIR))


def test_a_body_is_read_into_settings_as_far_as_there_are_some() -> None:
    request = read_body(copy.deepcopy(ASKED), "openai")
    assert request.model == "openai:thinker-1"
    assert [message.role for message in request.messages] == [
        "system",
        "system",
        "user",
        "assistant",
        "tool",
        "tool",
        "assistant",
        "user",
        "user",
    ]
    assert (request.reasoning, request.response_format) == (Reasoning("low"), "json")
    assert (request.tool_choice, request.logprobs) == (NamedTool("sql"), True)
    assert (request.user, request.prompt_cache) == ("u", PromptCache("k"))
    kinds = [type(tool) for tool in request.tools]
    assert kinds[:2] == [ProviderTool, ProviderTool]
    assert request.provider_options == {
        "openai": {
            "reasoning": {"summary": "auto"},
            "text": {"verbosity": "low"},
            "include": ["reasoning.encrypted_content"],
            "store": False,
        }
    }
