"""The manifest: what a vendor of the OpenAI dialect does differently, in a closed vocabulary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from aicore.responses import FinishReason

from aikit_wire.vendor import Vendor

if TYPE_CHECKING:
    from aicore.providers import Host

    from aikit_wire.openai.provider import OpenAIProvider
    from aikit_wire.responses.choice import ChatOrResponses

DIALECT = "openai-chat"
"""The key of `provider_data` under which the dialect's own data stands."""

Ability: TypeAlias = Literal[
    "chat", "responses", "jobs", "count_tokens", "complete", "embed", "rerank", "models"
]
ABILITIES: frozenset[Ability] = frozenset({"chat", "complete", "embed", "models"})
"""What a service of the dialect offers as a rule."""

FIELDS: Mapping[str, str] = {
    "max_tokens": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "",
    "stop": "stop",
    "seed": "seed",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
    "logit_bias": "logit_bias",
    "logprobs": "logprobs",
    "top_logprobs": "top_logprobs",
    "n": "n",
    "service_tier": "",
    "parallel_tool_calls": "parallel_tool_calls",
    "modalities": "",
    "metadata": "",
    "user": "user",
    "prompt_cache_key": "",
    "prompt_cache_ttl": "",
    "dimensions": "dimensions",
    "suffix": "suffix",
    "task": "",
    "top_n": "top_n",
}
"""Where each setting goes on the wire by default; an empty name means that it cannot be sent."""

FINISH_REASONS: Mapping[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool-calls",
    "function_call": "tool-calls",
    "content_filter": "content-filter",
    "eos": "stop",  # Together
    "model_length": "length",  # Mistral
    "error": "error",
    "insufficient_system_resource": "error",  # DeepSeek
    "network_error": "error",  # Z.ai
    "sensitive": "content-filter",  # Z.ai
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest(Vendor):
    """One vendor of the OpenAI dialects, as data; calling it with a host opens it.

    The same fields, written as TOML, JSON or YAML, make a provider without code
    (`docs/manifests.md`).
    """

    chat_path: str = "/chat/completions"
    completions_path: str = "/completions"
    embeddings_path: str = "/embeddings"
    rerank_path: str = "/rerank"
    models_path: str = "/models"
    responses_path: str = "/responses"
    responses_paths: Mapping[str, str] = field(default_factory=dict)
    """Models (as patterns) whose responses are asked for at another path than `responses_path`."""
    count_path: str = "/responses/input_tokens"
    abilities: frozenset[Ability] = ABILITIES
    """What the service offers; the rest is `Unsupported` before anything is sent.

    `responses` is chat in the Responses dialect as well, `jobs` such chats in the background,
    `count_tokens` a count of input, and `rerank` the endpoint of many services for the order of
    documents, which OpenAI has not.
    """
    responses_fields: Mapping[str, str] = field(default_factory=dict)
    """Other wire names for settings in the Responses API; an empty name: cannot be sent."""
    responses_files: Literal["any", "referred", ""] = "any"
    """Documents in the Responses API: sent or referred to, by URL or id only, or not at all."""
    counted_call_ids: bool = False
    """The Responses API counts tool calls from `call_0` in every answer, so that their ids are made
    unique by that of the answer."""
    embed_limit: int = 2048
    """How many texts one embeddings request may hold; more are sent in several."""

    fields: Mapping[str, str] = field(default_factory=dict)
    """Other wire names for settings than the dialect's own; an empty name: cannot be sent."""
    options: Mapping[str, object] = field(default_factory=dict)
    """Body fields of every chat request, under what the request itself says."""
    system_role: Literal["system", "developer", "user"] = "system"
    developer_role: bool = False
    """Whether a message that asks for the role `developer` may have it; otherwise it is a system
    message."""
    merge_system: bool = False
    """Join leading system messages into one, for templates that accept no more."""
    text_parts: bool = True
    """Whether several text parts may be sent as a list; otherwise they are joined."""
    images: Literal["object", "data", "url", ""] = "object"
    """`image_url` as an object with a `url`, as one with a data URL only, as the bare URL, or not
    at all."""
    files: Literal["file", "file_or_url", "document_url", "file_url", ""] = "file"
    """Documents as OpenAI's `file` part, as one that may also hold a URL (OpenRouter), as Mistral's
    `document_url`, as Perplexity's `file_url`, or not at all."""
    audio: Literal["base64", "data_url", "bare", ""] = "base64"
    """`input_audio` with raw base64, with a data URL (Qwen), as a bare string (Mistral)."""
    video: bool = False
    """Whether `video_url` parts are understood."""
    message_names: bool = True
    """Whether messages may carry the `name` of who speaks."""
    tool_result_name: bool = False
    """Whether the `name` of a tool result is sent along."""
    tool_media: bool = False
    """Whether tool results may hold pictures; otherwise these follow in a user message."""

    required_choice: Literal["required", "any", ""] = "required"
    """The word for the tool choice `required`; empty: not supported."""
    tools_beside_none: bool = True
    """Whether tools may be offered that must not be called; otherwise they are left out."""
    named_choice: bool = True
    """Whether one tool can be demanded; otherwise only that tool is sent, as required."""
    strict_tools: bool = True
    """Whether tools may carry `strict`."""
    json_schema: Literal["strict", "plain", "prompt", ""] = "strict"
    """Structured output by schema, with or without the `strict` flag; empty: the schema is put
    into the prompt and only `json_object` asked for; `prompt`: nothing but the prompt asks."""

    reasoning_request: Literal[
        "reasoning_effort", "thinking", "enable_thinking", "reasoning", "chat_template_kwargs", ""
    ] = "reasoning_effort"
    """How reasoning is asked for; empty: it cannot be."""
    efforts: Mapping[str, str] = field(default_factory=dict)
    """Efforts that the service does not know, and the nearest that it knows."""
    thinking_budget: bool = False
    """Whether `thinking` may hold `budget_tokens`."""
    reasoning_fields: tuple[str, ...] = ("reasoning_content", "reasoning")
    """Where an answer's reasoning may stand; the first that is there is taken."""
    reasoning_history: Literal[
        "reasoning_content", "reasoning", "reasoning_details", "thinking_parts", "tags", ""
    ] = ""
    """How reasoning of earlier turns is sent back; empty: it is left out."""
    think_tags: Mapping[str, Literal["outside", "inside"]] = field(default_factory=dict)
    """Models (as patterns) that write `<think>` in their text, and where their answers begin."""
    tool_tags: tuple[str, ...] = ()
    """Models (as patterns) that write tool calls in their text, between `<tool_call>` tags."""

    stream_usage: bool = True
    """Whether `stream_options.include_usage` must be sent to learn a stream's usage."""
    reasoning_beside_output: bool = False
    """The service counts reasoning tokens beside the completion tokens, not among them."""
    cost: Literal["cost", "cost.total_cost", "cost_in_usd_ticks", ""] = ""
    """Where in `usage` the service tells what an answer cost; empty: nowhere."""
    vectors: Literal["float", "int8"] = "float"
    """What vectors in base64 hold: 32-bit floats or 8-bit integers."""
    finish_reasons: Mapping[str, FinishReason] = field(default_factory=dict)
    """Finish reasons beyond those that all vendors share."""
    encode: tuple[str, ...] = ()
    """Operators (by name) that change a chat body before it is sent."""

    def wire_name(self, setting: str) -> str:
        """Return the wire name of a setting, empty when it cannot be sent."""
        return self.fields.get(setting, FIELDS[setting])

    def finish_reason(self, raw: str) -> FinishReason:
        return self.finish_reasons.get(raw) or FINISH_REASONS.get(raw, "other")

    def __call__(
        self, host: Host, more_settings: Iterable[str] = ()
    ) -> OpenAIProvider | ChatOrResponses:
        if "responses" in self.abilities:
            from aikit_wire.responses.choice import ChatOrResponses

            return ChatOrResponses(self, host, more_settings)
        from aikit_wire.openai.provider import OpenAIProvider

        return OpenAIProvider(self, host, more_settings=more_settings)
