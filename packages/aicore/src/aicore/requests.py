"""Requests: pure values that say what is wanted; unset means unset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, field_validator

from aicore.frozen import Frozen
from aicore.messages import Message, ProviderData


class Tool(Frozen):
    """A function that the model may ask for; `parameters` is a JSON schema of one object."""

    type: Literal["tool"] = "tool"
    name: str
    description: str | None = None
    parameters: Mapping[str, Any] = Field(
        default_factory=lambda: {"type": "object", "properties": {}}
    )
    strict: bool | None = None
    provider_data: ProviderData = Field(default_factory=dict, repr=False)


class ProviderTool(Frozen):
    """A tool that the service runs itself, sent as it is to the dialect it is written for."""

    type: Literal["provider_tool"] = "provider_tool"
    dialect: str
    data: Mapping[str, Any]


AnyTool: TypeAlias = Annotated[Tool | ProviderTool, Field(discriminator="type")]


class NamedTool(Frozen):
    """The tool choice that asks for one tool."""

    name: str


ToolChoice: TypeAlias = Literal["auto", "none", "required"] | NamedTool


class JSONSchema(Frozen):
    """The shape that the answer must have."""

    name: str = "answer"
    json_schema: Mapping[str, Any]
    description: str | None = None
    strict: bool | None = None


ResponseFormat: TypeAlias = Literal["text", "json"] | JSONSchema


class Reasoning(Frozen):
    """How much the model may think: by effort (`none` turns it off) or by a budget of tokens."""

    effort: str | None = None
    budget_tokens: int | None = Field(default=None, ge=0)


class PromptCache(Frozen):
    """A hint for the service's prompt cache: requests of one `key` share a prefix.

    `ttl` is in the service's own words, such as `30m` or `24h`.
    """

    key: str | None = None
    ttl: str | None = None


class Request(Frozen):
    """What all abilities share.

    `provider_options` holds, under a provider's name, fields that go to that provider as they
    are; other providers never see them.
    """

    model: str
    user: str | None = None
    metadata: Mapping[str, str] | None = None
    provider_options: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict)
    streaming: bool = False


class Sampling(Request):
    """The settings of everything that writes text. Logprobs and penalties are as OpenAI's."""

    max_tokens: int | None = Field(default=None, ge=1)
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: tuple[str, ...] | None = None
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    logit_bias: Mapping[str, float] | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = Field(default=None, ge=0)
    n: int | None = Field(default=None, ge=1)
    service_tier: str | None = None

    @field_validator("stop", mode="before")
    @classmethod
    def _one_stop(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value


class ChatRequest(Sampling):
    """A conversation to continue."""

    messages: tuple[Message, ...]
    tools: tuple[AnyTool, ...] = ()
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None
    reasoning: Reasoning | None = None
    modalities: tuple[Literal["text", "audio", "image"], ...] | None = None
    prompt_cache: PromptCache | None = None

    @field_validator("messages", mode="before")
    @classmethod
    def _from_words(cls, value: Any) -> Any:
        if isinstance(value, str):
            return (Message.user(value),)
        return (value,) if isinstance(value, Message) else value

    @field_validator("reasoning", mode="before")
    @classmethod
    def _from_effort(cls, value: Any) -> Any:
        if value is False:
            return Reasoning(effort="none")
        return Reasoning(effort=value) if isinstance(value, str) else value


class CompleteRequest(Sampling):
    """Text to continue, for base models; with `suffix`, the gap between the two is filled."""

    prompt: str
    suffix: str | None = None


class EmbedRequest(Request):
    """Texts to turn into vectors. `task` is the use they are meant for, where a model asks."""

    inputs: tuple[str, ...]
    dimensions: int | None = Field(default=None, ge=1)
    task: str | None = None

    @field_validator("inputs", mode="before")
    @classmethod
    def _one_text(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value
