"""Encode how an answer is to be written, as far as the dialect and the model have a setting."""

from __future__ import annotations

from typing import Any

from aicore.models import ModelInfo
from aicore.requests import ChatRequest, PromptCache

from aikit_wire.ledger import Ledger
from aikit_wire.responses.dialect import has, lacks

PLAIN = {
    "max_tokens": "max_output_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_logprobs": "top_logprobs",
    "service_tier": "service_tier",
    "parallel_tool_calls": "parallel_tool_calls",
    "metadata": "metadata",
    "user": "safety_identifier",
}
"""What settings are called on the wire (openai 3.51: `responses.response_create_params`)."""

UNKNOWN = ("top_k", "stop", "seed", "presence_penalty", "frequency_penalty", "logit_bias", "n")
"""Settings that chat completions have and this dialect has not."""

WHILE_NOT_REASONING = ("temperature", "top_p", "logprobs", "top_logprobs")

RETENTION = ("in_memory", "24h")
"""How long a cache may be kept, a setting older than the `ttl` of `prompt_cache_options`."""

THOUGHTS = "reasoning.encrypted_content"
LOGPROBS = "message.output_text.logprobs"


def encode_sampling(
    request: ChatRequest, info: ModelInfo | None, ledger: Ledger
) -> tuple[dict[str, Any], bool]:
    """Return the settings that are set, and whether log probabilities are wanted."""
    wanted = {name: getattr(request, name) for name in (*PLAIN, "logprobs", *UNKNOWN)}
    given = {name: value for name, value in wanted.items() if value is not None}
    if given.get("n") == 1:
        del given["n"]
    for name in UNKNOWN:
        if given.pop(name, None) is not None:
            ledger.dropped(name, "the Responses API has no such setting")
    if lacks(info, "sampling_while_reasoning") and reasons(request, info):
        for name in WHILE_NOT_REASONING:
            if given.pop(name, None) is not None:
                ledger.dropped(name, "the model takes it only while it does not reason")
    if request.modalities is not None and set(request.modalities) != {"text"}:
        ledger.dropped("modalities", "answers are text; pictures come of the image_generation tool")
    body = {PLAIN[name]: value for name, value in given.items() if name in PLAIN}
    if request.prompt_cache is not None:
        body |= encode_cache(request.prompt_cache)
    return body, bool(given.get("logprobs")) or "top_logprobs" in given


def reasons(request: ChatRequest, info: ModelInfo | None) -> bool:
    """Tell whether a model will reason, as far as is known."""
    effort = request.reasoning.effort if request.reasoning is not None else None
    return effort != "none" if effort is not None else not lacks(info, "reasoning_by_default")


def encode_cache(cache: PromptCache) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if cache.key is not None:
        body["prompt_cache_key"] = cache.key
    if cache.ttl in RETENTION:
        body["prompt_cache_retention"] = cache.ttl
    elif cache.ttl is not None:
        body["prompt_cache_options"] = {"ttl": cache.ttl}
    return body


def encode_reasoning(
    request: ChatRequest, info: ModelInfo | None, ledger: Ledger
) -> dict[str, Any]:
    wanted = request.reasoning
    if wanted is None:
        return {}
    if lacks(info, "reasoning"):
        if wanted.effort != "none":
            ledger.dropped("reasoning", "the model does not reason")
        return {}
    if wanted.effort == "none" and lacks(info, "reasoning_off"):
        ledger.dropped("reasoning", "the model cannot be kept from reasoning")
        return {}
    if wanted.budget_tokens is not None:
        ledger.dropped("reasoning.budget_tokens", "the service takes an effort, not a budget")
    return {} if wanted.effort is None else {"reasoning": {"effort": wanted.effort}}


def included(info: ModelInfo | None, options: dict[str, Any], *, logprobs: bool) -> list[str]:
    """Name what the answer shall hold beside what it always holds.

    Encrypted thoughts are asked for wherever a model is known to have any, so that they can be
    sent back whether or not the service remembers them; and of models of which nothing is known
    where it was told to forget (`store`).
    """
    names = list(options.get("include") or ())
    forgets = options.get("store") is False and not lacks(info, "reasoning")
    if (has(info, "reasoning") or forgets) and THOUGHTS not in names:
        names.append(THOUGHTS)
    if logprobs and LOGPROBS not in names:
        names.append(LOGPROBS)
    return names
