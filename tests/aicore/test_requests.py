"""Requests take shorthand, check types where they are made, and leave unset what is unset."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, Generic, TypeVar

import pytest
from aicore.errors import BadInput
from aicore.messages import Message
from aicore.requests import (
    ChatRequest,
    CompleteRequest,
    EmbedRequest,
    JSONSchema,
    NamedTool,
    ProviderTool,
    Reasoning,
    Tool,
)
from aicore.values import from_json, to_json
from pydantic import BaseModel

T = TypeVar("T")


def chat(**settings: Any) -> ChatRequest:
    return ChatRequest(**{"model": "m", "messages": "hi", **settings})


def test_nothing_is_set_that_was_not_asked_for() -> None:
    given = {field.name: getattr(chat(), field.name) for field in fields(ChatRequest)}
    wanted = {"model", "messages"}
    empty: dict[str, Any] = {"provider_options": {}, "streaming": False, "tools": ()}
    assert {name: value for name, value in given.items() if name not in wanted} == {
        name: empty.get(name) for name in given if name not in wanted
    }


@pytest.mark.parametrize(
    "messages",
    [
        "hi",
        Message.user("hi"),
        [Message.user("hi")],
        {"role": "user", "content": "hi"},
        ({"role": "user", "content": "hi"},),
    ],
)
def test_messages_may_be_a_string_a_message_or_a_list(messages: Any) -> None:
    assert chat(messages=messages).messages == (Message.user("hi"),)


@pytest.mark.parametrize(
    ("messages", "message"),
    [
        (5, "messages are a string, a Message or a list, not int"),
        ([], "there is no message to answer"),
        (["hi"], "a message is a Message or a mapping, not str"),
    ],
)
def test_a_conversation_needs_messages(messages: Any, message: str) -> None:
    with pytest.raises(BadInput) as caught:
        chat(messages=messages)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("short", "reasoning"),
    [
        (False, Reasoning(effort="none")),
        ("low", Reasoning(effort="low")),
        (Reasoning(budget_tokens=9), Reasoning(budget_tokens=9)),
        (None, None),
    ],
)
def test_reasoning_may_be_said_in_short(short: Any, reasoning: Reasoning | None) -> None:
    assert chat(reasoning=short).reasoning == reasoning


def test_lists_become_tuples() -> None:
    request = chat(stop=["a", "b"], tools=[Tool("add")], modalities=["text"])
    assert (request.stop, request.tools) == (("a", "b"), (Tool("add"),))
    assert request.modalities == ("text",)
    assert chat(stop="END").stop == ("END",)
    assert chat(tools=Tool("add")).tools == (Tool("add"),)
    assert chat(tools=(Tool(name) for name in "ab")).tools == (Tool("a"), Tool("b"))


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("temperature", "hot", "`temperature` must be int or float, not str"),
        ("top_p", True, "`top_p` must be int or float, not bool"),
        ("max_tokens", 1.5, "`max_tokens` must be int, not float"),
        ("max_tokens", 0, "`max_tokens` must be at least 1, not 0"),
        ("n", 0, "`n` must be at least 1, not 0"),
        ("seed", "1", "`seed` must be int, not str"),
        ("logprobs", 1, "`logprobs` must be bool, not int"),
        ("streaming", "yes", "`streaming` must be bool, not str"),
        ("metadata", "x", "`metadata` must be dict or Mapping, not str"),
        ("provider_options", [], "`provider_options` must be dict or Mapping, not list"),
        ("stop", 5, "`stop` must be text, or a list of texts"),
        ("stop", [5], "`stop` must be text, or a list of texts"),
        ("modalities", 5, "`modalities` must be text, or a list of texts"),
        ("tools", 5, "a tool is a Tool or a ProviderTool, not int"),
        (
            "tools",
            [print],
            "a function is no tool by itself: say what the model needs to know of it with "
            "Tool('print', description, schema)",
        ),
        ("response_format", int, "`response_format` must be str or JSONSchema, not type"),
        ("tool_choice", "add", "`tool_choice` is auto, none, required or NamedTool('add')"),
        ("tool_choice", {}, "`tool_choice` must be str or NamedTool, not dict"),
        (
            "response_format",
            "xml",
            "`response_format` is 'text', 'json', a JSONSchema or a pydantic model",
        ),
        ("response_format", {}, "`response_format` must be str or JSONSchema, not dict"),
        ("reasoning", 5, "`reasoning` must be Reasoning, not int"),
        ("prompt_cache", "x", "`prompt_cache` must be PromptCache, not str"),
        ("parallel_tool_calls", "no", "`parallel_tool_calls` must be bool, not str"),
    ],
)
def test_a_wrong_setting_is_named(setting: str, value: Any, message: str) -> None:
    with pytest.raises(BadInput) as caught:
        chat(**{setting: value})
    assert str(caught.value) == message


def test_right_choices_pass() -> None:
    for choice in ("auto", "none", "required", NamedTool("add")):
        assert chat(tool_choice=choice).tool_choice == choice
    for shape in ("text", "json", JSONSchema({"type": "object"})):
        assert chat(response_format=shape).response_format == shape
    tool = ProviderTool("anthropic", {"type": "web_search"})
    assert chat(tools=[tool]).tools == (tool,)


def test_tools_and_schemas_are_checked() -> None:
    wrong: Any = 5
    with pytest.raises(BadInput, match="`name` must be str"):
        Tool(wrong)
    with pytest.raises(BadInput, match="`schema` must be dict or Mapping"):
        JSONSchema(wrong)
    with pytest.raises(BadInput, match="`effort` must be str"):
        Reasoning(effort=wrong)


class Box(BaseModel, Generic[T]):
    held: T


class Person(BaseModel):
    name: str


def test_a_pydantic_model_is_a_schema() -> None:
    schema = JSONSchema(Person)
    assert (schema.schema, schema.name) == (Person.model_json_schema(), "Person")
    assert chat(response_format=Person).response_format == schema
    named = JSONSchema(Person, "human", "Who", True)
    assert (named.name, named.description, named.strict) == ("human", "Who", True)
    assert JSONSchema(Person, "answer").name == JSONSchema({}).name == "answer"
    assert JSONSchema(Box[int]).name == "Box_int_"
    assert from_json(JSONSchema, to_json(schema)) == replace(schema)


def test_each_tool_has_a_schema_of_its_own() -> None:
    assert Tool("a").parameters == {"type": "object", "properties": {}}
    assert Tool("a").parameters is not Tool("b").parameters


def test_a_completion_takes_a_prompt() -> None:
    request = CompleteRequest(model="m", prompt="def f(", suffix="return", stop=("\n",))
    assert (request.prompt, request.suffix, request.stop) == ("def f(", "return", ("\n",))
    prompt: Any = ["x"]
    with pytest.raises(BadInput, match="`prompt` must be str, not list"):
        CompleteRequest(model="m", prompt=prompt)


def test_texts_to_embed_may_be_one_or_many() -> None:
    inputs: Any = "one"
    assert EmbedRequest(model="m", inputs=inputs).inputs == ("one",)
    inputs = ["one", "two"]
    assert EmbedRequest(model="m", inputs=inputs).inputs == ("one", "two")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"inputs": []}, "there is no text to embed"),
        ({"inputs": [5]}, "`inputs` must be text, or a list of texts"),
        ({"inputs": "x", "dimensions": "8"}, "`dimensions` must be int, not str"),
        (
            {"inputs": "x", "provider_options": []},
            "`provider_options` must be dict or Mapping, not list",
        ),
    ],
)
def test_wrong_embeddings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput) as caught:
        EmbedRequest(model="m", **settings)
    assert str(caught.value) == message
