"""Encode the settings of a call; what only some models have goes to them as their own field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aicore.requests import ChatRequest
from aikit_wire.anthropic.thinking import encode_reasoning
from aikit_wire.ledger import Ledger

from aikit_provider_bedrock.converse.dialect import Target

UNKNOWN = (
    *("seed", "presence_penalty", "frequency_penalty"),
    *("logit_bias", "logprobs", "top_logprobs", "user"),
)
"""Settings that the service does not have."""

FIELDS: Mapping[str, str] = {
    "max_tokens": "maxTokens",
    "temperature": "temperature",
    "top_p": "topP",
    "stop": "stopSequences",
}


def encode_settings(
    request: ChatRequest, target: Target, extra: dict[str, Any], *, thinks: bool
) -> dict[str, Any]:
    """Return the fields of the settings, and put those of the model's own into `extra`."""
    ledger, inference = target.ledger, dict[str, Any]()
    for name, field in FIELDS.items():
        value = getattr(request, name)
        if value is None:
            continue
        if target.lacks(name):
            ledger.dropped(name, "the model has no such setting")
        elif thinks and not fits_thinking(name, value):
            ledger.dropped(name, "a model that thinks does not take it")
        else:
            inference[field] = list(value) if name == "stop" else value
    if inference.get("temperature", 0) > 1:
        ledger.rewritten("temperature", "the service takes no more than 1")
        inference["temperature"] = 1
    if {"temperature", "topP"} <= inference.keys() and target.lacks("top_p_with_temperature"):
        ledger.dropped("top_p", "the model takes either `temperature` or `top_p`")
        del inference["topP"]
    encode_top_k(request.top_k, target, extra, thinks=thinks)
    for name in UNKNOWN:
        if getattr(request, name) is not None:
            ledger.dropped(name, "the service has no such setting")
    if request.n not in (None, 1):
        ledger.dropped("n", "the service gives one answer")
    if request.modalities not in (None, ("text",)):
        ledger.dropped("modalities", "the service answers in what the model writes")
    body: dict[str, Any] = {"inferenceConfig": inference} if inference else {}
    if request.service_tier is not None:
        body["serviceTier"] = {"type": request.service_tier}
    if request.metadata:
        body["requestMetadata"] = dict(request.metadata)
    return body


def fits_thinking(name: str, value: Any) -> bool:
    """Tell whether Claude takes a setting while it thinks."""
    match name:
        case "temperature":
            return bool(value == 1)
        case "top_p":
            return bool(value >= 0.95)
    return True


def encode_top_k(top_k: int | None, target: Target, extra: dict[str, Any], *, thinks: bool) -> None:
    """Ask for `top_k` where the model's maker has a name for it."""
    if top_k is None:
        return
    if thinks or target.lacks("top_k"):
        target.ledger.dropped("top_k", "the model does not take it here")
    elif target.vendor == "anthropic":
        extra["top_k"] = top_k
    elif target.vendor == "amazon":
        extra["inferenceConfig"] = {"topK": top_k}
    else:
        target.ledger.dropped("top_k", "the service has no such setting for this model")


def encode_thinking(request: ChatRequest, target: Target, extra: dict[str, Any]) -> bool:
    """Ask for thoughts in the way of the model's maker; tells whether Claude will think."""
    wanted, ledger = request.reasoning, target.ledger
    if wanted is None:
        return False
    if target.vendor == "anthropic":
        extra |= encode_reasoning(wanted, target.info, request.max_tokens, ledger)
        return extra.get("thinking", {}).get("type") in ("enabled", "adaptive")
    off = wanted.effort == "none"
    if target.lacks("reasoning"):
        if not off:
            ledger.dropped("reasoning", "the model cannot think aloud")
    elif target.vendor not in EFFORTS:
        ledger.dropped("reasoning", "the service has no such setting for this model")
    elif off and target.lacks("thinking_off"):
        ledger.dropped("reasoning", "the model cannot be kept from thinking")
    else:
        if wanted.budget_tokens is not None:
            ledger.dropped("reasoning.budget_tokens", "the model takes an effort, not a budget")
        extra |= EFFORTS[target.vendor](nearest(wanted.effort or "medium", ledger))
    return False


def nova(effort: str) -> dict[str, Any]:
    """Ask Nova 2 to think ("Extended thinking" in the Nova user guide)."""
    if effort == "none":
        return {"reasoningConfig": {"type": "disabled"}}
    return {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": effort}}


EFFORTS: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "amazon": nova,
    "deepseek": lambda effort: {"reasoning_effort": effort},
    "openai": lambda effort: {"reasoning_effort": effort},
    "qwen": lambda effort: {"reasoning_config": effort},
    "xai": lambda effort: {"reasoning": {"effort": effort}},
    "zai": lambda effort: {"reasoning_effort": effort},
}
"""How models are asked to think by an effort, by who made them."""


def nearest(effort: str, ledger: Ledger) -> str:
    """Return the nearest of the efforts that all these models take."""
    known = {"minimal": "low", "xhigh": "high", "max": "high"}.get(effort, effort)
    if known != effort:
        ledger.rewritten("reasoning.effort", f"the nearest that the model takes is {known!r}")
    return known
