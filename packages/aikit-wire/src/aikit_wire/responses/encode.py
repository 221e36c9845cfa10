"""Encode requests as bodies of the Responses dialect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aicore.models import ModelInfo
from aicore.requests import ChatRequest, CountTokensRequest, JSONSchema

from aikit_wire.encoded import Encoded
from aikit_wire.ledger import Ledger
from aikit_wire.openai.encode import instruction, joined
from aikit_wire.openai.manifest import Manifest
from aikit_wire.responses.messages import encode_messages
from aikit_wire.responses.sampling import encode_reasoning, encode_sampling, included
from aikit_wire.responses.tools import encode_tools

OURS = frozenset({"api", "retrieve"})
"""Options of a call that say how it is made, and are no fields of a body."""

COUNTED = frozenset(
    {
        "model",
        "input",
        "instructions",
        "conversation",
        "previous_response_id",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "text",
        "reasoning",
        "truncation",
        "personality",
    }
)
"""What counts as input (openai 3.51: `responses.input_token_count_params`)."""


def encode_response(request: ChatRequest, manifest: Manifest, info: ModelInfo | None) -> Encoded:
    """Encode a chat request; `info` is what is known of its model.

    The provider's own options come last. Those that are objects, such as `text` and `reasoning`,
    are laid over what the settings say; `include` adds to what is asked for anyway.

    Raises:
        Unsupported: a message holds something that the service cannot be shown.
    """
    ledger, messages = Ledger(manifest.name), request.messages
    options = dict(request.provider_options.get(manifest.name, {}))
    previous = options.get("previous_response_id")
    wanted = request.response_format
    if isinstance(wanted, JSONSchema) and not manifest.json_schema:
        messages = (instruction(wanted), *messages)
    body: dict[str, Any] = {"model": request.model}
    instructions, items = encode_messages(messages, manifest, ledger, previous)
    if instructions is not None:
        body["instructions"] = instructions
    body["input"] = items
    settings, logprobs = encode_sampling(request, manifest, info, ledger)
    body |= settings
    body |= encode_tools(request, ledger)
    if wanted is not None:
        body["text"] = {"format": encode_format(wanted, manifest, ledger)}
    body |= encode_reasoning(request, manifest, info, ledger)
    if request.streaming:
        body["stream"] = True
    if include := included(info, options, logprobs=logprobs):
        options["include"] = include
    body |= {
        name: joined(body.get(name), value) for name, value in options.items() if name not in OURS
    }
    return Encoded(body, ledger.warnings)


def encode_count(
    request: CountTokensRequest, manifest: Manifest, info: ModelInfo | None
) -> Encoded:
    """Encode a question for the number of input tokens; what is no input is left out."""
    encoded = encode_response(request, manifest, info)
    body = {name: value for name, value in encoded.body.items() if name in COUNTED}
    warnings = (item for item in encoded.warnings if (item.setting or "").startswith(ABOUT_INPUT))
    return replace(encoded, body=body, warnings=tuple(warnings))


ABOUT_INPUT = ("messages", "tools", "tool_choice", "response_format", "reasoning")


def encode_format(
    wanted: str | JSONSchema, manifest: Manifest, ledger: Ledger
) -> Mapping[str, Any]:
    if isinstance(wanted, str):
        return {"type": "json_object" if wanted == "json" else "text"}
    if not manifest.json_schema:
        ledger.rewritten(
            "response_format", "the schema stands in the prompt; only JSON is enforced"
        )
        return {"type": "json_object"}
    schema: dict[str, Any] = {"type": "json_schema", "name": wanted.name, "schema": wanted.schema}
    if wanted.description is not None:
        schema["description"] = wanted.description
    if wanted.strict is not None:
        schema["strict"] = wanted.strict
    return schema
