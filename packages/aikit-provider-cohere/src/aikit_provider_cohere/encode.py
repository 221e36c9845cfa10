"""Encode requests for Cohere's chat API, v2."""

from __future__ import annotations

from typing import Any

from aicore.models import ModelInfo
from aicore.requests import ChatRequest, JSONSchema, NamedTool, Request, Sampling, Tool
from aikit_wire.encoded import Encoded
from aikit_wire.ledger import Ledger

from aikit_provider_cohere.messages import encode_messages
from aikit_provider_cohere.sources import DIALECT, Json

SETTINGS = {
    "max_tokens": "max_tokens",
    "temperature": "temperature",
    "top_p": "p",
    "top_k": "k",
    "seed": "seed",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
}
"""Settings by their names in v1 and v2 (cohere 7.3.1, `V2Client.chat`)."""
MISSING = ("logit_bias", "top_logprobs", "service_tier", "user", "metadata")
NONE = "the service has no such setting"


def encode_chat(request: ChatRequest, provider: str, model: ModelInfo | None = None) -> Encoded:
    """Encode a chat request, whose documents must be there as bytes.

    Raises:
        Unsupported: a message holds something that the service cannot be shown.
    """
    ledger = Ledger(provider)
    own = dict(request.provider_options.get(provider, {}))
    given = own.get("documents")
    given = list(given) if isinstance(given, list | tuple) else []
    messages, documents = encode_messages(request.messages, provider, ledger, len(given))
    if documents:
        own["documents"] = [*given, *documents]
    body: Json = {
        "model": request.model,
        "messages": messages,
        "stream": request.streaming,
        **encode_sampling(request, ledger),
        **encode_tools(request, ledger),
        **encode_format(request, ledger, "json_schema"),
        **encode_thinking(request, model, ledger),
    }
    if request.logprobs is not None:
        body["logprobs"] = request.logprobs
    if request.parallel_tool_calls is not None:
        ledger.dropped("parallel_tool_calls", NONE)
    drop_others(request, ledger)
    return Encoded(body | own, ledger.warnings)


def encode_sampling(request: Sampling, ledger: Ledger) -> Json:
    """Encode what all that writes text can be told."""
    body = {
        name: value
        for setting, name in SETTINGS.items()
        if (value := getattr(request, setting)) is not None
    }
    if request.stop is not None:
        body["stop_sequences"] = list(request.stop)
    drop_missing(request, MISSING, ledger)
    return body


def drop_others(request: ChatRequest, ledger: Ledger) -> None:
    """Tell what of a chat the service has no setting for, in either version."""
    if request.n not in (None, 1):
        ledger.dropped("n", "the service gives one answer")
    if request.modalities not in (None, ("text",)):
        ledger.dropped("modalities", NONE)
    if (cache := request.prompt_cache) is not None:
        for name in ("key", "ttl"):
            if getattr(cache, name) is not None:
                ledger.dropped(f"prompt_cache.{name}", "the service caches by itself")


def drop_missing(request: Request, names: tuple[str, ...], ledger: Ledger) -> None:
    for name in names:
        if getattr(request, name) is not None:
            ledger.dropped(name, NONE)


def encode_tools(request: ChatRequest, ledger: Ledger) -> Json:
    """Encode tools and which of them may or must be called; a choice by name does not exist."""
    tools, choice = request.tools, None
    match request.tool_choice:
        case "none":
            choice = "NONE"
        case "required":
            choice = "REQUIRED"
        case NamedTool(name=name):
            choice = "REQUIRED"
            tools = tuple(tool for tool in tools if isinstance(tool, Tool) and tool.name == name)
            ledger.rewritten("tool_choice", "only the named tool is offered, and a call required")
    encoded, strict = list[Json](), set[bool]()
    for tool in tools:
        if isinstance(tool, Tool):
            encoded.append(encode_tool(tool))
            strict.add(bool(tool.strict))
        elif tool.dialect == DIALECT:
            encoded.append(dict(tool.data))
        else:
            ledger.dropped("tools", f"a provider tool of {tool.dialect!r} means nothing here")
    if not encoded:
        if choice is not None:
            ledger.dropped("tool_choice", "there are no tools to choose from")
        return {}
    body: Json = {"tools": encoded}
    if True in strict:
        body["strict_tools"] = True
        if False in strict:
            ledger.rewritten("tools.strict", "it holds for all tools of a request")
    return body if choice is None else {**body, "tool_choice": choice}


def encode_tool(tool: Tool) -> Json:
    function: Json = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    function["parameters"] = tool.parameters
    own = tool.provider_data.get(DIALECT, {})
    return {"type": "function", **own, "function": {**function, **own.get("function", {})}}


def encode_format(request: ChatRequest, ledger: Ledger, name: str) -> Json:
    """Ask for JSON, or for JSON of a schema, which has another `name` in each version."""
    match request.response_format:
        case "json":
            return {"response_format": {"type": "json_object"}}
        case JSONSchema(schema=schema, description=description, strict=strict):
            if description is not None:
                ledger.dropped("response_format.description", "the service takes a bare schema")
            if strict is False:
                ledger.dropped("response_format.strict", "a schema is always enforced")
            return {"response_format": {"type": "json_object", name: schema}}
        case _:
            return {}


def encode_thinking(request: ChatRequest, model: ModelInfo | None, ledger: Ledger) -> Json:
    """Ask for thoughts, up to a budget of tokens, or for none."""
    wanted = request.reasoning
    if wanted is None:
        return {}
    off = wanted.effort == "none"
    if model is not None and model.features.get("reasoning") is False:
        if not off:
            ledger.dropped("reasoning", "the model does not think")
        return {}
    if off:
        return {"thinking": {"type": "disabled"}}
    thinking: dict[str, Any] = {"type": "enabled"}
    if wanted.budget_tokens is not None:
        thinking["token_budget"] = wanted.budget_tokens
    if wanted.effort is not None:
        told = "the model thinks; the service takes a budget of tokens, not an effort"
        ledger.rewritten("reasoning.effort", told)
    return {"thinking": thinking}
