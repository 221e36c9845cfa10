"""Encode requests for Ollama's `/api/chat`, `/api/generate` and `/api/embed`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aicore.errors import BadInput
from aicore.models import ModelInfo
from aicore.requests import (
    ChatRequest,
    CompleteRequest,
    EmbedRequest,
    JSONSchema,
    NamedTool,
    Request,
    Sampling,
    Tool,
)
from aikit_wire.encoded import Encoded
from aikit_wire.items import own_item
from aikit_wire.ledger import Ledger

from aikit_provider_ollama.messages import DIALECT, Json, encode_messages
from aikit_provider_ollama.think import encode_think

OPTIONS = {
    "max_tokens": "num_predict",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "seed": "seed",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
}
"""Settings by their names among Ollama's `options` (ollama 0.6.3, `Options`)."""
MISSING = ("logit_bias", "service_tier", "user", "metadata")


@dataclass(frozen=True, slots=True)
class Defaults:
    """What every request of a provider says unless it says otherwise."""

    options: Mapping[str, Any] = field(default_factory=dict)
    keep_alive: str | float | None = None


def encode_chat(
    request: ChatRequest, provider: str, defaults: Defaults, model: ModelInfo | None = None
) -> Encoded:
    """Encode a chat request, whose media must be there as bytes.

    Raises:
        Unsupported: a message holds something that the service cannot be shown.
        BadInput: the provider's own options are no mapping.
    """
    ledger = Ledger(provider)
    body: Json = {
        "model": request.model,
        "messages": encode_messages(request.messages, provider, ledger),
        **encode_tools(request, ledger),
        **encode_format(request, ledger),
        **encode_think(request.reasoning, model, ledger),
        **encode_logprobs(request),
    }
    if request.parallel_tool_calls is not None:
        ledger.dropped("parallel_tool_calls", "the service has no such setting")
    if request.modalities not in (None, ("text",)):
        ledger.dropped("modalities", "the service has no such setting")
    if (cache := request.prompt_cache) is not None:
        for name in ("key", "ttl"):
            if getattr(cache, name) is not None:
                ledger.dropped(f"prompt_cache.{name}", "the service keeps one cache for each model")
    return finished(body, request, encode_options(request, ledger), provider, defaults, ledger)


def encode_completion(request: CompleteRequest, provider: str, defaults: Defaults) -> Encoded:
    """Encode a text completion.

    Raises:
        BadInput: the provider's own options are no mapping.
    """
    ledger = Ledger(provider)
    body: Json = {"model": request.model, "prompt": request.prompt, **encode_logprobs(request)}
    if request.suffix is not None:
        body["suffix"] = request.suffix
    return finished(body, request, encode_options(request, ledger), provider, defaults, ledger)


def encode_embed(request: EmbedRequest, provider: str, defaults: Defaults) -> Encoded:
    """Encode a request for embeddings.

    Raises:
        BadInput: the provider's own options are no mapping.
    """
    ledger = Ledger(provider)
    body: Json = {"model": request.model, "input": list(request.inputs)}
    if request.dimensions is not None:
        body["dimensions"] = request.dimensions
    drop_missing(request, ("task", "user", "metadata"), ledger)
    return finished(body, request, {}, provider, defaults, ledger)


def finished(
    body: Json,
    request: Request,
    options: Mapping[str, Any],
    provider: str,
    defaults: Defaults,
    ledger: Ledger,
) -> Encoded:
    """Add what the settings of the provider, the request and its own options say, in this order."""
    own = dict(request.provider_options.get(provider, {}))
    given = own.pop("options", None) or {}
    if not isinstance(given, Mapping):
        raise BadInput(f"`options` among the options for {provider!r} must be a mapping")
    if not isinstance(request, EmbedRequest):
        body["stream"] = request.streaming  # absent means true
    if defaults.keep_alive is not None:
        body["keep_alive"] = defaults.keep_alive
    if merged := {**defaults.options, **options, **given}:
        body["options"] = merged
    return Encoded(body | own, ledger.warnings)


def encode_options(request: Sampling, ledger: Ledger) -> Json:
    options = {
        name: value
        for setting, name in OPTIONS.items()
        if (value := getattr(request, setting)) is not None
    }
    if request.stop is not None:
        options["stop"] = list(request.stop)
    if request.n not in (None, 1):
        ledger.dropped("n", "the service gives one answer")
    drop_missing(request, MISSING, ledger)
    return options


def drop_missing(request: Request, names: tuple[str, ...], ledger: Ledger) -> None:
    for name in names:
        if getattr(request, name) is not None:
            ledger.dropped(name, "the service has no such setting")


def encode_logprobs(request: Sampling) -> Json:
    told = {"logprobs": request.logprobs, "top_logprobs": request.top_logprobs}
    return {name: value for name, value in told.items() if value is not None}


def encode_format(request: ChatRequest, ledger: Ledger) -> Json:
    """Ask for JSON, or for JSON of a schema, which is enforced by grammar."""
    match request.response_format:
        case "json":
            return {"format": "json"}
        case JSONSchema(schema=schema, description=description, strict=strict):
            if description is not None:
                ledger.dropped("response_format.description", "the service takes a bare schema")
            if strict is not None:
                ledger.dropped("response_format.strict", "the service has no strict mode")
            return {"format": schema}
        case _:
            return {}


def encode_tools(request: ChatRequest, ledger: Ledger) -> Json:
    tools, choice = request.tools, request.tool_choice
    match choice:
        case "none":
            if tools:
                ledger.rewritten("tool_choice", "the tools are left out")
            tools = ()
        case "required":
            ledger.dropped("tool_choice", "the service cannot be made to call a tool")
        case NamedTool(name=name):
            tools = tuple(tool for tool in tools if isinstance(tool, Tool) and tool.name == name)
            told = "only the named tool is offered; the service cannot be made to call it"
            ledger.rewritten("tool_choice", told)
    encoded = list[Json]()
    for tool in tools:
        if isinstance(tool, Tool):
            encoded.append(encode_tool(tool, ledger))
        elif (item := own_item(tool, DIALECT, ledger)) is not None:
            encoded.append(item)
    return {"tools": encoded} if encoded else {}


def encode_tool(tool: Tool, ledger: Ledger) -> Json:
    if tool.strict is not None:
        ledger.dropped("tools.strict", "the service does not know strict tools")
    function: Json = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    function["parameters"] = tool.parameters
    own = tool.provider_data.get(DIALECT, {})
    return {"type": "function", **own, "function": {**function, **own.get("function", {})}}
