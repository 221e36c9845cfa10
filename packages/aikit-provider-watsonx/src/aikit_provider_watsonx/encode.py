"""Encode chats, which are OpenAI's under other names, and texts for base models to go on with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from aicore.requests import ChatRequest, CompleteRequest
from aikit_wire.encoded import Encoded
from aikit_wire.ledger import Ledger
from aikit_wire.openai import encode as openai
from aikit_wire.openai.manifest import Manifest

MANIFEST = Manifest(
    name="watsonx",
    fields=dict.fromkeys(("user", "parallel_tool_calls"), ""),
    files="",
    audio="",
    message_names=False,
    reasoning_fields=("reasoning_content",),
)
"""What the chat endpoint takes (ibm-watsonx-ai: `TextChatParameters`)."""


PARAMETERS = {
    "max_tokens": "max_new_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "seed": "random_seed",
    "stop": "stop_sequences",
}
"""What settings are called in `parameters` (ibm-watsonx-ai: `GenTextParamsMetaNames`)."""

SAMPLED = ("temperature", "top_p", "top_k", "seed")
"""Settings that mean something only where `decoding_method` is `sample`; it is `greedy` unset."""

UNKNOWN = (
    "suffix",
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "top_logprobs",
    "service_tier",
    "user",
    "metadata",
)


def encode_chat(request: ChatRequest, name: str) -> Encoded:
    """Encode a chat. The endpoint says whether the answer streams, and not the body.

    Raises:
        Unsupported: a message holds something that the service cannot be shown.
    """
    encoded = openai.encode_chat(request, replace(MANIFEST, name=name))
    body: dict[str, Any] = {"model_id": request.model}
    for field, value in encoded.body.items():
        if field == "tool_choice" and isinstance(value, str):
            body["tool_choice_option"] = value
        elif field not in ("model", "stream", "stream_options"):
            body[field] = value
    return replace(encoded, body=body)


def encode_completion(request: CompleteRequest, name: str) -> Encoded:
    """Encode a text to be continued; the provider's own options come last.

    Options that are objects, such as `parameters`, are laid over what the settings say.
    """
    ledger, parameters = Ledger(name), dict[str, Any]()
    for setting, wire in PARAMETERS.items():
        value = getattr(request, setting)
        if value is not None:
            parameters[wire] = list(value) if isinstance(value, tuple) else value
    for setting in UNKNOWN:
        if getattr(request, setting) is not None:
            ledger.dropped(setting, "text generation has no such setting")
    if request.n is not None and request.n != 1:
        ledger.dropped("n", "text generation gives one answer")
    if parameters.get("temperature") == 0:
        del parameters["temperature"]
        parameters["decoding_method"] = "greedy"
    elif any(getattr(request, setting) is not None for setting in SAMPLED):
        parameters["decoding_method"] = "sample"
    body: dict[str, Any] = {"model_id": request.model, "input": request.prompt}
    options = dict(request.provider_options.get(name, {}))
    parameters |= options.pop("parameters", {})
    if parameters:
        body["parameters"] = parameters
    return Encoded({**body, **options}, ledger.warnings)
