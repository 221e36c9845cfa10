"""Encode how an answer is to be written, as far as the dialect and the model have a setting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aicore.models import ModelInfo
from aicore.requests import ChatRequest

from aikit_wire.features import has, lacks, reasons_as_wanted, taken
from aikit_wire.ledger import Ledger
from aikit_wire.openai.manifest import Manifest

FIELDS: Mapping[str, str] = {
    "max_tokens": "max_output_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_logprobs": "top_logprobs",
    "service_tier": "service_tier",
    "parallel_tool_calls": "parallel_tool_calls",
    "metadata": "metadata",
    "user": "safety_identifier",
    "prompt_cache_key": "prompt_cache_key",
    "prompt_cache_ttl": "prompt_cache_options",
    "logprobs": "",
    "modalities": "",
    "top_k": "",
    "stop": "",
    "seed": "",
    "presence_penalty": "",
    "frequency_penalty": "",
    "logit_bias": "",
    "n": "",
}
"""What settings are called on the wire (openai 3.51: `responses.response_create_params`).

An empty name is a setting that chat completions have and this dialect has not, except for log
probabilities, which are asked for by `include`.
"""

RETENTION = ("in_memory", "24h")
"""How long a cache may be kept, a setting older than the `ttl` of `prompt_cache_options`."""

THOUGHTS = "reasoning.encrypted_content"
LOGPROBS = "message.output_text.logprobs"


def encode_sampling(
    request: ChatRequest, manifest: Manifest, info: ModelInfo | None, ledger: Ledger
) -> tuple[dict[str, Any], bool]:
    """Return the settings that are set, and whether log probabilities are to be `included`."""
    names = {**FIELDS, **manifest.responses_fields}
    wanted = {name: getattr(request, name, None) for name in FIELDS}
    if (cache := request.prompt_cache) is not None:
        wanted |= {"prompt_cache_key": cache.key, "prompt_cache_ttl": cache.ttl}
    given = {name: value for name, value in wanted.items() if value is not None}
    if given.get("n") == 1:
        del given["n"]
    given = taken(given, request, info, ledger)
    included = bool(given.pop("logprobs", False)) or "top_logprobs" in given
    if included and names["logprobs"]:
        given["logprobs"], included = True, False
    if set(given.get("modalities", ())) == {"text"}:
        del given["modalities"]
    body: dict[str, Any] = {}
    for setting, value in given.items():
        if name := names[setting]:
            body |= field(name, value)
        else:
            setting = setting.replace("prompt_cache_", "prompt_cache.")
            ledger.dropped(setting, MISSING.get(setting, "the Responses API has no such setting"))
    return body, included


MISSING = {
    "modalities": "answers are text; pictures come of the image_generation tool",
}
"""Why settings cannot be sent, where there is more to say."""


def field(name: str, value: Any) -> dict[str, Any]:
    """Write a setting as a field of a body."""
    if name == "prompt_cache_options":
        return {"prompt_cache_retention": value} if value in RETENTION else {name: {"ttl": value}}
    return {name: list(value) if isinstance(value, tuple) else value}


def encode_reasoning(
    request: ChatRequest, manifest: Manifest, info: ModelInfo | None, ledger: Ledger
) -> dict[str, Any]:
    wanted = request.reasoning
    if wanted is None:
        return {}
    if not reasons_as_wanted(wanted, info, ledger):
        return {}
    said: dict[str, Any] = {} if wanted.effort is None else {"effort": wanted.effort}
    if wanted.budget_tokens is not None and manifest.reasoning_request == "reasoning":
        said["max_tokens"] = wanted.budget_tokens
    elif wanted.budget_tokens is not None:
        ledger.dropped("reasoning.budget_tokens", "the service takes an effort, not a budget")
    return {"reasoning": said} if said else {}


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
