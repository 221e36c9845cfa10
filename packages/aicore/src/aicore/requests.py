"""Requests: pure values that say what is wanted; unset means unset."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Protocol, TypeAlias, TypeGuard

from aicore.errors import BadInput
from aicore.messages import Message, ProviderData, as_message, said
from aicore.values import BY_TYPE, Value, check, check_one


@dataclass(frozen=True, slots=True)
class Tool(Value):
    """A function that the model may ask for; `parameters` is a JSON schema of one object."""

    name: str
    description: str | None = None
    parameters: Mapping[str, Any] = field(
        default_factory=lambda: {"type": "object", "properties": {}}
    )
    strict: bool | None = None
    provider_data: ProviderData = field(default_factory=dict, repr=False, kw_only=True)
    type: Literal["tool"] = field(default="tool", kw_only=True, repr=False)

    def __post_init__(self) -> None:
        check(self, {"name": (str,), "description": (str,), "parameters": (dict, Mapping)})


@dataclass(frozen=True, slots=True)
class ProviderTool(Value):
    """A tool that the service runs itself, sent as it is to the dialect it is written for."""

    dialect: str
    data: Mapping[str, Any]
    type: Literal["provider_tool"] = field(default="provider_tool", kw_only=True, repr=False)


AnyTool: TypeAlias = Annotated[Tool | ProviderTool, BY_TYPE]


@dataclass(frozen=True, slots=True)
class NamedTool(Value):
    """The tool choice that asks for one tool."""

    name: str


ToolChoice: TypeAlias = Literal["auto", "none", "required"] | NamedTool


class SchemaModel(Protocol):
    """A class that knows its JSON schema, such as a pydantic model."""

    @classmethod
    def model_json_schema(cls) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class JSONSchema(Value):
    """The shape that the answer must have, as a JSON schema or as a pydantic model.

    `name` is the model's own where none is given, with `_` for what OpenAI allows in no name.
    """

    schema: Mapping[str, Any]
    name: str = "answer"
    description: str | None = None
    strict: bool | None = None

    def __init__(
        self,
        schema: Mapping[str, Any] | type[SchemaModel],
        name: str | None = None,
        description: str | None = None,
        strict: bool | None = None,
    ) -> None:
        own = "answer"
        if _knows_schema(schema):
            own = re.sub(r"[^\w-]", "_", schema.__name__, flags=re.ASCII)[:64]
            schema = schema.model_json_schema()
        object.__setattr__(self, "schema", schema)
        object.__setattr__(self, "name", own if name is None else name)
        object.__setattr__(self, "description", description)
        object.__setattr__(self, "strict", strict)
        check(self, {"schema": (dict, Mapping), "name": (str,)})


def _knows_schema(value: object) -> TypeGuard[type[SchemaModel]]:
    return isinstance(value, type) and hasattr(value, "model_json_schema")


ResponseFormat: TypeAlias = Literal["text", "json"] | JSONSchema


@dataclass(frozen=True, slots=True)
class Reasoning(Value):
    """How much the model may think: by effort (`none` turns it off) or by a budget of tokens.

    The efforts in use are none, minimal, low, medium, high, xhigh and max; which of them a model
    takes is its own affair.
    """

    effort: str | None = None
    budget_tokens: int | None = None

    def __post_init__(self) -> None:
        check(self, {"effort": (str,), "budget_tokens": (int,)})


@dataclass(frozen=True, slots=True)
class PromptCache(Value):
    """A hint for the service's prompt cache: requests of one `key` share a prefix.

    `ttl` is in the service's own words, such as `30m` or `24h`.
    """

    key: str | None = None
    ttl: str | None = None


@dataclass(frozen=True, kw_only=True)
class Request(Value):
    """What all abilities share.

    Most settings of most requests are unset, so requests have no slots: what is unset need not be
    written down, checked or copied (`aicore.values.made`), and `vars` tells what is set.

    `provider_options` holds, under a provider's name, fields that go to that provider as they
    are; other providers never see them. `streaming` picks how the service is asked.
    """

    model: str
    user: str | None = None
    metadata: Mapping[str, str] | None = None
    provider_options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    streaming: bool = False


NUMBER = (int, float)
SAMPLING: Mapping[str, tuple[type, ...]] = {
    "model": (str,),
    "user": (str,),
    "max_tokens": (int,),
    "temperature": NUMBER,
    "top_p": NUMBER,
    "top_k": (int,),
    "seed": (int,),
    "presence_penalty": NUMBER,
    "frequency_penalty": NUMBER,
    "logit_bias": (dict, Mapping),
    "logprobs": (bool,),
    "top_logprobs": (int,),
    "n": (int,),
    "service_tier": (str,),
    "metadata": (dict, Mapping),
    "provider_options": (dict, Mapping),
    "streaming": (bool,),
}


FITTING = frozenset(
    (name, type_)
    for name, types in {**SAMPLING, "messages": (str, tuple, list), "prompt": (str,)}.items()
    for type_ in (*types, type(None))
)
"""Settings with the types that nearly all have, so that one look tells that all is well."""


@dataclass(frozen=True, kw_only=True)
class Sampling(Request):
    """The settings of everything that writes text.

    `max_tokens` counts all that the model writes, thoughts included. Penalties and the keys of
    `logit_bias` (token ids) are as OpenAI defined them. `n` asks for several answers.

    Raises:
        BadInput: a setting has a type it cannot have; the message names it.
    """

    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: tuple[str, ...] | None = None
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    logit_bias: Mapping[str, float] | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    n: int | None = None
    service_tier: str | None = None

    def __post_init__(self) -> None:
        fields = vars(self)
        if not FITTING.issuperset(zip(fields, map(type, fields.values()), strict=True)):
            check_set(fields, SAMPLING)
        limit = fields.get("max_tokens")
        if (limit is not None and limit < 1) or not _NARROWED.isdisjoint(fields):
            self._narrow(fields)

    def _narrow(self, fields: dict[str, Any]) -> None:
        """Check and read the settings whose type does not say all."""
        for name in ("max_tokens", "n"):
            given = fields.get(name)
            if given is not None and given < 1:
                raise BadInput(f"`{name}` must be at least 1, not {given}")
        if fields.get("stop") is not None:
            fields["stop"] = texts("stop", fields["stop"])


_NARROWED = frozenset({"n", "stop"})


def check_set(fields: Mapping[str, Any], types: Mapping[str, tuple[type, ...]]) -> None:
    """Check the fields of a request that are set and whose types are given.

    Raises:
        BadInput: one does not fit; the message names it.
    """
    for name, given in fields.items():
        if given is not None and name in types:
            check_one(name, given, types[name])


def texts(name: str, value: str | Sequence[str]) -> tuple[str, ...]:
    """Make a tuple of strings from one string or several."""
    items = (value,) if isinstance(value, str) or not isinstance(value, Iterable) else tuple(value)
    if not all(isinstance(item, str) for item in items):
        raise BadInput(f"`{name}` must be text, or a list of texts")
    return items


@dataclass(frozen=True, kw_only=True)
class ChatRequest(Sampling):
    """A conversation to continue. `messages` may be a string, a message, or a list.

    `reasoning` may be an effort by name, or False for none; `response_format` a pydantic model.
    """

    messages: tuple[Message, ...]
    tools: tuple[AnyTool, ...] = ()
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None
    reasoning: Reasoning | None = None
    modalities: tuple[Literal["text", "audio", "image"], ...] | None = None
    prompt_cache: PromptCache | None = None

    def __post_init__(self) -> None:
        Sampling.__post_init__(self)
        fields = vars(self)
        fields["messages"] = conversation(fields["messages"])
        if not OF_CHAT.isdisjoint(fields):
            self._read(fields)

    def _read(self, fields: dict[str, Any]) -> None:
        """Read and check the settings that chats alone have."""
        fields["tools"] = any_tools(self.tools)
        fields["reasoning"] = as_reasoning(self.reasoning)
        if _knows_schema(self.response_format):
            fields["response_format"] = JSONSchema(self.response_format)
        if self.modalities is not None:
            fields["modalities"] = texts("modalities", self.modalities)
        check_set(fields, CHAT)
        if isinstance(self.tool_choice, str) and self.tool_choice not in TOOL_CHOICES:
            raise BadInput(
                f"`tool_choice` is auto, none, required or NamedTool({self.tool_choice!r})"
            )
        if isinstance(self.response_format, str) and self.response_format not in ("text", "json"):
            raise BadInput("`response_format` is 'text', 'json', a JSONSchema or a pydantic model")


TOOL_CHOICES = ("auto", "none", "required")
CHAT: Mapping[str, tuple[type, ...]] = {
    "tool_choice": (str, NamedTool),
    "parallel_tool_calls": (bool,),
    "response_format": (str, JSONSchema),
    "reasoning": (Reasoning,),
    "prompt_cache": (PromptCache,),
}
OF_CHAT = frozenset({*CHAT, "tools", "modalities"})


def any_tools(tools: Any) -> tuple[AnyTool, ...]:
    """Make a tuple of tools from one or several."""
    items = tuple(tools) if isinstance(tools, Iterable) else (tools,)
    for tool in items:
        if callable(tool):
            name = getattr(tool, "__name__", "name")
            raise BadInput(
                "a function is no tool by itself: say what the model needs to know of it with "
                f"Tool({name!r}, description, schema)"
            )
        if not isinstance(tool, Tool | ProviderTool):
            raise BadInput(f"a tool is a Tool or a ProviderTool, not {type(tool).__name__}")
    return items


def as_reasoning(value: Any) -> Any:
    """Read the shorthand for reasoning: an effort by name, or False for none."""
    if value is False:
        return Reasoning(effort="none")
    return Reasoning(effort=value) if isinstance(value, str) else value


def conversation(messages: Any) -> tuple[Message, ...]:
    """Make a conversation from a string, a message, or a sequence of messages or mappings."""
    kind = type(messages)
    if (kind is tuple or kind is list) and messages and _MESSAGES.issuperset(map(type, messages)):
        return tuple(messages)  # nearly always
    if isinstance(messages, str):
        return (said("user", messages),)
    if type(messages) not in (list, tuple) and isinstance(messages, Message | Mapping):
        return (as_message(messages),)
    try:
        read = tuple(map(as_message, messages))
    except TypeError:
        raise BadInput(
            f"messages are a string, a Message or a list, not {type(messages).__name__}"
        ) from None
    if not read:
        raise BadInput("there is no message to answer")
    return read


_MESSAGES = frozenset({Message})


@dataclass(frozen=True, kw_only=True)
class CountTokensRequest(ChatRequest):
    """A conversation, with its tools and settings, whose input tokens are to be counted."""


@dataclass(frozen=True, kw_only=True)
class CompleteRequest(Sampling):
    """Text to continue, for base models; with `suffix`, the gap between the two is filled."""

    prompt: str
    suffix: str | None = None

    def __post_init__(self) -> None:
        Sampling.__post_init__(self)
        check_set(vars(self), {"prompt": (str,), "suffix": (str,)})


_EMBEDDING: Mapping[str, tuple[type, ...]] = {
    **{name: SAMPLING[name] for name in ("model", "user", "metadata", "provider_options")},
    "dimensions": (int,),
    "task": (str,),
}


@dataclass(frozen=True, kw_only=True)
class EmbedRequest(Request):
    """Texts to turn into vectors. `task` is the use they are meant for, where a model asks."""

    inputs: tuple[str, ...]
    dimensions: int | None = None
    task: str | None = None

    def __post_init__(self) -> None:
        check_set(vars(self), _EMBEDDING)
        vars(self)["inputs"] = texts("inputs", self.inputs)
        if not self.inputs:
            raise BadInput("there is no text to embed")


_RERANKING: Mapping[str, tuple[type, ...]] = {
    **{name: SAMPLING[name] for name in ("model", "user", "metadata", "provider_options")},
    "query": (str,),
    "top_n": (int,),
}


@dataclass(frozen=True, kw_only=True)
class RerankRequest(Request):
    """Documents to put in the order of how well each answers a query.

    `top_n` is how many of the best are wanted; all of them where it is not given.
    """

    query: str
    documents: tuple[str, ...]
    top_n: int | None = None

    def __post_init__(self) -> None:
        check_set(vars(self), _RERANKING)
        vars(self)["documents"] = texts("documents", self.documents)
        if not self.documents:
            raise BadInput("there is no document to rank")
        if self.top_n is not None and self.top_n < 1:
            raise BadInput(f"`top_n` must be at least 1, not {self.top_n}")
