"""Read the usage of the Gemini dialect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aicore.usage import Usage


def count(fields: Mapping[str, Any], name: str) -> int | None:
    value = fields.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def of_modality(fields: Mapping[str, Any], names: Iterable[str], modality: str) -> int | None:
    """Add up what lists of `{modality, tokenCount}` tell of one modality; zeros are left out."""
    found = [
        count(item, "tokenCount") or 0
        for name in names
        for item in fields.get(name) or ()
        if item.get("modality") == modality
    ]
    return sum(found) if found else None


def read_usage(raw: Mapping[str, Any]) -> Usage:
    """Read a `usageMetadata` object.

    Tokens of the prompt include cached ones; those of thoughts stand beside those of candidates,
    and what the service's own tools gave the model stands beside the prompt. The total is the sum
    of these four (google-genai 3.6: `GenerateContentResponseUsageMetadata`). JSON of protocol
    buffers leaves out what is zero, so beside a total a missing count is 0.
    """
    absent = 0 if count(raw, "totalTokenCount") is not None else None
    asked = ("promptTokensDetails", "promptTokenDetails", "toolUsePromptTokensDetails")
    return Usage(
        input_tokens=added(raw, "promptTokenCount", "toolUsePromptTokenCount", absent=absent),
        output_tokens=added(raw, "candidatesTokenCount", "thoughtsTokenCount", absent=absent),
        cache_read_tokens=count(raw, "cachedContentTokenCount"),
        reasoning_tokens=count(raw, "thoughtsTokenCount"),
        input_audio_tokens=of_modality(raw, asked, "AUDIO"),
        output_audio_tokens=of_modality(raw, ("candidatesTokensDetails",), "AUDIO"),
        input_image_tokens=of_modality(raw, asked, "IMAGE"),
        raw=dict(raw),
    )


def added(raw: Mapping[str, Any], *names: str, absent: int | None) -> int | None:
    told = [value for name in names if (value := count(raw, name)) is not None]
    return sum(told) if told else absent
