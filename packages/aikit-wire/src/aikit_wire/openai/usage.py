"""Read the usage of the OpenAI dialect, with the names that vendors add."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aicore.usage import Usage

from aikit_wire.counts import count, counts, first


def read_usage(raw: Mapping[str, Any], *, reasoning_beside_output: bool = False) -> Usage:
    """Read a `usage` object.

    Prompt tokens include cached ones, unless there are more of these (Grok). Completion tokens
    include reasoning, except where the manifest says that it stands beside them or the numbers
    show it: one vendor's models are served by others as well (Grok by Azure, Gemini by DeepInfra).
    Cached tokens are at the top level at Moonshot and Mistral (`num_cached_tokens`),
    `prompt_cache_hit_tokens` at DeepSeek, and in `prompt_token_details` (sic) at Writer and in
    some answers of Mistral.
    """
    prompt = counts(raw.get("prompt_tokens_details") or raw.get("prompt_token_details"))
    completion = counts(raw.get("completion_tokens_details"))
    reasoning, cached = completion.get("reasoning_tokens"), prompt.get("cached_tokens")
    more: dict[str, Any] = {}
    if not OF_SOME.isdisjoint(raw):
        reasoning = count(raw, "reasoning_tokens") if reasoning is None else reasoning
        cached = first(raw, *CACHED) if cached is None else cached
        more = {name: count(raw, name) for name in BILLED}
    input, output = raw.get("prompt_tokens"), raw.get("completion_tokens")
    if not (type(input) is type(output) is int):
        input, output = count(raw, "prompt_tokens"), count(raw, "completion_tokens")
    if reasoning and output is not None:
        together = (input or 0) + output + reasoning
        told = together == count(raw, "total_tokens") or reasoning > output
        output += reasoning if reasoning_beside_output or told else 0
    if cached and input is not None and cached > input:
        input += cached
    for name in filter(RARE.__contains__, prompt):
        more[RARE[name]] = prompt[name]
    if "audio_tokens" in completion:
        more["output_audio_tokens"] = completion["audio_tokens"]
    return Usage(
        input_tokens=input,
        output_tokens=output,
        cache_read_tokens=cached,
        reasoning_tokens=reasoning,
        raw=dict(raw),
        **more,
    )


CACHED = ("prompt_cache_hit_tokens", "cached_tokens", "num_cached_tokens")

BILLED = frozenset({"billed_input_tokens", "billed_output_tokens", "search_units"})
"""What a gateway of ours tells of services that charge for other counts than the model's."""

OF_SOME = frozenset({"reasoning_tokens", *CACHED, *BILLED})
"""What only some services tell at the top level."""

RARE: Mapping[str, str] = {
    "cache_creation_input_tokens": "cache_write_tokens",
    "cache_write_tokens": "cache_write_tokens",
    "cache_write_1h_tokens": "cache_write_1h_tokens",
    "audio_tokens": "input_audio_tokens",
    "image_tokens": "input_image_tokens",
}
"""Counts of input of which few services tell any; where two mean the same, the last told counts."""
