"""Encode requests as bodies of the Messages dialect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aicore.models import ModelInfo
from aicore.requests import ChatRequest, JSONSchema

from aikit_wire.anthropic.betas import betas
from aikit_wire.anthropic.blocks import Block
from aikit_wire.anthropic.messages import encode_messages, shortest
from aikit_wire.anthropic.sampling import UNKNOWN, encode_sampling, max_tokens
from aikit_wire.anthropic.schema import enforceable, tell
from aikit_wire.anthropic.thinking import encode_reasoning
from aikit_wire.anthropic.tools import encode_tools
from aikit_wire.encoded import Encoded
from aikit_wire.features import lacks
from aikit_wire.ledger import Ledger

UNCOUNTED = (
    *("max_tokens", "temperature", "top_p", "top_k", "stop", "service_tier", "user", "metadata"),
    *("n", "modalities", *UNKNOWN),
)
"""Settings that make no difference to how long a conversation is."""


def encode_chat(request: ChatRequest, provider: str, info: ModelInfo | None = None) -> Encoded:
    """Encode a chat request; `info` says what is known of its model.

    Beta features stand in the body under `anthropic_beta`, which is where Vertex and Bedrock want
    them; Anthropic itself wants them in a header.

    Raises:
        Unsupported: a message holds something that the service cannot be shown.
    """
    ledger = Ledger(provider)
    limit = max_tokens(request, info, ledger)
    talk = encode_talk(request, provider, info, limit, ledger)
    body = {"model": talk.pop("model"), "max_tokens": limit, **talk}
    thinks = body.get("thinking", {}).get("type") in ("enabled", "adaptive")
    body |= encode_sampling(request, info, ledger, thinks=thinks)
    if request.streaming:
        body["stream"] = True
    return finished(body, request, provider, ledger)


def encode_count(request: ChatRequest, provider: str, info: ModelInfo | None = None) -> Encoded:
    """Encode the question how many input tokens a chat request would be.

    Raises:
        Unsupported: a message holds something that the service cannot be shown.
    """
    ledger = Ledger(provider)
    body = encode_talk(request, provider, info, None, ledger)
    for name in UNCOUNTED:
        if getattr(request, name) is not None:
            ledger.noted(name, "it does not change the count")
    return finished(body, request, provider, ledger)


def encode_talk(
    request: ChatRequest,
    provider: str,
    info: ModelInfo | None,
    limit: int | None,
    ledger: Ledger,
) -> dict[str, Any]:
    """Encode all that the model reads: the conversation, the tools, and how it shall answer."""
    wanted, by_tool = request.response_format, None
    messages = request.messages
    thought = encode_reasoning(request.reasoning, info, limit, ledger)
    body: dict[str, Any] = {"model": request.model}
    system, turns = encode_messages(messages, provider, info, ledger)
    if wanted == "json":
        system.append({"type": "text", "text": "Answer with JSON only."})
        ledger.rewritten("response_format", "JSON is asked for in the prompt, and not enforced")
    if system:
        body["system"] = shortest(system)
    body["messages"] = [{**turn, "content": written(turn)} for turn in turns]
    if isinstance(wanted, JSONSchema):
        if lacks(info, "json_schema"):
            by_tool = wanted
        else:
            shape = {"format": encode_shape(wanted, ledger)}
            thought["output_config"] = {**thought.get("output_config", {}), **shape}
    by_budget = thought.get("thinking", {}).get("type") == "enabled"
    body |= encode_tools(request, info, ledger, by_budget=by_budget, answer=by_tool)
    body |= thought
    return body | encode_cache(request, ledger)


def written(turn: Mapping[str, Any]) -> str | list[Block]:
    """Write the content of a turn: an instruction within a conversation is always a list."""
    content: list[Block] = turn["content"]
    return content if turn["role"] == "system" else shortest(content)


def encode_shape(wanted: JSONSchema, ledger: Ledger) -> dict[str, Any]:
    """Ask for an answer of a shape, which the service enforces."""
    schema = dict(wanted.schema)
    if wanted.description is not None:
        schema.setdefault("description", wanted.description)
    lost = set[str]()
    adapted = enforceable(schema, lost)
    tell(lost, "response_format", ledger)
    return {"type": "json_schema", "schema": adapted}


def encode_cache(request: ChatRequest, ledger: Ledger) -> dict[str, Any]:
    """Mark the end of what is sent for the prompt cache, which knows no keys."""
    cache = request.prompt_cache
    if cache is None:
        return {}
    if cache.key is not None:
        ledger.dropped("prompt_cache.key", "the service finds a cached prompt by its beginning")
    lasting = {"ttl": cache.ttl} if cache.ttl is not None else {}
    return {"cache_control": {"type": "ephemeral", **lasting}}


def finished(body: dict[str, Any], request: ChatRequest, provider: str, ledger: Ledger) -> Encoded:
    """Lay the provider's options over a body, and name the beta features that it uses."""
    for name, value in request.provider_options.get(provider, {}).items():
        under = body.get(name)
        if isinstance(under, dict) and isinstance(value, Mapping):
            value = {**under, **value}
        body[name] = value
    if names := betas(body):
        given = body.get("anthropic_beta", ())
        body["anthropic_beta"] = list(dict.fromkeys([*given, *names]))
    return Encoded(body, ledger.warnings)


def without_betas(encoded: Encoded) -> tuple[Encoded, tuple[str, ...]]:
    """Take the beta features out of a body, for hosts that want them in a header."""
    body = dict(encoded.body)
    names = body.pop("anthropic_beta", ())
    return Encoded(body, encoded.warnings), (names,) if isinstance(names, str) else tuple(names)
