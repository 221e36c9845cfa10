"""Reads a recorded body of text generation into the request of ours that says the same.

This shares no code with what writes such bodies. Who pays, and parameters without a setting of
ours, stay the provider's own options.
"""

from __future__ import annotations

from aicore.requests import CompleteRequest

from ..api import AnyRequest
from ..corpus import Exchange, Json

SETTINGS = {
    "max_new_tokens": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "random_seed": "seed",
    "stop_sequences": "stop",
}


def minimal(exchange: Exchange) -> AnyRequest:
    return CompleteRequest(model=f"{exchange.provider}:m", prompt="hi")


def read(body: Json, exchange: Exchange) -> AnyRequest:
    parameters = dict(body.pop("parameters", {}))
    settings = {
        ours: parameters.pop(theirs) for theirs, ours in SETTINGS.items() if theirs in parameters
    }
    model, prompt = body.pop("model_id"), body.pop("input")
    options = {**body, **({"parameters": parameters} if parameters else {})}
    return CompleteRequest(
        model=f"{exchange.provider}:{model}",
        prompt=prompt,
        provider_options={exchange.provider: options} if options else {},
        **settings,
    )
