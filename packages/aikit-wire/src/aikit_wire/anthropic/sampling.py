"""Encode the settings of sampling, and tell of those that the service or the model has not."""

from __future__ import annotations

from typing import Any

from aicore.models import ModelInfo
from aicore.requests import ChatRequest

from aikit_wire.features import lacks
from aikit_wire.ledger import Ledger

UNKNOWN = (
    "seed",
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "top_logprobs",
)
"""Settings that the service does not have."""

RANDOMNESS = ("temperature", "top_p", "top_k")

DEFAULT_MAX_TOKENS = 32_000
"""What is asked of a model of which no limit is known; every model since Claude 4 takes it."""


def max_tokens(request: ChatRequest, info: ModelInfo | None, ledger: Ledger) -> int:
    """Return the limit, which the service wants to be told: the model's own by default."""
    return unlimited(info, ledger) if request.max_tokens is None else request.max_tokens


def unlimited(info: ModelInfo | None, ledger: Ledger) -> int:
    """Return the limit where none is given, and tell it."""
    known = info.max_output_tokens if info is not None else None
    limit = known or DEFAULT_MAX_TOKENS
    which = "the most that the model writes" if known else "no limit of the model is known"
    ledger.noted("max_tokens", f"the service needs a limit: {limit} ({which})")
    return limit


def encode_sampling(
    request: ChatRequest, info: ModelInfo | None, ledger: Ledger, *, thinks: bool
) -> dict[str, Any]:
    """Return the wire fields of the settings that are set; `thinks`: the model is told to."""
    body = encode_randomness(request, info, ledger, thinks=thinks)
    if request.stop is not None:
        body["stop_sequences"] = list(request.stop)
    if request.service_tier is not None:
        body["service_tier"] = request.service_tier
    if user := encode_user(request, ledger):
        body["metadata"] = {"user_id": user}
    if not vars(request).keys().isdisjoint(UNKNOWN):
        for name in UNKNOWN:
            if getattr(request, name) is not None:
                ledger.dropped(name, "the service has no such setting")
    if request.n not in (None, 1):
        ledger.dropped("n", "the service gives one answer")
    if request.modalities not in (None, ("text",)):
        ledger.dropped("modalities", "the service answers in text")
    return body


def encode_randomness(
    request: ChatRequest, info: ModelInfo | None, ledger: Ledger, *, thinks: bool
) -> dict[str, Any]:
    """Return `temperature`, `top_p` and `top_k` as far as the model takes them."""
    body: dict[str, Any] = {}
    for name in RANDOMNESS:
        value = getattr(request, name)
        if value is None:
            continue
        if lacks(info, name):
            ledger.dropped(name, "the model has no such setting")
        elif thinks and not fits_thinking(name, value):
            ledger.dropped(name, "a model that thinks does not take it")
        else:
            body[name] = value
    if body.get("temperature", 0) > 1:
        ledger.rewritten("temperature", "the service takes no more than 1")
        body["temperature"] = 1
    if {"temperature", "top_p"} <= body.keys() and lacks(info, "top_p_with_temperature"):
        ledger.dropped("top_p", "the model takes either `temperature` or `top_p`")
        del body["top_p"]
    return body


def fits_thinking(name: str, value: float) -> bool:
    """Tell whether a model that thinks takes a setting: it takes no `top_k`."""
    return value == 1 if name == "temperature" else name == "top_p" and value >= 0.95


def encode_user(request: ChatRequest, ledger: Ledger) -> str | None:
    """Return who asks; it is all that the service takes of the metadata."""
    metadata = request.metadata or {}
    for name in metadata.keys() - {"user_id"}:
        ledger.dropped(f"metadata.{name}", "the service takes no metadata but `user_id`")
    return request.user if request.user is not None else metadata.get("user_id")
