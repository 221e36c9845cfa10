"""Encode requests as bodies of the OpenAI dialect."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aicore.errors import Unsupported
from aicore.requests import (
    ChatRequest,
    CompleteRequest,
    EmbedRequest,
    JSONSchema,
    NamedTool,
    ProviderTool,
    Reasoning,
    Sampling,
    Tool,
)
from aicore.responses import CallWarning

from aikit_wire.openai.manifest import Manifest
from aikit_wire.openai.messages import DIALECT, encode_messages
from aikit_wire.openai.operators import OPERATORS


@dataclass(frozen=True, slots=True)
class Encoded:
    """A JSON body, and what became of the settings that it could not take as they were."""

    body: dict[str, Any]
    warnings: tuple[CallWarning, ...] = ()

    def content(self) -> bytes:
        return json.dumps(self.body, ensure_ascii=False, separators=(",", ":")).encode()


class Ledger:
    """Collects what became of settings."""

    def __init__(self, manifest: Manifest) -> None:
        self._provider = manifest.name
        self.warnings: list[CallWarning] = []

    def dropped(self, setting: str, reason: str) -> None:
        self.warnings.append(CallWarning(setting, "dropped", reason, self._provider))

    def rewritten(self, setting: str, reason: str) -> None:
        self.warnings.append(CallWarning(setting, "rewritten", reason, self._provider))


PLAIN = (
    "max_tokens",
    "temperature",
    "top_p",
    "top_k",
    "seed",
    "presence_penalty",
    "frequency_penalty",
    "logprobs",
    "top_logprobs",
    "n",
    "service_tier",
    "user",
)


def settings(values: Mapping[str, Any], manifest: Manifest, ledger: Ledger) -> dict[str, Any]:
    """Return the wire fields of the settings that are set; those without a name are dropped."""
    body: dict[str, Any] = {}
    for setting, value in values.items():
        if value is None:
            continue
        if name := manifest.wire_name(setting):
            body[name] = value
        else:
            ledger.dropped(setting, "the service has no such setting")
    return body


def sampling(request: Sampling) -> dict[str, Any]:
    values = {name: getattr(request, name) for name in PLAIN}
    values["stop"] = None if request.stop is None else list(request.stop)
    values["logit_bias"] = None if request.logit_bias is None else dict(request.logit_bias)
    values["metadata"] = None if request.metadata is None else dict(request.metadata)
    return values


def encode_chat(request: ChatRequest, manifest: Manifest) -> Encoded:
    """Encode a chat request.

    Raises:
        Unsupported: a message holds something that the service cannot be shown.
    """
    ledger = Ledger(manifest)
    cache = request.prompt_cache
    values = sampling(request) | {
        "parallel_tool_calls": request.parallel_tool_calls,
        "modalities": None if request.modalities is None else list(request.modalities),
        "prompt_cache_key": cache and cache.key,
        "prompt_cache_ttl": cache and cache.ttl,
    }
    body: dict[str, Any] = {"model": request.model, **manifest.options}
    body["messages"] = encode_messages(request.messages, manifest, ledger)
    body |= settings(values, manifest, ledger)
    body |= encode_tools(request, manifest, ledger)
    body |= encode_format(request.response_format, body["messages"], manifest, ledger)
    body |= encode_reasoning(request.reasoning, manifest, ledger)
    if request.streaming:
        body["stream"] = True
        if manifest.stream_usage:
            body["stream_options"] = {"include_usage": True}
    body |= request.provider_options.get(manifest.name, {})
    for name in manifest.encode:
        OPERATORS[name](body)
    return Encoded(body, tuple(ledger.warnings))


def encode_tools(request: ChatRequest, manifest: Manifest, ledger: Ledger) -> dict[str, Any]:
    body: dict[str, Any] = {}
    choice = request.tool_choice
    named = choice.name if isinstance(choice, NamedTool) else None
    tools: Iterable[Tool | ProviderTool] = request.tools
    if named is not None and not manifest.named_choice:
        tools = [tool for tool in tools if isinstance(tool, Tool) and tool.name == named]
        choice, named = "required", None
        ledger.rewritten("tool_choice", "only the named tool is offered, and one is required")
    encoded = [item for tool in tools if (item := encode_tool(tool, manifest, ledger))]
    if encoded:
        body["tools"] = encoded
    if named is not None:
        body["tool_choice"] = {"type": "function", "function": {"name": named}}
    elif choice == "required" and manifest.required_choice != "required":
        if manifest.required_choice:
            body["tool_choice"] = manifest.required_choice
        else:
            ledger.dropped("tool_choice", "the service cannot be made to call a tool")
    elif choice is not None:
        body["tool_choice"] = choice
    return body


def encode_tool(
    tool: Tool | ProviderTool, manifest: Manifest, ledger: Ledger
) -> dict[str, Any] | None:
    if isinstance(tool, ProviderTool):
        if tool.dialect == DIALECT:
            return dict(tool.data)
        ledger.dropped("tools", f"a provider tool of {tool.dialect!r} means nothing here")
        return None
    function: dict[str, Any] = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    function["parameters"] = tool.parameters
    if tool.strict is not None:
        if manifest.strict_tools:
            function["strict"] = tool.strict
        else:
            ledger.dropped("tools.strict", "the service does not know strict tools")
    return {"type": "function", "function": function, **tool.provider_data.get(DIALECT, {})}


def encode_format(
    wanted: str | JSONSchema | None,
    messages: list[dict[str, Any]],
    manifest: Manifest,
    ledger: Ledger,
) -> dict[str, Any]:
    if wanted is None:
        return {}
    if isinstance(wanted, str):
        return {"response_format": {"type": "json_object" if wanted == "json" else "text"}}
    if not manifest.json_schema:
        text = json.dumps(wanted.schema, ensure_ascii=False)
        instruction = f"Answer with JSON only, valid against this JSON schema:\n{text}"
        messages.insert(0, {"role": "system", "content": instruction})
        ledger.rewritten(
            "response_format", "the schema stands in the prompt; only JSON is enforced"
        )
        return {"response_format": {"type": "json_object"}}
    schema: dict[str, Any] = {"name": wanted.name, "schema": wanted.schema}
    if wanted.description is not None:
        schema["description"] = wanted.description
    if wanted.strict is not None:
        if manifest.json_schema == "strict":
            schema["strict"] = wanted.strict
        else:
            ledger.dropped("response_format.strict", "the service has no strict mode")
    return {"response_format": {"type": "json_schema", "json_schema": schema}}


def encode_reasoning(
    wanted: Reasoning | None, manifest: Manifest, ledger: Ledger
) -> dict[str, Any]:
    """Ask for reasoning in the vendor's words; what those cannot say is told to the ledger."""
    if wanted is None:
        return {}
    effort, budget = wanted.effort, wanted.budget_tokens
    on = effort != "none"
    body: dict[str, Any] = {}
    takes_budget = manifest.reasoning_request in ("enable_thinking", "reasoning")
    match manifest.reasoning_request:
        case "reasoning_effort":
            if effort is not None:
                body["reasoning_effort"] = effort
        case "thinking":
            body["thinking"] = {"type": "enabled" if on else "disabled"}
            if effort is not None and on:
                body["reasoning_effort"] = effort
        case "enable_thinking":
            body["enable_thinking"] = on
            if budget is not None:
                body["thinking_budget"] = budget
            if effort is not None and on:
                ledger.rewritten("reasoning.effort", "the service can only think or not")
        case "reasoning":
            given = {"effort": effort, "max_tokens": budget}
            body["reasoning"] = {key: value for key, value in given.items() if value is not None}
        case "chat_template_kwargs":
            body["chat_template_kwargs"] = {"enable_thinking": on}
            if effort is not None and on:
                ledger.rewritten("reasoning.effort", "the template can only think or not")
        case "":
            ledger.dropped("reasoning", "the service has no such setting")
            return {}
    if budget is not None and not takes_budget:
        ledger.dropped("reasoning.budget_tokens", "the service takes an effort, not a budget")
    return body


def encode_completion(request: CompleteRequest, manifest: Manifest) -> Encoded:
    """Encode a text completion; `logprobs` is a number in this old endpoint."""
    ledger = Ledger(manifest)
    values = sampling(request) | {"suffix": request.suffix, "top_logprobs": None}
    values["logprobs"] = request.top_logprobs or 0 if request.logprobs else None
    values["max_tokens"] = None  # chat may call it otherwise; this endpoint never does
    body: dict[str, Any] = {"model": request.model, "prompt": request.prompt}
    if request.max_tokens is not None:
        body["max_tokens"] = request.max_tokens
    body |= settings(values, manifest, ledger)
    if request.streaming:
        body["stream"] = True
        if manifest.stream_usage:
            body["stream_options"] = {"include_usage": True}
    body |= request.provider_options.get(manifest.name, {})
    return Encoded(body, tuple(ledger.warnings))


def encode_embed(request: EmbedRequest, inputs: Iterable[str], manifest: Manifest) -> Encoded:
    """Encode a request for the embeddings of some of a request's texts."""
    ledger = Ledger(manifest)
    body: dict[str, Any] = {"model": request.model, "input": list(inputs)}
    values = {
        "dimensions": request.dimensions,
        "user": request.user,
        "task": request.task,
        "metadata": request.metadata,
    }
    body |= settings(values, manifest, ledger)
    body |= request.provider_options.get(manifest.name, {})
    return Encoded(body, tuple(ledger.warnings))


def refuse_if_strict(encoded: Encoded, provider: str, model: str) -> None:
    """Turn what a strict call may not lose into an error.

    Raises:
        Unsupported: a setting was dropped or rewritten; the message names them all.
    """
    lost = [str(warning) for warning in encoded.warnings if warning.action != "noted"]
    if lost:
        message = "; ".join(lost) + " (strict)"
        raise Unsupported(message, provider=provider, model=model)
