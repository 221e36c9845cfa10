"""Encode requests as bodies of the Converse dialect."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aicore.requests import ChatRequest, JSONSchema
from aikit_wire.anthropic.schema import enforceable, tell
from aikit_wire.encoded import Encoded

from aikit_provider_bedrock.converse.dialect import Target
from aikit_provider_bedrock.converse.messages import encode_messages
from aikit_provider_bedrock.converse.settings import encode_settings, encode_thinking
from aikit_provider_bedrock.converse.tools import encode_tools

EXTRA = "additionalModelRequestFields"
COUNTED = ("messages", "system", "toolConfig", EXTRA, "outputConfig")
"""Fields of a request that CountTokens takes (botocore 1.44: `ConverseTokensRequest`)."""


def encode_chat(request: ChatRequest, target: Target) -> Encoded:
    """Encode a chat request.

    Raises:
        Unsupported: a message holds something that the service cannot be shown.
    """
    ledger, wanted, by_tool = target.ledger, request.response_format, None
    system, turns = encode_messages(request.messages, target)
    extra: dict[str, Any] = {}
    if wanted == "json":
        system.append({"text": "Answer with JSON only."})
        ledger.rewritten("response_format", "JSON is asked for in the prompt, and not enforced")
    body: dict[str, Any] = {"system": system} if system else {}
    body["messages"] = turns
    if isinstance(wanted, JSONSchema):
        if target.lacks("json_schema"):
            by_tool = wanted
        else:
            body["outputConfig"] = {"textFormat": encode_shape(wanted, target)}
    thinks = encode_thinking(request, target, extra)
    by_budget = extra.get("thinking", {}).get("type") == "enabled"
    body |= encode_settings(request, target, extra, thinks=thinks)
    body |= encode_tools(request, target, by_budget=by_budget, answer=by_tool)
    mark_cache(request, turns, target)
    if extra:
        body[EXTRA] = extra
    for name, value in request.provider_options.get(target.provider, {}).items():
        under = body.get(name)
        if isinstance(under, dict) and isinstance(value, Mapping):
            value = {**under, **value}
        body[name] = value
    body.pop("api", None)
    return Encoded(body, ledger.warnings)


def encode_count(request: ChatRequest, target: Target) -> Encoded:
    """Encode the question how many input tokens a chat request would be.

    Raises:
        Unsupported: a message holds something that the service cannot be shown.
    """
    encoded = encode_chat(request, target)
    asked = {name: encoded.body[name] for name in COUNTED if name in encoded.body}
    return Encoded({"input": {"converse": asked}}, encoded.warnings)


def encode_shape(wanted: JSONSchema, target: Target) -> dict[str, Any]:
    """Ask for an answer of a shape, which the service enforces; the schema goes as a text."""
    lost = set[str]()
    schema = enforceable(wanted.schema, lost)
    tell(lost, "response_format", target.ledger)
    shape: dict[str, Any] = {"schema": json.dumps(schema, ensure_ascii=False), "name": wanted.name}
    if wanted.description is not None:
        shape["description"] = wanted.description
    return {"type": "json_schema", "structure": {"jsonSchema": shape}}


def mark_cache(request: ChatRequest, turns: list[dict[str, Any]], target: Target) -> None:
    """Mark the end of what is sent for the prompt cache, which knows no keys."""
    cache, ledger = request.prompt_cache, target.ledger
    if cache is None:
        return
    if cache.key is not None:
        ledger.dropped("prompt_cache.key", "the service finds a cached prompt by its beginning")
    if target.lacks("prompt_cache"):
        ledger.dropped("prompt_cache", "the model caches no prompts")
    elif turns:
        lasting = {"ttl": cache.ttl} if cache.ttl is not None else {}
        turns[-1]["content"].append({"cachePoint": {"type": "default", **lasting}})
