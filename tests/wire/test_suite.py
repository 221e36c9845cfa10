"""The suite's own claims: it accepts what is right and notices every kind of corruption."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from aicore.events import (
    CandidateFinished,
    Event,
    Finished,
    PartFinished,
    PartStarted,
    ReasoningDelta,
    Started,
    StepFinished,
    StepStarted,
    TextDelta,
)
from aicore.messages import ToolResultPart
from aicore.requests import ChatRequest, CompleteRequest, EmbedRequest, NamedTool, Tool

from . import invented
from .cohere import invented as cohere
from .comparison import problems
from .corpus import Exchange, Json, Pair
from .differences import differences
from .invariants import broken
from .ollama import invented as ollama
from .openai.reader import modern, read_body
from .replay import deliveries, replay
from .scope import IN_SCOPE, TAKEN_BY

CHAT = ("openai", "openai-chat")
MISTRAL = ("mistral", "openai-chat")
COMPLETION = ("openai", "openai-completions")
EMBEDDING = ("openai", "openai-embeddings")
DEEPSEEK = ("deepseek", "openai-chat")
THINKING: Json = {"reasoning_effort": "low", "thinking": {"type": "enabled"}}


INVENTED = (*invented.ALL, *ollama.ALL, *cohere.ALL)


@pytest.mark.parametrize("exchange", INVENTED, ids=lambda exchange: exchange.name)
async def test_a_right_exchange_has_no_problems(exchange: Exchange) -> None:
    assert not list(problems(exchange, *await replay(exchange)))


def put(*path: Any) -> Callable[[Any], None]:
    """Return what puts the last of `path` where the others lead."""
    *steps, name, value = path

    def corrupt(document: Any) -> None:
        for step in steps:
            document = document[step]
        assert document[name] != value
        document[name] = value

    return corrupt


MEANINGS = [
    (invented.STREAMED, "text", "I will not look it up."),
    (invented.STREAMED, "text", None),
    (invented.STREAMED, "reasoning", "Two towns."),
    (invented.STREAMED, "id", "answer-2"),
    (invented.STREAMED, "model", "thinker-2"),
    (invented.STREAMED, "finish_reason", "stop"),
    (invented.STREAMED, "refusal", "I would rather not."),
    (invented.STREAMED, "usage", None),
    (invented.STREAMED, "usage", "prompt_tokens", 41),
    (invented.STREAMED, "usage", "completion_tokens", 11),
    (invented.STREAMED, "usage", "prompt_tokens_details", "cached_tokens", 0),
    (invented.STREAMED, "usage", "completion_tokens_details", "reasoning_tokens", 6),
    (invented.STREAMED, "tool_calls", 0, "id", "call_b"),
    (invented.STREAMED, "tool_calls", 0, "name", "whether"),
    (invented.STREAMED, "tool_calls", 1, "arguments", "town", "Łódź"),
    (invented.STREAMED, "tool_calls", [invented.CALLS[0]]),
    (invented.BROKEN_OFF, "reasoning", "Hm"),
    (invented.BROKEN_OFF, "stream_error", "message", "No space."),
    (invented.BROKEN_OFF, "stream_error", "code", "model_not_found"),
    (invented.BROKEN_OFF, "stream_error", "status_code", 500),
    (invented.WHOLE, "text", "It snows."),
    (invented.WHOLE, "tool_calls", invented.CALLS),
    (invented.WHOLE, "choices", 1),
    (invented.WHOLE, "choice_texts", 1, "It rains."),
    (invented.VECTORS, "count", 1),
    (invented.VECTORS, "dimension", 3),
    (invented.VECTORS, "model", "embedder-2"),
    (invented.VECTORS, "usage", "prompt_tokens", 3),
    (invented.REFUSED, "status", 401),
    (invented.REFUSED, "code", "1301"),
    (invented.REFUSED, "message", "Hurry up."),
    (invented.REFUSED, "kind", "chat"),
    *ollama.MEANINGS,
    *cohere.MEANINGS,
]
REQUESTS = [
    (invented.STREAMED, "model", "thinker-2"),
    (invented.STREAMED, "temperature", 0.4),
    (invented.STREAMED, "stream", False),
    (invented.STREAMED, "tool_choice", "required"),
    (invented.STREAMED, "top_p", 0.9),
    (invented.STREAMED, "messages", 0, "role", "user"),
    (invented.STREAMED, "messages", 1, "content", "What is the weather in Nîmes?"),
    (invented.STREAMED, "tools", 0, "function", "name", "whether"),
    (invented.STREAMED, "tools", 0, "function", "parameters", "required", ["town"]),
    (invented.WHOLE, "n", 3),
    (invented.WHOLE, "messages", 1, "tool_calls", 0, "function", "arguments", "{}"),
    (invented.WHOLE, "messages", 2, "tool_call_id", "call_1"),
    (invented.VECTORS, "input", ["two", "one"]),
    (invented.VECTORS, "encoding_format", "float"),
    *ollama.REQUESTS,
    *cohere.REQUESTS,
]


def named(corruption: Sequence[Any]) -> str:
    return "-".join(str(step) for step in (corruption[0].name, *corruption[1:]))


@pytest.mark.parametrize("corruption", MEANINGS, ids=named)
async def test_a_corrupted_meaning_is_noticed(corruption: tuple[Exchange, Any]) -> None:
    exchange, *path = corruption
    replayed = await replay(exchange)
    expected: Any = copy.deepcopy(exchange.expected)
    expected.setdefault(path[0], "")
    put(*path)(expected)
    assert list(problems(replace(exchange, expected=expected), *replayed))


@pytest.mark.parametrize("corruption", REQUESTS, ids=named)
async def test_a_corrupted_request_is_noticed(corruption: tuple[Exchange, Any]) -> None:
    exchange, *path = corruption
    replayed = await replay(exchange)
    recorded: Any = copy.deepcopy(exchange.recorded)
    body = recorded["request"]["body"]["json"]
    *steps, name, value = path
    for step in steps:
        body = body[step]
    body[name] = value
    found = list(problems(replace(exchange, recorded=recorded), *replayed))
    assert any(problem.startswith(f"body.{path[0]}") for problem in found)


async def test_a_corrupted_vector_is_noticed() -> None:
    replayed = await replay(invented.VECTORS)
    recorded: Any = copy.deepcopy(invented.VECTORS.recorded)
    put("response", "body", "json", "data", 0, "embedding", "AACAPwAAAEE=")(recorded)
    found = list(problems(replace(invented.VECTORS, recorded=recorded), *replayed))
    assert [problem.split(":")[0] for problem in found] == ["vector 1"]


async def test_another_address_is_noticed() -> None:
    replayed = await replay(invented.WHOLE)
    recorded: Any = copy.deepcopy(invented.WHOLE.recorded)
    put("request", "path", "/v2/chat/completions")(recorded)
    found = list(problems(replace(invented.WHOLE, recorded=recorded), *replayed))
    assert [problem.split(":")[0] for problem in found] == ["url"]


async def test_a_second_request_and_a_leaked_key_are_noticed() -> None:
    outcomes, sent = await replay(invented.WHOLE)
    leaky = replace(sent[0], url=f"{sent[0].url}?key={sent[0].headers['authorization'][7:]}")
    found = "\n".join(problems(invented.WHOLE, outcomes, [leaky, *sent]))
    assert "requests per call" in found
    assert "the key is also in ['url']" in found


async def test_an_answer_that_depends_on_the_network_reads_is_noticed() -> None:
    outcomes, sent = await replay(invented.STREAMED)
    other = next(name for name in outcomes if name.startswith("cut"))
    events = [
        replace(event, text=event.text.upper()) if isinstance(event, TextDelta) else event
        for event in outcomes[other].events
    ]
    outcomes[other].events = events
    found = list(problems(invented.STREAMED, outcomes, sent))
    assert found == [f"{other}: the events do not fold into the response"]


ORDERLY: tuple[Event, ...] = (
    Started(id="answer-1"),
    StepStarted(0),
    PartStarted(0, 0, "text"),
    TextDelta(0, 0, "hi"),
    PartFinished(0, 0),
    CandidateFinished(0, "stop"),
    StepFinished(0),
    Finished(),
)


def test_orderly_events_break_nothing() -> None:
    assert not list(broken(ORDERLY, whole=True))
    assert not list(broken(ORDERLY[:4], whole=False))


BUT_THE_DELTA = [at for at, event in enumerate(ORDERLY) if not isinstance(event, TextDelta)]


@pytest.mark.parametrize("left_out", BUT_THE_DELTA, ids=lambda at: ORDERLY[at].type)
def test_an_event_left_out_is_noticed(left_out: int) -> None:
    assert list(broken(ORDERLY[:left_out] + ORDERLY[left_out + 1 :], whole=True))


@pytest.mark.parametrize("twice", BUT_THE_DELTA, ids=lambda at: ORDERLY[at].type)
def test_an_event_told_twice_is_noticed(twice: int) -> None:
    assert list(broken(ORDERLY[: twice + 1] + ORDERLY[twice:], whole=True))


@pytest.mark.parametrize(
    "wrong",
    [ReasoningDelta(0, 0, "hi"), TextDelta(0, 1, "hi"), TextDelta(1, 0, "hi")],
    ids=["kind", "part", "step"],
)
def test_a_delta_in_the_wrong_place_is_noticed(wrong: Event) -> None:
    assert list(broken((*ORDERLY[:3], wrong, *ORDERLY[4:]), whole=True))


def test_a_call_that_should_have_failed_is_noticed() -> None:
    assert list(broken(ORDERLY, whole=False)) == ["1 finished events"]


def test_deliveries_keep_every_byte_and_can_be_repeated() -> None:
    for exchange in INVENTED:
        for (name, reads), (again, same) in zip(
            deliveries(exchange), deliveries(exchange), strict=True
        ):
            assert b"".join(reads) == exchange.body
            assert (name, reads) == (again, same)
            assert all(reads)


def test_no_pair_has_two_places() -> None:
    assert not IN_SCOPE & TAKEN_BY.keys()


SAYS_THE_SAME: list[tuple[Pair, Json, Json]] = [
    (CHAT, {"stop": None}, {}),
    (CHAT, {"stream": False}, {}),
    (CHAT, {"stream": True}, {"stream": True, "stream_options": {"include_usage": True}}),
    (CHAT, {"n": 1}, {}),
    (CHAT, {"stop": "."}, {"stop": ["."]}),
    (CHAT, {"logit_bias": {}}, {}),
    (CHAT, {"max_tokens": 5}, {"max_completion_tokens": 5}),
    (CHAT, {"temperature": 1.0}, {"temperature": 1}),
    (CHAT, {"tools": []}, {}),
    (DEEPSEEK, {"reasoning_effort": "low"}, THINKING),
    (MISTRAL, {"tool_choice": "any"}, {"tool_choice": "required"}),
    (COMPLETION, {"prompt": ["Once"]}, {"prompt": "Once"}),
    (EMBEDDING, {"input": "one"}, {"input": ["one"]}),
    (EMBEDDING, {}, {"encoding_format": "float"}),
]
SAYS_ANOTHER_THING: list[tuple[Pair, Json, Json]] = [
    (CHAT, {"stream": True}, {}),
    (CHAT, {"stream": True, "stream_options": {"include_usage": True}}, {"stream": True}),
    (CHAT, {"n": 2}, {}),
    (CHAT, {"stop": [".", "!"]}, {"stop": ["."]}),
    (CHAT, {"seed": 1}, {"seed": True}),
    (CHAT, {"tool_choice": "any"}, {"tool_choice": "required"}),
    (CHAT, {"reasoning_effort": "low"}, THINKING),
    (DEEPSEEK, THINKING, {"reasoning_effort": "low"}),
    (DEEPSEEK, {"seed": 1}, {}),
    (MISTRAL, {"max_tokens": 5}, {"max_completion_tokens": 5}),
    (COMPLETION, {"prompt": ["Once", "Twice"]}, {"prompt": "Once"}),
    (EMBEDDING, {"encoding_format": "base64"}, {}),
]


def with_messages(body: Json, *messages: Json) -> Json:
    return {"messages": list(messages)} | body


OLLAMA = ("ollama", "ollama-chat")
SAYS_THE_SAME += [(OLLAMA, recorded, sent) for recorded, sent in ollama.SAYS_THE_SAME]
SAYS_ANOTHER_THING += [(OLLAMA, recorded, sent) for recorded, sent in ollama.SAYS_ANOTHER_THING]
COHERE = ("cohere", "cohere-chat-v2")
SAYS_THE_SAME += [(COHERE, recorded, sent) for recorded, sent in cohere.SAYS_THE_SAME]
SAYS_ANOTHER_THING += [(COHERE, recorded, sent) for recorded, sent in cohere.SAYS_ANOTHER_THING]


@pytest.mark.parametrize(("pair", "recorded", "sent"), SAYS_THE_SAME)
def test_bodies_that_mean_the_same_are_no_difference(
    pair: Pair, recorded: Json, sent: Json
) -> None:
    assert not list(differences(with_messages(recorded), with_messages(sent), pair))


@pytest.mark.parametrize(("pair", "recorded", "sent"), SAYS_ANOTHER_THING)
def test_bodies_that_mean_something_else_are_a_difference(
    pair: Pair, recorded: Json, sent: Json
) -> None:
    assert list(differences(with_messages(recorded), with_messages(sent), pair))


def test_what_a_vendor_ignores_may_be_left_out_with_a_warning_only() -> None:
    recorded, sent = with_messages({"seed": 1}), with_messages({})
    assert not list(differences(recorded, sent, DEEPSEEK, dropped=["seed"]))
    assert list(differences(recorded, sent, DEEPSEEK, dropped=["n"]))
    assert list(differences(recorded, sent, CHAT, dropped=["seed"]))
    assert list(differences(recorded, {**sent, "seed": 2}, DEEPSEEK, dropped=["seed"]))


CALL: Json = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
TYPELESS: Json = {"id": "call_1", "function": {"name": "f", "arguments": "{}"}}
SAME_MESSAGE: list[tuple[Pair, Json, Json]] = [
    (CHAT, {"content": [{"type": "text", "text": "a"}]}, {"content": "a"}),
    (CHAT, {"content": None, "tool_calls": [CALL]}, {"content": "", "tool_calls": [CALL]}),
    (CHAT, {"content": None, "function_call": CALL["function"]}, {"tool_calls": [CALL]}),
    (MISTRAL, {"content": "a", "tool_calls": []}, {"content": "a"}),
    (MISTRAL, {"content": [], "tool_calls": [TYPELESS]}, {"tool_calls": [CALL]}),
    (
        MISTRAL,
        {"content": [{"type": "image_url", "image_url": "https://a.example/b.png"}]},
        {"content": [{"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}]},
    ),
    (
        MISTRAL,
        {"content": [{"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}]},
        {"content": [{"type": "input_audio", "input_audio": "AAAA"}]},
    ),
    (
        MISTRAL,
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "ab"}]}]},
        {"content": [{"type": "thinking", "thinking": [{"text": "a"}, {"text": "b"}]}]},
    ),
]
OTHER_MESSAGE: list[tuple[Pair, Json, Json]] = [
    (CHAT, {"content": [{"type": "text", "text": "a"}]}, {"content": "b"}),
    (CHAT, {"content": [{"type": "text", "text": "a", "cache": 1}]}, {"content": "a"}),
    (CHAT, {"content": ""}, {}),
    (CHAT, {"content": "a", "tool_calls": []}, {"content": "a"}),
    (CHAT, {"content": "a", "name": "b"}, {"content": "a"}),
    (CHAT, {"tool_calls": [TYPELESS]}, {"tool_calls": [CALL]}),
    (
        CHAT,
        {"content": [{"type": "image_url", "image_url": "https://a.example/b.png"}]},
        {"content": [{"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}]},
    ),
]


@pytest.mark.parametrize(("pair", "recorded", "sent"), SAME_MESSAGE)
def test_messages_that_mean_the_same_are_no_difference(
    pair: Pair, recorded: Json, sent: Json
) -> None:
    old, new = ({"role": "assistant", **item} for item in (recorded, sent))
    assert not list(differences(with_messages({}, old), with_messages({}, new), pair))


@pytest.mark.parametrize(("pair", "recorded", "sent"), OTHER_MESSAGE)
def test_messages_that_mean_something_else_are_a_difference(
    pair: Pair, recorded: Json, sent: Json
) -> None:
    old, new = ({"role": "assistant", **item} for item in (recorded, sent))
    assert list(differences(with_messages({}, old), with_messages({}, new), pair))


def test_settings_without_a_word_of_ours_are_the_providers_own() -> None:
    asked: Json = {
        "model": "m",
        "messages": [{"role": "user", "content": "hi"}],
        "max_completion_tokens": 9,
        "reasoning_format": "parsed",
        "store": None,
        "stream": True,
        "stream_options": {"include_usage": True},
        "tool_choice": {"type": "function", "function": {"name": "f"}},
    }
    request = read_body(asked, "groq", "openai-chat")
    assert isinstance(request, ChatRequest)
    assert request.model == "groq:m"
    assert request.max_tokens == 9
    assert request.tool_choice == NamedTool("f")
    assert request.provider_options == {"groq": {"reasoning_format": "parsed"}}


def test_fields_that_a_tool_or_a_shape_has_at_one_vendor_only_are_kept() -> None:
    asked: Json = {
        "model": "m",
        "messages": [{"role": "user", "content": "hi"}],
        "tools": [{"type": "function", "function": {"name": "f", "lazy": True}, "cached": True}],
        "response_format": {"type": "grammar", "grammar": "root ::= 'a'"},
    }
    request = read_body(asked, *CHAT)
    assert isinstance(request, ChatRequest)
    kept = {"cached": True, "function": {"name": "f", "lazy": True}}
    assert request.tools == (Tool("f", provider_data={"openai-chat": kept}),)
    assert request.provider_options == {"openai": {"response_format": asked["response_format"]}}


def test_functions_of_the_first_form_are_read_as_tools() -> None:
    asked: Json = {
        "model": "m",
        "functions": [{"name": "f", "parameters": {"type": "object"}}],
        "function_call": {"name": "f"},
        "messages": [
            {"role": "assistant", "content": None, "function_call": CALL["function"]},
            {"role": "function", "name": "f", "content": "4"},
        ],
    }
    request = read_body(asked, *CHAT)
    assert isinstance(request, ChatRequest)
    assert request.tools == (Tool("f", parameters={"type": "object"}),)
    assert request.tool_choice == NamedTool("f")
    (call,), (result,) = request.messages[0].tool_calls, request.messages[1].parts
    assert isinstance(result, ToolResultPart)
    assert (call.id, result.name, result.text) == (result.call_id, "f", "4")
    assert modern(asked) == modern(modern(asked))


def test_what_is_not_text_is_sent_as_it_is() -> None:
    tokens = read_body({"model": "m", "input": [[1, 2], [3]]}, *EMBEDDING)
    prompts = read_body({"model": "m", "prompt": ["a", "b"], "logprobs": 3}, *COMPLETION)
    assert isinstance(tokens, EmbedRequest)
    assert isinstance(prompts, CompleteRequest)
    assert tokens.provider_options == {"openai": {"input": [[1, 2], [3]]}}
    assert prompts.provider_options == {"openai": {"prompt": ["a", "b"]}}
    assert (prompts.logprobs, prompts.top_logprobs) == (True, 3)
