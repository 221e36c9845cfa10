"""Encode requests as bodies of the OpenAI dialect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aicore.messages import Message
from aicore.models import ModelInfo
from aicore.requests import (
    ChatRequest,
    CompleteRequest,
    EmbedRequest,
    JSONSchema,
    Sampling,
)

from aikit_wire.encoded import Encoded, written
from aikit_wire.features import forced, taken
from aikit_wire.ledger import Ledger
from aikit_wire.openai.manifest import Manifest
from aikit_wire.openai.messages import encode_messages
from aikit_wire.openai.operators import OPERATORS
from aikit_wire.openai.plain import SIMPLE
from aikit_wire.openai.reasoning import encode_reasoning
from aikit_wire.openai.tools import encode_tools

PLAIN = SIMPLE | {"stop", "logit_bias", "metadata"}


def settings(values: Mapping[str, Any], manifest: Manifest, ledger: Ledger) -> dict[str, Any]:
    """Return the wire fields of the settings that are set; those without a name are dropped."""
    body: dict[str, Any] = {}
    for setting, value in values.items():
        if value is None:
            continue
        if name := manifest.wire_name(setting):
            body[name] = value
        else:
            setting = setting.replace("prompt_cache_", "prompt_cache.")
            ledger.dropped(setting, "the service has no such setting")
    return body


def sampling(request: Sampling) -> dict[str, Any]:
    """Return the settings that are set, of those that all that writes text has."""
    fields = vars(request).items()
    values = {name: value for name, value in fields if value is not None and name in PLAIN}
    if request.stop is not None:
        values["stop"] = list(request.stop)
    return values


def encode_chat(request: ChatRequest, manifest: Manifest, info: ModelInfo | None = None) -> Encoded:
    """Encode a chat request, with a warning for what a model of which `info` is known refuses.

    Raises:
        Unsupported: a message holds something that the service cannot be shown.
    """
    ledger, messages = Ledger(manifest.name), request.messages
    wanted, cache = request.response_format, request.prompt_cache
    if isinstance(wanted, JSONSchema) and manifest.json_schema in ("", "prompt"):
        messages = (instruction(wanted), *messages)
    elif wanted == "json" and manifest.json_schema == "prompt":
        messages = (Message.system("Answer with JSON only."), *messages)
    values = sampling(request)
    if request.parallel_tool_calls is not None:
        values["parallel_tool_calls"] = request.parallel_tool_calls
    if request.modalities is not None:
        values["modalities"] = list(request.modalities)
    if cache is not None:
        values |= {"prompt_cache_key": cache.key, "prompt_cache_ttl": cache.ttl}
    body: dict[str, Any] = {"model": request.model, **manifest.options}
    body["messages"] = encode_messages(messages, manifest, ledger)
    body |= settings(taken(values, request, info, ledger), manifest, ledger)
    if request.tools or request.tool_choice is not None:
        choice = request.tool_choice if forced(request, info, ledger) else "auto"
        body |= encode_tools(request.tools, choice, manifest, ledger)
    if wanted is not None:
        body |= encode_format(wanted, manifest, ledger)
    if request.reasoning is not None:
        reasoning = encode_reasoning(request.reasoning, manifest, ledger, info)
        body |= {name: joined(body.get(name), value) for name, value in reasoning.items()}
    if request.streaming:
        body["stream"] = True
        if manifest.stream_usage:
            body["stream_options"] = {"include_usage": True}
    body |= request.provider_options.get(manifest.name, {})
    for name in manifest.encode:
        OPERATORS[name](body)
    return Encoded(body, ledger.warnings)


def joined(given: Any, value: Any) -> Any:
    """Let what a manifest's options say beside a setting stand."""
    return {**given, **value} if isinstance(given, dict) and isinstance(value, dict) else value


def instruction(wanted: JSONSchema) -> Message:
    schema = written(wanted.schema).decode()
    lines = ["Answer with JSON only, valid against this JSON schema:", schema]
    if wanted.description is not None:
        lines.append(wanted.description)
    return Message.system("\n".join(lines))


def encode_format(wanted: str | JSONSchema, manifest: Manifest, ledger: Ledger) -> dict[str, Any]:
    if manifest.json_schema == "prompt":
        if wanted != "text":
            ledger.rewritten("response_format", "nothing but the prompt asks for JSON")
        return {}
    if isinstance(wanted, str):
        return {"response_format": {"type": "json_object" if wanted == "json" else "text"}}
    if not manifest.json_schema:
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


def encode_completion(request: CompleteRequest, manifest: Manifest) -> Encoded:
    """Encode a text completion, an old endpoint: `logprobs` is a number there."""
    ledger = Ledger(manifest.name)
    values = sampling(request) | {"suffix": request.suffix, "top_logprobs": None}
    values["logprobs"] = request.top_logprobs
    if request.logprobs and request.top_logprobs is None:
        values["logprobs"] = 0
    if request.top_logprobs is not None and not manifest.wire_name("logprobs"):
        ledger.dropped("top_logprobs", "the service tells no log probabilities")
    for name in ("service_tier", "metadata"):
        if values.pop(name, None) is not None:
            ledger.dropped(name, "text completions have no such setting")
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
    return Encoded(body, ledger.warnings)


def encode_embed(request: EmbedRequest, inputs: Iterable[str], manifest: Manifest) -> Encoded:
    """Encode a request for the embeddings of some of a request's texts."""
    ledger = Ledger(manifest.name)
    body: dict[str, Any] = {"model": request.model, "input": list(inputs)}
    values = {
        "dimensions": request.dimensions,
        "user": request.user,
        "task": request.task,
        "metadata": request.metadata,
    }
    body |= settings(values, manifest, ledger)
    body |= request.provider_options.get(manifest.name, {})
    return Encoded(body, ledger.warnings)
