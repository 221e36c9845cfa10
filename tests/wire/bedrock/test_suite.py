"""This half of the suite accepts what is right, and notices every kind of corruption."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
from aicore.requests import ChatRequest, CompleteRequest, EmbedRequest, NamedTool, Reasoning

from ..comparison import problems
from ..corpus import Exchange, Json
from ..corruption import corruptions
from ..differences import differences
from ..replay import replay
from . import invented
from .reader import read

PAIR = ("bedrock", "bedrock-converse")
INVOKE = ("bedrock", "bedrock-invoke")

every = pytest.mark.parametrize("exchange", invented.ALL, ids=lambda exchange: exchange.name)


@every
async def test_a_right_exchange_has_no_problems(exchange: Exchange) -> None:
    assert not list(problems(exchange, *await replay(exchange)))


@every
async def test_every_corrupted_meaning_is_noticed(exchange: Exchange) -> None:
    replayed = await replay(exchange)
    corrupted = list(corruptions(exchange))
    assert corrupted
    for fact, wrong in corrupted:
        assert list(problems(wrong, *replayed)), fact


COUNTS = [
    ("inputTokens", 11),
    ("outputTokens", 13),
    ("cacheReadInputTokens", 33),
    ("cacheWriteInputTokens", 9),
    ("cacheDetails", [{"ttl": "1h", "inputTokens": 7}]),
]


@pytest.mark.parametrize(("name", "value"), COUNTS)
async def test_a_corrupted_count_is_noticed(name: str, value: Any) -> None:
    replayed = await replay(invented.STREAMED)
    expected = copy.deepcopy(invented.STREAMED.expected or {})
    usage = {**expected["usage"], name: value}
    wrong = replace(invented.STREAMED, expected={**expected, "usage": usage})
    assert "usage" in [problem.split(":")[0] for problem in problems(wrong, *replayed)]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths to all values of a body that are no lists or objects."""
    if isinstance(value, dict):
        return [place for name in value for place in places(value[name], (*path, name))]
    if isinstance(value, list):
        return [place for i, item in enumerate(value) for place in places(item, (*path, i))]
    return [path]


SCHEMA = ("outputConfig", "textFormat", "structure", "jsonSchema", "schema")
REQUESTS = [invented.STREAMED, invented.WHOLE, invented.COMPLETED, invented.VECTORS]


@pytest.mark.parametrize("exchange", REQUESTS, ids=lambda exchange: exchange.name)
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
        if path == SCHEMA:
            target[name] = '{"type": "array"}'
        assert list(problems(replace(exchange, recorded=recorded), *replayed)), path


async def test_another_address_and_key_are_noticed() -> None:
    outcomes, sent = await replay(invented.REFUSED)
    moved = replace(sent[0], url=f"{sent[0].url}/x", headers={"authorization": "another"})
    found = [p.split(":")[0] for p in problems(invented.REFUSED, outcomes, [moved, *sent[1:]])]
    assert found == ["authorization", "url"]


def turns(*contents: Any, **fields: Any) -> Json:
    return {"messages": [{"role": "user", "content": item} for item in contents], **fields}


TEXT = {"text": "a"}
RESULT: Json = {"toolUseId": "t", "content": []}
CALL: Json = {"toolUseId": "t", "name": "f", "input": {}}


def shape(schema: str) -> Json:
    described = {"schema": schema, "name": "answer"}
    return {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": described}}}


SAYS_THE_SAME: list[tuple[Json, Json]] = [
    (turns([TEXT], [TEXT]), turns([TEXT, TEXT])),
    (turns([TEXT], system=[], inferenceConfig={}), turns([TEXT])),
    (turns([{"toolResult": {**RESULT, "status": "success"}}]), turns([{"toolResult": RESULT}])),
    (turns([{"toolUse": {**CALL, "type": "tool_use"}}]), turns([{"toolUse": CALL}])),
    (turns([TEXT], outputConfig=shape('{"a": 1}')), turns([TEXT], outputConfig=shape('{"a":1}'))),
    (
        {"messages": [{"role": "assistant", "content": [{"text": "a "}]}]},
        {"messages": [{"role": "assistant", "content": [{"text": "a"}]}]},
    ),
]
SAYS_ANOTHER_THING: list[tuple[Json, Json]] = [
    (turns([TEXT]), turns([{"text": "b"}])),
    (turns([{"text": "a "}]), turns([TEXT])),
    (turns([{"toolResult": {**RESULT, "status": "error"}}]), turns([{"toolResult": RESULT}])),
    (turns([{"toolUse": {**CALL, "type": "server_tool_use"}}]), turns([{"toolUse": CALL}])),
    (turns([TEXT], outputConfig=shape('{"a": 1}')), turns([TEXT], outputConfig=shape('{"a":2}'))),
    (turns([TEXT], inferenceConfig={"temperature": 1}), turns([TEXT])),
    (turns([TEXT, {"cachePoint": {"type": "default"}}]), turns([TEXT])),
]


@pytest.mark.parametrize(("recorded", "sent"), SAYS_THE_SAME)
def test_bodies_that_mean_the_same_are_no_difference(recorded: Json, sent: Json) -> None:
    assert not list(differences(recorded, sent, PAIR))
    assert not list(differences(sent, recorded, PAIR))


@pytest.mark.parametrize(("recorded", "sent"), SAYS_ANOTHER_THING)
def test_bodies_that_mean_something_else_are_a_difference(recorded: Json, sent: Json) -> None:
    assert list(differences(recorded, sent, PAIR))


def test_claudes_own_body_has_claudes_own_differences() -> None:
    version = {"anthropic_version": "bedrock-2023-05-31"}
    assert not list(
        differences(
            turns("a", **version), turns([{"type": "text", "text": "a"}], **version), INVOKE
        )
    )
    assert list(differences(turns("a"), turns([TEXT]), INVOKE))


def asked(
    body: Json, model: str = "amazon.nova-2-lite-v1%3A0", api: str = "bedrock-converse"
) -> Any:
    recorded = {"provider": "bedrock", "api": api, "request": {"path": f"/model/{model}/x"}}
    return read(copy.deepcopy(body), Exchange("", {**recorded, "response": {}}, None))


def test_a_body_is_read_into_our_words() -> None:
    request = asked(invented.ASKED, "us.anthropic.claude-x-1")
    assert isinstance(request, ChatRequest)
    assert request.model == "bedrock:us.anthropic.claude-x-1"
    assert request.reasoning == Reasoning("low")
    assert (request.tool_choice, request.max_tokens, request.stop) == ("required", 4096, ("END",))
    assert (request.service_tier, request.metadata) == ("flex", {"team": "a"})
    left = {"anthropic_beta": ["beta-1"]}
    assert request.provider_options["bedrock"] == {
        "additionalModelRequestFields": left,
        "guardrailConfig": invented.ASKED["guardrailConfig"],
        "performanceConfig": invented.ASKED["performanceConfig"],
    }


def test_nova_and_the_open_models_think_in_words_of_their_own() -> None:
    hi = turns([TEXT])
    extra = {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}}
    assert asked({**hi, "additionalModelRequestFields": extra}).reasoning == Reasoning("low")
    inner = {"inferenceConfig": {"topK": 5}}
    assert asked({**hi, "additionalModelRequestFields": inner}).top_k == 5
    words = {"reasoning_effort": "high"}
    request = asked({**hi, "additionalModelRequestFields": words}, "openai.gpt-oss-120b-1%3A0")
    assert (request.reasoning, request.provider_options) == (Reasoning("high"), {})
    request = asked({**hi, "additionalModelRequestFields": words})
    assert request.provider_options["bedrock"] == {"additionalModelRequestFields": words}


def test_the_choice_of_one_tool_is_read() -> None:
    config: Json = {"tools": [], "toolChoice": {"tool": {"name": "f"}}}
    assert asked(turns([TEXT], toolConfig=config)).tool_choice == NamedTool("f")


FORMS: list[tuple[str, Json, Any]] = [
    ("meta.llama3-8b-instruct-v1:0", {"prompt": "a", "max_gen_len": 5}, CompleteRequest),
    ("amazon.titan-text-express-v1", {"inputText": "a"}, CompleteRequest),
    ("amazon.titan-embed-text-v2:0", {"inputText": "a", "dimensions": 256}, EmbedRequest),
    ("cohere.embed-v4:0", {"texts": ["a"]}, EmbedRequest),
    ("arn:aws:bedrock:us-east-1:1:application-inference-profile/a", {"texts": ["a"]}, EmbedRequest),
    ("amazon.nova-lite-v1:0", {"schemaVersion": "messages-v1", **turns([TEXT])}, ChatRequest),
    ("anthropic.claude-x-1", invented.CLAUDE, ChatRequest),
]


@pytest.mark.parametrize(("model", "body", "kind"), FORMS)
def test_what_is_invoked_is_read_by_its_form(model: str, body: Json, kind: type) -> None:
    assert type(asked(body, model.replace("/", "%2F"), "bedrock-invoke")) is kind
