"""Encode requests as bodies of the Gemini dialect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aicore.messages import Message
from aicore.requests import ChatRequest, EmbedRequest, JSONSchema, Tool

from aikit_wire.encoded import Encoded, written
from aikit_wire.gemini.messages import encode_messages
from aikit_wire.gemini.parts import merged
from aikit_wire.gemini.schema import openapi_schema
from aikit_wire.gemini.surface import Surface, Target
from aikit_wire.gemini.thinking import encode_thinking
from aikit_wire.gemini.tools import encode_tools
from aikit_wire.ledger import Ledger

GENERATION: Mapping[str, str] = {
    "max_tokens": "maxOutputTokens",
    "temperature": "temperature",
    "top_p": "topP",
    "top_k": "topK",
    "stop": "stopSequences",
    "seed": "seed",
    "presence_penalty": "presencePenalty",
    "frequency_penalty": "frequencyPenalty",
    "logprobs": "responseLogprobs",
    "top_logprobs": "logprobs",
    "n": "candidateCount",
    "modalities": "responseModalities",
}
"""Where each setting goes in `generationConfig`."""

UNCOUNTED = frozenset({"labels", "safetySettings", "toolConfig"})
"""Fields that a request for a count does not have (Vertex AI, `CountTokensRequest`)."""

SCHEMA_KEYWORDS = frozenset(
    {
        "$anchor",
        "$defs",
        "$id",
        "$ref",
        "additionalProperties",
        "anyOf",
        "default",
        "description",
        "enum",
        "format",
        "items",
        "maxItems",
        "maximum",
        "minItems",
        "minimum",
        "oneOf",
        "prefixItems",
        "properties",
        "propertyOrdering",
        "required",
        "title",
        "type",
    }
)
"""The keywords that answers are kept to (ai.google.dev, `GenerationConfig.responseJsonSchema`)."""


def encode_chat(
    request: ChatRequest, surface: Surface, features: Mapping[str, bool] = {}
) -> Encoded:
    """Encode a chat request; `features` are those that its model is known to have or to lack.

    Raises:
        BadInput: a message lacks something that the service needs.
        Unsupported: a message or a schema holds something that the service cannot be given.
    """
    target = Target(surface, features, Ledger(surface.name))
    messages, wanted = request.messages, request.response_format
    generation = settings(request, target)
    if wanted in (None, "text") or not enforced(request, target):
        if isinstance(wanted, JSONSchema) or wanted == "json":
            messages = (instruction(wanted), *messages)
        elif wanted == "text":
            generation["responseMimeType"] = "text/plain"
    else:
        generation |= encode_format(wanted, target)
    if thinking := encode_thinking(request.reasoning, target):
        generation["thinkingConfig"] = thinking
    body = encode_messages(messages, target)
    body |= encode_tools(request, target)
    if generation:
        body["generationConfig"] = generation
    body |= around(request, target)
    return Encoded(
        merged(body, request.provider_options.get(surface.name, {})), target.ledger.warnings
    )


def settings(request: ChatRequest, target: Target) -> dict[str, Any]:
    """Return the fields of `generationConfig` for the settings of all that writes text."""
    generation: dict[str, Any] = {}
    for setting in filter(vars(request).__contains__, GENERATION):
        name, value = GENERATION[setting], getattr(request, setting)
        if value is None:
            continue
        if target.lacks(setting):
            target.ledger.dropped(setting, "the model has no such setting")
        elif setting == "modalities":
            generation[name] = [item.upper() for item in value]
        else:
            generation[name] = list(value) if setting == "stop" else value
    if "logprobs" in generation:
        generation.setdefault("responseLogprobs", True)
    return generation


def around(request: ChatRequest, target: Target) -> dict[str, Any]:
    """Return what stands beside the conversation, and tell what cannot be said at all."""
    body: dict[str, Any] = {}
    surface, ledger = target.surface, target.ledger
    if request.service_tier is not None and surface.service_tier:
        body["serviceTier"] = request.service_tier
    elif request.service_tier is not None and not surface.tier_header:
        ledger.dropped("service_tier", "the service has no such setting")
    if request.metadata is not None and surface.labels:
        body["labels"] = dict(request.metadata)
    elif request.metadata is not None:
        ledger.dropped("metadata", "the service has no such setting")
    for setting in ("user", "logit_bias"):
        if getattr(request, setting) is not None:
            ledger.dropped(setting, "the service has no such setting")
    if request.parallel_tool_calls is False:
        ledger.dropped("parallel_tool_calls", "the service cannot be kept to one call")
    elif request.parallel_tool_calls:
        ledger.noted("parallel_tool_calls", "the service always may")
    if request.prompt_cache is not None:
        how = "name one in `provider_options`: {'cachedContent': 'cachedContents/…'}"
        ledger.dropped("prompt_cache", f"the service caches by itself or by resources; {how}")
    return body


def enforced(request: ChatRequest, target: Target) -> bool:
    """Tell whether the service can hold the answer to its format; a warning says if it cannot."""
    offered = any(isinstance(tool, Tool) for tool in request.tools)
    if target.lacks("json_schema") or (offered and target.lacks("json_schema_with_tools")):
        beside = " beside tools" if offered and not target.lacks("json_schema") else ""
        told = f"the model cannot be held to it{beside}; it stands in the prompt"
        target.ledger.rewritten("response_format", told)
        return False
    return True


def instruction(wanted: JSONSchema | str) -> Message:
    if not isinstance(wanted, JSONSchema):
        return Message.system("Answer with JSON only.")
    schema = written(wanted.schema).decode()
    lines = ["Answer with JSON only, valid against this JSON schema:", schema]
    if wanted.description is not None:
        lines.append(wanted.description)
    return Message.system("\n".join(lines))


def encode_format(wanted: JSONSchema | str | None, target: Target) -> dict[str, Any]:
    """Ask for JSON, by a schema if there is one; its name has no place on this wire."""
    kind = {"responseMimeType": "application/json"}
    if not isinstance(wanted, JSONSchema):
        return kind
    schema: Mapping[str, Any] = wanted.schema
    if wanted.description is not None and "description" not in schema:
        schema = {**schema, "description": wanted.description}
    if target.lacks("full_json_schema"):
        return {**kind, "responseSchema": openapi_schema(schema, "response_format", target)}
    if unknown := sorted(keywords(schema) - SCHEMA_KEYWORDS):
        listed = ", ".join(map(repr, unknown))
        target.ledger.noted("response_format", f"answers may not keep to {listed} of the schema")
    return {**kind, "responseJsonSchema": schema}


def keywords(schema: Any) -> set[str]:
    """Collect the keywords of a schema and of those inside it."""
    found, waiting = set[str](), [schema]
    while waiting:
        item = waiting.pop()
        if not isinstance(item, Mapping):
            continue
        for name, value in item.items():
            found.add(str(name))
            if name in ("properties", "$defs") and isinstance(value, Mapping):
                waiting += value.values()
            elif name in ("anyOf", "oneOf", "prefixItems") and isinstance(value, list):
                waiting += value
            elif name in ("items", "additionalProperties"):
                waiting.append(value)
    return found


def encode_count(
    request: ChatRequest, surface: Surface, features: Mapping[str, bool] = {}
) -> Encoded:
    """Encode a request for the input tokens of a chat request.

    A conversation and nothing else is counted as it is; with tools or settings, the whole
    request is. Where no whole request can be counted, what makes no difference is left out.
    """
    chat = encode_chat(request, surface, features)
    if not surface.whole_count:
        return Encoded(
            {name: value for name, value in chat.body.items() if name not in UNCOUNTED},
            chat.warnings,
        )
    if chat.body.keys() == {"contents"}:
        return chat
    whole = {"model": surface.path(request.model), **chat.body}
    return Encoded({"generateContentRequest": whole}, chat.warnings)


def encode_embed(request: EmbedRequest, inputs: Sequence[str], surface: Surface) -> Encoded:
    """Encode a request for the embeddings of some of a request's texts.

    Options of the provider are for each text (`title` …), but `requests` is for the whole body.
    """
    ledger = Ledger(surface.name)
    for setting in ("user", "metadata"):
        if getattr(request, setting) is not None:
            ledger.dropped(setting, "the service has no such setting")
    options = dict(request.provider_options.get(surface.name, {}))
    whole = options.pop("requests", None)
    common: dict[str, Any] = {"model": surface.path(request.model)}
    if request.task is not None:
        common["taskType"] = request.task
    if request.dimensions is not None:
        common["outputDimensionality"] = request.dimensions
    requests = [{**common, "content": {"parts": [{"text": text}]}, **options} for text in inputs]
    return Encoded({"requests": requests if whole is None else whole}, ledger.warnings)
